"""What holds for every test of the program below its window."""

import pytest

from app.services import traces


@pytest.fixture(autouse=True)
def _the_end_waits_for_what_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits is let go after a moment, and that is logged. No test but that of it is about how
    long a moment is; on a busy machine a thread may have to wait as long for its turn."""
    monkeypatch.setattr(traces, "FLUSH_S", 60.0)
