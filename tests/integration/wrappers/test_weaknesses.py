"""Phi-3 mini 4k is known by what its own files say, on both wrappers."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from wrappers.onnx_folder import check_folder
from wrappers.transformers_load import LoadedModel

SHAPE = {"hidden_size": 3072, "num_hidden_layers": 32}


def test_that_an_onnx_folder_of_phi3_mini_4k_is_known(tiny_onnx: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_onnx, tmp_path / "onnx"))
    assert check_folder(folder).weakness is None
    config: dict[str, Any] = json.loads((folder / "genai_config.json").read_text())
    assert config["model"]["type"] == "phi3"
    config["model"]["context_length"] = 4096
    config["model"]["decoder"] |= SHAPE
    (folder / "genai_config.json").write_text(json.dumps(config))
    weakness = check_folder(folder).weakness
    assert weakness is not None
    assert weakness.model == "Phi-3 mini 4k"


@pytest.mark.parametrize(("length", "is_known"), [(4096, True), (8192, False)])
def test_that_a_checkpoint_of_phi3_mini_4k_is_known(length: int, *, is_known: bool) -> None:
    import torch
    from transformers import Phi3Config, Phi3ForCausalLM

    config = Phi3Config(
        **SHAPE, max_position_embeddings=length, original_max_position_embeddings=length
    )
    with torch.device("meta"):  # its weights take no memory
        weights = Phi3ForCausalLM(config)
    model = LoadedModel(
        pipeline=SimpleNamespace(model=weights),
        pyfunc=None,
        task="llm/v1/chat",
        model_config={},
        has_prompt_template=False,
        threads=1,
        dtype="float32",
    )
    assert (model.weakness is not None) is is_known
