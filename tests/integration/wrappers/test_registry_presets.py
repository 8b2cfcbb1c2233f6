"""Presets in the prompt registry, read back by `mlflow.genai`: in SQLite and behind a server."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.asking import ask
from tests.support.mlflow_server import registry_of
from wrappers.base import WrapperError
from wrappers.contract import (
    DeletePreset,
    Done,
    ListModels,
    ListPresets,
    Preset,
    PresetDeleted,
    PresetSaved,
    PresetsListed,
    RestorePreset,
    Sampling,
    SavePreset,
)
from wrappers.registry import RegistryServer
from wrappers.registry_presets import name_of

KNOBS = Sampling(temperature=0.25, top_p=0.9, top_k=40, max_tokens=64, stop=("\n", "END"), seed=7)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("server", marks=pytest.mark.slow)])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RegistryServer]:
    with registry_of(request.param, tmp_path_factory.mktemp("presets")) as server:
        yield server


@pytest.fixture
def genai(server: RegistryServer) -> Any:
    """`mlflow.genai` on the same registry, as another tool uses it."""
    import mlflow

    server._opened()[0].make_current()
    return mlflow.genai


def save(server: RegistryServer, title: str, system: str, sampling: Sampling = KNOBS) -> Preset:
    (event,) = ask(server, SavePreset(id=2, title=title, system=system, sampling=sampling))
    assert isinstance(event, PresetSaved)
    return event.preset


def listed(server: RegistryServer) -> dict[str, Preset]:
    (event,) = ask(server, ListPresets(id=3))
    assert isinstance(event, PresetsListed)
    return {preset.name: preset for preset in event.presets}


def delete(server: RegistryServer, name: str) -> PresetDeleted:
    (event,) = ask(server, DeletePreset(id=4, name=name))
    assert isinstance(event, PresetDeleted)
    return event


def test_that_a_preset_is_a_prompt_that_mlflow_loads(server: RegistryServer, genai: Any) -> None:
    saved = save(server, "Code  reviewer", "Review the code.")
    assert (saved.name, saved.version, saved.title) == ("code-reviewer", "1", "Code reviewer")
    prompt = genai.load_prompt("prompts:/code-reviewer/1")
    assert prompt.template == [{"role": "system", "content": "Review the code."}]
    assert prompt.model_config == {
        "temperature": 0.25,
        "top_p": 0.9,
        "top_k": 40,
        "max_tokens": 64,
        "stop_sequences": ["\n", "END"],
        "seed": 7,
    }
    assert listed(server)["code-reviewer"] == saved


def test_that_saving_again_makes_a_version_and_the_latest_is_listed(server: RegistryServer) -> None:
    save(server, "Twice", "First.", Sampling(top_k=0))
    assert listed(server)["twice"].sampling == Sampling(top_k=0)
    again = save(server, "twice", "Second.", Sampling())
    assert again.version == "2"
    assert listed(server)["twice"] == again
    for number in range(3, 12):
        save(server, "twice", f"Number {number}.")
    assert listed(server)["twice"].system == "Number 11."


def test_that_prompts_of_other_tools_are_listed_where_they_can_be_a_system_prompt(
    server: RegistryServer, genai: Any
) -> None:
    genai.register_prompt("their-text", "Answer in {{ language }}.", model_config={"top_p": 0.5})
    genai.register_prompt("their-system", [{"role": "system", "content": "Hello."}])
    genai.register_prompt("their-question", [{"role": "user", "content": "{{question}}"}])
    genai.register_prompt("their-program", "{% if x %}a{% endif %}")
    genai.register_prompt("their-nothing", "")
    found = listed(server)
    assert found["their-text"].variables == ("language",)
    assert found["their-text"].sampling == Sampling(top_p=0.5)
    assert not found["their-text"].is_own
    assert found["their-system"].system == "Hello."
    assert not {"their-question", "their-program", "their-nothing"} & found.keys()
    with pytest.raises(WrapperError, match="another tool"):
        delete(server, "their-text")


def test_that_parameters_which_parley_cannot_have_are_left_out(
    server: RegistryServer, genai: Any
) -> None:
    config = {"temperature": 0.1, "presence_penalty": 1.0, "seed": "seven", "model_name": "gpt"}
    genai.register_prompt("their-knobs", "Hello.", model_config=config)
    assert listed(server)["their-knobs"].sampling == Sampling(temperature=0.1)


def test_that_a_deleted_preset_comes_back_with_all_its_versions(
    server: RegistryServer, genai: Any
) -> None:
    save(server, "Gone", "One {{x}}.", Sampling(top_k=0, temperature=0.0))
    save(server, "Gone", "Two.")
    genai.set_prompt_alias("gone", alias="best", version=1)
    deleted = delete(server, "gone")
    assert "gone" not in listed(server)
    request = RestorePreset(id=5, name=deleted.name, versions=deleted.versions)
    assert ask(server, request) == [Done(id=5)]
    assert listed(server)["gone"].system == "Two."
    first = genai.load_prompt("prompts:/gone@best", cache_ttl_seconds=0)
    assert first.version == 1
    assert first.template[0]["content"] == "One {{x}}."
    assert first.model_config == {"temperature": 0.0}
    assert first.tags["parley.top_k"] == "0"


def test_that_a_preset_which_is_gone_is_told(server: RegistryServer) -> None:
    with pytest.raises(WrapperError) as caught:
        delete(server, "never-was")
    assert caught.value.kind == "not_found"


def test_that_the_name_of_a_model_is_refused_and_models_list_no_presets(
    server: RegistryServer,
) -> None:
    server._opened()[0].client.create_registered_model("taken")
    with pytest.raises(WrapperError, match="taken by a model"):
        save(server, "Taken", "Hello.")
    save(server, "No model", "Hello.")
    names = {one.name for page in ask(server, ListModels(id=6)) for one in page.versions}  # type: ignore[attr-defined]
    assert "no-model" not in names


@pytest.mark.parametrize(
    ("title", "system"), [("  ", "Hello."), ("Empty", " \n"), ("Long", "ü" * 100_001)]
)
def test_that_what_cannot_be_kept_is_refused_in_a_sentence(
    server: RegistryServer, title: str, system: str
) -> None:
    with pytest.raises(WrapperError) as caught:
        save(server, title, system)
    assert caught.value.kind == "usage"
    assert name_of(title) not in listed(server)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("JSON only", "json-only"),
        ("json-only", "json-only"),
        ("Übersetzer (Deutsch)", "ubersetzer-deutsch"),
        ("stand-up_comedian 2.0", "stand-up_comedian-2.0"),
    ],
)
def test_that_a_title_gives_a_name_that_mlflow_takes(title: str, name: str) -> None:
    from mlflow.prompt.registry_utils import validate_prompt_name

    assert name_of(title) == name
    validate_prompt_name(name_of(title))


def test_that_titles_in_another_script_have_names_of_their_own() -> None:
    names = {name_of(title) for title in ("翻訳者", "校正者", "翻訳者 B", "Б", "!?")}
    assert len(names) == 5
    assert all(name.isascii() and len(name) <= 120 for name in names)
