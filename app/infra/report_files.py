"""Reports into files, and what this machine is."""

import os
import platform
from collections.abc import Callable
from pathlib import Path

import psutil

from app.domain.quantities import size_text
from app.infra.files import not_written, replacing
from app.infra.threads import on_a_thread


class FileReports:
    """Implements `app.services.comparison_ports.ReportFiles`."""

    async def make[T](self, work: Callable[[], T]) -> T:
        return await on_a_thread(work, "parley-report")

    async def write(self, target: Path, text: Callable[[], str]) -> None:
        await self.make(lambda: _write(target, text().encode("utf-8", "replace")))

    def machine(self) -> dict[str, str]:
        return {
            "host": platform.node(),
            "system": platform.platform(terse=True),
            "processor": platform.processor() or platform.machine(),
            "cores": str(os.cpu_count() or ""),
            "memory": size_text(psutil.virtual_memory().total),
            "python": platform.python_version(),
        }


def _write(target: Path, content: bytes) -> None:
    try:
        with replacing(target) as file:
            file.write(content)
    except OSError as error:
        raise not_written(error, target) from error
