"""What a stranger's model may do, and until when: on a real registry, with real processes."""

import asyncio
import json
import os
import pickle
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from app.domain.model_names import reference
from app.infra.launcher import HostLauncher
from app.infra.program import build_services
from app.infra.settings import Settings
from app.services.engines import Engine
from app.services.errors import ServiceError
from app.services.program import Services
from app.services.sessions import NeedsTrust
from tests.integration.app.test_cli import objects, parley, running, until_text
from wrappers.contract import Fetched, Finished, Generate, LoadOptions, ModelVersion

SECRETS = {
    "MLFLOW_TRACKING_TOKEN": "secret",
    "MLFLOW_TRACKING_USERNAME": "secret",
    "MLFLOW_TRACKING_PASSWORD": "secret",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AZURE_STORAGE_CONNECTION_STRING": "secret",
    "DATABRICKS_TOKEN": "secret",
    "HF_TOKEN": "secret",
    "ALL_PROXY": "http://me:secret@proxy.invalid",
}


class Marker:
    """What a pickle does that is loaded: it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.fixture
def home(unruly_home: Path, model_folders: dict[str, Path], tmp_path: Path) -> Path:
    """A home of the test's own, with a model folder of its own that can be changed."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copytree(model_folders["unruly"], home / "unruly")
    return home


@pytest.fixture
def model(home: Path) -> Path:
    return home / "unruly"


@pytest.fixture
async def services(home: Path) -> AsyncIterator[Services]:
    built = build_services(Settings(home=home))
    yield built
    await built.close()
    left = home / "cache" / "tmp"
    assert not left.exists() or not list(left.iterdir())


async def select(services: Services, model: Path) -> Engine:
    card = await services.catalog.describe(str(model))
    services.sessions.select(card.version)
    return services.pool.get(card.version)


async def answer(engine: Engine, prompt: str) -> str:
    async with aclosing(engine.generate(Generate(id=0, prompt=prompt))) as batches:
        events = [event async for batch in batches for event in batch]
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1].text


def change_code(model: Path, line: str = "# changed") -> None:
    code = model / "unruly.py"
    code.write_text(f"{code.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")


async def test_that_a_yes_holds_for_what_was_shown_and_until_that_changes(
    services: Services, model: Path
) -> None:
    engine = await select(services, model)
    with pytest.raises(NeedsTrust) as question:
        await services.sessions.load()
    told = question.value.card.trust
    assert "unruly.py" in told.files
    assert told.loader.startswith("mlflow.pyfunc")
    assert "mlflow" in " ".join(told.requirements)
    assert told.source == str(model)
    assert told.registry.startswith("sqlite:")

    await services.sessions.load(trusted=True)
    await engine.unload()
    assert not list(model.rglob("__pycache__"))
    await services.sessions.load()
    assert await answer(engine, "once") == "once "
    await engine.unload()

    change_code(model)
    with pytest.raises(NeedsTrust) as again:
        await services.sessions.load()
    assert again.value.card.trust.fingerprint != told.fingerprint
    with pytest.raises(ServiceError, match="would run code"):
        await engine.load()


async def test_that_a_yes_to_code_that_changed_meanwhile_is_asked_for_again(
    services: Services, model: Path, tmp_path: Path
) -> None:
    await select(services, model)
    with pytest.raises(NeedsTrust):
        await services.sessions.load()
    marker = tmp_path / "ran"
    change_code(model, f"import os; os.mkdir({str(marker)!r})")
    with pytest.raises(NeedsTrust):
        await services.sessions.load(trusted=True)
    assert services.trust.grants() == ()
    assert not marker.exists()
    await services.sessions.load(trusted=True)
    assert marker.exists()


async def test_that_code_that_changes_right_before_the_load_does_not_run(
    services: Services, model: Path, home: Path, tmp_path: Path
) -> None:
    await select(services, model)
    card = await services.catalog.describe(str(model), fingerprint=True)
    marker = tmp_path / "ran"

    async def fetch(version: ModelVersion, report: Callable[[str], None]) -> Fetched:
        fetched = await services.catalog.fetch(reference(version), report)
        change_code(model, f"import os; os.mkdir({str(marker)!r})")
        return fetched

    launcher = HostLauncher(Settings(home=home).resolve())
    engine = Engine(
        card.version, LoadOptions(), launcher=launcher, fetch=fetch, admit=lambda _: None
    )
    with pytest.raises(ServiceError, match="has changed") as caught:
        await engine.load()
    assert caught.value.failed.kind == "untrusted"
    assert not marker.exists()


