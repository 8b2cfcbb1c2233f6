"""A set of fifty prompts through both demo models, killed at a random moment, and gone on with."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.demo_models import ONNX, TRANSFORMERS, copy_home, demo_models
from tests.support.seeds import chance_of

pytestmark = [
    pytest.mark.demo,
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX"),
]

ROOT = Path(__file__).parents[3]
PROMPTS = 50
THINGS = ("rain", "wind", "snow", "iron", "gold", "salt", "milk", "corn", "moon", "time")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return copy_home(demo_models(), tmp_path / "home")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "things.jsonl"
    lines = [
        {"id": f"q-{number}", "question": f"{THINGS[number % 10]} {number}?"}
        for number in range(PROMPTS)
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return path


def command(home: Path, file: Path, *more: str) -> list[str]:
    line = [sys.executable, "-P", "-m", "app", "--home", str(home), "compare"]
    options = ["--max-tokens", "3", "--temperature", "0", "--seed", "7", "--json", *more]
    return [*line, TRANSFORMERS, ONNX, "--prompts", str(file), *options]


def environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("MLFLOW_TRACKING_URI", "PARLEY_HOME", "PYTHONDONTWRITEBYTECODE")
    }
    return kept | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}


def killed(home: Path, file: Path, rows: int, seconds: float) -> list[dict[str, Any]]:
    """What the program has told of rows, killed so long after that many."""
    told = []
    with subprocess.Popen(
        command(home, file), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        try:
            for line in program.stdout:
                event = json.loads(line)
                if event["event"] == "row":
                    told.append(event)
                if len(told) == rows:
                    break
            else:
                raise AssertionError(program.stderr.read().decode())
            time.sleep(seconds)  # the moment is what is tested
        finally:
            os.kill(program.pid, signal.SIGKILL)
        lines = [line for line in program.stdout if line.endswith(b"\n")]
        told += [event for event in map(json.loads, lines) if event["event"] == "row"]
    return told


@dataclass(frozen=True)
class Kept:
    """What the file has of the only set."""

    id: str
    results: dict[int, str]
    """By their positions: the JSON as it stands there."""


def kept(home: Path) -> Kept:
    with closing(sqlite3.connect(home / "conversations.db")) as database:
        ((set_id,),) = database.execute("SELECT id FROM prompt_sets")
        rows = database.execute(
            "SELECT position, CAST(turn AS TEXT) FROM prompt_set_results WHERE prompt_set = ?",
            [set_id],
        ).fetchall()
    assert len(rows) == len({position for position, _ in rows})
    return Kept(set_id, dict(rows))


def generations(home: Path, set_id: str) -> Counter[str]:
    """How many traces of the set's answers MLflow has, by the prompt."""
    from mlflow import MlflowClient

    client: Any = MlflowClient(f"sqlite:///{(home / 'mlflow.db').as_posix()}")
    experiment = client.get_experiment_by_name("parley").experiment_id
    query = f"metadata.`mlflow.trace.session` = '{set_id}'"
    found: Counter[str] = Counter()
    token = None
    while True:
        page = client.search_traces(
            locations=[experiment],
            filter_string=query,
            max_results=100,
            include_spans=False,
            page_token=token,
        )
        for trace in page:
            (number,) = [at for at in range(PROMPTS) if f" {at}?" in trace.info.request_preview]
            found[f"q-{number}"] += 1
        token = page.token
        if not token:
            return found


def test_that_a_set_killed_at_a_random_moment_is_gone_on_with_and_no_prompt_is_run_twice_or_lost(
    home: Path, file: Path
) -> None:
    chance = chance_of("a prompt set")
    rows, seconds = chance.randrange(1, PROMPTS - 5), chance.uniform(0, 0.5)
    told = killed(home, file, rows, seconds)
    before = kept(home)
    killed_at_ms = time.time_ns() // 1_000_000
    where = f"killed {seconds:.3f} s after {rows} rows"
    # What was told was kept, and nothing but the next row can be on its way.
    assert len(told) <= len(before.results) <= len(told) + 1, where
    assert sorted(before.results) == list(range(len(before.results))), where

    done = subprocess.run(
        command(home, file, "--resume"),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    begun, summary = events[0], events[-1]
    lines = [event for event in events if event["event"] == "row"]
    assert (begun["event"], summary["event"], len(lines)) == ("set", "summary", PROMPTS)
    assert begun["id"] == summary["id"] == before.id
    assert (summary["done"], summary["failed"]) == (PROMPTS, 0)
    assert summary["ran"] == PROMPTS - len(before.results), where

    # Every prompt has exactly one result, in the file's order and with its answers.
    after = kept(home)
    assert sorted(after.results) == list(range(PROMPTS)), where
    assert sorted(one["id"] for one in lines) == sorted(f"q-{at}" for at in range(PROMPTS))
    assert [one["was_kept"] for one in lines].count(True) == len(before.results)
    for one in lines:
        assert one["id"] == f"q-{one['number'] - 1}"
        assert all(side["completion_tokens"] for side in one["sides"]), one

    # None has changed, and none of them was run after the kill.
    for position, turn in before.results.items():
        assert after.results[position] == turn, f"{where}: row {position} has changed"
        assert json.loads(turn)["created_ms"] <= killed_at_ms
    for position in after.results.keys() - before.results.keys():
        assert json.loads(after.results[position])["created_ms"] >= killed_at_ms
    same = {one["id"]: one for one in told}
    for one in lines:
        if one["id"] in same:
            assert one == same[one["id"]] | {"was_kept": True}

    # The models themselves were asked no more than once: each answer leaves one trace. Those of
    # the last rows before the kill may not have been written yet, and the row that it has cut
    # short is the only one that may have another.
    traces = generations(home, after.id)
    on_its_way = f"q-{len(before.results)}"
    twice = {name: count for name, count in traces.items() if count > 2 and name != on_its_way}
    assert twice == {}, where
    for position in range(len(before.results), PROMPTS):
        assert traces[f"q-{position}"] >= 2, f"{where}: {traces}"


def test_that_a_set_that_is_through_is_not_run_again_but_on_request(home: Path, file: Path) -> None:
    short = file.with_name("short.csv")
    short.write_text("question\nIs rain cold?\n")

    def run(*more: str) -> list[dict[str, Any]]:
        done = subprocess.run(
            command(home, short, *more),
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
            timeout=500,
        )
        return [json.loads(line) for line in done.stdout.splitlines()]

    first = run()
    shown = run("--resume")
    anew = run("--again")
    assert (first[-1]["ran"], shown[-1]["ran"], anew[-1]["ran"]) == (1, 0, 1)
    assert first[-1]["id"] == shown[-1]["id"] != anew[-1]["id"]
    assert shown[1] == first[1] | {"was_kept": True}
