"""Fixtures: the services on a scripted host, which a conftest imports by name; and their model."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.infra.program import build_services
from app.infra.settings import Settings
from app.services.engines import Engine
from app.services.program import Services
from tests.support.scripted_host import ScriptedHost


@pytest.fixture
def host() -> ScriptedHost:
    return ScriptedHost()


@pytest.fixture
async def services(host: ScriptedHost, tmp_path: Path) -> AsyncIterator[Services]:
    settings = Settings(home=tmp_path, in_process=True)
    built = build_services(settings, in_process_host=host.serve)
    yield built
    await built.close()


async def load_current(services: Services) -> Engine | None:
    """Load the chosen model, asking nothing."""
    await services.sessions.load()
    return services.sessions.current
