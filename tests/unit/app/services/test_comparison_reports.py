"""What is asked of the registry to make a run, on a host that plays it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.domain.comparison.record import Comparison
from app.domain.feedback import TraceRef
from app.infra.program import build_services
from app.infra.settings import Settings
from app.services.errors import ServiceError
from app.services.program import Services
from tests.support.comparisons import comparison, prompt_set
from tests.support.two_models import TwoModels
from wrappers.contract import Failed, LogRun


@pytest.fixture
def models() -> TwoModels:
    return TwoModels()


@pytest.fixture
async def services(models: TwoModels, tmp_path: Path) -> AsyncIterator[Services]:
    settings = Settings(home=tmp_path, tracking_uri=None, in_process=True)
    built = build_services(settings, in_process_host=models.serve)
    yield built
    await built.close()


def traced(*registries: str) -> Comparison:
    """Whose answers have traces in these registries, one each."""
    whole = comparison()
    (told,) = whole.turns
    first, second = (
        replace(side, answer=replace(side.answer, trace=TraceRef(f"tr-{at}" + "0" * 31, registry)))
        for at, (side, registry) in enumerate(zip(told.sides, registries, strict=True))
    )
    return replace(whole, turns=(replace(told, sides=(first, second)),))


async def test_that_only_traces_of_the_same_registry_are_linked(
    services: Services, models: TwoModels
) -> None:
    here = services.catalog.tracking_uri
    await services.reports.log(traced("http://elsewhere", here))
    (run,) = models.runs
    assert run.traces == ("tr-1" + "0" * 31,)


async def test_that_models_that_nobody_has_the_id_of_are_not_linked(
    services: Services, models: TwoModels
) -> None:
    whole = comparison()
    first, second = whole.slots
    await services.reports.log(replace(whole, slots=(replace(first, model_id=None), second)))
    (run,) = models.runs
    assert run.models == ("m-2",)


async def test_that_a_set_of_which_nothing_was_run_is_not_logged(
    services: Services, models: TwoModels
) -> None:
    with pytest.raises(ServiceError, match="No row of this prompt set"):
        await services.reports.log(prompt_set(done=0))
    assert models.runs == []


async def test_that_nothing_is_logged_once_another_registry_is_open(
    services: Services, models: TwoModels
) -> None:
    with pytest.raises(ServiceError, match="Another registry"):
        await services.catalog.log_run(LogRun(id=0, name="a run"), "http://elsewhere")
    assert models.runs == []


async def test_that_a_refusal_says_what_the_registry_says(
    services: Services, models: TwoModels
) -> None:
    models.run_failure = Failed(kind="disk", message="It is full.", advice="Make room.")
    with pytest.raises(ServiceError, match="It is full"):
        await services.reports.log(comparison())
