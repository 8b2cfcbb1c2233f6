"""What the wrappers' tests share: the tiny model's folder, built once a session."""

from pathlib import Path

import pytest

from tests.support.tiny_model import build_tiny_phi3


@pytest.fixture(scope="session")
def tiny_phi3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint folder whose answers vary with the prompt."""
    return build_tiny_phi3(tmp_path_factory.mktemp("checkpoints") / "tiny-phi3")
