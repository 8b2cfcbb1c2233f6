"""Comparisons from the window's side into files and into runs of a real registry."""

import asyncio
import os
import signal
import sqlite3
import statistics
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from msgspec.structs import replace

from app.domain.comparison.record import Comparison, Run, Vote
from app.domain.comparison.report.formats import ReportFormat
from app.infra.program import build_services
from app.infra.settings import Settings
from app.services.comparison_reports import LoggedRun
from app.services.errors import ServiceError
from app.services.program import Services
from tests.support.comparisons import comparison, prompt_set, running, turn
from tests.support.mlflow_server import mlflow_server
from wrappers.contract import Failed

MEASURES = ("time_to_first_token_s", "prefill_tokens_per_s", "decode_tokens_per_s", "total_s")


# Seconds of a database's time, in a query that another process can be ended in.
_SLOW_LINKS = """
CREATE TRIGGER slow_links BEFORE INSERT ON inputs BEGIN
    SELECT count(*) FROM (
        WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2e7)
        SELECT n FROM numbers
    );
END
"""


@pytest.fixture(scope="module")
def server_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("registry")


@pytest.fixture(scope="module", params=["sqlite", pytest.param("server", marks=pytest.mark.slow)])
def registry(request: pytest.FixtureRequest, server_home: Path) -> Iterator[str | None]:
    """Its address; ``None`` for the one in the home."""
    with nullcontext() if request.param == "sqlite" else mlflow_server(server_home) as uri:
        yield uri


@pytest.fixture
def slow_links(services: Services, server_home: Path) -> Iterator[None]:
    """Linking a run with its models takes the database seconds."""
    uri = services.catalog.tracking_uri
    path = uri.removeprefix("sqlite:///") if uri.startswith("sqlite") else server_home / "server.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute(_SLOW_LINKS)
        database.commit()
        yield
        database.execute("DROP TRIGGER slow_links")
        database.commit()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all: making a registry takes seconds."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
async def services(
    registry: str | None, home: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Services]:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    built = build_services(Settings(home=home))
    await built.catalog.open(registry)
    yield built
    await built.close()


def client_of(services: Services) -> Any:
    """As another program would have it."""
    import mlflow

    uri = services.catalog.tracking_uri
    return mlflow.MlflowClient(uri, uri)


def in_registry(services: Services, record: Comparison) -> Comparison:
    """`record` of two models that the registry has."""
    client = client_of(services)
    experiment = client.get_experiment_by_name("parley")
    where = experiment.experiment_id if experiment else client.create_experiment("parley")
    first, second = (
        replace(slot, model_id=client.create_logged_model(where, f"model-{at}").model_id)
        for at, slot in enumerate(record.slots)
    )
    return replace(record, slots=(first, second))


def runs_of(services: Services, identity: str) -> list[Any]:
    """All runs of a comparison that stand."""
    client = client_of(services)
    experiment = client.get_experiment_by_name("parley").experiment_id
    query = f"tags.`parley.comparison` = '{identity}'"
    return list(client.search_runs([experiment], filter_string=query))


def all_runs(services: Services) -> list[Any]:
    client = client_of(services)
    experiment = client.get_experiment_by_name("parley")
    return list(client.search_runs([experiment.experiment_id])) if experiment else []


def artifact(services: Services, logged: LoggedRun, path: str) -> str:
    """Read where it lies, or as a browser gets it: MLflow's own download leaves threads behind."""
    where = urlsplit(client_of(services).get_run(logged.run_id).info.artifact_uri)
    if where.scheme == "file":
        return (Path(where.path) / path).read_text("utf-8")
    address = f"{logged.registry}/get-artifact?run_uuid={logged.run_id}&path={path}"
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own server
        return str(answer.read().decode())


def uneven() -> Comparison:
    """Two turns; in the second one a run failed and one was stopped."""
    whole = comparison(2)
    last = whole.turns[1]
    first = last.sides[0]
    failed = Run(went_first=True, failure=Failed(kind="died", message="It ended."))
    cut = replace(first.runs[2], stop_reason="cancelled")
    odd = replace(first, runs=(first.runs[0], failed, cut))
    return replace(
        whole,
        turns=(
            replace(whole.turns[0], vote=Vote("second", is_blind=True, at_ms=5)),
            replace(last, sides=(odd, last.sides[1])),
        ),
    )


