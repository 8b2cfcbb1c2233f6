"""From a conversation to what the transcript shows: pure functions."""

import time

from msgspec import Struct

from app.domain.answer import Answer, AnswerState
from app.domain.conversation import Node
from app.services.engines import Engine, EngineState
from app.ui import wording
from app.ui.translation import tr
from app.ui.widgets.message_actions import Action
from app.ui.widgets.views import ActivityView, BandView, MessageOutline, MessageView
from wrappers.contract import Failed

_MIN_RATE_S = 0.3
"""A speed over a shorter time says nothing."""


def outline(node: Node) -> MessageOutline:
    """What the transcript has to know of a message before it comes near the view."""
    return MessageOutline(node.id, "user" if node.answer is None else "model", node.content)


def message_view(
    node: Node, *, offers: tuple[Action, ...] = (), can_reload: bool = False
) -> MessageView:
    """`offers` are the ways on from an answer that was cut, or a question that has none."""
    answer = node.answer
    if answer is None:
        return MessageView(
            id=node.id, speaker="user", author=tr("You"), text=node.text, offers=offers
        )
    is_failed = answer.state is AnswerState.FAILED and answer.failure is not None
    return MessageView(
        id=node.id,
        speaker="model",
        author=wording.version_label(answer.model, answer.options),
        text=answer.text,
        is_live=not answer.state.is_final,
        facts=_facts(answer) if answer.state.is_final else "",
        offers=offers,
        band=band_view(answer.failure, kept=bool(answer.text), can_reload=can_reload)
        if is_failed and answer.failure is not None
        else None,
    )


def _facts(answer: Answer) -> str:
    return "\n".join(one for one in (wording.usage_line(answer), wording.feedback(answer)) if one)


def band_view(failure: Failed, *, kept: bool, can_reload: bool) -> BandView:
    """`kept` says that something the model wrote stands above the band."""
    sentences = [tr("What it had written is kept above.")] if kept else []
    if failure.advice:
        sentences.append(failure.advice)
    elif can_reload:
        sentences.append(tr("Your next message loads it again."))
    return BandView(
        message=failure.message,
        advice=" ".join(sentences),
        has_log=bool(failure.detail) or failure.kind == "died",
        can_reload=can_reload,
    )


class Pace(Struct):
    """How fast an answer comes: tokens after the first ones seen, over the time since."""

    started: float
    """`time.monotonic` of the request."""
    reading_since: float | None = None
    first_seen: float | None = None
    first_tokens: int = 0

    def follow(self, answer: Answer, now: float) -> None:
        """Take note of a later state."""
        if answer.state is AnswerState.READING and self.reading_since is None:
            self.reading_since = now
        if answer.tokens_so_far and self.first_seen is None:
            self.first_seen, self.first_tokens = now, answer.tokens_so_far

    def rate(self, answer: Answer, now: float) -> float | None:
        """Tokens per second, once there is enough to tell."""
        if self.first_seen is None or answer.tokens_so_far is None:
            return None
        passed = now - self.first_seen
        return (answer.tokens_so_far - self.first_tokens) / passed if passed > _MIN_RATE_S else None


def answer_activity(
    answer: Answer, pace: Pace, engine: Engine | None, now: float | None = None
) -> ActivityView:
    """What goes on below an answer that is still to come to its end."""
    now = time.monotonic() if now is None else now
    if engine is not None and engine.is_stopping and answer.state is not AnswerState.QUEUED:
        return ActivityView(wording.stopping(), since=pace.started)
    text = wording.progress_line(
        answer,
        queued_behind=engine is not None and engine.waiting > 0,
        rate=pace.rate(answer, now),
    )
    match answer.state:
        case AnswerState.LOADING:
            since = pace.started if engine is None else engine.loading_since
            return ActivityView(text, since=since, is_load=True)
        case AnswerState.READING:
            fraction = None
            if answer.prompt_total and answer.prompt_done:
                fraction = min(1.0, answer.prompt_done / answer.prompt_total)
            # One that is read in one piece, for a minute maybe, has no part that is done.
            return ActivityView(text, since=pace.reading_since, fraction=fraction, is_busy=True)
        case AnswerState.STREAMING if answer.tokens_so_far is not None:
            return ActivityView(text)
        case _:
            return ActivityView(text, since=pace.started)


def load_activity(engine: Engine) -> ActivityView | None:
    """A load that no answer waits for."""
    if engine.state is not EngineState.LOADING:
        return None
    loading = Answer(model=engine.name, state=AnswerState.LOADING, stage=engine.stage)
    text = wording.progress_line(loading, queued_behind=False, rate=None)
    return ActivityView(text, since=engine.loading_since, is_load=True)


def context_tokens(answer: Answer | None) -> int | None:
    """What a conversation holds after `answer`, as its own count says."""
    if answer is None:
        return None
    if answer.usage.total_tokens is not None:
        return answer.usage.total_tokens
    if answer.prompt_total is None or answer.tokens_so_far is None:
        return None
    return answer.prompt_total + answer.tokens_so_far
