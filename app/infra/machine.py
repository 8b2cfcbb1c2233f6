"""What this machine has for models, and what they take of it."""

import os


class ThisMachine:
    """Implements `app.services.ports.Machine`."""

    def available_bytes(self) -> int:
        import psutil  # which takes ten milliseconds of a window's start

        return int(psutil.virtual_memory().available)

    def cores(self) -> int:
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1


def resident_bytes(pid: int) -> int | None:
    """Resident memory of process `pid` and all below it; ``None`` once it is gone."""
    import psutil

    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(int(member.memory_info().rss) for member in family)
    except psutil.Error:
        return None
