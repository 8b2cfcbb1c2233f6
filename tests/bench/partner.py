"""A process that is measured: it is told what to do, a line of JSON each, and tells what it saw."""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 600
_LINE = 2**24


class PartnerError(Exception):
    """The process did not do what it was told; its standard error says why."""


class Partner:
    """One such process; `asked` starts and ends it."""

    def __init__(self, process: asyncio.subprocess.Process, said: IO[bytes]) -> None:
        self._process = process
        self._said = said

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Have it do something, and wait for what it tells."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
        return await self.told()

    async def told(self) -> dict[str, Any]:
        """What it tells next."""
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), LIMIT_S)
        if not line:
            self._said.seek(0)
            said = self._said.read().decode(errors="replace")
            raise PartnerError(f"process {self.pid} ended: {said[-2000:]}")
        answer: dict[str, Any] = json.loads(line)
        if "fault" in answer:
            raise PartnerError(answer["fault"])
        return answer


@contextlib.asynccontextmanager
async def partner(module: str, *arguments: str) -> AsyncIterator[Partner]:
    """``python -m MODULE ARGUMENTS``, until the block's end."""
    with tempfile.TemporaryFile() as said:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            cwd=ROOT,
            env=environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=said,
            limit=_LINE,
        )
        try:
            yield Partner(process, said)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), 30)
            except TimeoutError:
                process.kill()
                await process.wait()


def environment() -> dict[str, str]:
    """As a user has it: compiled imports are kept. No hub, no telemetry, and no display needed."""
    here = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    offline = {"HF_HUB_OFFLINE": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
    return {"QT_QPA_PLATFORM": "offscreen"} | here | offline
