"""End to end, on the demo's real weights, or on models that fail."""

from pathlib import Path

import pytest

from tests.support.demo_models import DemoModels, demo_models
from tests.support.faulty_windows import MODEL
from tests.support.foreign_models import log_foreign_models
from tests.support.loops import qasync_factories as pytest_asyncio_loop_factories  # noqa: F401
from tests.ui.conftest import _dressed, _shows_nothing_in_the_end  # noqa: F401


@pytest.fixture(scope="session")
def demo() -> DemoModels:
    return demo_models()


@pytest.fixture(scope="session")
def faulty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose registry holds models that fail."""
    home = tmp_path_factory.mktemp("faulty") / "home"
    return log_foreign_models(home, MODEL, "loads_forever", "dies_loading")
