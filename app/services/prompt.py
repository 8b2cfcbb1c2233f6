"""Prompt: a text with the special tokens written out is continued."""

from collections.abc import AsyncGenerator

from app.domain.answer import Answer
from app.services.answering import answers
from app.services.engines import Engine
from app.services.traces import Place, Traces
from wrappers.contract import Generate, Sampling


class PromptService:
    """Template mode."""

    def __init__(self, traces: Traces | None = None) -> None:
        """`traces` records what is asked with a place."""
        self._traces = traces

    def complete(
        self,
        engine: Engine,
        prompt: str,
        sampling: Sampling,
        *,
        through_predict: bool = False,
        place: Place | None = None,
    ) -> AsyncGenerator[Answer, None]:
        """The states of the completion of `prompt`, the last one final. Raises nothing.

        To withdraw one that still waits for its turn, close the iterator (`aclosing`).
        """
        request = Generate(id=0, prompt=prompt, sampling=sampling, through_predict=through_predict)
        return answers(engine, request, self._traces, place)
