"""The current model, and what is asked before it is loaded."""

import pytest
from msgspec.structs import replace

from app.infra.machine import ThisMachine
from app.services.errors import ServiceError
from app.services.program import Services
from app.services.sessions import NeedsMemory, NeedsTrust
from tests.support.scripted_host import ScriptedHost, version
from wrappers.contract import Load, LoadOptions, ModelCard, Trust

STRANGE = Trust(runs_code=True, files=("model.py",), fingerprint="f1")


async def test_that_selecting_loads_nothing(services: Services, host: ScriptedHost) -> None:
    services.sessions.select(version())

    assert services.sessions.current is services.pool.get(version())
    assert host.started == []


async def test_that_foreign_code_is_asked_about_once(
    services: Services, host: ScriptedHost
) -> None:
    host.card = ModelCard(version=version(), trust=STRANGE)
    services.sessions.select(version())

    with pytest.raises(NeedsTrust) as question:
        await services.sessions.load()
    assert question.value.card.trust.files == ("model.py",)
    assert not any(isinstance(one, Load) for one in host.requests)

    await services.sessions.load(trusted=True)
    (grant,) = services.trust.grants()
    assert (grant.model, grant.fingerprint, grant.runs_code) == ("m-tiny-1", "f1", True)
    assert not grant.asks_hub

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


async def test_that_any_engine_can_be_asked_about_current_or_not(
    services: Services, host: ScriptedHost
) -> None:
    host.card = ModelCard(version=version(), trust=STRANGE)
    engine = services.pool.get(version())

    with pytest.raises(NeedsTrust):
        await services.sessions.consent_for(engine)
    await services.sessions.consent_for(engine, trusted=True)
    await services.sessions.consent_for(engine)
    assert services.sessions.current is None
    assert not any(isinstance(one, Load) for one in host.requests)


async def test_that_what_others_have_yet_to_take_is_not_free(
    services: Services, host: ScriptedHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ThisMachine, "available_bytes", lambda _: 10**12)
    host.card = ModelCard(version=version(size_bytes=1000), trust=Trust(runs_code=False))
    engine = services.pool.get(version())

    needed = await services.sessions.consent_for(engine)
    assert needed > 1000
    with pytest.raises(NeedsMemory) as question:
        await services.sessions.consent_for(engine, reserved_bytes=10**15)
    assert question.value.forecast.available_bytes == 0
    await engine.load()
    assert await services.sessions.consent_for(engine, reserved_bytes=10**15) == 0


INT8 = LoadOptions(dtype="int8", threads=1)


async def test_that_how_a_model_is_loaded_is_remembered_for_all_its_versions(
    services: Services,
) -> None:
    sessions = services.sessions
    sessions.select(version(wrapper="transformers"))
    as_logged = sessions.current
    sessions.choose(INT8)

    assert sessions.current is not as_logged
    assert sessions.current is services.pool.get(version(), INT8)
    sessions.select(version("other", wrapper="transformers"))
    assert sessions.current is not None
    assert sessions.current.options == LoadOptions()
    sessions.select(version(number="2", wrapper="transformers"))
    assert sessions.current.options == INT8


async def test_that_a_version_is_loaded_only_with_what_it_takes(services: Services) -> None:
    services.sessions.select(version(wrapper="transformers"))
    services.sessions.choose(INT8)

    options_for = services.sessions.options_for
    assert options_for(version(number="2", wrapper="onnx_genai")) == LoadOptions(threads=1)
    assert options_for(version(number="3", wrapper="pyfunc")) == LoadOptions()


async def test_that_as_logged_is_no_choice_to_be_remembered(services: Services) -> None:
    services.sessions.select(version(wrapper="transformers"))
    services.sessions.choose(INT8)
    assert services.preferences.load().loads == {"tiny": INT8}
    services.sessions.choose(LoadOptions())
    assert services.preferences.load().loads == {}


async def test_that_devices_are_those_that_a_loaded_model_has_told(
    services: Services, host: ScriptedHost
) -> None:
    host.capabilities = replace(host.capabilities, devices=("cpu", "cuda:0"))
    services.sessions.select(version(wrapper="transformers"))
    engine = services.sessions.current
    assert engine is not None
    assert services.sessions.choice(engine).devices == ()
    await services.sessions.load()
    services.sessions.choose(LoadOptions(device="cpu"))
    other = services.sessions.current
    assert other is not None
    assert services.sessions.choice(other).devices == ("cpu", "cuda:0")
    assert other.card is not None  # the same version's, that the first load has read
