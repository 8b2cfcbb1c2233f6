"""This machine's memory."""

import psutil


class SystemMemory:
    """Implements `app.services.ports.Memory`."""

    def available_bytes(self) -> int:
        return int(psutil.virtual_memory().available)


def resident_bytes(pid: int) -> int | None:
    """Resident memory of process `pid` and all below it; ``None`` once it is gone."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(int(member.memory_info().rss) for member in family)
    except psutil.Error:
        return None
