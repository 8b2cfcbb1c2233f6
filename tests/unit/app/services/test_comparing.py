"""One question to two models of a scripted host: who is asked when, and what is kept of it."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path

import pytest
from msgspec.structs import replace
from msgspec.structs import replace as with_changes

from app.domain.answer import AnswerState
from app.domain.comparison.record import Comparison, Phase, Plan, Slot, Turn, Vote
from app.infra.program import build_services
from app.infra.settings import Settings
from app.services.engines import EngineState
from app.services.program import Services
from tests.support.scripted_host import STREAMING, Death
from tests.support.two_models import FIRST, SECOND, SLOTS, TwoModels, says
from wrappers.contract import AnyEvent, Failed, Finished, Generate, Message, Sampling, TextPiece


@pytest.fixture
def models() -> TwoModels:
    return TwoModels()


@pytest.fixture
async def services(models: TwoModels, tmp_path: Path) -> AsyncGenerator[Services, None]:
    settings = Settings(home=tmp_path, in_process=True)
    built = build_services(settings, in_process_host=models.serve)
    yield built
    await built.close()


MEASURED = Plan(through_predict=False)


def comparison(plan: Plan = MEASURED, **known: object) -> Comparison:
    return replace(Comparison("c", SLOTS, plan=plan), **known)


async def run(services: Services, asked: Comparison, text: str = "hello there") -> list[Comparison]:
    return [one async for one in services.comparing.ask(asked, text)]


async def turn_of(services: Services, asked: Comparison, text: str = "hello there") -> Turn:
    return (await run(services, asked, text))[-1].turns[-1]


# -- the order


async def test_that_each_is_warmed_up_once_and_the_rounds_begin_with_the_other_one_each_time(
    services: Services, models: TwoModels
) -> None:
    turn = await turn_of(services, comparison())
    assert models.loaded == ["first", "second"]
    assert models.order == ["first", "second"] * 2 + ["second", "first"] + ["first", "second"]
    assert turn.phase is Phase.DONE
    assert [one.warm_up is not None for one in turn.sides] == [True, True]
    assert [run.went_first for run in turn.sides[0].runs] == [True, False, True]
    assert [run.went_first for run in turn.sides[1].runs] == [False, True, False]


async def test_that_no_run_reads_what_an_earlier_one_has_left(
    services: Services, models: TwoModels
) -> None:
    await run(services, comparison(Plan(repeats=1)))
    assert [request.reuse_prompt for _, request in models.asked] == [False] * 6
    assert [request.through_predict for _, request in models.asked] == [False] * 4 + [True] * 2


async def test_that_the_second_turn_s_first_round_begins_with_the_second_model(
    services: Services, models: TwoModels
) -> None:
    plan = Plan(repeats=1, warm_up=False, through_predict=False)
    (*_, asked) = await run(services, comparison(plan))
    await run(services, asked)
    assert models.order == ["first", "second", "second", "first"]


async def test_that_in_parallel_both_are_asked_before_either_has_ended(
    services: Services, models: TwoModels
) -> None:
    plan = Plan(repeats=1, warm_up=False, parallel=True, through_predict=False)
    asking = [one.turns[-1].asking for one in await run(services, comparison(plan))]
    assert (True, True) in asking
    turn = await turn_of(services, comparison(plan))
    assert turn.not_parallel is None
    assert [side.runs[0].went_first for side in turn.sides] == [False, False]


async def test_that_one_model_with_two_parameter_sets_takes_turns_also_where_parallel_was_wished(
    services: Services, models: TwoModels
) -> None:
    slots = (SLOTS[0], replace(SLOTS[0], sampling=Sampling(temperature=0.9)))
    plan = Plan(repeats=1, warm_up=False, parallel=True, through_predict=False)
    turn = await turn_of(services, comparison(plan, slots=slots))
    assert models.loaded == ["first"]
    assert turn.not_parallel == "same_model"
    assert turn.phase is Phase.DONE
    assert [one.sampling for _, one in models.asked] == [slots[0].sampling, slots[1].sampling]
    assert [side.runs[0].went_first for side in turn.sides] == [True, False]


# -- what is sent


async def test_that_a_follow_up_goes_to_each_side_with_its_own_answers(
    services: Services, models: TwoModels
) -> None:
    models.events = lambda name, _: says(f"{name} speaks", 1)
    plan = Plan(repeats=1, warm_up=False, through_predict=False)
    (*_, asked) = await run(services, comparison(plan, system="Be brief."), "one")
    await run(services, asked, "two")
    by_name = {name: request.messages for name, request in models.asked[2:]}
    for name in ("first", "second"):
        assert by_name[name] == (
            Message("system", "Be brief."),
            Message("user", "one"),
            Message("assistant", f"{name} speaks"),
            Message("user", "two"),
        )


async def test_that_a_prompt_is_sent_as_it_is_and_alone(
    services: Services, models: TwoModels
) -> None:
    prompt = "<|user|>\nhello<|end|>\n<|assistant|>\n "
    plan = Plan(repeats=1, warm_up=False, through_predict=False)
    (*_, asked) = await run(services, comparison(plan, kind="prompt", system="unused"), prompt)
    await run(services, asked, prompt)
    assert {(request.prompt, request.messages) for _, request in models.asked} == {(prompt, None)}


# -- what is kept


async def test_that_the_first_run_is_shown_as_it_comes_and_later_ones_add_numbers(
    services: Services, models: TwoModels
) -> None:
    numbers = iter(range(100))
    models.events = lambda name, _: says(f"{name} speaks", 1, 2, first_s=next(numbers))
    states = await run(services, comparison(Plan(repeats=2, through_predict=False)))
    turn = states[-1].turns[-1]
    first, second = turn.sides
    assert first.answer.text == "first speaks"
    assert "".join(one.text for one in first.pieces) == "first speaks"
    assert first.reading_s is not None
    assert first.warm_up is not None
    assert first.warm_up.timings.time_to_first_token_s == 0
    assert [one.timings.time_to_first_token_s for one in first.runs] == [2, 5]
    assert [one.timings.time_to_first_token_s for one in second.runs] == [3, 4]
    assert [one.same_answer for one in first.runs] == [True, True]
    assert {one.peak_memory_bytes for one in first.runs} == {1000}
    phases = list(dict.fromkeys(one.turns[-1].phase for one in states))
    assert phases == [
        Phase.WAITING,
        Phase.LOADING,
        Phase.WARMING_UP,
        Phase.MEASURING,
        Phase.DONE,
    ]
    assert states[-1].facts[0] is not None
    assert states[-1].facts[0].engine == "scripted 1"
    assert states[-1].facts[0].load_s == 1.5


async def test_that_a_run_that_writes_something_else_is_said_to_and_does_not_change_the_answer(
    services: Services, models: TwoModels
) -> None:
    words = iter("abcdefgh")
    models.events = lambda _name, _request: says(word := next(words), ord(word))
    turn = await turn_of(services, comparison(Plan(repeats=1, through_predict=False)))
    assert [side.answer.text for side in turn.sides] == ["a", "b"]
    assert [side.runs[0].same_answer for side in turn.sides] == [False, False]


async def test_that_every_turn_is_kept(services: Services) -> None:
    plan = Plan(repeats=1, through_predict=False)
    (*_, asked) = await run(services, comparison(plan), "one")
    (*_, asked) = await run(services, asked, "two")
    assert await services.comparisons.load("c") == asked
    (listed,) = await services.comparisons.summaries()
    assert (listed.title, listed.turns, listed.slots) == ("one", 2, ("first/1", "second/1"))


async def test_that_the_shown_answers_are_traced_and_no_other_run(
    services: Services, models: TwoModels
) -> None:
    services.traces.switch(on=True)
    await services.catalog.open()
    turn = await turn_of(services, comparison(Plan(repeats=2)))
    await services.traces.close()
    assert [(one.session, one.message, one.pane) for one in models.traces] == [
        ("c", f"{turn.id}/0", "compare"),
        ("c", f"{turn.id}/1", "compare"),
    ]
    told = [side.answer.trace for side in turn.sides]
    assert [one.trace_id for one in models.traces] == [one.id for one in told if one is not None]


async def test_that_predict_is_asked_once_a_side_and_may_strip_the_beginning(
    services: Services, models: TwoModels
) -> None:
    def events(name: str, request: Generate) -> list[AnyEvent] | None:
        if not request.through_predict:
            return says(" Madrid", 1)
        if name == "first":
            return says("Madrid", 1, payload='{"messages": []}', returned='["Madrid"]')
        return [Failed(kind="model_raised", message="It takes one row.")]

    models.events = events
    turn = await turn_of(services, comparison(Plan(repeats=1)))
    first, second = (side.contract for side in turn.sides)
    assert first is not None
    assert (first.payload, first.returned) == ('{"messages": []}', '["Madrid"]')
    assert first.same_text is True
    assert second is not None
    assert second.failure is not None
    assert second.failure.message == "It takes one row."
    assert turn.phase is Phase.DONE


# -- where they part


def part(name: str, request: Generate) -> list[AnyEvent]:
    """Both begin alike, and one of them goes on otherwise."""
    ids = (5, 6, 7) if name == "first" else (5, 6, 8, 9)
    return says(f"{name} speaks", *ids)


def can_tell(models: TwoModels) -> None:
    models.capabilities = with_changes(STREAMING, next_token_probabilities=True)


async def test_that_both_are_asked_what_could_have_come_where_they_part(
    services: Services, models: TwoModels
) -> None:
    can_tell(models)
    models.events = part
    plan = Plan(repeats=1, through_predict=False)
    states = await run(services, comparison(plan, system="Be brief."), "hello there")
    turn = states[-1].turns[-1]
    assert turn.parting is not None
    assert turn.parting.index == 2
    assert None not in turn.parting.chances
    assert turn.same_vocabulary is True
    assert [name for name, _ in models.looked] == ["first", "second"]
    for _, request in models.looked:
        assert request.messages == (Message("system", "Be brief."), Message("user", "hello there"))
        assert request.continuation == (5, 6)
        assert request.also == (7, 8)
        assert request.sampling == SLOTS[0].sampling
    assert Phase.PARTING in {one.turns[-1].phase for one in states}


async def test_that_a_side_that_cannot_tell_is_not_asked(
    services: Services, models: TwoModels
) -> None:
    models.events = part
    turn = await turn_of(services, comparison())
    assert models.looked == []
    assert turn.parting is not None
    assert (turn.parting.index, turn.parting.chances) == (2, (None, None))


async def test_that_nothing_is_asked_where_both_write_the_same(
    services: Services, models: TwoModels
) -> None:
    can_tell(models)
    models.events = lambda _name, _request: says("same", 5, 6)
    turn = await turn_of(services, comparison())
    assert models.looked == []
    assert turn.parting is None


async def test_that_tokens_of_two_vocabularies_do_not_part(
    services: Services, models: TwoModels
) -> None:
    can_tell(models)

    def events(name: str, request: Generate) -> list[AnyEvent]:
        *pieces, finished = part(name, request)
        assert isinstance(finished, Finished)
        ids = (1,) if name == "first" else (2,)
        return [*pieces, with_changes(finished, prompt_token_ids=ids)]

    models.events = events
    turn = await turn_of(services, comparison())
    assert turn.same_vocabulary is False
    assert turn.parting is None
    assert models.looked == []


async def test_that_where_prompts_differ_the_vocabularies_are_compared_by_what_was_written(
    services: Services, models: TwoModels
) -> None:
    def events(name: str, request: Generate) -> list[AnyEvent]:
        *pieces, finished = part(name, request)
        assert isinstance(finished, Finished)
        return [*pieces, with_changes(finished, prompt=name)]

    models.events = events
    turn = await turn_of(services, comparison())
    assert turn.same_vocabulary is True
    assert turn.parting is not None


async def test_that_stop_while_probabilities_are_asked_for_keeps_where_they_part(
    services: Services, models: TwoModels
) -> None:
    can_tell(models)
    models.events = part
    turn = await stop_when(
        services, comparison(), lambda turn: turn.phase is Phase.PARTING and turn.asking[0]
    )
    assert turn.phase is Phase.STOPPED
    assert turn.parting is not None
    assert turn.parting.chances == (None, None)


# -- what goes wrong


async def test_that_a_model_that_does_not_load_leaves_the_other_going(
    services: Services, models: TwoModels
) -> None:
    models.fails_to_load.add("first")
    turn = await turn_of(services, comparison())
    first, second = turn.sides
    assert first.answer.state is AnswerState.FAILED
    assert first.answer.failure is not None
    assert first.answer.failure.message == "first is broken."
    assert models.order == ["second"] * 4
    assert len(second.runs) == 3
    assert turn.phase is Phase.DONE


async def test_that_a_turn_that_neither_answers_has_failed(
    services: Services, models: TwoModels
) -> None:
    models.fails_to_load.update(("first", "second"))
    turn = await turn_of(services, comparison())
    assert turn.phase is Phase.FAILED
    assert models.asked == []


@pytest.mark.expects_log("The model's process ended")
async def test_that_a_model_that_dies_while_it_is_measured_is_measured_no_more(
    services: Services, models: TwoModels
) -> None:
    count = iter(range(100))

    def events(name: str, _: Generate) -> list[AnyEvent] | None:
        if name == "first" and next(count) == 2:
            return [TextPiece(text="fir"), Death()]
        return says(f"{name} speaks", 1)

    models.events = events
    turn = await turn_of(services, comparison(Plan()))
    first, second = turn.sides
    assert first.answer.text == "first speaks"
    assert first.contract is None, "nor is it loaded again to be asked through predict"
    assert second.contract is not None
    assert [one.failure is None for one in first.runs] == [True, False]
    assert first.runs[1].same_answer is None
    assert len(second.runs) == 3
    assert turn.phase is Phase.DONE


async def test_that_a_side_that_the_registry_does_not_have_fails_alone(
    services: Services, models: TwoModels
) -> None:
    gone = Slot("models:/gone/1", "gone/1")
    turn = await turn_of(services, comparison(slots=(gone, SLOTS[1])))
    assert turn.sides[0].answer.failure is not None
    assert turn.sides[0].answer.failure.message == "No such model."
    assert turn.sides[1].answer.state is AnswerState.DONE


# -- stopping


async def stop_when(
    services: Services, asked: Comparison, holds: Callable[[Turn], bool], text: str = "endless"
) -> Turn:
    """The last state of a turn that is stopped as soon as `holds`."""
    last = None
    async for state in services.comparing.ask(asked, text):
        last = state.turns[-1]
        if not last.phase.is_final and holds(last):
            services.comparing.stop()
    assert last is not None
    assert not services.comparing.is_running
    return last


async def test_that_stop_keeps_what_was_written_and_asks_no_more(
    services: Services, models: TwoModels
) -> None:
    turn = await stop_when(
        services, comparison(), lambda turn: bool(turn.sides[0].answer.text), "endless words"
    )
    assert turn.phase is Phase.STOPPED
    assert turn.sides[0].answer.text == "endless words "
    assert [one.answer.state for one in turn.sides] == [AnswerState.STOPPED] * 2
    assert models.order == ["first"]
    assert turn.asking == (False, False)
    kept = await services.comparisons.load("c")
    assert kept is not None
    assert kept.turns == (turn,)


async def test_that_stop_before_anything_has_begun_asks_nobody(
    services: Services, models: TwoModels
) -> None:
    turn = await stop_when(services, comparison(), lambda turn: turn.phase is Phase.WAITING)
    assert turn.phase is Phase.STOPPED
    assert models.loaded == []


async def test_that_stop_while_measuring_keeps_the_numbers_so_far(
    services: Services, models: TwoModels
) -> None:
    asked = 0

    def events(name: str, _: Generate) -> list[AnyEvent] | None:
        nonlocal asked
        asked += 1
        return says(f"{name} speaks", 1) if asked < 6 else None

    models.events = events
    turn = await stop_when(services, comparison(), lambda turn: len(turn.sides[1].runs) == 2)
    assert turn.phase is Phase.STOPPED
    assert [one.answer.state for one in turn.sides] == [AnswerState.DONE] * 2
    assert len(turn.sides[1].runs) == 2
    assert turn.sides[0].runs[1:] == () or turn.sides[0].runs[1].same_answer is None


async def test_that_stop_while_a_model_loads_ends_the_load(
    services: Services, models: TwoModels
) -> None:
    models.never_loads.add("first")
    turn = await stop_when(
        services, comparison(), lambda turn: turn.sides[0].answer.state is AnswerState.LOADING
    )
    assert turn.phase is Phase.STOPPED
    assert models.asked == []
    engine = services.pool.get(FIRST)
    while engine.state is EngineState.LOADING:  # noqa: ASYNC110 - it is told by no event alone
        await asyncio.sleep(0)
    assert engine.state is EngineState.STOPPED


async def test_that_stop_withdraws_what_waits_for_somebody_else_s_answer(
    services: Services, models: TwoModels
) -> None:
    engine = services.pool.get(FIRST)
    await engine.load()
    await services.pool.get(SECOND).load()
    other = engine.generate(Generate(id=0, prompt="endless other"))
    async with aclosing(other) as batches:
        await anext(batches)
        turn = await stop_when(
            services,
            comparison(),
            lambda turn: turn.sides[0].answer.tracking_uri is not None,
            "mine",
        )
        assert turn.phase is Phase.STOPPED
        assert models.order == ["first"], "the other one's answer goes on"
        engine.stop()
        async for _ in batches:
            pass


async def test_that_closing_it_ends_what_runs_and_keeps_it_as_stopped(
    services: Services, tmp_path: Path
) -> None:
    asking = services.comparing.ask(comparison(), "endless words")
    shown = ""
    async with aclosing(asking) as states:
        async for state in states:
            # Its first word, and the second one only where both have come at once.
            shown = state.turns[-1].sides[0].answer.text
            if shown:
                break
    assert not services.comparing.is_running
    kept = await services.comparisons.load("c")
    assert kept is not None
    assert kept.turns[-1].phase is Phase.STOPPED
    assert kept.turns[-1].sides[0].answer.text == shown != ""
    assert kept.turns[-1].sides[0].answer.state is AnswerState.STOPPED
    # Not only read as such, as what a killed process has left is.
    with sqlite3.connect(tmp_path / "conversations.db") as database:
        phases = database.execute("SELECT json_extract(turn, '$.phase') FROM comparison_turns")
        assert phases.fetchall() == [("stopped",)]
    database.close()


async def test_that_a_vote_noted_after_the_last_state_counts_where_the_run_is_given_up(
    services: Services,
) -> None:
    vote = Vote("first", is_blind=True, at_ms=1)
    async with aclosing(services.comparing.ask(comparison(), "hello", is_blind=True)) as states:
        async for state in states:
            sides = state.turns[-1].sides
            if all(side.answer.state is AnswerState.DONE for side in sides):
                break
        services.comparing.note(state.turns[-1].id, vote)
    assert not state.turns[-1].phase.is_final
    kept = await services.comparisons.load("c")
    assert kept is not None
    assert (kept.turns[-1].phase, kept.turns[-1].vote) == (Phase.STOPPED, vote)


async def test_that_cancelling_who_asks_ends_what_runs(
    services: Services, models: TwoModels
) -> None:
    begun = asyncio.Event()

    async def ask() -> None:
        async with aclosing(services.comparing.ask(comparison(), "endless words")) as states:
            async for state in states:
                if state.turns[-1].sides[0].answer.text:
                    begun.set()

    task = asyncio.create_task(ask())
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert not services.comparing.is_running
    kept = await services.comparisons.load("c")
    assert kept is not None
    assert kept.turns[-1].phase is Phase.STOPPED
