"""``parley compare``."""

import uuid
from contextlib import aclosing

from msgspec.structs import replace

from app.cli.compare_handing import check_report, hand_on
from app.cli.compare_result import as_object, table_of
from app.cli.compare_sets import compare_set
from app.cli.compare_told import Events, Reading, Told
from app.cli.consent import agree, options_of, whole_path
from app.cli.context import AlreadyTold, Context
from app.cli.wording import table
from app.domain.answer import AnswerState
from app.domain.comparison.choice import slot_of
from app.domain.comparison.record import Comparison, Plan, Slot
from app.domain.comparison.sentences import notes
from app.services.engines import Engine
from app.services.fitting import refuse_empty
from wrappers.contract import Generate, Message


async def compare(context: Context) -> None:
    """Ask two models the same, print both answers as they come, and what they cost."""
    options, output = context.asked.options, context.output
    check_report(options.report)
    if options.prompts is not None:
        await compare_set(context, await _slots(context))
        return
    refuse_empty(Generate(id=0, messages=(Message("user", options.text),)))
    comparison = Comparison(
        id=uuid.uuid4().hex,
        slots=await _slots(context),
        system=options.system or "",
        plan=Plan(
            repeats=options.repeats,
            warm_up=not options.no_warm_up,
            parallel=options.parallel,
            through_predict=not options.no_predict,
        ),
    )
    comparison = await _run(context, comparison)
    if not output.as_json:
        _tell(context, comparison)
    is_handed_on = await hand_on(context, comparison)
    if output.as_json:
        output.object(as_object(comparison))  # the last line, whatever else is asked for
    answers = [side.answer for side in comparison.turns[-1].sides]
    if not is_handed_on or any(answer.state is AnswerState.FAILED for answer in answers):
        raise AlreadyTold


async def _slots(context: Context) -> tuple[Slot, Slot]:
    """The models that were named, agreed to and not yet loaded."""
    services, options = context.services, context.asked.options
    # Both are looked for before anything is agreed to.
    cards = [
        await services.catalog.describe(whole_path(model))
        for model in (options.first, options.second)
    ]
    found = [
        (card.version, options_of(wanted, card))
        for card, wanted in zip(cards, context.asked.load_options, strict=True)
    ]
    needed: dict[Engine, int] = {}
    for version, wanted in found:
        engine = services.pool.get(version, wanted)
        if engine not in needed:
            needed[engine] = await agree(context, engine, sum(needed.values()))
    first, second = (slot_of(version, context.asked.sampling, wanted) for version, wanted in found)
    return first, second


async def _run(context: Context, comparison: Comparison) -> Comparison:
    services, output = context.services, context.output
    told: Told = Events(output) if output.as_json else Reading(output)
    forget = services.comparisons.failed.connect(
        lambda failed: output.note(f"{failed.message} {failed.advice}".rstrip())
    )
    begun = replace(comparison, turns=())
    try:
        with context.interrupts.during(services.comparing.stop):
            states = services.comparing.ask(begun, context.asked.options.text)
            async with aclosing(states):
                async for comparison in states:
                    told.follow(comparison)
    finally:
        forget()
    return comparison


def _tell(context: Context, comparison: Comparison) -> None:
    if any(side.answer.text for side in comparison.turns[-1].sides):
        _print(context, comparison)
    elif context.interrupts.happened:
        context.output.note("Interrupted.")


def _print(context: Context, comparison: Comparison) -> None:
    """The numbers side by side, and what there is to say of them."""
    output = context.output
    output.end_line()
    output.line()
    for line in table(table_of(comparison)):
        output.line(line)
    output.line()
    for note in notes(comparison, comparison.turns[-1]):
        output.line(note)
