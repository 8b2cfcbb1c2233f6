"""Prompt: a text with the special tokens written out is continued."""

from collections.abc import AsyncGenerator

from app.domain.answer import Answer
from app.services.answering import answers
from app.services.engines import Engine
from wrappers.contract import Generate, Sampling


class PromptService:
    """Template mode."""

    def complete(
        self,
        engine: Engine,
        prompt: str,
        sampling: Sampling,
        *,
        through_predict: bool = False,
    ) -> AsyncGenerator[Answer, None]:
        """The states of the completion of `prompt`, the last one final. Raises nothing.

        To withdraw one that still waits for its turn, close the iterator (`aclosing`).
        """
        request = Generate(id=0, prompt=prompt, sampling=sampling, through_predict=through_predict)
        return answers(engine, request)
