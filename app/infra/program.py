"""The wiring that the window and the command line share."""

from collections.abc import Callable

from app.domain.model_names import reference
from app.infra.conversation_archive import FileArchive
from app.infra.conversation_store import SqliteConversationStore
from app.infra.in_process import HostFunction
from app.infra.launcher import HostLauncher
from app.infra.machine import ThisMachine
from app.infra.preferences import TomlPreferences
from app.infra.settings import Settings
from app.infra.shipped_presets import shipped_presets
from app.infra.trust_store import FileTrustStore
from app.later import Later
from app.services.catalog import Catalog
from app.services.chat import ChatService
from app.services.engines import EnginePool
from app.services.jobs import Jobs
from app.services.ports import PreferenceStore
from app.services.presets import Presets
from app.services.program import ComparisonServices, Services
from app.services.prompt import PromptService
from app.services.sessions import Gate, Sessions
from app.services.traces import Traces
from app.services.transfers import Transfers
from wrappers.contract import Connect, Fetched, ModelVersion


def build_services(
    settings: Settings,
    preferences: PreferenceStore | None = None,
    *,
    in_process_host: HostFunction | None = None,
) -> Services:
    """Everything below the window, with no process started yet.

    `in_process_host` (``wrappers.host.serve``) is used where `settings` ask for it.
    """
    paths = settings.resolve()
    launcher = HostLauncher(paths, in_process_host if settings.in_process else None)
    trust = FileTrustStore(paths.trust_file)
    gate = Gate(trust)
    home_registry = Connect(
        id=0,
        tracking_uri=paths.tracking_uri,
        artifact_root=None if paths.artifact_root is None else str(paths.artifact_root),
        cache_dir=str(paths.cache),
    )
    catalog = Catalog(launcher, home_registry)

    async def fetch(version: ModelVersion, report: Callable[[str], None]) -> Fetched:
        return await catalog.fetch(reference(version), report)

    preferences = preferences or TomlPreferences(paths.settings_toml)
    traces = Traces(catalog, preferences)
    conversations = SqliteConversationStore(paths.conversations_db)
    pool = EnginePool(launcher, fetch, gate.admit, lambda: catalog.tracking_uri)

    def comparison() -> ComparisonServices:
        from app.infra.comparison_program import build_comparison_services

        return build_comparison_services(paths, catalog, pool, traces)

    return Services(
        catalog=catalog,
        pool=pool,
        sessions=Sessions(catalog, pool, gate, ThisMachine(), preferences),
        jobs=Jobs(launcher, catalog),
        chat=ChatService(traces),
        prompt=PromptService(traces),
        trust=trust,
        preferences=preferences,
        conversations=conversations,
        transfers=Transfers(conversations, FileArchive(paths.conversations_db)),
        traces=traces,
        presets=Presets(catalog, shipped_presets),
        comparison=Later(comparison),
    )
