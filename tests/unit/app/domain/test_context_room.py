"""What is left out of a conversation that has outgrown its model."""

from collections.abc import Generator

from hypothesis import given
from hypothesis import strategies as st

from app.domain.context_room import (
    Room,
    droppable,
    half_of,
    least_drop,
    room_for,
    without_oldest,
)
from wrappers.contract import Message, Sampling

SYSTEM = Message("system", "Be brief.")

_messages = st.builds(
    lambda system, rest, last: (*system, *rest, Message("user", last)),
    st.sampled_from([(), (SYSTEM,)]),
    st.lists(
        st.builds(Message, st.sampled_from(["user", "assistant"]), st.text(max_size=60)),
        max_size=12,
    ),
    st.text(min_size=1, max_size=60),
)
_rooms = st.builds(
    lambda length, reserve: room_for(length, Sampling(max_tokens=reserve), Sampling()),
    st.integers(2, 600),
    st.integers(1, 400),
)


def tokens_of(messages: tuple[Message, ...]) -> int:
    """As a model might count: each message has a head."""
    return 1 + sum(3 + len(one.content) for one in messages)


def searched(messages: tuple[Message, ...], room: Room, least: int = 0) -> tuple[int | None, int]:
    """What `least_drop` finds, and how often it had to have something counted."""
    search: Generator[int, int, int | None] = least_drop(droppable(messages), room, least=least)
    questions = 0
    try:
        candidate = next(search)
        while True:
            questions += 1
            candidate = search.send(tokens_of(without_oldest(messages, candidate)))
    except StopIteration as end:
        return end.value, questions


@given(_messages)
def test_that_whatever_is_dropped_the_system_prompt_and_the_last_question_stay(
    messages: tuple[Message, ...],
) -> None:
    for dropped in droppable(messages):
        left = without_oldest(messages, dropped)
        assert left[-1] is messages[-1]
        assert [one for one in left if one.role == "system"] == [
            one for one in messages if one.role == "system"
        ]
        assert len(left) == len(messages) - dropped
        if dropped:
            first = next(one for one in left if one.role != "system")
            assert first.role == "user"


@given(_messages, _rooms)
def test_that_what_is_left_fits_and_one_turn_more_would_not(
    messages: tuple[Message, ...], room: Room
) -> None:
    drop, _ = searched(messages, room)
    choices = droppable(messages)
    counts = [tokens_of(without_oldest(messages, one)) for one in choices]
    limits = [one for one in (room.after_drop, room.comfortable, room.most) if counts[-1] <= one]
    if drop is None:
        assert limits == []
        return
    at = choices.index(drop)
    assert counts[at] <= limits[0]
    assert all(count > limits[0] for count in counts[:at])


@given(_messages, _rooms, st.integers(0, 14))
def test_that_no_less_is_dropped_than_was_before(
    messages: tuple[Message, ...], room: Room, least: int
) -> None:
    drop, _ = searched(messages, room, least)
    assert drop is None or drop >= least


def test_that_a_long_conversation_is_counted_a_few_times_only() -> None:
    turns = [Message("user", "a" * 40), Message("assistant", "b" * 40)] * 2_500
    drop, questions = searched((*turns, Message("user", "last")), Room(4096, 300))
    assert drop is not None
    assert questions <= 14


def test_that_a_drop_makes_room_for_some_turns_and_not_for_one_only() -> None:
    turns = [Message("user", "a" * 47), Message("assistant", "b" * 47)] * 10
    messages = (*turns, Message("user", "last"))
    room = Room(1000, 100)
    drop, _ = searched(messages, room)
    assert drop is not None
    assert tokens_of(without_oldest(messages, drop)) <= 650


def test_that_a_question_that_is_too_long_by_itself_is_nothing_to_drop_for() -> None:
    messages = (Message("user", "a"), Message("assistant", "b"), Message("user", "c" * 500))
    assert searched(messages, Room(100, 10))[0] is None


def test_that_an_answer_reserves_what_it_may_take_and_never_most_of_the_context() -> None:
    defaults = Sampling(max_tokens=200)
    assert room_for(4096, Sampling(max_tokens=300), defaults).reserve == 300
    assert room_for(4096, Sampling(), defaults).reserve == 200
    assert room_for(4096, Sampling(), Sampling()).reserve == 256
    assert room_for(4096, Sampling(max_tokens=4000), defaults).reserve == 1024


def test_that_where_nobody_counts_half_of_the_turns_go_until_one_is_left() -> None:
    choices, dropped, steps = (0, 2, 4, 6, 8, 10), 0, []
    while (more := half_of(choices, dropped)) is not None:
        dropped = more
        steps.append(more)
    assert steps == [6, 8, 10]