async def test_that_a_models_process_has_no_secret_and_asks_the_hub_only_if_it_may(
    services: Services, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:secret@registry.invalid")
    engine = await select(services, model)
    await services.sessions.load(trusted=True)
    environment = json.loads(await answer(engine, "environment"))
    assert "secret" not in json.dumps(environment)
    assert environment["HF_HUB_OFFLINE"] == "1"
    asked_before = engine.asks_hub

    await engine.unload()
    await services.sessions.allow_hub(engine, allowed=True)
    await services.sessions.load()
    environment = json.loads(await answer(engine, "environment"))
    assert "HF_HUB_OFFLINE" not in environment
    assert "secret" not in json.dumps(environment)
    assert (asked_before, engine.asks_hub) == (False, True)

    await engine.unload()
    change_code(model)
    await services.sessions.load(trusted=True)
    assert not engine.asks_hub, "what was allowed was allowed to another content"


@pytest.mark.expects_log("killed, signal 9")
async def test_that_the_temporary_folder_of_a_killed_process_is_removed(
    services: Services, model: Path, home: Path
) -> None:
    engine = await select(services, model)
    await services.sessions.load(trusted=True)
    own = Path(json.loads(await answer(engine, "environment"))["TMPDIR"])
    (own / "left").mkdir()
    (own / "left" / "file").write_text("x")
    (own / "left").chmod(0o500)
    gone = asyncio.Event()
    engine.changed.connect(gone.set)
    assert own.is_dir()
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGKILL)
    async with asyncio.timeout(20):
        await gone.wait()
    assert not own.exists()


@pytest.mark.slow
def test_that_the_next_start_removes_what_a_killed_window_left(unruly_home: Path) -> None:
    place = unruly_home / "cache" / "tmp"
    with running(unruly_home, "ask", "unruly", "endless", "--trust", "--json") as program:
        until_text(program)
        assert len(list(place.iterdir())) == 2
        program.kill()
        program.wait()
    left = {one.name for one in place.iterdir()}
    assert len(left) == 2
    assert parley(unruly_home, "models").returncode == 0
    assert not left & {one.name for one in place.iterdir()}


@pytest.mark.slow
def test_that_the_command_line_refuses_in_a_sentence_and_doctor_tells_what_is_trusted(
    home: Path, model: Path
) -> None:
    refused = parley(home, "ask", str(model), "once")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.count("\n") == 1
    assert "--trust" in refused.stderr
    trusted = parley(home, "ask", str(model), "once", "--trust", "--allow-hub")
    assert (trusted.returncode, trusted.stdout) == (0, "once \n"), trusted.stderr

    (told,) = objects(parley(home, "doctor", "--json"))
    (grant,) = told["trusted"]
    assert (grant["runs_code"], grant["asks_hub"]) == (True, True)
    assert grant["name"] == "unruly"
    text = parley(home, "doctor").stdout
    assert "runs its code and asks the hub" in text
    assert str(home / "trusted.json") in text

    assert parley(home, "ask", str(model), "once", "--no-allow-hub").returncode == 0
    (told,) = objects(parley(home, "doctor", "--json"))
    assert told["trusted"][0]["asks_hub"] is False

    change_code(model)
    assert parley(home, "ask", str(model), "once").returncode == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pytorch_model.bin", "last.ckpt"])
def test_that_pickled_weights_are_not_unpickled_unless_trusted(
    home: Path, tmp_path: Path, name: str
) -> None:
    folder, marker = tmp_path / "pickled", tmp_path / "ran"
    (folder / "model").mkdir(parents=True)
    (folder / "MLmodel").write_text(
        "flavors:\n"
        "  python_function: {loader_module: mlflow.transformers}\n"
        "  transformers: {task: text-generation, model_binary: model,"
        " pipeline_model_type: Phi3ForCausalLM, instance_type: TextGenerationPipeline}\n"
        "metadata: {task: llm/v1/chat}\n"
    )
    (folder / "model" / "config.json").write_text('{"model_type": "phi3"}')
    (folder / "model" / name).write_bytes(pickle.dumps(Marker(marker)))
    refused = parley(home, "ask", str(folder), "hello")
    assert refused.returncode == 1
    assert f"model/{name}" in refused.stderr
    assert "--trust" in refused.stderr
    assert not marker.exists()
