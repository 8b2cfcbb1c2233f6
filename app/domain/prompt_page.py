"""A prompt that is kept, and what models have written on in it: nothing of that is ever lost.

A completion belongs to the exact text that it completed. Those of one text are its versions, and
the text itself says which of them it shows, if any; so versions need no state of their own.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from app.domain.answer import Answer, AnswerState
from app.domain.marks import Mark
from app.domain.special_tokens import Span, special_spans

_TITLE: Final = 28
"""Characters of a prompt that tell which one it is."""


class Completion(Struct, frozen=True):
    """What a model wrote after `prompt`."""

    id: str
    prompt: str
    answer: Answer
    created_ms: int = 0

    @property
    def text(self) -> str:
        return self.answer.text

    @property
    def whole(self) -> str:
        """The prompt with it."""
        return self.prompt + self.answer.text


class PromptPage(Struct, frozen=True):
    """One prompt among several."""

    id: str
    title: str = ""
    """As the user named it; empty: it is told by its first words."""
    text: str = ""
    marks: tuple[Mark, ...] = ()
    """The model's parts of the text."""
    closed_ms: int | None = None
    """When it was closed; it is erased some time later."""
    completions: tuple[Completion, ...] = ()
    """Oldest first. Kept beside the page, each by itself."""

    def with_completions(self, completions: Iterable[Completion]) -> "PromptPage":
        """The page with what was written for it, oldest first."""
        written = sorted(completions, key=lambda one: one.created_ms)
        return replace(self, completions=tuple(written))


class Versions(NamedTuple):
    """The completions of one text, oldest first, and which of them is shown: ``None`` for none."""

    all: tuple[Completion, ...] = ()
    shown: int | None = None

    def beside(self, step: int) -> Completion | None:
        """The version `step` away; before the first one there is none, and the last one stands
        before nothing."""
        at = (len(self.all) if self.shown is None else self.shown) + step
        return self.all[at] if 0 <= at < len(self.all) else None


def versions_of(text: str, completions: Sequence[Completion], chosen: str = "") -> Versions:
    """Of what `text` ends with; of `text` itself where it ends with none, such as after Undo.

    Where several read alike, as those of a greedy model do, the one with the id `chosen` is shown,
    or else the latest.
    """
    alike = [one for one in completions if one.id == chosen]
    shown = _shown(text, alike) or _shown(text, completions)
    prompt = text if shown is None else shown.prompt
    versions = tuple(one for one in completions if one.prompt == prompt and one.text)
    return Versions(versions, None if shown is None else versions.index(shown))


def _shown(text: str, completions: Sequence[Completion]) -> Completion | None:
    """The one that `text` ends with; the later where that can be said of several."""
    for one in reversed(completions):
        size = len(one.prompt)
        if (
            one.text
            and size + len(one.text) == len(text)
            and text.startswith(one.prompt)
            and text.endswith(one.text)
        ):
            return one
    return None


def written_spans(text: str, completions: Sequence[Completion]) -> tuple[Span, ...]:
    """The parts of `text` that models wrote, one after the other at its end, in characters."""
    spans: list[Span] = []
    while (shown := _shown(text, completions)) is not None:
        spans.append(Span(len(shown.prompt), len(text)))
        text = shown.prompt
    return tuple(reversed(spans))


def title_of(page_title: str, text: str) -> str:
    """What a page is called; empty where nobody has named it or written anything."""
    if page_title:
        return page_title
    head = text[: 8 * _TITLE]
    words = " ".join(_without(head, special_spans(head)).split()) or " ".join(head.split())
    return words if len(words) <= _TITLE else words[: _TITLE - 1].rstrip() + "…"


def _without(text: str, spans: Iterable[Span]) -> str:
    """Special tokens are how most prompts begin, and tell none from another."""
    pieces, position = [], 0
    for start, end in spans:
        pieces.append(text[position:start])
        position = end
    return " ".join([*pieces, text[position:]])


def settled(completion: Completion) -> Completion:
    """One whose end was never heard, such as when the program was killed: it was stopped."""
    answer = completion.answer
    if answer.state.is_final:
        return completion
    return replace(completion, answer=replace(answer, state=AnswerState.STOPPED))


# --------------------------------------------------------------------------------------------
# As they are kept


class _Page(msgspec.Struct, omit_defaults=True):
    text: str = ""
    title: str = ""
    marks: tuple[tuple[int, int, int], ...] = ()
    closed_ms: int | None = None


class _Completion(msgspec.Struct):
    prompt: str
    answer: Answer
    created_ms: int = 0


class PageOrder(msgspec.Struct, frozen=True):
    """Which pages there are, as their tabs stand, and which one is shown."""

    pages: tuple[str, ...] = ()
    current: str = ""


_encoder: Final = msgspec.json.Encoder()
_page: Final = msgspec.json.Decoder(_Page)
_completion: Final = msgspec.json.Decoder(_Completion)
_order: Final = msgspec.json.Decoder(PageOrder)


def page_to_json(page: PromptPage) -> str:
    """Without its completions."""
    marks = tuple((mark.start, mark.end, mark.generation) for mark in page.marks)
    kept = _Page(_storable(page.text), page.title, marks, page.closed_ms)
    return _encoder.encode(kept).decode()


def page_from_json(page_id: str, kept: str) -> PromptPage | None:
    """``None`` for what is none."""
    try:
        page = _page.decode(kept)
    except msgspec.MsgspecError:
        return None
    marks = tuple(Mark(*one) for one in page.marks)
    return PromptPage(page_id, page.title, page.text, marks, page.closed_ms)


def completion_to_json(completion: Completion) -> str:
    answer = completion.answer
    text, prompt = _storable(answer.text), answer.prompt
    answer = replace(answer, text=text, prompt=None if prompt is None else _storable(prompt))
    kept = _Completion(_storable(completion.prompt), answer, completion.created_ms)
    return _encoder.encode(kept).decode()


def completion_from_json(completion_id: str, kept: str) -> Completion | None:
    """``None`` for what is none."""
    try:
        found = _completion.decode(kept)
    except msgspec.MsgspecError:
        return None
    return settled(Completion(completion_id, found.prompt, found.answer, found.created_ms))


def order_to_json(order: PageOrder) -> str:
    return _encoder.encode(order).decode()


def order_from_json(kept: str) -> PageOrder:
    try:
        return _order.decode(kept)
    except msgspec.MsgspecError:
        return PageOrder()


def ordered(order: PageOrder, known: Iterable[str]) -> tuple[str, ...]:
    """All that are known: those in the order first, and then what another window has begun."""
    rest = dict.fromkeys(known)
    first = [one for one in order.pages if one in rest]
    return (*first, *(one for one in rest if one not in first))


def _storable(text: str) -> str:
    """Half of a character, which UTF-8 does not have, becomes the sign for that."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
