"""One answer of a model, from the moment it is asked for to its last number."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from app.domain.feedback import Rating, TraceRef
from app.domain.load_choice import name_as_loaded
from wrappers.contract import (
    AnyEvent,
    Failed,
    Finished,
    LoadOptions,
    LoadProgress,
    PromptProgress,
    Sampling,
    StopReason,
    TextPiece,
    Timings,
    Usage,
)


class AnswerState(StrEnum):
    """Where an answer has come to."""

    QUEUED = "queued"
    """Another request uses the engine."""
    LOADING = "loading"
    READING = "reading"
    """The prompt is being read; no token yet."""
    STREAMING = "streaming"
    DONE = "done"
    STOPPED = "stopped"
    """The user ended it; what was written is kept."""
    FAILED = "failed"
    """It could not be finished; what was written is kept, `Answer.failure` says why."""

    @property
    def is_final(self) -> bool:
        return self in (AnswerState.DONE, AnswerState.STOPPED, AnswerState.FAILED)


class Answer(Struct, frozen=True):
    """What is known of an answer so far. Unknown numbers are ``None``, never 0."""

    model: str
    """The version that gives it, as ``name/3``."""
    state: AnswerState = AnswerState.QUEUED
    text: str = ""
    stage: str = ""
    """While loading: what the load has come to."""
    prompt_done: int | None = None
    prompt_total: int | None = None
    tokens_so_far: int | None = None
    """While streaming: completion tokens, where the wrapper tells them."""
    prompt: str | None = None
    """Exactly what the model read."""
    prompt_token_ids: tuple[int, ...] | None = None
    token_ids: tuple[int, ...] | None = None
    stop_reason: StopReason | None = None
    usage: Usage = Usage()
    timings: Timings = Timings()
    through_predict: bool = False
    failure: Failed | None = None
    trace: TraceRef | None = None
    """Where MLflow keeps it; ``None`` where it was not recorded."""
    rating: Rating | None = None
    comment: str = ""
    """The user's, on this answer."""
    edited: bool = False
    """Whether the user has put its text into other words. `prompt` is then that of the answer in
    whose place it stands, until a model has gone on; the numbers are those of what that added."""
    continued_at: int = 0
    """How much of `text` stood there, in characters, when the model was last asked to go on:
    `prompt` ends with that. The tokens and the numbers are then those of the last part."""
    sampling: Sampling | None = None
    """The parameters that it was asked with; ``None`` where nobody kept them."""
    defaults: Sampling | None = None
    """What the model did, when it was asked, where `sampling` says nothing."""
    context_length: int | None = None
    system: str | None = None
    """The system prompt that was sent; the conversation's may be another one by now."""
    messages_dropped: int = 0
    """The oldest messages of the branch, system prompt aside, that were not sent for want of
    room."""
    tracking_uri: str | None = None
    """Of the registry that the version is in."""
    options: LoadOptions = LoadOptions()
    """How the model was loaded that gives it."""

    @property
    def called(self) -> str:
        """`model`, and how it was loaded where that is not as it was logged."""
        return name_as_loaded(self.model, self.options)

    @property
    def opening_prompt(self) -> str | None:
        """What the model read before all of `text`."""
        if self.prompt is None:
            return None
        return self.prompt.removesuffix(self.text[: self.continued_at])

    def in_other_words(self, text: str) -> "Answer":
        """An answer that the user has written in place of this one: without the numbers of it."""
        return Answer(
            model=self.model,
            state=AnswerState.DONE,
            text=text,
            prompt=self.opening_prompt,
            system=self.system,
            messages_dropped=self.messages_dropped,
            edited=True,
            options=self.options,
        )

    @property
    def is_cut(self) -> bool:
        """Whether the model had more to say: stopped, failed, or out of room."""
        return self.state in (AnswerState.STOPPED, AnswerState.FAILED) or (
            self.state is AnswerState.DONE and self.stop_reason in ("length", "context_full")
        )


def advance(answer: Answer, event: AnyEvent) -> Answer:
    """`answer` after `event`; events that say nothing of an answer leave it as it is."""
    match event:
        case LoadProgress():
            return replace(answer, state=AnswerState.LOADING, stage=event.stage)
        case PromptProgress():
            return replace(
                answer,
                state=AnswerState.READING,
                prompt_done=None if event.total is None else event.done,
                prompt_total=event.total,
            )
        case TextPiece():
            tokens = answer.tokens_so_far
            if event.token_ids is not None:
                tokens = (tokens or 0) + len(event.token_ids)
            return replace(
                answer,
                state=AnswerState.STREAMING,
                text=answer.text + event.text,
                tokens_so_far=tokens,
            )
        case Finished():
            stopped = event.stop_reason == "cancelled"
            return replace(
                answer,
                state=AnswerState.STOPPED if stopped else AnswerState.DONE,
                text=event.text,
                prompt=event.prompt,
                prompt_token_ids=event.prompt_token_ids,
                token_ids=event.token_ids,
                stop_reason=event.stop_reason,
                usage=event.usage,
                timings=event.timings,
                through_predict=event.through_predict,
            )
        case Failed():
            state = AnswerState.STOPPED if event.kind == "cancelled" else AnswerState.FAILED
            return replace(answer, state=state, failure=event)
        case _:
            return answer


def advance_all(answer: Answer, events: Iterable[AnyEvent]) -> Answer:
    """`answer` after each of `events` in turn."""
    for event in events:
        answer = advance(answer, event)
    return answer
