"""A real registry in SQLite: opened, listed, asked for one model."""

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.asking import ask, connected, described, listed, own_home, register
from wrappers.base import WrapperError
from wrappers.contract import (
    Connect,
    Connected,
    Diagnose,
    Diagnosed,
    Fetched,
    FetchModel,
    ListModels,
)
from wrappers.registry import RegistryServer

MLMODEL = """\
flavors:
  python_function:
    loader_module: mlflow.pyfunc.model
    python_version: 3.12.1
    streamable: true
mlflow_version: 3.17.2
model_size_bytes: 77
signature:
  inputs: '[{"type": "string", "name": "prompt", "required": true}]'
  outputs: '[{"type": "string", "required": true}]'
  params: null
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a home") / "100 % ünïcode #1"


@pytest.fixture(scope="module")
def server(home: Path) -> RegistryServer:
    """A registry of its own with the tiny model registered in it once, by `tiny`."""
    return connected(own_home(home))


@pytest.fixture(scope="module")
def tiny(server: RegistryServer, tiny_phi3: Path) -> str:
    """The name of a registered model, by wrapper 1."""
    registered = register(server, tiny_phi3, "tiny")
    assert registered.version == "1"
    return registered.name


@pytest.fixture
def logged(server: RegistryServer) -> Callable[..., Any]:
    """Register an MLmodel file as somebody else's tool does; gives MLflow's version."""

    def register_mlmodel(name: str, mlmodel: str | None = MLMODEL, **tags: str) -> Any:
        registry = server._opened()[0]
        registry.make_current()
        client = registry.client
        experiment = client.get_experiment_by_name("parley").experiment_id
        model = client.create_logged_model(experiment, name="model")
        folder = _folder(model.artifact_location)
        if mlmodel is not None:
            folder.mkdir(parents=True)
            (folder / "MLmodel").write_text(mlmodel, encoding="utf-8")
        if not client.search_registered_models(f"name = '{name}'"):
            client.create_registered_model(name)
        return client.create_model_version(name, f"models:/{model.model_id}", tags=tags)

    return register_mlmodel


def _folder(location: str) -> Path:
    from mlflow.utils.file_utils import local_file_uri_to_path

    return Path(local_file_uri_to_path(location))


# --------------------------------------------------------------------------------------------
# Opening


def test_that_an_own_home_is_made_with_absolute_places(server: RegistryServer, home: Path) -> None:
    registry, _ = server._opened()
    experiment = registry.client.get_experiment_by_name("parley")
    assert _folder(experiment.artifact_location) == home / "artifacts" / "parley"
    assert registry.label == "sqlite · local"
    assert not Path("mlruns").exists()


def test_that_an_own_home_can_be_opened_again(server: RegistryServer, home: Path) -> None:
    (event,) = ask(RegistryServer(), own_home(home))
    assert isinstance(event, Connected)
    assert event.tracking_uri.endswith("/mlflow.db")


def test_that_remains_of_an_interrupted_creation_are_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db.part").write_bytes(b"cut short")
    (tmp_path / "mlflow.db").touch()
    assert listed(connected(own_home(tmp_path))) == {}


def test_that_a_registry_once_made_waits_for_the_disk(tmp_path: Path) -> None:
    registry, _ = connected(own_home(tmp_path))._opened()
    with registry.client._tracking_client.store.engine.connect() as connection:
        (mode,) = connection.exec_driver_sql("PRAGMA synchronous").one()
    assert mode == 2  # FULL


def test_that_a_registry_elsewhere_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(WrapperError, match="There is no registry database") as caught:
        connected(Connect(id=1, tracking_uri=f"sqlite:///{tmp_path}/other.db"))
    assert caught.value.kind == "not_found"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("uri", ["mlruns", "/somewhere/mlruns", "file:///somewhere/mlruns"])
def test_that_a_folder_is_refused_as_retired(uri: str) -> None:
    with pytest.raises(WrapperError, match="retired") as caught:
        connected(Connect(id=1, tracking_uri=uri))
    assert caught.value.kind == "unsupported"


def test_that_a_server_that_is_not_there_is_told_at_once() -> None:
    with pytest.raises(WrapperError, match="does not answer") as caught:
        connected(Connect(id=1, tracking_uri="http://127.0.0.1:9"))
    assert caught.value.kind == "unreachable"


@pytest.mark.parametrize(
    ("revision", "kind"), [("ffffffffffff", "database_newer"), (None, "unsupported")]
)
def test_that_a_database_of_another_mlflow_is_left_as_it_is(
    server: RegistryServer, home: Path, tmp_path: Path, revision: str | None, kind: str
) -> None:
    database = Path(shutil.copy2(home / "mlflow.db", tmp_path))
    with sqlite3.connect(database) as connection:
        connection.execute(
            "UPDATE alembic_version SET version_num = ?", [revision or _older_revision()]
        )
    connection.close()
    before = database.read_bytes()
    with pytest.raises(WrapperError) as caught:
        connected(Connect(id=1, tracking_uri=f"sqlite:///{database}"))
    assert caught.value.kind == kind
    assert database.read_bytes() == before


def _older_revision() -> str:
    """One that the installed MLflow knows and has left behind."""
    from wrappers.registry_connect import _known_revisions

    head, known = _known_revisions()
    return sorted(known - {head})[0]


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_that_a_file_that_is_no_registry_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "notes.db"
    file.write_bytes(content)
    with pytest.raises(WrapperError, match="not a database of MLflow"):
        connected(Connect(id=1, tracking_uri=f"sqlite:///{file}"))
    assert file.read_bytes() == content


@pytest.mark.usefixtures("server")
def test_that_a_registry_whose_writer_was_killed_opens_as_it_was_before(
    home: Path, tmp_path: Path
) -> None:
    written, left = tmp_path / "written.db", tmp_path / "left.db"
    shutil.copy2(home / "mlflow.db", written)
    writer = sqlite3.connect(written, autocommit=True)
    writer.execute("PRAGMA cache_size = 1")  # so that some of it is in the file before the end
    writer.execute("BEGIN")
    writer.execute("CREATE TABLE more (text)")
    writer.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
        "INSERT INTO more SELECT printf('%0500d', i) FROM n"
    )
    # Nobody holds the copies, as nobody holds the files of a process that is gone.
    shutil.copy2(written, left)
    shutil.copy2(f"{written}-journal", f"{left}-journal")
    writer.execute("ROLLBACK")
    writer.close()
    assert connected(Connect(id=1, tracking_uri=f"sqlite:///{left}")) is not None
    with contextlib.closing(sqlite3.connect(left)) as database:
        tables = database.execute("SELECT name FROM sqlite_schema WHERE name = 'more'").fetchall()
    assert tables == []


@pytest.mark.usefixtures("server")
def test_that_a_damaged_database_is_called_so_and_left_as_it_is(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "cut.db"
    content = (home / "mlflow.db").read_bytes()[:30_000]
    file.write_bytes(content)
    with pytest.raises(WrapperError, match="damaged or cut short"):
        connected(Connect(id=1, tracking_uri=f"sqlite:///{file}"))
    assert file.read_bytes() == content


def test_that_a_path_where_nothing_is_is_not_called_a_folder(tmp_path: Path) -> None:
    with pytest.raises(WrapperError, match="neither a database of MLflow nor the address"):
        connected(Connect(id=1, tracking_uri=str(tmp_path / "nowhere")))


def test_that_nothing_is_answered_before_a_registry_is_open() -> None:
    with pytest.raises(WrapperError, match="No registry is open"):
        ask(RegistryServer(), ListModels(id=1))


# --------------------------------------------------------------------------------------------
# Listing


def test_that_a_registered_model_is_listed_with_its_mode(server: RegistryServer, tiny: str) -> None:
    version = listed(server)[f"models:/{tiny}/1"]
    assert (version.mode, version.wrapper, version.streams) == ("messages", "transformers", True)
    assert set(version.flavors) == {"transformers", "python_function"}
    assert version.detected
    assert version.model_id is not None
    assert version.model_id.startswith("m-")
    assert version.size_bytes is not None
    assert version.tags["parley.wrapper"] == "transformers"


def test_that_aliases_are_listed_with_their_version(
    server: RegistryServer, logged: Callable[..., Any]
) -> None:
    logged("with-aliases")
    logged("with-aliases")
    client = server._opened()[0].client
    client.set_registered_model_alias("with-aliases", "champion", "1")
    client.set_registered_model_alias("with-aliases", "best", "1")
    versions = listed(server)
    assert versions["models:/with-aliases/1"].aliases == ("best", "champion")
    assert versions["models:/with-aliases/2"].aliases == ()


def test_that_a_version_in_the_making_is_neither_listed_nor_found(
    server: RegistryServer, logged: Callable[..., Any]
) -> None:
    logged("in-the-making", **{"parley.pending": "{}"})
    assert not [uri for uri in listed(server) if "in-the-making" in uri]
    with pytest.raises(WrapperError, match="has no versions"):
        described(server, "in-the-making")


def test_that_a_prompt_is_no_model(server: RegistryServer) -> None:
    import mlflow

    server._opened()[0].make_current()
    mlflow.genai.register_prompt(name="stand-up", template="Tell me a joke about {{what}}.")
    assert not [uri for uri in listed(server) if "stand-up" in uri]
    with pytest.raises(WrapperError, match="no model named stand-up"):
        described(server, "stand-up")


@pytest.mark.parametrize(
    ("name", "mlmodel", "reason"),
    [
        ("broken", "flavors: [unclosed", "cannot be understood"),
        ("empty", "", "cannot be understood"),
        ("gone", None, "artifacts are missing"),
        ("sklearn", "flavors:\n  sklearn: {}\n", "neither the python_function"),
    ],
)
def test_that_a_model_that_cannot_chat_is_listed_with_the_reason(
    server: RegistryServer, logged: Callable[..., Any], name: str, mlmodel: str | None, reason: str
) -> None:
    logged(name, mlmodel)
    version = listed(server)[f"models:/{name}/1"]
    assert version.mode is None
    assert version.reason is not None
    assert reason in version.reason


def test_that_a_version_whose_logged_model_was_deleted_is_listed_with_the_reason(
    server: RegistryServer, logged: Callable[..., Any]
) -> None:
    version = logged("deleted", None)
    model_id = version.source.removeprefix("models:/")
    server._opened()[0].client.delete_logged_model(model_id)
    reason = listed(server)["models:/deleted/1"].reason
    assert reason is not None
    assert "artifacts are missing" in reason


def test_that_a_long_registry_begins_with_names_alone(
    server: RegistryServer, logged: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged("many")
    logged("many")
    monkeypatch.setattr("wrappers.registry_listing.FIRST_PAGE", 1)
    fresh = connected(own_home(home))
    first, *later = (page.versions for page in ask(fresh, ListModels(id=2)))  # type: ignore[attr-defined]
    assert [(version.uri, version.detected) for version in first] == [("models:/many/2", False)]
    assert {version.uri for page in later for version in page if version.detected} == set(
        listed(server)
    )
    only, closing = (page.versions for page in ask(fresh, ListModels(id=3)))  # type: ignore[attr-defined]
    assert len(only) == len(listed(server))
    assert closing == ()


def test_that_a_changed_mlmodel_is_read_again(
    server: RegistryServer, logged: Callable[..., Any]
) -> None:
    version = logged("mended", "flavors: [unclosed")
    assert listed(server)["models:/mended/1"].mode is None
    model = server._opened()[0].client.get_logged_model(version.source.removeprefix("models:/"))
    (_folder(model.artifact_location) / "MLmodel").write_text(MLMODEL, encoding="utf-8")
    assert listed(server)["models:/mended/1"].mode == "template"


def test_that_what_was_read_is_remembered_by_the_next_process(
    server: RegistryServer, home: Path, logged: Callable[..., Any]
) -> None:
    logged("remembered")
    before = listed(server)
    (memory,) = (home / "cache" / "listings").glob("*.json")
    assert listed(connected(own_home(home))) == before
    memory.write_bytes(b"not what was written")
    assert listed(connected(own_home(home))) == before


def test_that_a_version_of_before_mlflow_3_is_listed(
    server: RegistryServer, tmp_path: Path
) -> None:
    (tmp_path / "MLmodel").write_text(MLMODEL, encoding="utf-8")
    client = server._opened()[0].client
    client.create_registered_model("old-style")
    client.create_model_version("old-style", str(tmp_path))
    version = listed(server)["models:/old-style/1"]
    assert (version.mode, version.model_id) == ("template", None)


def test_that_a_listing_ends_when_it_is_told_to(
    server: RegistryServer, logged: Callable[..., Any]
) -> None:
    logged("one-more")
    with pytest.raises(WrapperError) as caught:
        ask(server, ListModels(id=9), lambda: True)
    assert caught.value.kind == "cancelled"


# --------------------------------------------------------------------------------------------
# One model


@pytest.mark.parametrize(
    "model",
    ["tiny", "tiny/1", "tiny@first", "models:/tiny/1", "models:/tiny@first", "models:/tiny/latest"],
)
def test_that_a_version_is_found_by_any_of_its_names(
    server: RegistryServer, tiny: str, model: str
) -> None:
    server._opened()[0].client.set_registered_model_alias(tiny, "first", "1")
    version = described(server, model).version
    assert (version.name, version.version) == ("tiny", "1")


def test_that_a_model_is_found_by_the_uris_of_its_weights(
    server: RegistryServer, home: Path, tiny: str
) -> None:
    version = described(server, tiny).version
    assert described(server, f"models:/{version.model_id}").version.name == "tiny"
    of_run = described(server, f"runs:/{version.run_id}/model").version
    assert of_run.model_id == version.model_id
    folder = home / "artifacts" / "parley" / "models" / str(version.model_id) / "artifacts"
    assert described(server, str(folder)).version.model_id == version.model_id


@pytest.mark.parametrize(
    ("model", "advice"),
    [
        ("tinny", "Did you mean tiny?"),
        ("tiny/7", "Its versions are: 1."),
        ("tiny@nobody", "Its aliases are"),
        ("models:/m-" + "0" * 32, "parley models"),
        ("runs:/" + "0" * 32 + "/model", "parley models"),
        ("./nowhere", "register the weights"),
        ("it's", "There are"),
    ],
)
def test_that_what_is_not_there_is_answered_with_what_is(
    server: RegistryServer, tiny: str, model: str, advice: str
) -> None:
    with pytest.raises(WrapperError) as caught:
        described(server, model)
    assert caught.value.kind == "not_found"
    assert advice in caught.value.advice


def test_that_a_card_tells_what_mlflow_tells(server: RegistryServer, tiny: str) -> None:
    import mlflow

    card = described(server, tiny)
    server._opened()[0].make_current()
    info = mlflow.models.get_model_info(f"models:/{tiny}/1")
    assert card.signature_text == repr(info.signature)
    assert card.signature_inputs == info.signature.inputs.to_dict()
    assert card.signature_outputs == info.signature.outputs.to_dict()
    assert card.signature_params is None
    assert card.logged_versions["mlflow"] == card.installed_versions["mlflow"]
    assert card.logged_versions["transformers"] == card.installed_versions["transformers"]
    assert card.dtype == "float32"
    assert card.experiment == "parley"
    assert card.run_name == "register tiny"
    assert card.model_config["max_new_tokens"] == 300


def test_that_a_card_of_a_broken_model_tells_why(
    server: RegistryServer, logged: Callable[..., Any]
) -> None:
    logged("broken-card", "flavors: [unclosed")
    card = described(server, "broken-card")
    assert card.version.reason is not None
    assert card.signature_text is None


def test_that_only_what_was_registered_here_is_said_to_be(
    server: RegistryServer, logged: Callable[..., Any], tiny: str
) -> None:
    trust = described(server, tiny).trust
    assert trust.registered_here
    mark = described(server, tiny).version.tags["parley.registered_by"]
    logged("copied-mark", **{"parley.registered_by": mark})
    copied = described(server, "copied-mark").trust
    assert not copied.registered_here
    assert copied.runs_code


def test_that_who_registered_a_model_is_told_as_its_run_has_it(
    server: RegistryServer, tiny: str
) -> None:
    run_id = described(server, tiny).version.run_id
    server._opened()[0].client.set_tag(run_id, "mlflow.user", "somebody")
    assert described(server, tiny).trust.registered_by == "somebody"


def test_that_a_local_model_is_fetched_as_it_is(
    server: RegistryServer, home: Path, tiny: str
) -> None:
    *_, fetched = ask(server, FetchModel(id=5, model=tiny))
    assert isinstance(fetched, Fetched)
    assert Path(fetched.model_dir).is_relative_to(home / "artifacts")
    assert (Path(fetched.model_dir) / "MLmodel").is_file()


def test_that_a_model_without_its_artifacts_is_not_fetched(
    server: RegistryServer, logged: Callable[..., Any]
) -> None:
    logged("lost", None)
    with pytest.raises(WrapperError, match="artifacts are missing") as caught:
        ask(server, FetchModel(id=5, model="lost"))
    assert caught.value.kind == "artifacts_missing"


# --------------------------------------------------------------------------------------------
# The doctor


def test_that_the_doctor_tells_of_packages_registry_and_what_is_wrong(
    server: RegistryServer, logged: Callable[..., Any]
) -> None:
    logged("lost-again", None)
    (event,) = ask(server, Diagnose(id=6))
    assert isinstance(event, Diagnosed)
    assert event.versions["mlflow"]
    assert event.facts["engine onnxruntime-genai"] == "found"
    assert event.facts["registry"] == server._opened()[0].tracking_uri
    assert any("lost-again" in problem for problem in event.problems)


def test_that_the_doctor_needs_no_registry() -> None:
    (event,) = ask(RegistryServer(), Diagnose(id=6))
    assert isinstance(event, Diagnosed)
    assert "registry" not in event.facts
