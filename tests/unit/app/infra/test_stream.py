"""One answer as an asynchronous iterator."""

import asyncio

from app.infra.stream import Stream
from wrappers.contract import AnyEvent, Counted, CountTokens, TextPiece


def stream() -> Stream:
    return Stream(CountTokens(id=7))


async def test_that_what_came_before_the_first_look_is_one_batch() -> None:
    one = stream()
    one.feed(TextPiece(id=7, text="a"))
    one.feed(TextPiece(id=7, text="b"))
    one.feed(Counted(id=7, tokens=2))

    batches = [batch async for batch in one]

    assert batches == [[TextPiece(id=7, text="ab"), Counted(id=7, tokens=2)]]


async def test_that_a_reader_who_waits_gets_what_comes() -> None:
    one = stream()

    async def read() -> list[list[AnyEvent]]:
        return [batch async for batch in one]

    reader = asyncio.create_task(read())
    await asyncio.sleep(0)
    one.feed(TextPiece(id=7, text="a"))
    await asyncio.sleep(0)
    one.feed(Counted(id=7, tokens=1))

    assert await reader == [[TextPiece(id=7, text="a")], [Counted(id=7, tokens=1)]]


async def test_that_nothing_follows_the_closing_event() -> None:
    one = stream()
    one.feed(Counted(id=7, tokens=1))
    one.feed(TextPiece(id=7, text="late"))

    assert [batch async for batch in one] == [[Counted(id=7, tokens=1)]]
