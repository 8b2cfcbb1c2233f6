"""Five hundred turns across both wrappers, with flat memory and handles.

``uv run python -m tests.bench.soak [TURNS]`` prints one JSON object; exit code 1 where something
grew. What is compared is the last tenth against the second one: the first warms everything up.
"""

import asyncio
import json
import statistics
import sys
import tempfile
from pathlib import Path

from tests.bench.engines import window
from tests.support.demo_models import ONNX, TRANSFORMERS, copy_home, demo_models

TURNS = 500
_PER_CONVERSATION = 10
_MAX_TOKENS = 16
_GROWTH = 1.05
"""More than this, of memory over so many turns, is a leak."""


async def soak(home: Path, turns: int) -> dict[str, object]:
    samples: list[dict[str, float]] = []
    async with window(home) as process:
        for name in (TRANSFORMERS, ONNX):
            await process.ask("load", model=name)
        for at in range(turns):
            if at % _PER_CONVERSATION == 0:
                await process.ask("fresh")
                await process.ask("choose", model=(ONNX, TRANSFORMERS)[at // _PER_CONVERSATION % 2])
            question = f"Say the number {at}, and nothing else."
            await process.ask("say", text=question, max_tokens=_MAX_TOKENS)
            if at % _PER_CONVERSATION == _PER_CONVERSATION - 1:
                samples.append(await process.ask("memory"))
    part = max(len(samples) // 10, 1)
    early, late = samples[part : 2 * part] or samples[:part], samples[-part:]
    growth = {
        key: statistics.median(one[key] for one in late)
        / statistics.median(one[key] for one in early)
        for key in ("window", "tree", "handles", "threads")
    }
    return {
        "turns": turns,
        "growth": growth,
        "flat": all(value <= _GROWTH for value in growth.values()),
        "first": early[0],
        "last": late[-1],
    }


def main() -> int:
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else TURNS
    with tempfile.TemporaryDirectory() as folder:
        home = copy_home(demo_models(), Path(folder) / "home")
        told = asyncio.run(soak(home, turns))
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return 0 if told["flat"] else 1


if __name__ == "__main__":
    sys.exit(main())