async def test_that_a_plain_client_finds_the_run_and_recomputes_its_medians_from_its_repeats(
    services: Services,
) -> None:
    record = in_registry(services, replace(uneven(), id="medians"))
    stages: list[str] = []
    logged = await services.reports.log(record, stages.append)
    (run,) = runs_of(services, "medians")
    assert run.info.run_id == logged.run_id
    assert run.info.run_name == logged.name == "phi3-mini/3 and phi3-onnx/1"
    assert stages[0] == "Writing the numbers"
    client = client_of(services)

    def history(name: str) -> dict[int, float]:
        return {one.step: one.value for one in client.get_metric_history(run.info.run_id, name)}

    for at, side in enumerate(("first", "second")):
        for measure in MEASURES:
            medians = history(f"{side}/{measure}")
            for number, told in enumerate(record.turns):
                repeats = history(f"turn_{number + 1}/{side}/{measure}")
                expected = {
                    step: getattr(one.timings, measure)
                    for step, one in enumerate(told.sides[at].runs)
                    if one.failure is None and one.stop_reason != "cancelled"
                }
                assert repeats == expected
                assert medians[number] == statistics.median(repeats.values())
            assert history(f"{side}/median/{measure}")[0] == statistics.median(medians.values())
    speeds = [history(f"{side}/decode_tokens_per_s")[0] for side in ("first", "second")]
    assert history("ratio/decode_tokens_per_s")[0] == pytest.approx(speeds[1] / speeds[0])
    assert history("ratio/total_s") == {}  # they did not write as many tokens
    assert history("votes/second") == {0: 1.0}


async def test_that_parameters_tags_and_links_tell_what_was_compared(services: Services) -> None:
    record = in_registry(services, replace(comparison(), id="told", system="Be brief."))
    await services.reports.log(record)
    (run,) = runs_of(services, "told")
    params, tags = run.data.params, run.data.tags
    assert params["first.model"] == "phi3-mini/3"
    assert params["first.temperature"] == "0"
    assert (params["first.dtype"], params["second.dtype"]) == ("float32", "int4")
    assert (params["plan.repeats"], params["plan.parallel"]) == ("3", "False")
    assert params["system"] == "Be brief."
    assert tags["parley.kind"] == "comparison"
    assert (tags["parley.first"], tags["parley.second"]) == ("phi3-mini/3", "phi3-onnx/1")
    assert tags["mlflow.source.name"] == "Parley"
    assert "| First token | 184 ms" in tags["mlflow.note.content"]
    whole = client_of(services).get_run(run.info.run_id)  # a search leaves out the links
    linked = {given.model_id for given in whole.inputs.model_inputs}
    assert linked == {slot.model_id for slot in record.slots}


async def test_that_the_table_and_the_files_hold_all_that_was_said(services: Services) -> None:
    record = in_registry(services, replace(uneven(), id="files"))
    logged = await services.reports.log(record)
    read = msgspec.json.decode(artifact(services, logged, "answers.json"))
    table = dict(zip(read["columns"], zip(*read["data"], strict=True), strict=True))
    assert list(zip(table["turn"], table["side"], strict=True)) == [
        (1, "first"),
        (1, "second"),
        (2, "first"),
        (2, "second"),
    ]
    assert list(table["answer"][:2]) == [side.answer.text for side in record.turns[0].sides]
    assert list(table["prompt_tokens"]) == [13] * 4
    assert list(table["repeats"]) == [3, 3, 1, 3]
    assert artifact(services, logged, "prompts/turn-1-first.txt") == (
        record.turns[0].sides[0].answer.prompt
    )
    assert artifact(services, logged, "report.html").startswith("<!DOCTYPE html>")
    assert "## Turn 2" in artifact(services, logged, "report.md")
    svg = artifact(services, logged, "charts/turn-1-decode_tokens_per_s.svg")
    assert svg.startswith("<?xml")
    kept = artifact(services, logged, "comparison.json")
    assert msgspec.json.decode(kept, type=Comparison) == record
    environment = msgspec.json.decode(artifact(services, logged, "environment.json"))
    assert environment["first"]["versions"] == {"mlflow": "3.17.2"}
    assert environment["logged_from"]["python"]


