"""What holds for every test of the program below its window: where the program is patient for a
moment, its test is for as long as a busy machine may keep a thread waiting."""

import pytest

from app.infra import conversation_schema
from app.services import traces


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the end for what is still to be recorded, and with another's hold of the store: what has
    taken longer is let go, or tried again later, and either is logged."""
    monkeypatch.setattr(traces, "FLUSH_S", 60.0)
    monkeypatch.setattr(conversation_schema, "_BUSY_MS", 60_000)
