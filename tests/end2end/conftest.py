"""End to end, on the demo's real weights."""

import pytest

from tests.support.demo_models import DemoModels, demo_models
from tests.support.loops import qasync_factories as pytest_asyncio_loop_factories  # noqa: F401
from tests.ui.conftest import _dressed  # noqa: F401


@pytest.fixture(scope="session")
def demo() -> DemoModels:
    return demo_models()
