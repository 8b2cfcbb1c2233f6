"""Numbers as the window writes them."""

_KILO = 1000


def size_text(size_bytes: int) -> str:
    """Decimal units, as disks and MLflow count: ``512 MB``, ``2.7 GB``."""
    size = float(size_bytes)
    for unit in ("bytes", "kB", "MB"):
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
