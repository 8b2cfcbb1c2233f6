"""One hash of all that can run; and the last look before a load."""

import os
import py_compile
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wrappers.base import WrapperError
from wrappers.fingerprint import fingerprint, is_inert
from wrappers.trust import check_unchanged

ROOT = Path(__file__).resolve().parents[3]

FILES = {
    "MLmodel": "flavors: {}",
    "requirements.txt": "torch",
    "conda.yaml": "name: a",
    "python_env.yaml": "python: 3",
    "agent.py": "print(1)",
    "code/shop/cart.py": "a = 1",
    "python_model.pkl": "pickle",
    "model/pytorch_model.bin": "pickle",
    "model/modeling.py": "b = 1",
    "model/config.json": "{}",
    "model/model.safetensors": "weights",
    "onnx/model.onnx.data": "weights",
}
WEIGHTS: dict[str, Any] = {
    "flavors": {
        "python_function": {"loader_module": "mlflow.transformers"},
        "transformers": {"model_binary": "model"},
    }
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        file = tmp_path / "model" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "model"


@pytest.mark.parametrize("name", [name for name in FILES if not is_inert(name)])
def test_that_a_change_in_anything_that_can_run_changes_it(model: Path, name: str) -> None:
    before = fingerprint(model)
    about = (model / name).stat()
    (model / name).write_text("x" * len(FILES[name]))
    os.utime(model / name, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert fingerprint(model) != before


def test_that_new_missing_and_renamed_files_change_it(model: Path) -> None:
    seen = {fingerprint(model)}
    (model / "code" / "new.so").write_bytes(b"")
    seen.add(fingerprint(model))
    (model / "code" / "new.so").rename(model / "code" / "other.so")
    seen.add(fingerprint(model))
    (model / "agent.py").unlink()
    seen.add(fingerprint(model))
    (model / "model" / "more.safetensors").write_bytes(b"")
    seen.add(fingerprint(model))
    assert len(seen) == 5


def test_that_weights_that_hold_numbers_alone_are_never_read(model: Path) -> None:
    before = fingerprint(model)
    for name in filter(is_inert, FILES):
        (model / name).unlink()
        # Reading a pipe that nobody writes to would never end.
        os.mkfifo(model / name)
    assert fingerprint(model) == before


def test_that_what_python_and_mlflow_leave_behind_changes_nothing(model: Path) -> None:
    before = fingerprint(model)
    py_compile.compile(str(model / "agent.py"))
    (model / "registered_model_meta").write_text("model_name: a")
    assert list(model.rglob("*.pyc"))
    assert fingerprint(model) == before


def test_that_code_behind_a_link_to_a_folder_counts_and_a_circle_ends(
    model: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "late.py").write_text("a = 1")
    (model / "code" / "linked").symlink_to(tmp_path / "elsewhere")
    (model / "circle").symlink_to(model)
    before = fingerprint(model)
    (tmp_path / "elsewhere" / "late.py").write_text("a = 2")
    assert fingerprint(model) != before


def test_that_a_file_that_cannot_be_read_is_told_of(model: Path) -> None:
    (model / "agent.py").unlink()
    (model / "agent.py").symlink_to("nowhere.py")
    with pytest.raises(WrapperError, match="cannot be read"):
        fingerprint(model)


def test_that_the_last_look_refuses_what_has_changed(model: Path) -> None:
    agreed = fingerprint(model)
    check_unchanged(model, {}, agreed, may_run_code=True)
    (model / "agent.py").write_text("print(2)")
    with pytest.raises(WrapperError, match="changed") as caught:
        check_unchanged(model, {}, agreed, may_run_code=True)
    assert caught.value.kind == "untrusted"


def test_that_the_last_look_refuses_pickled_weights_that_nobody_agreed_to(model: Path) -> None:
    for name in FILES:
        if name not in ("MLmodel", "model/config.json", "model/model.safetensors"):
            (model / name).unlink()
    check_unchanged(model, WEIGHTS, fingerprint(model), may_run_code=False)
    for name in ("pytorch_model.bin", "a.pt", "b.pkl", "c.ckpt", "d.pth"):
        (model / "model" / name).write_bytes(b"")
        with pytest.raises(WrapperError, match="unpickle"):
            check_unchanged(model, WEIGHTS, fingerprint(model), may_run_code=False)
        check_unchanged(model, WEIGHTS, fingerprint(model), may_run_code=True)
        (model / "model" / name).unlink()


def test_that_the_last_look_refuses_a_path_out_of_the_folder(model: Path) -> None:
    strange = {"flavors": {"transformers": {"model_binary": "../../evil"}}}
    with pytest.raises(WrapperError, match="not within"):
        check_unchanged(model, strange, fingerprint(model), may_run_code=True)


_COMPILED = """
import sys
from pathlib import Path
from wrappers.compiled import ignore_in
folder = Path(sys.argv[1])
if sys.argv[2] == "ignored":
    ignore_in(folder)
sys.path.insert(0, str(folder))
import shown
import json.tool
print(shown.SAYS, bool(json.tool.__cached__), bool(list(folder.rglob("*.pyc"))))
"""


@pytest.mark.parametrize(("how", "says"), [("ignored", "the source"), ("read", "another")])
def test_that_a_models_compiled_file_is_not_run_in_place_of_its_source(
    tmp_path: Path, how: str, says: str
) -> None:
    source = tmp_path / "shown.py"
    source.write_text("SAYS = 'another'")
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(source), invalidation_mode=unchecked)
    source.write_text("SAYS = 'the source'")
    done = subprocess.run(
        [sys.executable, "-c", _COMPILED, str(tmp_path), how],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{says} True True\n"
