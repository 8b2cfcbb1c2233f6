"""What dialogs ask for and answer with, without the dialogs."""

from enum import StrEnum
from typing import Literal

from msgspec import Struct

WrapperName = Literal["transformers", "onnx"]

Row = tuple[str, str]
"""What it is, and what is known of it."""


class RegistryChoice(Struct, frozen=True):
    """Which registry to open."""

    tracking_uri: str | None
    """``None``: Parley's own."""


class MemoryAnswer(StrEnum):
    """What to do about a model that may not fit."""

    CANCEL = "cancel"
    LOAD_ANYWAY = "load_anyway"
    UNLOAD_OTHERS = "unload_others"


class FileKind(Struct, frozen=True):
    """Something that a file can be written as."""

    title: str
    suffix: str
    """With its dot."""

    @property
    def filter(self) -> str:
        return f"{self.title} (*{self.suffix})"


class Registration(Struct, frozen=True):
    """What is to be registered."""

    wrapper: WrapperName
    source: str
    """A folder, or a name on the hub."""
    name: str


class AnswerDetails(Struct, frozen=True):
    """What the dialog shows, worded. ``None`` for what is not known."""

    title: str
    prompt: str | None
    special_tokens: tuple[str, ...]
    prompt_token_ids: tuple[int, ...] | None
    token_ids: tuple[int, ...] | None
    parameters: tuple[Row, ...]
    numbers: tuple[Row, ...]
    note: str = ""
    """What has to be known about all of it."""
