"""Python that asks for one answer again as it was asked: the text behind "Copy as MLflow code"."""

import dataclasses

from msgspec.structs import replace

from app.domain.answer import Answer
from app.domain.call_code import Call, call_code
from app.domain.context_room import without_oldest
from app.domain.conversation import Conversation, Node
from app.domain.parameters import effective
from wrappers.contract import Capabilities, Message, ModelCard, Sampling


def sent_messages(conversation: Conversation, node: Node) -> tuple[Message, ...]:
    """What the model was sent for the answer `node`: the system prompt of then, and without what
    was dropped."""
    answer = node.answer
    if answer is None:
        return ()
    if answer.system is not None:
        conversation = dataclasses.replace(conversation, system=answer.system)
    return without_oldest(conversation.messages_to(node.parent), answer.messages_dropped)


def turn_call(card: ModelCard, answer: Answer, messages: tuple[Message, ...]) -> Call | None:
    """The call that gave `answer`; ``None`` where the model takes a prompt and nobody knows it.

    A model that takes messages is sent them again. Only what would not give the same answer that
    way is sent as the prompt: the end of an answer that was continued, a system prompt that nobody
    kept, or an answer that was sampled with a seed and streamed. (MLflow's predict of a pipeline
    takes a random number for itself before the first token.)
    """
    takes_messages = card.version.mode == "messages"
    is_pipeline = card.version.wrapper == "transformers"
    can_be_prompted = not takes_messages or is_pipeline
    needs_prompt = (
        not takes_messages
        or answer.continued_at > 0
        or answer.system is None
        or (is_pipeline and _used(answer).seed is not None and not answer.through_predict)
    )
    if answer.prompt is not None and needs_prompt and can_be_prompted:
        return Call(prompt=answer.prompt)
    return Call(messages=messages) if takes_messages else None


def turn_code(
    card: ModelCard,
    tracking_uri: str,
    call: Call,
    answer: Answer,
    capabilities: Capabilities | None = None,
) -> str:
    """A program that prints the answer again: the same text where it was greedy, or sampled with a
    seed. `capabilities` are of the model where it is loaded."""
    sampling = answer.sampling or Sampling()
    if answer.stop_reason == "context_full" and answer.usage.completion_tokens:
        # MLflow's predict would go on past the model's context.
        sampling = replace(sampling, max_tokens=answer.usage.completion_tokens)
    return call_code(
        card,
        tracking_uri,
        call,
        sampling,
        capabilities,
        defaults=answer.defaults,
        notes=_notes(answer),
        options=answer.options,
    )


def _notes(answer: Answer) -> tuple[str, ...]:
    """What keeps the program from printing the very text that is shown."""
    notes = []
    if answer.sampling is None:
        notes.append("The parameters of that answer were not kept: the model's own are used.")
    else:
        used = _used(answer)
        if used.temperature and used.seed is None:
            notes.append("It was sampled without a seed: each run answers otherwise.")
    if answer.continued_at:
        notes.append(
            f"It was continued: this is what follows its first {answer.continued_at} letters."
        )
    if answer.stop_reason == "cancelled":
        notes.append("It was stopped then; here it goes on to its end.")
    return tuple(notes)


def _used(answer: Answer) -> Sampling:
    """With what it was picked; the seed only where it makes a difference."""
    used = effective(answer.sampling or Sampling(), answer.defaults or Sampling())
    return used if used.temperature else replace(used, seed=None)
