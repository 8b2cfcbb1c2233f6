"""A request turned into what a certain model can be sent. Pure."""

from msgspec.structs import replace

from app.services.errors import ServiceError
from wrappers.contract import Capabilities, Generate, Message, NextTokens


def refuse_empty(request: Generate | NextTokens) -> None:
    """Raises `ServiceError` for a request that asks nothing; told before any model is loaded."""
    if request.messages is None and not request.prompt:
        raise ServiceError.of("empty_prompt", "The prompt is empty.", "Write something first.")
    if request.messages is not None and not _asks_something(request.messages):
        raise ServiceError.of("empty_prompt", "The message is empty.", "Write something first.")


def _asks_something(messages: tuple[Message, ...]) -> bool:
    return bool(messages) and bool(messages[-1].content.strip())


def fit[R: (Generate, NextTokens)](request: R, capabilities: Capabilities) -> R:
    """`request` as a model of `capabilities` takes it. Raises `ServiceError` where it cannot.

    A single message to a model that takes a bare string and has no template is sent as it is.
    """
    through_predict = isinstance(request, Generate) and request.through_predict
    if through_predict and not capabilities.through_predict:
        raise ServiceError.of(
            "unsupported",
            "This model cannot be asked through MLflow's predict.",
            "Switch that off.",
        )
    if request.messages is None:
        if "template" in capabilities.accepts:
            return request
        raise ServiceError.of(
            "unsupported",
            "This model takes messages, not a prompt.",
            "Ask it in Chat, or with `parley ask`.",
        )
    if "messages" in capabilities.accepts:
        return request
    if len(request.messages) == 1:
        return replace(request, messages=None, prompt=request.messages[0].content)
    raise ServiceError.of(
        "unsupported",
        "This model takes one bare string and has no chat template, so it cannot be given "
        "earlier messages or a system prompt.",
        "Start a new conversation without a system prompt, or write the whole prompt in Prompt.",
    )
