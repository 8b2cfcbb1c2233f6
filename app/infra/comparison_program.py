"""The wiring of what comparisons need, made when one is first asked for."""

from app.infra.comparison_store import SqliteComparisonStore
from app.infra.prompt_files import LocalPromptFiles
from app.infra.report_files import FileReports
from app.infra.settings import Paths
from app.services.catalog import Catalog
from app.services.comparing import Comparing
from app.services.comparison_reports import ComparisonReports
from app.services.engines import EnginePool
from app.services.program import ComparisonServices
from app.services.prompt_sets import PromptSets
from app.services.traces import Traces
from app.services.votes import Votes


def build_comparison_services(
    paths: Paths, catalog: Catalog, pool: EnginePool, traces: Traces
) -> ComparisonServices:
    """With no process started yet, beside those of `app.infra.program`."""
    comparisons = SqliteComparisonStore(paths.conversations_db)
    comparing = Comparing(catalog, pool, traces, comparisons)
    return ComparisonServices(
        comparing=comparing,
        comparisons=comparisons,
        reports=ComparisonReports(catalog, FileReports()),
        sets=PromptSets(comparing, catalog, comparisons, LocalPromptFiles()),
        votes=Votes(catalog, traces),
    )
