"""A registry behind a real ``mlflow server``: listed, fetched, registered to."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.asking import ask, connected, described, listed
from tests.support.mlflow_server import mlflow_server
from wrappers.base import WrapperError
from wrappers.contract import (
    CleanUp,
    Connect,
    Fetched,
    FetchModel,
    ListModels,
    ModelPage,
    Registered,
    RegisterModel,
)
from wrappers.registry import RegistryServer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_server(tmp_path_factory.mktemp("server")) as uri:
        yield uri


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def server(uri: str, cache: Path, tiny_onnx: Path) -> RegistryServer:
    """Connected, with the tiny model registered through the server."""
    server = connected(Connect(id=1, tracking_uri=uri, cache_dir=str(cache)))
    request = RegisterModel(id=4, wrapper="onnx", source=str(tiny_onnx), name="remote")
    last = ask(server, request)[-1]
    assert isinstance(last, Registered)
    return server


@pytest.fixture
def fresh(server: RegistryServer, uri: str, cache: Path, tmp_path: Path) -> RegistryServer:
    """The same Parley once more, which has read and downloaded nothing yet."""
    shutil.copy(cache / "machine.key", tmp_path)
    return connected(Connect(id=1, tracking_uri=uri, cache_dir=str(tmp_path)))


def test_that_the_label_names_the_server(server: RegistryServer, uri: str) -> None:
    assert server._opened()[0].label == f"http · {uri.removeprefix('http://')}"


def test_that_names_come_first_and_modes_later(fresh: RegistryServer) -> None:
    pages = [page for page in ask(fresh, ListModels(id=2)) if isinstance(page, ModelPage)]
    assert not pages[0].versions[0].detected
    assert pages[0].versions[0].mode is None
    version = pages[-2].versions[0]
    assert version.detected
    assert version.mode == "template"
    again = [page for page in ask(fresh, ListModels(id=3)) if isinstance(page, ModelPage)]
    assert all(version.detected for page in again for version in page.versions)


def test_that_a_card_of_a_remote_model_is_whole(server: RegistryServer) -> None:
    card = described(server, "remote/1", fingerprint=True)
    assert card.signature_text is not None
    assert "onnxruntime-genai" in card.logged_versions
    assert card.trust.runs_code
    assert card.trust.registered_here
    assert "onnx_genai_model.py" in card.trust.files
    assert card.trust.registry == server._opened()[0].tracking_uri
    assert card.trust.source.startswith("mlflow-artifacts:")


def test_that_a_remote_card_costs_no_download_unless_its_fingerprint_is_wanted(
    fresh: RegistryServer, tmp_path: Path
) -> None:
    assert described(fresh, "remote/1").trust.fingerprint == ""
    assert not (tmp_path / "models").exists()


def test_that_a_model_is_downloaded_once(
    fresh: RegistryServer, tmp_path: Path, tiny_onnx: Path
) -> None:
    before = described(fresh, "remote", fingerprint=True)  # behind the server
    *progress, fetched = ask(fresh, FetchModel(id=5, model="remote"))
    assert isinstance(fetched, Fetched)
    folder = Path(fetched.model_dir)
    assert folder == tmp_path / "models" / str(fetched.card.version.model_id)
    assert progress
    assert fetched.card.trust.fingerprint == before.trust.fingerprint
    assert fetched.card.trust.registered_here
    kept = {path.name: path.stat().st_size for path in folder.rglob("*")}
    sizes = {path.name: path.stat().st_size for path in tiny_onnx.iterdir()}
    assert sizes.items() <= kept.items()
    *_, again = ask(fresh, FetchModel(id=6, model="remote"))
    assert isinstance(again, Fetched)
    assert again.model_dir == fetched.model_dir
    assert [path.name for path in (tmp_path / "models").iterdir()] == [folder.name]


def test_that_a_copy_that_was_changed_since_is_told_as_what_it_is(
    fresh: RegistryServer,
) -> None:
    *_, fetched = ask(fresh, FetchModel(id=5, model="remote"))
    assert isinstance(fetched, Fetched)
    code = Path(fetched.model_dir) / "onnx_genai_model.py"
    source = code.read_text(encoding="utf-8")
    code.write_text(source + "\n# changed", encoding="utf-8")
    card = described(fresh, "remote", fingerprint=True)
    code.write_text(source, encoding="utf-8")
    assert not card.trust.registered_here
    assert described(fresh, "remote", fingerprint=True).trust.registered_here


def test_that_a_cancelled_registration_leaves_nothing_on_the_server(
    server: RegistryServer, tiny_onnx: Path
) -> None:
    request = RegisterModel(id=7, wrapper="onnx", source=str(tiny_onnx), name="cancelled")
    with pytest.raises(WrapperError):
        ask(server, request, should_stop=lambda: True)
    ask(server, CleanUp(id=8))
    client = server._opened()[0].client
    assert client.search_registered_models("name = 'cancelled'") == []


def test_that_a_server_that_went_away_is_told(tmp_path: Path) -> None:
    with mlflow_server(tmp_path) as uri:
        server = connected(Connect(id=1, tracking_uri=uri, cache_dir=str(tmp_path)))
        assert listed(server) == {}
    with pytest.raises(WrapperError) as caught:
        listed(server)
    assert caught.value.kind == "unreachable"
