"""What a model costs the window, and what the window costs a model."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

from tests.bench.figures import Figure, pairs, ratio
from tests.bench.partner import Partner, partner
from tests.support.demo_models import ONNX, TRANSFORMERS, DemoModels

STORY = "Write a long story about a lighthouse keeper, with many chapters."
FACT = "The lighthouse on the northern cape was built of grey stone in the year {year}. "
"""21 tokens of the demo models, or so."""

_NAMES = {"onnx": ONNX, "transformers": TRANSFORMERS}


@asynccontextmanager
async def window(home: Path) -> AsyncIterator[Partner]:
    async with partner("tests.bench.window_process", str(home)) as process:
        yield process


def long_text(seed: int, tokens: int = 1500) -> str:
    """Of so many tokens, about; another seed differs from its first word on."""
    facts = [FACT.format(year=1000 + seed * 97 + at) for at in range(tokens // 21)]
    return f"Number {seed}. " + "".join(facts) + "What is it built of?"


# --------------------------------------------------------------------------------------------
# Stalls


async def stalls(home: Path, count: int) -> dict[str, Figure]:
    """p99 lateness of a 5 ms timer in the window, while the slower of the two engines loads,
    reads and writes, against a bare window beside as many busy threads."""
    threads = str(len(os.sched_getaffinity(0)))
    worst: dict[str, list[float]] = {"load": [], "prefill": [], "decode": [], "bare": []}

    async def floor() -> float:
        async with partner("tests.bench.bare_timer", threads) as process:
            late = await process.told()
        worst["bare"].append(late["worst_ms"])
        return float(late["p99_ms"])

    figures: dict[str, Figure] = {}
    async with window(home) as process:
        seeds = iter(range(1, 10_000))

        async def load() -> float:
            await process.ask("choose", model=TRANSFORMERS)
            await process.ask("unload")
            late = await process.ask("load", model=TRANSFORMERS)
            worst["load"].append(late["worst_ms"])
            return float(late["p99_ms"])

        async def prefill() -> float:
            await process.ask("fresh")
            late = await process.ask("read", text=long_text(next(seeds)))
            worst["prefill"].append(late["worst_ms"])
            return float(late["p99_ms"])

        async def decode() -> float:
            await process.ask("fresh")
            late = await process.ask("write", text=STORY)
            worst["decode"].append(late["worst_ms"])
            return float(late["p99_ms"])

        for name, ours in (("load", load), ("prefill", prefill), ("decode", decode)):
            worst["bare"] = []
            mine, theirs = await pairs(ours, floor, count)
            figures[f"stall_{name}"] = ratio(
                mine,
                theirs,
                "ms, p99",
                worst_ms=max(worst[name]),
                worst_bare_ms=max(worst["bare"]),
            )
    return figures


# --------------------------------------------------------------------------------------------
# Speed


async def throughput(home: Path, models: DemoModels, count: int) -> dict[str, Figure]:
    """Tokens a second that the window sees, against a bare loop; the engines take turns."""
    folders = {"onnx": models.onnx, "transformers": models.checkpoint}
    figures: dict[str, Figure] = {}
    messages = [{"role": "user", "content": STORY}]
    for engine, folder in folders.items():
        async with (
            window(home) as process,
            partner("tests.bench.bare_loop", engine, str(folder)) as bare,
        ):
            await process.ask("load", model=_NAMES[engine])
            tokens = (await process.ask("speed", text=STORY))["tokens"]  # warm as well
            busy: list[float] = []
            await bare.ask("write", messages=messages, tokens=tokens)

            async def ours(process: Partner = process, busy: list[float] = busy) -> float:
                await process.ask("fresh")
                told = await process.ask("speed", text=STORY)
                busy.append(told["busy_ms_per_token"])
                return float(told["tokens_per_s"])

            async def floor(bare: Partner = bare, tokens: int = tokens) -> float:
                told = await bare.ask("write", messages=messages, tokens=tokens)
                return float(told["tokens_per_s"])

            figures[f"throughput_{engine}"] = ratio(
                *await pairs(ours, floor, count), "tokens/s", window_ms_per_token=median(busy)
            )
    return figures


# --------------------------------------------------------------------------------------------
# Reuse of what was read


async def turn10(home: Path, count: int) -> dict[str, Figure]:
    """The first token of the tenth turn, against the same turn read anew; with equal answers."""
    figures: dict[str, Figure] = {}
    async with window(home) as process:
        for engine, name in _NAMES.items():
            await process.ask("load", model=name)
            messages: list[dict[str, str]] = []
            for at in range(9):
                question = f"Tell me something of the year {1900 + at}. " + FACT.format(year=at) * 3
                messages.append({"role": "user", "content": question})
                told = await process.ask("turn", messages=messages, reuse=True, max_tokens=40)
                messages.append({"role": "assistant", "content": told["text"]})
            before = messages[:-1]
            messages.append({"role": "user", "content": "And what was it built of?"})
            answers = set()
            reused = []

            async def ours(
                messages: list[dict[str, str]] = messages, before: list[dict[str, str]] = before
            ) -> float:
                await process.ask("turn", messages=before, reuse=True, max_tokens=8)
                told = await process.ask("turn", messages=messages, reuse=True, max_tokens=24)
                answers.add(tuple(told["token_ids"]))  # noqa: B023 - used within this turn
                reused.append(told["reused"])  # noqa: B023
                return float(told["ttft_s"])

            async def floor(messages: list[dict[str, str]] = messages) -> float:
                told = await process.ask("turn", messages=messages, reuse=False, max_tokens=24)
                answers.add(tuple(told["token_ids"]))  # noqa: B023
                assert told["reused"] == 0
                return float(told["ttft_s"])

            figure = ratio(*await pairs(ours, floor, count), reused_tokens=reused[-1])
            figures[f"turn10_ttft_{engine}"] = replace(
                figure, notes=figure.notes | {"equal_answers": len(answers) == 1}
            )
            await process.ask("unload")
    return figures


# --------------------------------------------------------------------------------------------
# Stop


async def stops(home: Path, count: int) -> dict[str, Figure]:
    """From Stop to an idle engine, against one step of it; the worse engine of the two."""
    found: dict[str, dict[str, Figure]] = {"stop_decode": {}, "stop_prefill": {}}
    async with window(home) as process:
        seeds = iter(range(1, 10_000))
        for engine, name in _NAMES.items():
            await process.ask("load", model=name)
            idle, steps = [], []
            for _ in range(count * 2):
                await process.ask("fresh")
                told = await process.ask("stop", text=STORY, while_reading=False)
                idle.append(told["idle_s"])
                steps.append(told["step_s"])
            found["stop_decode"][engine] = ratio(idle, steps)
            idle, steps = [], []
            for _ in range(count * 2):
                await process.ask("fresh")
                text = long_text(next(seeds))
                told = await process.ask("stop", text=text, while_reading=True)
                whole = await process.ask(
                    "turn",
                    messages=[{"role": "user", "content": long_text(next(seeds))}],
                    reuse=False,
                    max_tokens=1,
                )
                idle.append(told["idle_s"])
                steps.append(64 / whole["prefill_tokens_per_s"])
            found["stop_prefill"][engine] = ratio(idle, steps, chunk_tokens=64)
            await process.ask("unload")
    return {name: _worse(engines) for name, engines in found.items()}


def _worse(engines: dict[str, Figure]) -> Figure:
    name, figure = max(engines.items(), key=lambda one: one[1].value)
    others = {engine: one.value for engine, one in engines.items()}
    return replace(figure, notes=figure.notes | {"engine": name, "by_engine": others})


# --------------------------------------------------------------------------------------------
# Memory


async def unload_memory(home: Path, count: int) -> Figure:
    """What the whole tree of processes holds after unloading, against before the load."""
    async with window(home) as process:
        await process.ask("choose", model=ONNX)
        ours, floor = [], []
        for at in range(count):
            name = TRANSFORMERS if at % 2 else ONNX
            await process.ask("choose", model=name)
            await asyncio.sleep(1)
            before = (await process.ask("memory"))["tree"]
            await process.ask("load", model=name)
            await process.ask("write", text="What is the capital of Spain?")
            await process.ask("unload")
            floor.append(before / 1e6)
            ours.append((await process.ask("memory"))["tree"] / 1e6)
    return ratio(ours, floor, "MB")


async def window_memory(home: Path) -> Figure:
    """Of the window's process alone, a model loaded and 100 messages on view."""
    values = []
    for _ in range(3):
        async with window(home) as process:
            await process.ask("load", model=ONNX)
            await process.ask("show", messages=100)
            values.append((await process.ask("memory"))["window"] / 1e6)
    from tests.bench.figures import plain

    return plain(values, "MB")
