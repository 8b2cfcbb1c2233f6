"""Conversations by date: under which headings a list shows them."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from msgspec import Struct

from app.domain.conversation_summary import ConversationSummary

When = Literal["pinned", "today", "yesterday", "week", "days30", "month"]


class Section(Struct, frozen=True):
    """A heading's meaning; its words are the window's."""

    when: When
    month: date | None = None
    """Its first day, for ``month``."""


def by_section(
    summaries: Sequence[ConversationSummary], today: date
) -> list[tuple[Section, Sequence[ConversationSummary]]]:
    """`summaries`, the latest first, in the sections of the day `today`; none is empty.

    Days begin at midnight of this machine's time. What is dated later than today is of today.
    """
    pinned = [one for one in summaries if one.is_pinned]
    dated = [one for one in summaries if not one.is_pinned] if pinned else summaries
    sections: list[tuple[Section, Sequence[ConversationSummary]]] = []
    if pinned:
        sections.append((Section("pinned"), pinned))
    at = 0
    for section, begin in _beginnings(today):
        if at == len(dated):
            break
        end = len(dated)
        if begin.year > 1970:  # before that, a system need not know the time of a day
            # A few of them are looked at, however many there are.
            end = bisect_right(dated, -_start_ms(begin), lo=at, key=lambda one: -one.updated_ms)
        if end > at:
            sections.append((section, dated[at:end]))
        at = end
    return sections


def _beginnings(today: date) -> Iterator[tuple[Section, date]]:
    """Every section with its first day, the latest first; without an end."""
    yield Section("today"), today
    yield Section("yesterday"), today - timedelta(days=1)
    yield Section("week"), today - timedelta(days=7)
    last = today - timedelta(days=30)
    yield Section("days30"), last
    month = (last - timedelta(days=1)).replace(day=1)
    while True:
        yield Section("month", month), month
        month = (month - timedelta(days=1)).replace(day=1)


def _start_ms(day: date) -> int:
    return round(datetime(day.year, day.month, day.day).timestamp() * 1000)  # noqa: DTZ001 - local
