"""What a load needs a yes to, where nobody can be asked."""

from pathlib import Path

from app.cli.context import Context
from app.cli.wording import size
from app.domain.load_choice import refusal, settled
from app.domain.model_names import title
from app.services.engines import Engine
from app.services.errors import ServiceError
from app.services.sessions import NeedsMemory, NeedsTrust, what_would_run
from wrappers.contract import LoadOptions, ModelCard


async def agree(context: Context, engine: Engine, reserved_bytes: int = 0) -> int:
    """Agree to what loading `engine` needs: its code with ``--trust``, the memory with a word.

    Returns the bytes that it is expected to take; `reserved_bytes` is what others have yet to.
    Raises `ServiceError`.
    """
    sessions, options = context.services.sessions, context.asked.options
    is_trusted = options.trust
    if options.allow_hub is not None:
        await sessions.allow_hub(engine, allowed=options.allow_hub)
    try:
        return await sessions.consent_for(engine, trusted=is_trusted, reserved_bytes=reserved_bytes)
    except NeedsTrust as question:
        raise ServiceError.of(
            "untrusted",
            f"Loading {title(question.card.version)} would run code that comes with it "
            f"({what_would_run(question.card)}).",
            "Add --trust if you know who made it.",
        ) from None
    except NeedsMemory as question:
        expected = question.forecast
        context.output.note(
            f"{expected.model} may need {size(expected.needed_bytes)} of memory, and "
            f"{size(expected.available_bytes)} are free."
        )
        return await sessions.consent_for(engine, trusted=is_trusted, past_memory=True)


def options_of(options: LoadOptions, card: ModelCard) -> LoadOptions:
    """`options` as the model of `card` takes them. Raises `ServiceError` where it does not."""
    name = title(card.version)
    refused = refusal(options, card.version, name)
    if refused is not None:
        raise ServiceError(refused)
    return settled(options, card.dtype)


def whole_path(model: str) -> str:
    """A model's folder by its whole path, since the children run elsewhere; else as it is."""
    folder = Path(model).expanduser()
    return str(folder.absolute()) if (folder / "MLmodel").is_file() else model
