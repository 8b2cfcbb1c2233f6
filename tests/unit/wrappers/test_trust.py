"""What loading a model would run, told before anything of it is."""

from pathlib import Path
from typing import Any

import pytest

from wrappers.trust import inspect, inspect_folder, is_config

WEIGHTS = ("MLmodel", "model/config.json", "model/model.safetensors", "requirements.txt")
PLAIN = {"model/config.json": '{"model_type": "phi3"}'}


def transformers(**pyfunc: Any) -> dict[str, Any]:
    return {
        "flavors": {
            "python_function": {"loader_module": "mlflow.transformers", **pyfunc},
            "transformers": {"task": "llm/v1/chat"},
        }
    }


def pyfunc(**values: Any) -> dict[str, Any]:
    return {"flavors": {"python_function": {"loader_module": "mlflow.pyfunc.model", **values}}}


def test_that_a_plain_transformers_model_runs_no_code() -> None:
    found = inspect(transformers(), WEIGHTS, requirements=["torch==2.15.0"], configs=PLAIN)
    assert not found.runs_code
    assert found.files == ()
    assert found.loader == "mlflow.transformers"
    assert found.requirements == ("torch==2.15.0",)


@pytest.mark.parametrize(
    "extra",
    ["model/modeling_phi3.py", "model/pytorch_model.bin", "a.pt", "x.PKL", "x.pkl.lzma", "ops.so"],
)
def test_that_code_or_a_pickle_beside_the_weights_is_named(extra: str) -> None:
    found = inspect(transformers(), [*WEIGHTS, extra], configs=PLAIN)
    assert found.runs_code
    assert found.files == (extra,)


@pytest.mark.parametrize(
    "config",
    [
        '{"auto_map": {"AutoModel": "someone/repo--modeling.Model"}}',
        '{"\\u0061uto_map": {}}',
        '{"text_config": [{"auto_map": {}}]}',
        "{not json",
        "",
    ],
)
def test_that_a_config_that_names_custom_code_is_named(config: str) -> None:
    found = inspect(transformers(), WEIGHTS, configs={"model/config.json": config})
    assert found.runs_code
    assert found.files == ("model/config.json",)


def test_that_configs_nobody_has_read_are_not_vouched_for() -> None:
    assert inspect(transformers(), WEIGHTS).runs_code


def test_that_weights_that_are_not_in_the_folder_are_not_vouched_for() -> None:
    assert inspect(transformers(), ["MLmodel", "model/config.json"], configs=PLAIN).runs_code


def test_that_a_pickled_model_names_its_pickle_and_its_code_folder() -> None:
    model = pyfunc(python_model="python_model.pkl", code="code")
    found = inspect(model, ["MLmodel", "python_model.pkl", "code/shop/data.txt", "code/a.py"])
    assert found.runs_code
    assert found.files == ("code/a.py", "code/shop/data.txt", "python_model.pkl")


def test_that_a_model_from_code_names_the_file_that_is_run() -> None:
    model = pyfunc(model_code_path="/home/someone/agent.ipynb")
    found = inspect(model, ["MLmodel", "agent.ipynb", "artifacts/model.onnx"])
    assert found.runs_code
    assert found.files == ("agent.ipynb",)


def test_that_compiled_files_count_only_where_they_would_be_run() -> None:
    model = pyfunc(model_code_path="agent.py")
    left_by_python = ["__pycache__/agent.cpython-312.pyc", "code/__pycache__/o.cpython-312.pyc"]
    found = inspect(model, ["agent.py", *left_by_python, "code/hidden.pyc"])
    assert found.files == ("agent.py", "code/hidden.pyc")


@pytest.mark.parametrize(
    "path", ["../other", "/srv/model", "a/../../b", "C:/model", "code/__pycache__", "..\\other"]
)
def test_that_a_path_out_of_the_folder_is_named(path: str) -> None:
    model = transformers()
    model["flavors"]["transformers"]["model_binary"] = path
    found = inspect(model, WEIGHTS, configs=PLAIN)
    assert found.runs_code
    assert path in found.files


def test_that_a_foreign_loader_runs_code_with_nothing_else_to_show() -> None:
    model = transformers(loader_module="my_loader")
    found = inspect(model, WEIGHTS, configs=PLAIN)
    assert (found.runs_code, found.loader) == (True, "my_loader")


def test_that_code_named_by_the_transformers_flavor_counts() -> None:
    model = transformers()
    model["flavors"]["transformers"]["code"] = "extra"
    assert inspect(model, WEIGHTS, configs=PLAIN).runs_code


@pytest.mark.parametrize(
    "model", [{}, {"flavors": 3}, {"flavors": {"python_function": [], "transformers": "x"}}]
)
def test_that_an_odd_mlmodel_is_not_vouched_for(model: dict[str, Any]) -> None:
    assert inspect(model, WEIGHTS, configs=PLAIN).runs_code


def test_that_a_folder_is_inspected_by_its_files(tmp_path: Path) -> None:
    for name, text in {**dict.fromkeys(WEIGHTS, ""), **PLAIN}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "requirements.txt").write_text("# made by\n\ntorch==2.15.0\n")
    found = inspect_folder(tmp_path, transformers())
    assert not found.runs_code
    assert found.requirements == ("torch==2.15.0",)
    (tmp_path / "model" / "tokenizer_config.json").write_text('{"auto_map": {}}')
    assert inspect_folder(tmp_path, transformers()).files == ("model/tokenizer_config.json",)


def test_that_the_files_that_may_name_code_are_asked_for() -> None:
    assert is_config("components/tokenizer/tokenizer_config.json")
    assert not is_config("model/model.safetensors")
