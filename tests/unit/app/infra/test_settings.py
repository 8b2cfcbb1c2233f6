"""Where things are kept."""

from pathlib import Path

import pytest

from app.infra.settings import Settings


def test_that_a_home_holds_a_registry_of_its_own(tmp_path: Path) -> None:
    paths = Settings(home=tmp_path).resolve({})

    assert paths.tracking_uri == f"sqlite:///{tmp_path.as_posix()}/mlflow.db"
    assert paths.artifact_root == tmp_path / "artifacts"
    assert paths.is_own_registry


def test_that_the_home_given_goes_before_the_variable(tmp_path: Path) -> None:
    environ = {"PARLEY_HOME": str(tmp_path / "variable")}

    assert Settings().resolve(environ).home == tmp_path / "variable"
    assert Settings(home=tmp_path / "given").resolve(environ).home == tmp_path / "given"


def test_that_the_registry_given_goes_before_the_variable(tmp_path: Path) -> None:
    environ = {"MLFLOW_TRACKING_URI": "http://variable:5000"}

    assert Settings(home=tmp_path).resolve(environ).tracking_uri == "http://variable:5000"
    given = Settings(home=tmp_path, tracking_uri="http://given:5000").resolve(environ)
    assert given.tracking_uri == "http://given:5000"
    assert given.artifact_root is None


def test_that_paths_are_absolute_wherever_the_program_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    paths = Settings(home=Path("here"), tracking_uri="sqlite:///other.db").resolve({})

    assert paths.home == tmp_path / "here"
    assert paths.tracking_uri == f"sqlite:///{tmp_path.as_posix()}/other.db"


def test_that_resolving_creates_nothing(tmp_path: Path) -> None:
    Settings(home=tmp_path / "new").resolve({})

    assert not (tmp_path / "new").exists()


def test_that_without_a_word_the_users_data_folder_is_home() -> None:
    assert Settings().resolve({}).home.name == "parley"
