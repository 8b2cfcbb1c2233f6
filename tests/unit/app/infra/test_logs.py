"""Log files: of children, and the program's own."""

import logging
import os
from pathlib import Path

import pytest

from app.infra import logs
from app.infra.logs import create_child_log, log_to, stop_logging


def test_that_two_children_of_one_moment_have_logs_of_their_own(tmp_path: Path) -> None:
    paths = []
    for _ in range(2):
        path, file = create_child_log(tmp_path, "demo-onnx/1")
        file.close()
        paths.append(path)

    assert paths[0] != paths[1]
    assert all(path.name.startswith("demo-onnx-1-") for path in paths)


def test_that_a_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    path, file = create_child_log(tmp_path / "logs", "../../etc/passwd")
    file.close()

    assert path.parent == tmp_path / "logs"


def test_that_the_oldest_logs_are_removed_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "parley.log").touch()
    for n in range(60):
        old = tmp_path / f"model-20200101-000000-{n}.log"
        old.touch()
        os.utime(old, (n, n))

    path, file = create_child_log(tmp_path, "model")
    file.close()

    left = {one.name for one in tmp_path.iterdir()}
    assert {"parley.log", path.name, "model-20200101-000000-59.log"} <= left
    assert "model-20200101-000000-0.log" not in left
    assert len(left) == 42


def test_that_the_logs_together_are_bounded_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_KEPT_CHILD_BYTES", 250)
    for n in range(5):
        old = tmp_path / f"model-20200101-000000-{n}.log"
        old.write_bytes(bytes(100))
        os.utime(old, (n, n))
    _, file = create_child_log(tmp_path, "model")
    file.close()
    left = sorted(one.name for one in tmp_path.glob("model-2020*"))
    assert left == [f"model-20200101-000000-{n}.log" for n in (3, 4)]


def test_that_the_programs_own_log_begins_anew_when_it_is_large(tmp_path: Path) -> None:
    handler = log_to(tmp_path / "parley.log")
    try:
        for number in range(6_000):
            logging.getLogger("app.test").info("%05d %s", number, "x" * 1_000)
    finally:
        stop_logging(handler)
    files = sorted(tmp_path.iterdir())
    assert [one.name for one in files] == ["parley.log", "parley.log.1", "parley.log.2"]
    assert sum(one.stat().st_size for one in files) < 3_100_000
    assert "05999 " in files[0].read_text(encoding="utf-8")
