"""The last look before a load, in the process that loads, on a real checkpoint."""

import shutil
from pathlib import Path

import pytest

from wrappers.base import WrapperError
from wrappers.contract import Event, Load, Loaded
from wrappers.fingerprint import fingerprint
from wrappers.host import ModelServer
from wrappers.mlmodel import read_mlmodel
from wrappers.trust import inspect_folder


def load(folder: Path, agreed: str) -> list[Event]:
    told: list[Event] = []
    request = Load(id=1, model_dir=str(folder), fingerprint=agreed, may_run_code=False)
    server = ModelServer()
    try:
        server.load(request, told.append)
    finally:
        server.close()
    return told


def test_that_weights_alone_load_without_a_question(logged_transformers: Path) -> None:
    assert not inspect_folder(
        logged_transformers, read_mlmodel(logged_transformers / "MLmodel")
    ).runs_code
    assert isinstance(load(logged_transformers, fingerprint(logged_transformers))[-1], Loaded)


def test_that_pickled_weights_put_in_their_place_are_not_loaded(
    logged_transformers: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(logged_transformers, folder)
    (weights,) = folder.rglob("model.safetensors")
    weights.rename(weights.with_name("pytorch_model.bin"))
    with pytest.raises(WrapperError, match="changed"):
        load(folder, fingerprint(logged_transformers))
    with pytest.raises(WrapperError, match="unpickle") as caught:
        load(folder, fingerprint(folder))
    assert caught.value.kind == "untrusted"
