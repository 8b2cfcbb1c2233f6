"""What is long: a conversation of 5,000 messages, a registry of 2,000 models."""

import asyncio
import statistics
import sys
from pathlib import Path

from tests.bench.engines import window
from tests.bench.figures import Figure, plain
from tests.bench.partner import ROOT, environment

MODELS = 2000

_MAKE = """
import mlflow, pathlib, sys
home = pathlib.Path(sys.argv[1])
uri = f"sqlite:///{(home / 'mlflow.db').as_posix()}"
mlflow.set_tracking_uri(uri)
client = mlflow.MlflowClient()
source = client.get_model_version("demo-onnx", "1").source
for at in range(int(sys.argv[2])):
    name = f"model-{at:04d}"
    client.create_registered_model(name, tags={"team": f"team-{at % 17}"})
    client.create_model_version(name, source=source, tags={"stage": "trial"})
"""


async def open_5000(home: Path, count: int) -> Figure:
    """From the wish to the first painted screen, in milliseconds; and what of that reading the
    messages from the file takes, which no drawing can do without."""
    values, reads = [], []
    async with window(home) as process:
        for _ in range(count):
            told = await process.ask("open_long", messages=5000)
            values.append(told["took_s"] * 1000)
            reads.append(told["read_s"] * 1000)
    return plain(values, "ms", read_ms=statistics.median(reads))


async def registry_2000(home: Path, count: int) -> dict[str, Figure]:
    """Listing once the client is up, and one key of a search, in milliseconds."""
    await _make(home)
    listing, keys = [], []
    async with window(home) as process:
        await process.ask("listed", models=MODELS)
        for _ in range(count):
            told = await process.ask("list_again")
            listing.append(told["took_s"] * 1000)
            told = await process.ask("type_into_search", text="model-19")
            keys += [one * 1000 for one in told["took_s"]]
    return {
        "registry_2000_ms": plain(listing, "ms", models=MODELS),
        "registry_key_ms": plain(keys, "ms", models=MODELS),
    }


async def _make(home: Path) -> None:
    made = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _MAKE, str(home), str(MODELS), cwd=ROOT, env=environment()
    )
    assert await made.wait() == 0
