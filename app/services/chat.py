"""Chat: a conversation goes in, an answer comes out."""

from collections.abc import AsyncGenerator, Sequence

from app.domain.answer import Answer
from app.services.answering import answers
from app.services.engines import Engine
from app.services.traces import Place, Traces
from wrappers.contract import Generate, Message, Sampling


class ChatService:
    """Messages mode."""

    def __init__(self, traces: Traces | None = None) -> None:
        """`traces` records what is asked with a place."""
        self._traces = traces

    def answer(
        self,
        engine: Engine,
        messages: Sequence[Message],
        sampling: Sampling,
        *,
        through_predict: bool = False,
        place: Place | None = None,
    ) -> AsyncGenerator[Answer, None]:
        """The states of the answer to `messages`, the last one final. Raises nothing.

        To withdraw an answer that still waits for its turn, close the iterator (`aclosing`).
        """
        request = Generate(
            id=0, messages=tuple(messages), sampling=sampling, through_predict=through_predict
        )
        return answers(engine, request, self._traces, place)
