"""From a process's start to a window, and to the models in it."""

import time
from pathlib import Path

from tests.bench.figures import Figure, pairs, ratio
from tests.bench.partner import partner


async def start_window(home: Path, count: int) -> Figure:
    """Against a bare PySide6 window."""

    async def ours() -> float:
        return await _until_told("tests.bench.started_window", str(home), "shown")

    async def floor() -> float:
        return await _until_told("tests.bench.bare_window")

    await ours()  # whoever comes first reads the libraries from the disk
    await floor()
    return ratio(*await pairs(ours, floor, count))


async def start_registry(home: Path, count: int) -> Figure:
    """Against a script that imports MLflow and lists the same registry."""
    uri = f"sqlite:///{(home / 'mlflow.db').as_posix()}"

    async def ours() -> float:
        return await _until_told("tests.bench.started_window", str(home), "listed")

    async def floor() -> float:
        return await _until_told("tests.bench.bare_registry", uri)

    await ours()
    await floor()
    return ratio(*await pairs(ours, floor, count))


async def _until_told(module: str, *arguments: str) -> float:
    started = time.monotonic()
    async with partner(module, *arguments) as process:
        return float((await process.told())["at"]) - started
