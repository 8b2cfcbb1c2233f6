"""Log files of children."""

import os
from pathlib import Path

from app.infra.logs import create_child_log


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
