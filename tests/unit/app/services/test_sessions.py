"""The current model, and what is asked before it is loaded."""

import pytest

from app.services.errors import ServiceError
from app.services.program import Services
from app.services.sessions import NeedsMemory, NeedsTrust
from tests.support.scripted_host import ScriptedHost, version
from wrappers.contract import Load, ModelCard, Trust


async def test_that_selecting_loads_nothing(services: Services, host: ScriptedHost) -> None:
    services.sessions.select(version())

    assert services.sessions.current is services.pool.get(version())
    assert host.started == []


async def test_that_foreign_code_is_asked_about_once(
    services: Services, host: ScriptedHost
) -> None:
    host.card = ModelCard(version=version(), trust=Trust(runs_code=True, files=("model.py",)))
    services.sessions.select(version())

    with pytest.raises(NeedsTrust) as question:
        await services.sessions.load()
    assert question.value.card.trust.files == ("model.py",)
    assert not any(isinstance(one, Load) for one in host.requests)

    await services.sessions.load(trusted=True)
    assert services.trust.trusted() == ("m-tiny-1",)

    await services.sessions.unload()
    await services.sessions.load()


async def test_that_code_registered_here_is_not_asked_about(
    services: Services, host: ScriptedHost
) -> None:
    host.card = ModelCard(version=version(), trust=Trust(runs_code=True, registered_here=True))
    services.sessions.select(version())

    await services.sessions.load()


async def test_that_a_model_that_may_not_fit_is_asked_about(
    services: Services, host: ScriptedHost
) -> None:
    host.card = ModelCard(version=version(size_bytes=10**15), trust=Trust(runs_code=False))
    services.sessions.select(version())

    with pytest.raises(NeedsMemory) as question:
        await services.sessions.load()
    assert not question.value.forecast.fits

    await services.sessions.load(past_memory=True)


async def test_that_a_model_that_does_not_chat_says_why(
    services: Services, host: ScriptedHost
) -> None:
    host.card = ModelCard(version=version(mode=None, reason="It sorts.", flavors=("sklearn",)))
    services.sessions.select(version())

    with pytest.raises(ServiceError, match=r"It sorts\.") as caught:
        await services.sessions.load()
    assert caught.value.failed.kind == "not_a_chat_model"


async def test_that_a_damaged_mlmodel_is_to_be_restored_not_another_model_chosen(
    services: Services, host: ScriptedHost
) -> None:
    host.card = ModelCard(version=version(mode=None, reason="It is not YAML."))
    services.sessions.select(version())

    with pytest.raises(ServiceError, match="It is not YAML") as caught:
        await services.sessions.load()
    assert caught.value.failed.kind == "bad_model"
    assert "Restore" in caught.value.failed.advice


async def test_that_only_the_current_engine_is_listened_to(services: Services) -> None:
    sessions = services.sessions
    sessions.select(version())
    former = sessions.current
    assert former is not None
    sessions.select(version("other"))
    told: list[None] = []
    sessions.changed.connect(lambda: told.append(None))
    former.changed.emit()

    assert told == []


async def test_that_nothing_selected_is_an_error_with_advice(services: Services) -> None:
    with pytest.raises(ServiceError) as caught:
        await services.sessions.load()

    assert caught.value.failed.advice
