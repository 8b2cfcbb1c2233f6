"""Registering a model: wholly or not at all, whatever happens on the way."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.asking import ask, connected, described, listed, own_home, register
from wrappers.base import WrapperError
from wrappers.contract import (
    CleanUp,
    Done,
    Fetched,
    FetchModel,
    JobProgress,
    Registered,
    RegisterModel,
)
from wrappers.registry import RegistryServer
from wrappers.registry_connect import Registry
from wrappers.registry_pending import Owner, new_owner
from wrappers.registry_versions import PENDING_TAG

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def server(home: Path) -> RegistryServer:
    """The module's registry, opened anew as by the next process."""
    return connected(own_home(home))


def traces(registry: Registry, home: Path, name: str) -> list[str]:
    """Everything that tells of a model named `name` or of an unfinished registration."""
    client = registry.client
    experiment = registry.experiment_id()
    runs = client.search_runs([experiment], filter_string=f"tags.`parley.model_name` = '{name}'")
    pending = client.search_runs([experiment], filter_string=f"tags.`{PENDING_TAG}` LIKE '%'")
    ours = {run.info.run_id for run in runs}
    logged = [one for one in client.search_logged_models([experiment]) if one.source_run_id in ours]
    versions = client.search_model_versions(f"name = '{name}'")
    return [
        *(f"run {run.info.run_id}" for run in [*runs, *pending]),
        *(f"logged model {one.model_id}" for one in logged),
        *(f"version {one.version}" for one in versions),
        *(f"model {one.name}" for one in client.search_registered_models(f"name = '{name}'")),
        *(f"scratch {path.name}" for path in (home / "cache" / "jobs").glob("*")),
    ]


def artifact_files(home: Path) -> set[Path]:
    return {path for path in (home / "artifacts").rglob("*") if path.is_file()}


# --------------------------------------------------------------------------------------------
# To the end


def test_that_each_wrapper_registers_its_folder_under_a_name(
    server: RegistryServer, tiny_phi3: Path, tiny_onnx: Path
) -> None:
    register(server, tiny_phi3, "by-wrapper-1")
    request = RegisterModel(id=5, wrapper="onnx", source=str(tiny_onnx), name="by-wrapper-2")
    *progress, last = ask(server, request)
    assert isinstance(last, Registered)
    assert [event.stage for event in progress if isinstance(event, JobProgress)] == [
        "Checking the folder",
        "Copying the weights",
        "Registering the version",
    ]
    versions = listed(server)
    assert versions["models:/by-wrapper-1/1"].mode == "messages"
    assert versions["models:/by-wrapper-2/1"].mode == "template"
    assert versions["models:/by-wrapper-2/1"].model_id == last.model_id
    assert described(server, "by-wrapper-2").trust.registered_here


def test_that_a_model_registered_here_is_a_strangers_once_its_code_is_changed(
    server: RegistryServer, tiny_onnx: Path
) -> None:
    ask(server, RegisterModel(id=5, wrapper="onnx", source=str(tiny_onnx), name="changed-later"))
    *_, fetched = ask(server, FetchModel(id=6, model="changed-later"))
    assert isinstance(fetched, Fetched)
    assert fetched.card.trust.registered_here
    code = Path(fetched.model_dir) / "onnx_genai_model.py"
    code.write_text(code.read_text(encoding="utf-8") + "\n# changed", encoding="utf-8")
    changed = described(server, "changed-later").trust
    assert not changed.registered_here
    assert changed.fingerprint != fetched.card.trust.fingerprint


def test_that_a_name_that_exists_gets_another_version(
    server: RegistryServer, tiny_onnx: Path
) -> None:
    request = RegisterModel(id=5, wrapper="onnx", source=str(tiny_onnx), name="twice")
    numbers = [event.version for event in (ask(server, request)[-1], ask(server, request)[-1])]  # type: ignore[attr-defined]
    assert numbers == ["1", "2"]
    assert described(server, "twice").version.version == "2"


def test_that_nothing_stays_pending_or_in_the_scratch_folder(
    server: RegistryServer, home: Path, tiny_onnx: Path
) -> None:
    ask(server, RegisterModel(id=5, wrapper="onnx", source=str(tiny_onnx), name="settled"))
    registry, _ = server._opened()
    assert PENDING_TAG not in registry.client.get_registered_model("settled").tags
    assert PENDING_TAG not in registry.client.get_model_version("settled", "1").tags
    left = traces(registry, home, "settled")
    assert [one.split()[0] for one in left] == ["run", "logged", "version", "model"]


# --------------------------------------------------------------------------------------------
# Refused before anything is written


@pytest.mark.parametrize("name", ["", " a", "a/b", "a:b", "a@b", "it's", "x" * 300, "a\nb"])
def test_that_a_name_that_could_not_be_asked_for_is_refused(
    server: RegistryServer, tiny_onnx: Path, name: str
) -> None:
    request = RegisterModel(id=5, wrapper="onnx", source=str(tiny_onnx), name=name, check_only=True)
    with pytest.raises(WrapperError) as caught:
        ask(server, request)
    assert caught.value.kind == "usage"


def test_that_the_name_of_a_prompt_is_refused(server: RegistryServer, tiny_onnx: Path) -> None:
    import mlflow

    server._opened()[0].make_current()
    mlflow.genai.register_prompt(name="a-prompt", template="Tell me about {{what}}.")
    with pytest.raises(WrapperError, match="belongs to a prompt"):
        ask(server, RegisterModel(id=5, wrapper="onnx", source=str(tiny_onnx), name="a-prompt"))


