"""What presets are called."""

import re

_SIGNS = re.compile(r"[\W_]+")


def is_same_title(one: str, other: str) -> bool:
    """Whether a registry would take both for the same preset: capitals and signs say nothing."""
    return _plain(one) == _plain(other)


def _plain(title: str) -> str:
    return _SIGNS.sub(" ", title.casefold()).strip()