async def test_that_a_prompt_set_is_a_run_with_a_step_for_each_row(services: Services) -> None:
    record = prompt_set()
    logged = await services.reports.log(record)
    client = client_of(services)
    experiment = client.get_experiment_by_name("parley").experiment_id
    query = "tags.`parley.kind` = 'prompt_set' AND tags.`parley.prompt_set` = 'set-1'"
    (run,) = client.search_runs([experiment], filter_string=query)
    assert run.info.run_id == logged.run_id
    history = client.get_metric_history(logged.run_id, "second/decode_tokens_per_s")
    told = {one.step: one.value for one in history}
    assert told == {
        at: turn.sides[1].runs[0].timings.decode_tokens_per_s for at, turn in record.results.items()
    }
    median = client.get_metric_history(logged.run_id, "second/median/decode_tokens_per_s")
    assert [one.value for one in median] == [statistics.median(told.values())]
    assert "Question 3?" in artifact(services, logged, "report.html")


async def test_that_where_the_run_is_is_told(services: Services, registry: str | None) -> None:
    logged = await services.reports.log(replace(comparison(), id="where"))
    assert logged.experiment == "parley"
    assert logged.registry == services.catalog.tracking_uri
    if registry is None:
        assert logged.url is None
    else:
        assert logged.url is not None
        assert logged.url.startswith(f"{registry}/#/experiments/")
        assert logged.url.endswith(f"/runs/{logged.run_id}")


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (replace(comparison(), turns=()), "Nothing has been asked"),
        (running(), "still running"),
        (replace(comparison(), turns=(replace(turn(), is_blind=True),)), "blind"),
    ],
)
async def test_that_what_must_not_be_told_is_not_logged(
    services: Services, record: Comparison, said: str
) -> None:
    before = len(all_runs(services))
    with pytest.raises(ServiceError, match=said):
        await services.reports.log(record)
    assert len(all_runs(services)) == before


async def test_that_models_of_another_registry_are_not_logged_here(services: Services) -> None:
    record = comparison()
    (told,) = record.turns
    far = replace(
        told.sides[1],
        answer=replace(told.sides[1].answer, tracking_uri="http://me:secret@elsewhere:5000"),
    )
    with pytest.raises(ServiceError, match="http://elsewhere:5000") as caught:
        await services.reports.log(
            replace(record, turns=(replace(told, sides=(told.sides[0], far)),))
        )
    assert "secret" not in caught.value.failed.message


@pytest.mark.usefixtures("slow_links")  # or it may be over before it is ended
@pytest.mark.expects_log("process ended")
@pytest.mark.parametrize("stage", ["Writing the tables", "Linking the models"])
async def test_that_a_run_whose_process_is_killed_leaves_nothing_behind(
    services: Services, stage: str
) -> None:
    before = {run.info.run_id for run in all_runs(services)}

    def kill(told: str) -> None:
        child = services.catalog._child
        assert child is not None
        if told == stage and child.pid is not None:
            os.kill(child.pid, signal.SIGKILL)

    record = in_registry(services, replace(uneven(), id="killed"))
    with pytest.raises(ServiceError) as caught:
        await services.reports.log(record, kill)
    assert caught.value.failed.kind == "died"
    await services.catalog.close()
    await services.catalog.open(services.catalog.tracking_uri)
    assert {run.info.run_id for run in all_runs(services)} == before


@pytest.mark.usefixtures("slow_links")  # or it may be over before it is told to end
async def test_that_a_run_that_is_cancelled_leaves_nothing_behind(services: Services) -> None:
    before = len(all_runs(services))

    def cancel(_stage: str) -> None:
        task.cancel()

    record = in_registry(services, replace(comparison(), id="cancelled"))
    task = asyncio.create_task(services.reports.log(record, cancel))
    with pytest.raises(asyncio.CancelledError):
        await task
    await services.catalog.clean_up()  # waits for the one that is cancelled
    assert len(all_runs(services)) == before


# --------------------------------------------------------------------------------------------
# Files


@pytest.fixture
async def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Services]:
    """Nothing opened."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    built = build_services(Settings(home=tmp_path / "home"))
    yield built
    await built.close()


@pytest.mark.parametrize("form", list(ReportFormat))
async def test_that_a_report_is_written_whole(
    at_home: Services, tmp_path: Path, form: ReportFormat
) -> None:
    target = tmp_path / f"report{form.suffix}"
    await at_home.reports.write(replace(comparison(2), system="half \ud800"), target, form)
    text = target.read_text("utf-8")
    assert "phi3-onnx/1" in text
    assert "⟨U+D800⟩" in text
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == [target.name]


async def test_that_a_folder_that_is_not_there_is_said(at_home: Services, tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="there is no folder"):
        await at_home.reports.write(
            comparison(), tmp_path / "nowhere" / "report.html", ReportFormat.HTML
        )
