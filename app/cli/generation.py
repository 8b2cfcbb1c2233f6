"""``parley ask`` and ``parley complete``."""

import sys
from contextlib import aclosing
from pathlib import Path

from app.cli.consent import agree, options_of, whole_path
from app.cli.context import Context
from app.cli.wording import numbers
from app.services.engines import Engine
from app.services.errors import ServiceError
from app.services.fitting import refuse_empty
from wrappers.contract import (
    AnyEvent,
    Failed,
    Finished,
    Generate,
    LoadProgress,
    Message,
    PromptProgress,
    TextPiece,
)


async def ask(context: Context) -> None:
    """One question, with or without a system prompt."""
    options = context.asked.options
    messages = [Message("user", options.text)]
    if options.system is not None:
        messages.insert(0, Message("system", options.system))
    await _generate(
        context,
        Generate(
            id=0,
            messages=tuple(messages),
            sampling=context.asked.sampling,
            through_predict=options.through_predict,
        ),
    )


async def complete(context: Context) -> None:
    """A prompt from a file."""
    options = context.asked.options
    await _generate(
        context,
        Generate(
            id=0,
            prompt=_read_prompt(options.prompt_file),
            sampling=context.asked.sampling,
            through_predict=options.through_predict,
        ),
    )


def _read_prompt(named: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if named == "-" else Path(named).read_bytes()
        return raw.decode("utf-8")
    except OSError as error:
        raise ServiceError.of(
            "usage",
            f"The prompt file {named} cannot be read ({error.strerror}).",
            "Check its name.",
        ) from None
    except UnicodeDecodeError as error:
        raise ServiceError.of(
            "usage",
            f"The prompt file {named} is not UTF-8 (byte {error.start}).",
            "Save it as UTF-8.",
        ) from None


async def _generate(context: Context, request: Generate) -> None:
    refuse_empty(request)
    engine = await _engine(context)
    shown = False
    with context.interrupts.during(engine.stop):
        async with aclosing(engine.generate(request)) as batches:
            async for batch in batches:
                for event in batch:
                    if isinstance(event, Finished) and not shown and not context.output.as_json:
                        context.output.text(event.text)  # it came whole, in no pieces
                    shown = shown or isinstance(event, TextPiece)
                    _show(context, engine, event)


async def _engine(context: Context) -> Engine:
    """The engine of the model that was named, agreed to and not yet loaded."""
    services = context.services
    card = await services.catalog.describe(whole_path(context.asked.options.model))
    options = options_of(context.asked.load_options[0], card)
    engine = services.pool.get(card.version, options)
    await agree(context, engine)
    return engine


def _show(context: Context, engine: Engine, event: AnyEvent) -> None:
    output = context.output
    if isinstance(event, Failed):
        raise ServiceError(event)
    if isinstance(event, PromptProgress) and event.total is None:
        return
    if output.as_json:
        output.event(event)
        return
    match event:
        case LoadProgress() if sys.stderr.isatty():
            output.note(f"Loading {engine.name}: {event.stage}")
        case TextPiece():
            output.text(event.text)
        case Finished():
            output.end_line()
            output.note(numbers(event))
        case _:
            pass
