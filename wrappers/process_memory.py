"""What this process holds in memory, in bytes; ``None`` where the system does not tell."""

import sys


def resident_bytes() -> int | None:
    """Now."""
    import psutil

    try:
        return int(psutil.Process().memory_info().rss)
    except psutil.Error:
        return None


def peak_resident_bytes() -> int | None:
    """At its highest, since the process began."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
