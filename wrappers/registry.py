"""Serves every question about a registry; one process holds one of these beside the window.

Long jobs (a registration, the demo, a download) are asked of a second such process, which the
window may end at any moment: what it leaves is hidden at once and taken back by the next clean-up.
"""

import os
import traceback
from collections.abc import Iterator

# Read when MLflow, an engine or the hub's client is imported, which is all further below.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from wrappers.base import ShouldStop, WrapperError
from wrappers.contract import (
    AnyRequest,
    CleanUp,
    Connect,
    Connected,
    DatasetRead,
    DatasetsListed,
    DeletePreset,
    Described,
    DescribeModel,
    Diagnose,
    Done,
    Event,
    FetchModel,
    ListDatasets,
    ListModels,
    ListPresets,
    ListVotes,
    LogFeedback,
    LogRun,
    LogTrace,
    LogVote,
    MakeDemo,
    ModelPage,
    PresetDeleted,
    PresetSaved,
    PresetsListed,
    ReadDataset,
    Registered,
    RegisterModel,
    RestorePreset,
    SavePreset,
    TraceLogged,
    VotesListed,
)
from wrappers.registry_connect import Registry, check_database, database_path, open_registry
from wrappers.registry_errors import told_plainly
from wrappers.registry_jobs import run_job
from wrappers.registry_listing import Listing


class RegistryServer:
    """Answers the requests of one registry child, one at a time."""

    def __init__(self) -> None:
        self._registry: Registry | None = None
        self._listing: Listing | None = None
        self._file: tuple[int, int] | None = None
        """The database as it was opened."""

    def handle(self, request: AnyRequest, should_stop: ShouldStop) -> Iterator[Event]:
        """Yield the answer's events, the closing one last. Raises `WrapperError`."""
        match request:
            case Connect():
                yield self._connect(request)
                return
            case Diagnose():
                from wrappers.doctor import diagnose

                yield diagnose(request.id, self._registry, self._listing)
                return
        registry, listing = self._opened()
        self._look_at_file(registry)
        registry.make_current()
        with told_plainly(registry.tracking_uri):
            yield from self._answer(request, registry, listing, should_stop)

    def close(self) -> None:
        """Let go of the registry."""
        self._registry = self._listing = None

    def _answer(
        self, request: AnyRequest, registry: Registry, listing: Listing, should_stop: ShouldStop
    ) -> Iterator[Event]:
        match request:
            case ListModels():
                yield from _pages(request, listing, should_stop)
            case DescribeModel():
                from wrappers.registry_card import card
                from wrappers.registry_fetch import describe
                from wrappers.registry_resolve import resolve

                found = resolve(registry, listing, request.model)
                if request.fingerprint:
                    yield from run_job(
                        request.id, lambda job: describe(registry, found, job), should_stop
                    )
                    return
                yield Described(id=request.id, card=card(registry, found))
            case FetchModel():
                from wrappers.registry_fetch import fetch
                from wrappers.registry_resolve import resolve

                found = resolve(registry, listing, request.model)
                yield from run_job(request.id, lambda job: fetch(registry, found, job), should_stop)
            case RegisterModel():
                yield from _register(request, registry, should_stop)
            case MakeDemo():
                from wrappers.registry_demo import make_demo

                yield from run_job(
                    request.id, lambda job: make_demo(registry, listing, job), should_stop
                )
            case LogTrace() | LogFeedback() | LogVote():
                yield _log(request, registry)
            case ListVotes():
                from wrappers.registry_votes import list_votes

                yield VotesListed(id=request.id, votes=list_votes(registry))
            case ListPresets() | SavePreset() | DeletePreset() | RestorePreset():
                yield _presets(request, registry)
            case LogRun():
                from wrappers.registry_runs import log_run

                yield from log_run(registry, request, should_stop)
            case ListDatasets() | ReadDataset():
                yield _datasets(request, registry)
            case CleanUp():
                from wrappers.registry_pending import clean_up

                clean_up(registry)
                yield Done(id=request.id)
            case _:
                raise WrapperError("usage", "The registry cannot answer a question for a model.")

    def _connect(self, request: Connect) -> Connected:
        import mlflow

        registry = open_registry(request)
        self._registry, self._listing = registry, Listing(registry)
        self._file = registry.file()
        if registry.is_local:
            self._clean_up(registry)
        return Connected(
            id=request.id,
            tracking_uri=registry.tracking_uri,
            label=registry.label,
            mlflow_version=mlflow.__version__,
        )

    def _clean_up(self, registry: Registry) -> None:
        """A registry that may only be read can be shown all the same."""
        from wrappers.registry_pending import clean_up

        try:
            with told_plainly(registry.tracking_uri):
                clean_up(registry)
        except WrapperError:
            traceback.print_exc()

    def _look_at_file(self, registry: Registry) -> None:
        """Another file may have been put in the database's place. Raises `WrapperError` where it is
        gone."""
        file = registry.file()
        if file != self._file:
            registry.let_go()
            check_database(database_path(registry.tracking_uri))
            self._file = file

    def _opened(self) -> tuple[Registry, Listing]:
        if self._registry is None or self._listing is None:
            raise WrapperError("usage", "No registry is open.", "Connect to one first.")
        return self._registry, self._listing


def _pages(request: ListModels, listing: Listing, should_stop: ShouldStop) -> Iterator[Event]:
    """Each page as soon as it is known; the closing one is empty."""
    for page in listing.pages(should_stop):
        yield ModelPage(id=request.id, versions=page)
    yield ModelPage(id=request.id, versions=(), last=True)


def _register(
    request: RegisterModel, registry: Registry, should_stop: ShouldStop
) -> Iterator[Event]:
    from wrappers.registry_register import Plan, check, register

    plan = Plan(
        wrapper=request.wrapper,
        source=request.source,
        name=request.name,
        description=f"Registered by Parley from {request.source}.",
    )
    if request.check_only:
        check(registry, plan)
        yield Registered(id=request.id, name=request.name, version="")
        return

    yield from run_job(request.id, lambda job: register(registry, plan, job), should_stop)


def _log(request: LogTrace | LogFeedback | LogVote, registry: Registry) -> Event:
    from wrappers.registry_traces import log_feedback, log_trace

    if isinstance(request, LogVote):
        from wrappers.registry_votes import log_vote

        log_vote(registry, request)
        return Done(id=request.id)
    if isinstance(request, LogFeedback):
        log_feedback(registry, request)
        return Done(id=request.id)
    log_trace(registry, request)
    return TraceLogged(id=request.id, trace_id=request.trace_id)


def _presets(
    request: ListPresets | SavePreset | DeletePreset | RestorePreset, registry: Registry
) -> Event:
    from wrappers import registry_presets

    match request:
        case ListPresets():
            return PresetsListed(id=request.id, presets=registry_presets.list_presets(registry))
        case SavePreset():
            return PresetSaved(
                id=request.id, preset=registry_presets.save_preset(registry, request)
            )
        case DeletePreset():
            gone = registry_presets.delete_preset(registry, request.name)
            return PresetDeleted(id=request.id, name=request.name, versions=gone)
        case RestorePreset():
            registry_presets.restore_preset(registry, request.name, request.versions)
            return Done(id=request.id)


def _datasets(request: ListDatasets | ReadDataset, registry: Registry) -> Event:
    from wrappers import registry_datasets

    if isinstance(request, ListDatasets):
        return DatasetsListed(id=request.id, datasets=registry_datasets.list_datasets(registry))
    records = registry_datasets.read_dataset(registry, request.name)
    return DatasetRead(id=request.id, records=records)
