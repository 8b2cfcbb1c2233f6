"""Prompt sets on a scripted host: what is run, what is kept, and what ends a run."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.domain.answer import AnswerState
from app.domain.comparison.prompt_rows import PromptsRead
from app.domain.comparison.record import SET_PLAN, Phase, PromptSet, SetPrompt, Turn
from app.domain.comparison.set_export import TableFormat
from app.domain.comparison.set_rows import failed_rows, is_same
from app.infra.program import build_services
from app.infra.settings import Settings
from app.services.errors import ServiceError
from app.services.program import Services
from app.services.prompt_set_run import MOST_DEATHS, Progress, RunState
from app.services.prompt_sets import PromptSets
from tests.support.paired_host import SLOTS, PairedHost
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Dataset,
    DatasetRead,
    DatasetRecord,
    DatasetsListed,
    Failed,
    ListDatasets,
    Message,
    ReadDataset,
    Sampling,
)


@pytest.fixture
def host() -> PairedHost:
    return PairedHost()


@pytest.fixture
async def services(host: PairedHost, tmp_path: Path) -> AsyncIterator[Services]:
    built = build_services(Settings(home=tmp_path, in_process=True), in_process_host=host.serve)
    yield built
    await built.close()


@pytest.fixture
def sets(services: Services) -> PromptSets:
    return services.sets


def read(*texts: str) -> PromptsRead:
    prompts = tuple(SetPrompt(str(number), text) for number, text in enumerate(texts, 1))
    return PromptsRead("messages", prompts)


def made(sets: PromptSets, *texts: str) -> PromptSet:
    return sets.make(read(*texts), SLOTS, name="capitals.jsonl")


async def run(
    sets: PromptSets,
    prompt_set: PromptSet,
    *,
    again: tuple[int, ...] = (),
    at: Callable[[Progress], None] = lambda _: None,
) -> Progress:
    """Its last moment; `at` sees each."""
    last: Progress | None = None
    async for last in sets.run(prompt_set, again=again):
        at(last)
    assert last is not None
    assert last.state.is_final
    return last


def is_endless(moment: Progress) -> bool:
    """Whether one of the two writes what never ends."""
    sides = () if moment.turn is None else moment.turn.sides
    return any(side.answer.text == "endless " for side in sides)


async def kept(sets: PromptSets, prompt_set: PromptSet) -> PromptSet:
    found = await sets.load(prompt_set.id)
    assert found is not None
    return found


async def test_that_each_row_goes_to_both_once_after_one_warm_up(
    sets: PromptSets, host: PairedHost
) -> None:
    last = await run(sets, made(sets, "say a", "say b", "say c"))
    assert last.state is RunState.DONE
    assert (last.ran, last.to_run, last.remaining_s) == (3, 3, 0.0)
    assert host.asked == [
        # The warm-up, which both have before anything is measured.
        ("first", "say a"),
        ("second", "say a"),
        ("first", "say a"),
        ("second", "say a"),
        # Then the other one begins.
        ("second", "say b"),
        ("first", "say b"),
        ("first", "say c"),
        ("second", "say c"),
    ]
    found = await kept(sets, last.prompt_set)
    assert found == last.prompt_set
    assert [turn.text for turn in found.results.values()] == ["say a", "say b", "say c"]
    assert all(turn.phase is Phase.DONE for turn in found.results.values())
    assert None not in found.facts
    assert found.is_done


async def test_that_a_history_is_read_before_the_question(
    sets: PromptSets, host: PairedHost
) -> None:
    history = (("system", "Be brief."), ("user", "Hi"), ("assistant", "Ho"))
    asked = PromptsRead("messages", (SetPrompt("1", "say a", history),))
    await run(sets, sets.make(asked, SLOTS, name="x"))
    messages = (*(Message(role, text) for role, text in history), Message("user", "say a"))
    assert {one.messages for one in host.requests} == {messages}
    assert not any(one.reuse_prompt for one in host.requests)


async def test_that_a_prompt_goes_to_both_as_it_is(sets: PromptSets, host: PairedHost) -> None:
    asked = PromptsRead("prompt", (SetPrompt("1", "<|user|>say a"),))
    await run(sets, sets.make(asked, SLOTS, name="x"))
    assert {one.prompt for one in host.requests} == {"<|user|>say a"}


async def test_that_a_row_is_kept_before_the_next_begins(
    sets: PromptSets, services: Services, host: PairedHost
) -> None:
    begun = made(sets, *(f"say {number}" for number in range(5)))
    seen: list[int] = []
    async with aclosing(sets.run(begun)) as moments:
        async for moment in moments:
            if moment.index is not None and moment.index not in seen:
                seen.append(moment.index)
                found = await services.comparisons.load_set(begun.id)
                assert found is not None
                assert list(found.results) == seen[:-1]
    assert seen == [0, 1, 2, 3, 4]


async def test_that_a_stop_resumes_where_it_was_and_no_row_is_lost_or_run_twice(
    sets: PromptSets, host: PairedHost
) -> None:
    begun = made(sets, "say a", "say b", "endless", "say d")

    def stop(moment: Progress) -> None:
        if is_endless(moment):
            sets.stop()

    last = await run(sets, begun, at=stop)
    assert last.state is RunState.STOPPED
    assert list(last.prompt_set.results) == [0, 1]
    before = await kept(sets, begun)
    host.asked.clear()
    host.script = lambda _name, request: (
        host._answer("first", "say c") if request.messages[-1].content == "endless" else None  # type: ignore[index]
    )
    again = await run(sets, before)
    assert again.state is RunState.DONE
    assert {question for _, question in host.asked} == {"endless", "say d"}
    after = await kept(sets, begun)
    assert [after.results[index] for index in (0, 1)] == [before.results[0], before.results[1]]
    assert after.is_done


async def test_that_a_pause_ends_the_row_and_waits(sets: PromptSets, host: PairedHost) -> None:
    begun = made(sets, "say a", "say b", "say c")
    states: list[RunState] = []
    asked_before: list[int] = []

    def pause(moment: Progress) -> None:
        states.append(moment.state)
        if moment.state is RunState.PAUSED:
            asked_before.append(len(host.asked))
            asyncio.get_running_loop().call_later(0.05, resume)
        elif moment.index == 0:
            sets.pause()

    def resume() -> None:
        asked_before.append(len(host.asked))
        sets.go_on()

    last = await run(sets, begun, at=pause)
    assert last.state is RunState.DONE
    assert RunState.PAUSING in states
    assert states.count(RunState.PAUSED) == 1
    assert asked_before == [4, 4]
    assert len(host.asked) == 8


async def test_that_a_pause_can_end_in_a_stop(sets: PromptSets) -> None:
    def stop(moment: Progress) -> None:
        if moment.state is RunState.PAUSED:
            asyncio.get_running_loop().call_soon(sets.stop)
        else:
            sets.pause()

    last = await run(sets, made(sets, "say a", "say b"), at=stop)
    assert (last.state, list(last.prompt_set.results)) == (RunState.STOPPED, [0])


async def test_that_a_row_that_fails_is_a_result_that_can_be_run_again(
    sets: PromptSets, host: PairedHost
) -> None:
    last = await run(sets, made(sets, "say a", "too long", "say c"))
    assert last.state is RunState.DONE
    found = await kept(sets, last.prompt_set)
    assert failed_rows(found) == (1,)
    failure = found.results[1].sides[0].answer.failure
    assert failure is not None
    assert failure.message == "It is too long."
    host.asked.clear()
    host.script = lambda name, _request: host._answer(name, "say b")
    again = await run(sets, found, again=failed_rows(found))
    assert (again.ran, failed_rows(again.prompt_set)) == (1, ())
    assert {question for _, question in host.asked} == {"too long"}
    assert (await kept(sets, found)).results == again.prompt_set.results


@pytest.mark.expects_log("process ended")
async def test_that_a_model_that_dies_in_a_row_is_loaded_again_for_the_next(
    sets: PromptSets, host: PairedHost
) -> None:
    last = await run(sets, made(sets, "say a", "die", "say c"))
    assert last.state is RunState.DONE
    found = last.prompt_set.results
    assert [side.answer.state for side in found[1].sides] == [AnswerState.FAILED] * 2
    assert found[2].phase is Phase.DONE
    assert host.loads == ["first", "second"] * 2
    # What is loaded again is warmed up again.
    assert [name for name, question in host.asked if question == "say c"] == [
        "first",
        "second",
        "first",
        "second",
    ]


@pytest.mark.expects_log("process ended")
async def test_that_deaths_one_after_the_other_end_the_run_with_a_sentence(
    sets: PromptSets, host: PairedHost
) -> None:
    texts = ["die", "say a", *["die"] * MOST_DEATHS, "say b"]
    last = await run(sets, made(sets, *texts))
    assert last.state is RunState.BROKEN
    assert last.failure is not None
    assert last.failure.message.startswith("first/1 failed in 3 prompts one after the other")
    found = await kept(sets, last.prompt_set)
    assert failed_rows(found) == (0, 2, 3, 4)
    assert 5 not in found.results


async def test_that_a_model_that_cannot_be_loaded_ends_the_run_and_marks_no_row(
    sets: PromptSets, host: PairedHost
) -> None:
    host.fails_to_load.add("second")
    last = await run(sets, made(sets, "say a", "say b"))
    assert last.state is RunState.BROKEN
    assert last.failure is not None
    assert last.failure.message == "second is broken."
    assert (await kept(sets, last.prompt_set)).results == {}


@pytest.mark.parametrize("what", ["gone", "replaced"])
async def test_that_resuming_says_so_if_a_version_is_not_there_any_more(
    sets: PromptSets, host: PairedHost, what: str
) -> None:
    begun = made(sets, "say a")
    getattr(host, what).add("second")
    last = await run(sets, begun)
    assert last.state is RunState.BROKEN
    assert last.failure is not None
    assert "second/1" in last.failure.message
    assert "capitals.jsonl was begun with." in last.failure.message
    assert host.asked == []


async def test_that_only_one_set_runs_at_a_time(sets: PromptSets) -> None:
    one, other = made(sets, "say a"), made(sets, "say b")
    async with aclosing(sets.run(one)) as moments:
        await anext(moments)
        running = sets.running_id
        refused = await run(sets, other)
        assert refused.state is RunState.BROKEN
        sets.delete(one.id)
    assert (running, sets.running_id) == (one.id, None)
    assert await sets.load(one.id) is not None
    assert (await run(sets, other)).state is RunState.DONE


async def test_that_a_run_that_is_closed_keeps_what_was_through(
    sets: PromptSets, host: PairedHost
) -> None:
    begun = made(sets, "say a", "endless")
    async with aclosing(sets.run(begun)) as moments:
        async for moment in moments:
            if is_endless(moment):
                break
    assert list((await kept(sets, begun)).results) == [0]
    assert sets.running_id is None


async def test_that_a_model_that_is_unloaded_meanwhile_ends_the_run(
    sets: PromptSets, services: Services, host: PairedHost
) -> None:
    host.script = lambda name, _: host._answer(name, "b") if name == "second" else None
    tasks: list[asyncio.Task[None]] = []

    def unload(moment: Progress) -> None:
        if not tasks and is_endless(moment):
            (engine,) = (one for one in services.pool.loaded() if one.name == "first/1")
            tasks.append(asyncio.create_task(engine.unload()))

    last = await run(sets, made(sets, "endless"), at=unload)
    await asyncio.gather(*tasks)
    assert last.state is RunState.BROKEN
    assert last.failure is not None
    assert last.failure.kind == "cancelled"
    assert last.prompt_set.results == {}


async def test_that_the_same_prompts_for_the_same_two_are_found_again(sets: PromptSets) -> None:
    done = made(sets, "say a")
    await run(sets, done)
    assert (await sets.find(read("say a"), SLOTS)) == await sets.load(done.id)
    interrupted = made(sets, "say a")
    assert (await sets.find(read("say a"), SLOTS)) == interrupted
    made(sets, "say b")
    warmer = replace(SLOTS[0], sampling=Sampling(temperature=0.7))
    assert await sets.find(read("say a"), (warmer, SLOTS[1])) is None
    assert await sets.find(read("say a"), (SLOTS[1], SLOTS[0])) is None
    assert await sets.find(read("say a"), SLOTS, replace(SET_PLAN, repeats=2)) is None


async def test_that_kept_sets_are_listed_and_deleted(sets: PromptSets) -> None:
    told: list[int] = []
    sets.changed.connect(lambda: told.append(1))
    begun = made(sets, "say a", "say b")
    (summary,) = await sets.kept()
    assert (summary.name, summary.prompts, summary.done) == ("capitals.jsonl", 2, 0)
    assert summary.slots == ("first/1", "second/1")
    sets.delete(begun.id)
    assert await sets.kept() == ()
    assert len(told) == 2


async def test_that_the_records_of_a_dataset_are_prompts(
    sets: PromptSets, host: PairedHost
) -> None:
    records = (
        DatasetRecord(
            id="r1",
            inputs={"question": "Why?"},
            expectations={"expected_response": "Because.", "guidelines": ["Be brief."]},
        ),
        DatasetRecord(id="r2", inputs={"query": "Where?"}),
        DatasetRecord(id="r3", inputs={"goal": "x", "persona": "y"}),
    )

    def other(request: AnyRequest) -> list[AnyEvent] | None:
        match request:
            case ListDatasets():
                return [DatasetsListed(datasets=(Dataset(id="d-1", name="qa", records=3),))]
            case ReadDataset(name="qa"):
                return [DatasetRead(records=records)]
            case ReadDataset():
                return [DatasetRead(records=records[2:])]
            case _:
                return None

    host.other = other
    assert [one.name for one in await sets.datasets()] == ["qa"]
    found = await sets.read_dataset("qa")
    assert found.prompts == (
        SetPrompt("1", "Why?", (), "Because."),
        SetPrompt("2", "Where?"),
    )
    assert found.notes == ("1 row is left out. Record 3: it has “goal”, “persona” and no prompt.",)
    with pytest.raises(ServiceError) as raised:
        await sets.read_dataset("nothing")
    assert "no prompt that can be asked" in raised.value.failed.message


async def test_that_a_file_is_read_and_its_results_written(
    sets: PromptSets, tmp_path: Path
) -> None:
    source = tmp_path / "prompts.csv"
    source.write_text("prompt\nsay a\nsay b\n")
    found = await sets.read_file(source)
    last = await run(sets, sets.make(found, SLOTS, name=source.name))
    await sets.export(last.prompt_set, tmp_path / "out.csv", TableFormat.CSV)
    lines = (tmp_path / "out.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("number,id,prompt,expected,state,same,")
    with pytest.raises(ServiceError) as raised:
        await sets.read_file(tmp_path / "nowhere.csv")
    assert "nowhere.csv" in raised.value.failed.message
    with pytest.raises(ServiceError) as raised:
        await sets.export(last.prompt_set, tmp_path / "no" / "out.csv", TableFormat.CSV)
    assert raised.value.failed.kind == "disk"
    (tmp_path / "bad.csv").write_bytes(b"\xff\xff")
    with pytest.raises(ServiceError) as raised:
        await sets.read_file(tmp_path / "bad.csv")
    assert raised.value.failed.message == "bad.csv: The file is not UTF-8 (line 1, byte 0xff)."


async def test_that_a_result_that_cannot_be_kept_ends_the_run(
    sets: PromptSets, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = made(sets, "say a", "say b")
    failed = Failed(kind="disk", message="The disk is full.")

    async def refuse(*_: object) -> None:
        raise ServiceError(failed)

    monkeypatch.setattr(services.comparisons, "save_result", refuse)
    last = await run(sets, begun)
    assert (last.state, last.failure, last.ran) == (RunState.BROKEN, failed, 0)


async def test_that_answers_are_the_same_by_their_tokens_or_else_by_their_texts(
    sets: PromptSets,
) -> None:
    last = await run(sets, made(sets, "say a", "differ b"))
    turns = last.prompt_set.results.values()
    assert [is_same(turn) for turn in turns] == [True, False]
    assert [is_same(told(turn, token_ids=None)) for turn in turns] == [True, False]
    same = last.prompt_set.results[0]
    assert not is_same(told(same, token_ids=(7,)))
    # In other tokens, the same text is what is the same.
    assert is_same(replace(told(same, token_ids=(7,)), same_vocabulary=False))


def told(turn: Turn, *, token_ids: tuple[int, ...] | None) -> Turn:
    """`turn` with other tokens of the second side."""
    first, second = turn.sides
    answer = replace(second.answer, token_ids=token_ids)
    return replace(turn, sides=(first, replace(second, answer=answer)))


async def test_that_kept_rows_do_not_hold_the_pieces_as_they_came(sets: PromptSets) -> None:
    last = await run(sets, made(sets, "say a"))
    assert [side.pieces for side in last.prompt_set.results[0].sides] == [(), ()]
