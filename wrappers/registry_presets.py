"""Presets in MLflow's prompt registry: a chat prompt of one system message, with a model_config.

Prompts of other tools are listed as well where they can be a system prompt: text, or one system
message. What Parley saves, any of them can load; what they change, Parley reads.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, Final

import msgspec

from wrappers.base import WrapperError
from wrappers.contract import KNOB_NAMES, Preset, PromptCopy, Sampling, SavePreset
from wrappers.registry_connect import Registry
from wrappers.registry_versions import named

TITLE_TAG: Final = "parley.title"
"""On each version that Parley saves; its value is what the user calls the preset."""
GREEDY_TOP_K_TAG: Final = "parley.top_k"
"""Says that top_k is off, for which MLflow's model_config has no value."""

_PROMPTS: Final = "tag.`mlflow.prompt.is_prompt` = 'true'"
_PAGE: Final = 1000
_LONGEST_NAME: Final = 100
_LONGEST_TEXT: Final = 100_000
"""MLflow's own limit, on the template as JSON."""
_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9_.]+")


def list_presets(registry: Registry) -> tuple[Preset, ...]:
    """The latest version of every prompt that can be a system prompt, by title."""
    found = []
    for name, versions in groupby(_versions(registry, _PROMPTS), key=lambda one: one.name):
        latest = max(versions, key=lambda one: int(one.version))
        preset = _preset(name, latest)
        if preset is not None:
            found.append(preset)
    return tuple(sorted(found, key=lambda one: one.title.casefold()))


def save_preset(registry: Registry, request: SavePreset) -> Preset:
    """Register it, as a new version where there is one of its name. Raises `WrapperError`."""
    title = " ".join(request.title.split())
    if not title or not request.system.strip():
        raise WrapperError(
            "usage",
            "A preset needs a name and a system prompt.",
            "Write both, then save it again.",
        )
    template = [{"role": "system", "content": request.system}]
    if len(json.dumps(template)) > _LONGEST_TEXT:
        raise WrapperError(
            "usage",
            "The system prompt is longer than MLflow's prompt registry can keep.",
            f"Shorten it: {_LONGEST_TEXT:,} characters fit, and fewer of other scripts.",
        )
    name = name_of(title)
    _refuse_models(registry, name, title)
    tags = {TITLE_TAG: title}
    if request.sampling.top_k == 0:
        tags[GREEDY_TOP_K_TAG] = "0"
    made = registry.client.register_prompt(
        name,
        template,
        commit_message="Saved in Parley",
        tags=tags,
        model_config=_config_of(request.sampling) or None,
    )
    return Preset(
        name=name,
        version=str(made.version),
        title=title,
        system=request.system,
        sampling=request.sampling,
        is_own=True,
        variables=tuple(sorted(made.variables)),
    )


def delete_preset(registry: Registry, name: str) -> tuple[PromptCopy, ...]:
    """Delete a prompt that Parley saved, and return all that is gone. Raises `WrapperError`."""
    versions = sorted(
        _versions(registry, f"{named(name)} AND {_PROMPTS}"), key=lambda one: int(one.version)
    )
    if not versions:
        raise WrapperError(
            "not_found",
            f"The registry has no prompt {name} any more.",
            "It is gone from the menu as well.",
        )
    if TITLE_TAG not in versions[-1].tags:
        raise WrapperError(
            "usage",
            f"The prompt {name} was made by another tool.",
            "Delete it there.",
        )
    copies = tuple(_copy(registry, name, one) for one in versions)
    registry.client.delete_prompt(name)
    return copies


def restore_preset(registry: Registry, name: str, versions: tuple[PromptCopy, ...]) -> None:
    """Register deleted versions again, in their order."""
    _refuse_models(registry, name, name)
    for copy in versions:
        made = registry.client.register_prompt(
            name,
            copy.template,
            commit_message=copy.description,
            tags=copy.tags,
            model_config=copy.model_config or None,
        )
        for alias in copy.aliases:
            registry.client.set_prompt_alias(name, alias, int(made.version))


