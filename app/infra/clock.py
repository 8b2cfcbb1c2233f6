"""When something was said, by a clock that may be set back."""

import time

_A_DAY_MS = 24 * 3600 * 1000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def later_than(latest_ms: int | None) -> int:
    """Now, in milliseconds; or right after `latest_ms`, where the clock was set back since, so that
    what is said last is listed first. A clock that was wrong by more than a day is not followed."""
    now = now_ms()
    if latest_ms is not None and 0 <= latest_ms - now < _A_DAY_MS:
        return latest_ms + 1
    return now
