"""Two packages of one name in one process."""

import importlib
import sys
from pathlib import Path

import pytest

import wrappers
from wrappers.isolation import ModelPackages, shipped_packages


def test_that_shipped_packages_and_modules_of_our_names_are_found(tmp_path: Path) -> None:
    (tmp_path / "wrappers").mkdir()
    (tmp_path / "app.py").write_text("")
    (tmp_path / "shop").mkdir()
    assert shipped_packages(tmp_path) == {"wrappers", "app"}
    assert shipped_packages(tmp_path / "absent") == set()


def test_that_each_side_finds_its_own_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "wrappers"
    package.mkdir()
    (package / "__init__.py").write_text("THEIRS = True")
    (package / "late.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    packages = ModelPackages(frozenset({"wrappers"}))
    ours = {name: one for name, one in sys.modules.items() if name.startswith("wrappers")}
    with packages:
        theirs = importlib.import_module("wrappers")
        assert theirs.THEIRS
    assert {name: one for name, one in sys.modules.items() if name.startswith("wrappers")} == ours
    assert importlib.import_module("wrappers") is wrappers
    with packages:
        assert importlib.import_module("wrappers") is theirs
        importlib.import_module("wrappers.late")
    assert sys.modules["wrappers"] is wrappers
    assert "wrappers.late" not in sys.modules


def test_that_nothing_is_touched_for_a_model_that_ships_none_of_our_names() -> None:
    before = dict(sys.modules)
    with ModelPackages(frozenset()):
        assert sys.modules["wrappers"] is wrappers
    assert dict(sys.modules) == before