def name_of(title: str) -> str:
    """The prompt's name for a title: MLflow takes letters, digits, dots, dashes and underscores.

    The same for titles that differ in capitals and signs alone, so that "JSON only" and "json-only"
    are versions of one prompt.
    """
    plain = unicodedata.normalize("NFKD", title.casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    name = _NOT_IN_NAMES.sub("-", plain).strip("-.")[:_LONGEST_NAME].rstrip("-.")
    if any(sign.isalnum() and not sign.isascii() for sign in plain) or not name:
        # A script that MLflow's names do not have: what is left of it may be another title's too.
        digest = hashlib.sha256(title.casefold().encode()).hexdigest()[:8]
        return f"{name}-{digest}" if name else f"preset-{digest}"
    return name


# --------------------------------------------------------------------------------------------


def _versions(registry: Registry, query: str) -> Iterator[Any]:
    """All versions of prompts, those of one name together."""
    found: list[Any] = []
    token = None
    while True:
        page = registry.client.search_model_versions(query, max_results=_PAGE, page_token=token)
        found.extend(page)
        token = page.token
        if not token:
            return iter(sorted(found, key=lambda one: str(one.name)))


def _preset(name: str, version: Any) -> Preset | None:
    """The preset that a version of a prompt is; ``None`` where it is something else."""
    from mlflow.prompt.constants import PROMPT_TEMPLATE_VARIABLE_PATTERN

    system = _system_of(version.tags)
    if system is None:
        return None
    title = version.tags.get(TITLE_TAG)
    found: list[str] = PROMPT_TEMPLATE_VARIABLE_PATTERN.findall(system)
    return Preset(
        name=name,
        version=str(version.version),
        title=title or name,
        system=system,
        sampling=_sampling_of(version.tags),
        is_own=title is not None,
        variables=tuple(dict.fromkeys(found)),
    )


def _system_of(tags: Mapping[str, str]) -> str | None:
    """The text of a prompt that is one text, or one system message."""
    template = _template_of(tags)
    if isinstance(template, str):
        system = template
    else:
        match template:
            case [{"role": "system", "content": str(content)}]:
                system = content
            case _:
                return None
    is_program = "{%" in system and TITLE_TAG not in tags
    return None if is_program or not system.strip() else system


def _template_of(tags: Mapping[str, str]) -> str | list[dict[str, Any]]:
    from mlflow.prompt.constants import PROMPT_TEXT_TAG_KEY, PROMPT_TYPE_TAG_KEY

    text = tags.get(PROMPT_TEXT_TAG_KEY, "")
    if tags.get(PROMPT_TYPE_TAG_KEY) != "chat":
        return text
    try:
        return msgspec.json.decode(text, type=list[dict[str, Any]])
    except msgspec.DecodeError:
        return []


def _copy(registry: Registry, name: str, version: Any) -> PromptCopy:
    whole = registry.client.get_prompt_version(name, version.version)
    return PromptCopy(
        template=_template_of(version.tags),
        description=version.description or None,
        tags=dict(whole.tags),
        model_config=_model_config(version.tags),
        aliases=tuple(whole.aliases),
    )


def _model_config(tags: Mapping[str, str]) -> dict[str, Any]:
    from mlflow.prompt.constants import PROMPT_MODEL_CONFIG_TAG_KEY

    try:
        found = json.loads(tags.get(PROMPT_MODEL_CONFIG_TAG_KEY, "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _config_of(sampling: Sampling) -> dict[str, Any]:
    """In the words of MLflow's model_config, which takes any others as well."""
    config: dict[str, Any] = msgspec.to_builtins(sampling)
    if stop := config.pop("stop", None):
        config["stop_sequences"] = list(stop)
    if not config.get("top_k"):
        config.pop("top_k", None)
    return config


def _sampling_of(tags: Mapping[str, str]) -> Sampling:
    """What a model_config says of Parley's knobs; a value of the wrong kind is left out."""
    values: dict[str, Any] = {}
    for key, value in _model_config(tags).items():
        knob = "stop" if key == "stop_sequences" else KNOB_NAMES.get(key)
        if knob is None:
            continue
        given = [value] if knob == "stop" and isinstance(value, str) else value
        try:
            values[knob] = getattr(msgspec.convert({knob: given}, Sampling), knob)
        except msgspec.ValidationError:
            continue
    if tags.get(GREEDY_TOP_K_TAG) == "0":
        values.setdefault("top_k", 0)
    return Sampling(**values)


def _refuse_models(registry: Registry, name: str, title: str) -> None:
    """MLflow keeps prompts and models under the same names."""
    if registry.client.search_registered_models(named(name)):
        raise WrapperError(
            "usage",
            f"The name {title} is taken by a model of this registry ({name}).",
            "Give the preset another name.",
        )
