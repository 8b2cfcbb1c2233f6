"""Numbers as people read them, in the window and on the command line.

Units are the international ones, which no language translates.
"""

from typing import Final

_KILO: Final = 1000
_NARROW_SPACE: Final = "\u202f"
"""Between groups of three digits; does not break a line."""


def number(value: int) -> str:
    """``4 096``: groups of three, from four digits on."""
    return f"{value:,}".replace(",", _NARROW_SPACE)


def size_text(size_bytes: int) -> str:
    """Decimal units, as disks and MLflow count: ``512 MB``, ``2.7 GB``."""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB"):
        if size < _KILO - 0.5:
            return f"{size:.0f} {unit}"
        size /= _KILO
    return f"{size:.1f} GB"


def seconds_text(seconds: float) -> str:
    """``0.6 s``, ``42 s``, ``3 min 20 s``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"


def duration(seconds: float) -> str:
    """``182 ms`` below a second, then as `seconds_text`."""
    milliseconds = round(seconds * 1000)
    return f"{milliseconds} ms" if milliseconds < 1000 else seconds_text(seconds)
