"""The presets that come with Parley: one TOML file each in `resources/presets`."""

import tomllib
from importlib import resources
from typing import Any

import msgspec

from wrappers.contract import Preset, Sampling


def shipped_presets() -> tuple[Preset, ...]:
    """By their titles; each has a name of its own there, and none in a registry."""
    folder = resources.files("resources").joinpath("presets")
    found = [
        _preset(tomllib.loads(file.read_text(encoding="utf-8")))
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    ]
    return tuple(sorted(found, key=lambda one: one.title))


def _preset(read: dict[str, Any]) -> Preset:
    return Preset(
        name="",
        title=read["title"],
        system=read["system"].strip(),
        sampling=msgspec.convert(read.get("sampling", {}), Sampling),
        variables=tuple(read.get("variables", ())),
    )
