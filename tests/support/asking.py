"""Asking a registry's server the way the host does, without a pipe."""

from pathlib import Path

from wrappers.base import ShouldStop
from wrappers.contract import (
    AnyRequest,
    Connect,
    DescribeModel,
    Event,
    ListModels,
    ModelCard,
    ModelVersion,
    Registered,
    RegisterModel,
    is_closing,
)
from wrappers.registry import RegistryServer


def never() -> bool:
    return False


def own_home(home: Path) -> Connect:
    """The request that opens, or makes, the registry of a home."""
    return Connect(
        id=1,
        tracking_uri=f"sqlite:///{(home / 'mlflow.db').as_posix()}",
        artifact_root=str(home / "artifacts"),
        cache_dir=str(home / "cache"),
    )


def connected(connect: Connect) -> RegistryServer:
    server = RegistryServer()
    ask(server, connect)
    return server


def ask(
    server: RegistryServer, request: AnyRequest, should_stop: ShouldStop = never
) -> list[Event]:
    """All events that answer `request`, of which the last one alone may be closing."""
    events = list(server.handle(request, should_stop))
    assert [is_closing(event) for event in events] == [False] * (len(events) - 1) + [True]
    assert {event.id for event in events} == {request.id}
    return events


def listed(server: RegistryServer) -> dict[str, ModelVersion]:
    """URI to version, as a window that reads every page ends up with."""
    versions = {}
    for page in ask(server, ListModels(id=2)):
        versions.update({version.uri: version for version in page.versions})  # type: ignore[attr-defined]
    return versions


def described(server: RegistryServer, model: str, *, fingerprint: bool = False) -> ModelCard:
    *_, event = ask(server, DescribeModel(id=3, model=model, fingerprint=fingerprint))
    card: ModelCard = event.card  # type: ignore[attr-defined]
    return card


def register(server: RegistryServer, folder: Path, name: str) -> Registered:
    """Register a transformers checkpoint."""
    request = RegisterModel(id=4, wrapper="transformers", source=str(folder), name=name)
    last = ask(server, request)[-1]
    assert isinstance(last, Registered)
    return last
