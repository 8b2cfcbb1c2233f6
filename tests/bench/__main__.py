"""``uv run python -m tests.bench [NAME …]``: prints one JSON object; README.md here explains it."""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench import engines, lists, rendering, starts
from tests.bench.figures import PAIRS, Figure
from tests.support.demo_models import DemoModels, copy_home, demo_models

REACH = {
    "start_window": 1.8,
    "start_registry": 1.15,
    "window_memory_mb": 160,
    "stall_load": 1.3,
    "stall_prefill": 1.3,
    "stall_decode": 1.3,
    "throughput_onnx": 0.98,
    "throughput_transformers": 0.98,
    "turn10_ttft_onnx": 0.25,
    "turn10_ttft_transformers": 0.25,
    "stop_decode": 1.5,
    "stop_prefill": 1.5,
    "render_growth": 1.5,
    "open_5000_ms": 200,
    "registry_2000_ms": 1000,
    "registry_key_ms": 16,
    "unload_memory": 1.05,
}
"""What is to be reached: that or less, but for a throughput, which is to be that or more."""

type _Bench = Callable[[Path], Awaitable[dict[str, Figure]]]


async def _named(name: str, figure: Awaitable[Figure]) -> dict[str, Figure]:
    return {name: await figure}


def _benches(models: DemoModels, count: int) -> list[tuple[tuple[str, ...], _Bench]]:
    """Each with the names that it gives, and a home of its own to work in."""

    def one(name: str, run: Callable[[Path], Awaitable[Figure]]) -> tuple[tuple[str, ...], _Bench]:
        return (name,), lambda home: _named(name, run(home))

    return [
        one("start_window", partial(starts.start_window, count=count)),
        one("start_registry", partial(starts.start_registry, count=count)),
        one("window_memory_mb", engines.window_memory),
        one("render_growth", lambda _: rendering.render_growth(count)),
        one("open_5000_ms", partial(lists.open_5000, count=count)),
        (("registry_2000_ms", "registry_key_ms"), partial(lists.registry_2000, count=count)),
        (
            ("stall_load", "stall_prefill", "stall_decode"),
            partial(engines.stalls, count=count),
        ),
        (
            ("throughput_onnx", "throughput_transformers"),
            partial(engines.throughput, models=models, count=count),
        ),
        (
            ("turn10_ttft_onnx", "turn10_ttft_transformers"),
            partial(engines.turn10, count=count),
        ),
        (("stop_decode", "stop_prefill"), partial(engines.stops, count=count)),
        one("unload_memory", partial(engines.unload_memory, count=count)),
    ]


async def _run(wanted: set[str], models: DemoModels, count: int) -> dict[str, Any]:
    figures: dict[str, Figure] = {}
    failed: dict[str, str] = {}
    for names, bench in _benches(models, count):
        if wanted and wanted.isdisjoint(names):
            continue
        sys.stderr.write(f"{', '.join(names)} …\n")
        started = time.monotonic()
        try:
            with tempfile.TemporaryDirectory() as folder:
                figures |= await bench(copy_home(models, Path(folder) / "home"))
        except Exception as error:  # noqa: BLE001 - the others are measured all the same
            traceback.print_exc()
            failed |= dict.fromkeys(names, repr(error))
        sys.stderr.write(f"    {time.monotonic() - started:.0f} s\n")
    details = {name: figure.as_json() for name, figure in figures.items()}
    return {
        **{name: told["value"] for name, told in details.items()},
        "missed": [name for name, told in details.items() if not _is_reached(name, told["value"])],
        "failed": failed,
        "details": details,
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "load": os.getloadavg()[0],
            "system": platform.platform(),
            "python": platform.python_version(),
        },
    }


def _is_reached(name: str, value: float) -> bool:
    reach = REACH[name]
    return value >= reach if name.startswith("throughput") else value <= reach


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="some of them; all without")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="alternating pairs of each ratio")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(REACH)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(REACH)}")
    told = asyncio.run(_run(set(asked.names), demo_models(), asked.pairs))
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return 1 if told["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
