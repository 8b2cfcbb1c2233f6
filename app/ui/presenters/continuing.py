"""Going on with an answer that was cut: the model is given its prompt and its own words again."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec.structs import replace

from app.domain.answer import Answer, AnswerState
from app.domain.context_room import without_oldest
from app.services.engines import Engine
from app.services.prompt import PromptService
from app.services.traces import Place
from wrappers.contract import Message, Sampling


class Continuing:
    """Continues answers of models that can be given a prompt as it is."""

    def __init__(self, service: PromptService) -> None:
        self._service = service

    def can_continue(self, answer: Answer, engine: Engine | None) -> bool:
        """Whether `engine` could go on with `answer`; only the version that began it can, loaded in
        the same dtype: one answer is of one model."""
        if engine is None or engine.name != answer.model or engine.capabilities is None:
            return False
        if engine.options.dtype != answer.options.dtype:
            return False
        can_be_prompted = "template" in engine.capabilities.accepts
        prompt_is_known = answer.prompt is not None or engine.capabilities.template == "model"
        has_room = answer.stop_reason != "context_full"
        has_more = (answer.is_cut or answer.edited) and bool(answer.text)
        return has_more and can_be_prompted and prompt_is_known and has_room

    async def go_on(
        self,
        engine: Engine,
        cut: Answer,
        messages: tuple[Message, ...],
        sampling: Sampling,
        place: Place | None = None,
    ) -> AsyncGenerator[Answer, None]:
        """The states of the longer answer; numbers are those of its last part. Stopped before the
        first word of that, it is `cut` again.

        `messages` are what the answer answers. Raises `ServiceError` where the model's template
        cannot render them.
        """
        sent = without_oldest(messages, cut.messages_dropped)
        prompt = cut.opening_prompt or await engine.render(sent)
        states = self._service.complete(engine, prompt + cut.text, sampling, place=place)
        async with aclosing(states):
            async for answer in states:
                if answer.state is AnswerState.STOPPED and not answer.text:
                    yield cut
                    continue
                yield replace(
                    answer,
                    text=cut.text + answer.text,
                    prompt=answer.prompt or prompt + cut.text,
                    edited=cut.edited,
                    continued_at=len(cut.text),
                    system=cut.system,
                    messages_dropped=cut.messages_dropped,
                    tracking_uri=cut.tracking_uri,
                    rating=cut.rating,
                    comment=cut.comment,
                )