def test_that_a_check_registers_nothing(
    server: RegistryServer, home: Path, tiny_onnx: Path
) -> None:
    request = RegisterModel(
        id=5, wrapper="onnx", source=str(tiny_onnx), name="only-checked", check_only=True
    )
    (event,) = ask(server, request)
    assert event == Registered(id=5, name="only-checked", version="")
    assert traces(server._opened()[0], home, "only-checked") == []


def test_that_a_folder_that_will_not_do_leaves_nothing(
    server: RegistryServer, home: Path, tiny_onnx: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny_onnx, tmp_path / "cut")
    weights = max(folder.iterdir(), key=lambda path: path.stat().st_size)
    weights.write_bytes(weights.read_bytes()[:100])
    before = artifact_files(home)
    with pytest.raises(WrapperError):
        ask(server, RegisterModel(id=5, wrapper="onnx", source=str(folder), name="cut"))
    assert traces(server._opened()[0], home, "cut") == []
    assert artifact_files(home) == before


# --------------------------------------------------------------------------------------------
# Interrupted


def test_that_a_cancelled_registration_leaves_nothing(
    server: RegistryServer, home: Path, tiny_onnx: Path
) -> None:
    before = artifact_files(home)
    request = RegisterModel(id=5, wrapper="onnx", source=str(tiny_onnx), name="cancelled")
    with pytest.raises(WrapperError) as caught:
        ask(server, request, should_stop=lambda: True)
    assert caught.value.kind == "cancelled"
    assert traces(server._opened()[0], home, "cancelled") == []
    assert artifact_files(home) == before


def test_that_a_registration_whose_logging_fails_leaves_nothing(
    tmp_path: Path, tiny_onnx: Path
) -> None:
    server = connected(own_home(tmp_path))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "jobs").touch()  # where the scratch folders should go
    with pytest.raises(WrapperError) as caught:
        ask(server, RegisterModel(id=5, wrapper="onnx", source=str(tiny_onnx), name="failed"))
    assert caught.value.kind == "disk"
    assert traces(server._opened()[0], tmp_path, "failed") == []


def die(home: Path, folder: Path, name: str, moment: str) -> None:
    """Let another process begin to register `folder` and be killed at `moment`."""
    command = [sys.executable, "-m", "tests.support.dying_registration"]
    done = subprocess.run(
        [*command, str(home), str(folder), name, moment],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -9, done.stderr[-3000:]


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment",
    [
        "after:MlflowClient.create_run",
        "before:LocalArtifactRepository.log_artifacts",
        "after:LocalArtifactRepository.log_artifacts",
        "before:MlflowClient.create_registered_model",
        "after:MlflowClient.create_registered_model",
        "after:MlflowClient.create_model_version",
    ],
)
def test_that_a_killed_registration_is_hidden_at_once_and_then_taken_back(
    server: RegistryServer, home: Path, tiny_onnx: Path, moment: str
) -> None:
    registry, _ = server._opened()
    before, files = listed(server), artifact_files(home)
    die(home, tiny_onnx, "killed", moment)
    assert traces(registry, home, "killed") != []
    assert listed(server) == before
    assert ask(server, CleanUp(id=6)) == [Done(id=6)]
    assert traces(registry, home, "killed") == []
    assert artifact_files(home) == files


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment",
    [
        "after:MlflowClient.delete_model_version_tag",
        "after:MlflowClient.delete_registered_model_tag",
    ],
)
def test_that_a_registration_killed_once_registered_is_finished(
    home: Path, tiny_onnx: Path, moment: str
) -> None:
    name = f"nearly-done-{moment.rpartition('.')[2]}"
    die(home, tiny_onnx, name, moment)
    # Opening a local registry cleans it up.
    server = connected(own_home(home))
    registry, _ = server._opened()
    assert listed(server)[f"models:/{name}/1"].mode == "template"
    assert PENDING_TAG not in registry.client.get_registered_model(name).tags
    left = traces(registry, home, name)
    assert [one.split()[0] for one in left] == ["run", "logged", "version", "model"]


@pytest.mark.slow
def test_that_a_killed_second_version_leaves_the_first(
    server: RegistryServer, home: Path, tiny_onnx: Path
) -> None:
    ask(server, RegisterModel(id=5, wrapper="onnx", source=str(tiny_onnx), name="first-stays"))
    before = listed(server)
    die(home, tiny_onnx, "first-stays", "after:MlflowClient.create_model_version")
    assert listed(server) == before
    ask(server, CleanUp(id=6))
    assert listed(server) == before
    assert described(server, "first-stays").version.version == "1"


def test_that_a_registration_that_lives_is_let_alone(server: RegistryServer, home: Path) -> None:
    registry, _ = server._opened()
    owner = new_owner()
    run = registry.client.create_run(
        registry.experiment_id(),
        tags={PENDING_TAG: owner.tag, "parley.model_name": "under-way"},
    )
    try:
        ask(server, CleanUp(id=6))
        assert len(traces(registry, home, "under-way")) == 2
    finally:
        registry.client.delete_run(run.info.run_id)


def test_that_a_process_is_known_by_more_than_its_number() -> None:
    owner = new_owner()
    assert not owner.has_died()
    reused = Owner(owner.job, owner.host, owner.pid, owner.started - 3600)
    assert reused.has_died()
    elsewhere = Owner(owner.job, "another machine", owner.pid, owner.started - 3600)
    assert not elsewhere.has_died()
