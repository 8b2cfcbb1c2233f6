"""Runs read back as any MLflow client reads them: in SQLite and behind a server."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.asking import ask, connected, own_home
from tests.support.mlflow_server import registry_of
from wrappers.base import WrapperError
from wrappers.contract import CleanUp, Connected, Done, JobProgress, LogRun, LogTrace, RunLogged
from wrappers.registry import RegistryServer
from wrappers.registry_versions import PENDING_TAG

ROOT = Path(__file__).resolve().parents[3]

HOSTILE = "<script>alert(1)</script> \x00 \u202e \x1b[31m 'quoted' \"twice\" `ticks` naïve 🦜"


def comparison(name: str = "a run", **known: Any) -> LogRun:
    values: dict[str, Any] = {
        "name": name,
        "params": {"first.model": "tiny/3", "prompt": HOSTILE},
        "metrics": {
            "turn_1/first/time_to_first_token_s": (0.25, None, 0.5),
            "first/time_to_first_token_s": (0.375,),
        },
        "tags": {"parley.kind": "comparison", "parley.comparison": name, "said": HOSTILE},
        "tables": {
            "answers.json": {"turn": [1, 1], "answer": ["Madrid.", HOSTILE], "n": [3, None]}
        },
        "files": {"report.html": "<!doctype html>", "answers/turn-1-first.txt": HOSTILE},
    }
    return LogRun(id=2, **(values | known))


@pytest.fixture(scope="module", params=["sqlite", pytest.param("server", marks=pytest.mark.slow)])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RegistryServer]:
    with registry_of(request.param, tmp_path_factory.mktemp("runs")) as server:
        yield server


@pytest.fixture
def client(server: RegistryServer) -> Any:
    return client_of(server)


def client_of(server: RegistryServer) -> Any:
    """As another program would have it."""
    import mlflow

    uri = server._opened()[0].tracking_uri
    return mlflow.MlflowClient(uri, uri)


def runs(client: Any, name: str) -> list[Any]:
    """Those that stand, found by their tag; and those under way, found by their name."""
    experiment = client.get_experiment_by_name("parley").experiment_id
    query = f"attributes.run_name = '{name}'"
    return list(client.search_runs([experiment], filter_string=query))


def logged(server: RegistryServer, request: LogRun) -> str:
    last = ask(server, request)[-1]
    assert isinstance(last, RunLogged)
    return last.run_id


def text(client: Any, run_id: str, path: str, folder: Path) -> str:
    return Path(client.download_artifacts(run_id, path, str(folder))).read_bytes().decode()


def test_that_a_run_is_found_by_its_tags_with_its_numbers_at_their_steps(
    server: RegistryServer, client: Any
) -> None:
    *progress, last = ask(server, comparison("found"))
    assert [event.step for event in progress if isinstance(event, JobProgress)] == [1, 2, 3, 4]
    assert isinstance(last, RunLogged)
    query = "tags.`parley.kind` = 'comparison' AND tags.`parley.comparison` = 'found'"
    (run,) = client.search_runs([last.experiment_id], filter_string=query)
    assert run.info.run_id == last.run_id
    assert (run.info.run_name, run.info.status) == ("found", "FINISHED")
    assert run.data.params["first.model"] == "tiny/3"
    assert run.data.tags["mlflow.source.name"] == "Parley"
    assert PENDING_TAG not in run.data.tags
    history = client.get_metric_history(last.run_id, "turn_1/first/time_to_first_token_s")
    assert [(one.step, one.value) for one in history] == [(0, 0.25), (2, 0.5)]


def test_that_its_table_and_files_hold_what_was_said_to_the_letter(
    server: RegistryServer, client: Any, tmp_path: Path
) -> None:
    run_id = logged(server, comparison("to the letter"))
    table = client.load_table(
        client.get_experiment_by_name("parley").experiment_id, "answers.json", [run_id]
    )
    assert list(table["answer"]) == ["Madrid.", HOSTILE]
    assert list(table["turn"]) == [1, 1]
    assert text(client, run_id, "answers/turn-1-first.txt", tmp_path) == HOSTILE
    assert text(client, run_id, "report.html", tmp_path) == "<!doctype html>"
    tags = client.get_run(run_id).data.tags
    assert tags["said"] == HOSTILE.replace("\0", "\N{REPLACEMENT CHARACTER}")
    assert "answers.json" in tags["mlflow.loggedArtifacts"]


def test_that_it_is_linked_to_the_models_that_the_registry_has(
    server: RegistryServer, client: Any
) -> None:
    experiment = server._opened()[0].experiment_id()
    models = [client.create_logged_model(experiment, name).model_id for name in ("one", "two")]
    one, two = models
    run_id = logged(server, comparison("linked", models=(one, two, one, "m-" + "0" * 32)))
    inputs = client.get_run(run_id).inputs.model_inputs
    assert {given.model_id for given in inputs} == set(models)
    assert len(inputs) == 2


def test_that_it_is_linked_to_the_traces_of_its_answers(
    server: RegistryServer, client: Any
) -> None:
    trace = "tr-" + "5" * 32
    told = LogTrace(
        id=3,
        trace_id=trace,
        model="models:/tiny/3",
        name="tiny/3",
        prompt="x",
        text="y",
        status="done",
        started_ms=1_700_000_000_000,
        ended_ms=1_700_000_001_000,
    )
    ask(server, told)
    run_id = logged(server, comparison("traced", traces=(trace, trace)))
    experiment = client.get_experiment_by_name("parley").experiment_id
    found = client.search_traces(locations=[experiment], run_id=run_id)
    assert [one.info.trace_id for one in found] == [trace]


def test_that_names_and_values_beyond_mlflows_limits_are_fitted_and_infinities_left_out(
    server: RegistryServer, client: Any
) -> None:
    request = comparison(
        "ü" * 300,
        params={"knob (%)": "x" * 7000, **{f"p{number}": "ß" * 6000 for number in range(120)}},
        tags={"t": "y" * 9000},
        metrics={
            "speed: tokens/s (first)": (float("inf"), float("nan"), 2.5),
            "long": tuple(float(number) for number in range(1200)),
        },
    )
    run_id = logged(server, request)
    run = client.get_run(run_id)
    assert run.info.run_name == "ü" * 249 + "…"
    assert run.data.params["knob ___"] == "x" * 5999 + "…"
    assert len(run.data.params) == 121
    assert run.data.tags["t"] == "y" * 7999 + "…"
    history = client.get_metric_history(run_id, "speed_ tokens/s _first_")
    assert [(one.step, one.value) for one in history] == [(2, 2.5)]
    assert len(client.get_metric_history(run_id, "long")) == 1200


@pytest.mark.parametrize("name", ["../out.txt", "/etc/out", "a/../../b", "c:\\x", ""])
def test_that_a_file_cannot_lie_outside_of_the_run(server: RegistryServer, name: str) -> None:
    with pytest.raises(WrapperError) as caught:
        ask(server, comparison("outside", files={name: "x"}))
    assert caught.value.kind == "usage"
    assert runs(client_of(server), "outside") == []


# --------------------------------------------------------------------------------------------
# Interrupted


@pytest.mark.parametrize("stages", range(5))
def test_that_a_run_that_is_stopped_on_the_way_leaves_nothing(
    server: RegistryServer, client: Any, stages: int
) -> None:
    asked = iter([False] * stages)
    with pytest.raises(WrapperError) as caught:
        ask(server, comparison("stopped"), should_stop=lambda: next(asked, True))
    assert caught.value.kind == "cancelled"
    assert runs(client, "stopped") == []


def test_that_a_run_whose_files_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    server = connected(own_home(tmp_path))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "jobs").touch()  # where the scratch folders should go
    with pytest.raises(WrapperError) as caught:
        ask(server, comparison("failed"))
    assert caught.value.kind == "disk"
    assert runs(client_of(server), "failed") == []
    assert not [path for path in (tmp_path / "artifacts").rglob("*") if path.is_file()]


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment",
    [
        "after:MlflowClient.create_run",
        "before:MlflowClient.log_table",
        "after:LocalArtifactRepository.log_artifacts",
        "before:MlflowClient.delete_tag",
    ],
)
def test_that_a_run_whose_process_was_killed_is_gone_after_the_next_opening(
    tmp_path: Path, moment: str
) -> None:
    server = connected(own_home(tmp_path))
    client = client_of(server)
    model = client.create_logged_model(server._opened()[0].experiment_id(), "kept").model_id
    command = [sys.executable, "-m", "tests.support.dying_registration"]
    done = subprocess.run(
        [*command, str(tmp_path), "run", model, moment],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -9, done.stderr[-3000:]
    (half,) = runs(client, "killed")
    assert PENDING_TAG in half.data.tags
    again = RegistryServer()
    (event,) = ask(again, own_home(tmp_path))
    assert isinstance(event, Connected)
    assert runs(client, "killed") == []
    assert not [path for path in (tmp_path / "artifacts").rglob("*") if path.is_file()]
    assert not list((tmp_path / "cache" / "jobs").glob("*"))
    assert client.get_logged_model(model).name == "kept"


def test_that_a_clean_up_leaves_a_run_that_another_process_is_writing(
    server: RegistryServer, client: Any
) -> None:
    steps = server.handle(comparison("under way"), lambda: False)
    next(steps)
    assert ask(server, CleanUp(id=6)) == [Done(id=6)]
    *_, last = steps
    assert isinstance(last, RunLogged)
    assert len(runs(client, "under way")) == 1
