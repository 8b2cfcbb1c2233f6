"""What every wrapper offers to the host, and the errors it may raise for the user."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from wrappers.contract import (
    Capabilities,
    CountTokens,
    DecodeTokens,
    ErrorKind,
    Generate,
    GenerationEvent,
    LoadOptions,
    Message,
    NextTokens,
    NextTokensFound,
    Token,
    Tokenize,
)

ShouldStop = Callable[[], bool]
"""Asked once per step (a token, a prefill chunk). Besides answering, it lets the host serve small
questions, so a wrapper asks it from the thread that it was called from and nowhere within a
step."""

ReportStage = Callable[[str], None]
"""Told the stage that a load has come to, in words for the user."""


class WrapperError(Exception):
    """A failure that the user can read: one sentence what happened, one what to do about it."""

    def __init__(self, kind: ErrorKind, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind
        self.message = message
        self.advice = advice


class Wrapper(Protocol):
    """One loaded model. The host calls it from a single thread, one call at a time, but for
    `count`, `decode`, `tokenize` and `render`, which it also calls from within ``should_stop``."""

    def load(self, model_dir: Path, options: LoadOptions, report: ReportStage) -> Capabilities:
        """Load the MLflow model in `model_dir` (a local folder with an MLmodel file)."""

    def generate(self, request: Generate, should_stop: ShouldStop) -> Iterator[GenerationEvent]:
        """Yield the answer as it comes and a `Finished` last, each with ``id=request.id``.

        When `should_stop` says so, end at the next step with stop reason ``cancelled`` and the
        text so far. Raises `WrapperError`.
        """

    def next_tokens(self, request: NextTokens, should_stop: ShouldStop) -> NextTokensFound | None:
        """What could come next, with ``id=request.id``; ``None`` where `should_stop` ended it.
        No answer that is generated later is another for it. Raises `WrapperError`."""

    def count(self, request: CountTokens) -> int | None:
        """Tokens of the text as the model would read it; ``None`` if it cannot be known."""

    def decode(self, request: DecodeTokens) -> tuple[str, ...] | None:
        """What each token stands for; ``None`` if it cannot be known."""

    def tokenize(self, request: Tokenize) -> tuple[Token, ...] | None:
        """The tokens of the text as the model would read it; ``None`` if they cannot be known."""

    def render(self, messages: tuple[Message, ...]) -> str:
        """The prompt that the model's own chat template makes of `messages`, ready for the
        answer. Raises `WrapperError` where there is none or it raises."""

    def close(self) -> None:
        """Let go of the engine; the process ends right after."""
