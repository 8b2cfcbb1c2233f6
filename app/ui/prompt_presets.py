"""Prompts and placeholder conversations to begin with."""

from importlib import resources

from msgspec import Struct

from app.ui.translation import tr
from wrappers.contract import Message


class Preset(Struct, frozen=True):
    """A prompt of `resources/prompts`, to the last character as in its file."""

    key: str
    title: str
    text: str


class Outline(Struct, frozen=True):
    """Messages for the model's own template to render, with something to write over."""

    key: str
    title: str
    messages: tuple[Message, ...]
    placeholder: str
    """What the user will replace; it is selected once inserted."""


def presets() -> tuple[Preset, ...]:
    """The prompts that come with Parley, by title."""
    folder = resources.files("resources").joinpath("prompts")
    found = [
        Preset(
            key=f"preset:{file.name}",
            title=file.name.removesuffix(".txt").replace("_", " ").capitalize(),
            text=file.read_bytes().decode("utf-8"),
        )
        for file in folder.iterdir()
        if file.name.endswith(".txt")
    ]
    return tuple(sorted(found, key=lambda preset: preset.title))


def outlines() -> tuple[Outline, ...]:
    """What a template is shown with."""
    question = tr("Your question")
    user = Message("user", question)
    return (
        Outline("outline:user", tr("A question"), (user,), question),
        Outline(
            "outline:system",
            tr("System prompt and question"),
            (Message("system", tr("You are a helpful assistant.")), user),
            question,
        ),
        Outline(
            "outline:turns",
            tr("A question, an answer, a question"),
            (
                Message("user", tr("First question")),
                Message("assistant", tr("First answer")),
                user,
            ),
            question,
        ),
    )
