"""Under which headings conversations stand."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.conversation_sections import Section, by_section
from app.domain.conversation_summary import ConversationSummary

TODAY = date(2026, 11, 24)


def at(*when: int, key: str = "", pinned: bool = False) -> ConversationSummary:
    """At that local time of this machine."""
    moment = datetime(*when)  # type: ignore[arg-type]  # noqa: DTZ001 - local
    return ConversationSummary(key, "", round(moment.timestamp() * 1000), is_pinned=pinned)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ((2027, 1, 1), Section("today")),
        ((2026, 11, 24, 23, 59), Section("today")),
        ((2026, 11, 24), Section("today")),
        ((2026, 11, 23, 23, 59, 59), Section("yesterday")),
        ((2026, 11, 23), Section("yesterday")),
        ((2026, 11, 22, 12), Section("week")),
        ((2026, 11, 17), Section("week")),
        ((2026, 11, 16, 23), Section("days30")),
        ((2026, 10, 25), Section("days30")),
        ((2026, 10, 24, 23), Section("month", date(2026, 10, 1))),
        ((2026, 10, 1), Section("month", date(2026, 10, 1))),
        ((2026, 9, 30, 23), Section("month", date(2026, 9, 1))),
        ((2025, 11, 24), Section("month", date(2025, 11, 1))),
    ],
)
def test_that_a_conversation_stands_under_its_day_or_month(
    when: tuple[int, ...], expected: Section
) -> None:
    assert [section for section, _ in by_section([at(*when)], TODAY)] == [expected]


def test_that_pinned_ones_come_first_and_only_there() -> None:
    new, old = at(2026, 11, 24, key="new"), at(2020, 1, 1, key="old", pinned=True)
    assert by_section([new, old], TODAY) == [(Section("pinned"), [old]), (Section("today"), [new])]
    assert by_section([old], TODAY) == [(Section("pinned"), [old])]
    assert by_section([], TODAY) == []


def test_that_what_a_clock_without_a_date_has_written_is_listed_too() -> None:
    (found,) = by_section([ConversationSummary("a", "", 0)], TODAY)
    assert found[0].when == "month"
    assert [one.id for one in found[1]] == ["a"]


@given(
    st.lists(st.datetimes(datetime(1971, 1, 1), datetime(2030, 1, 1))),  # noqa: DTZ001 - local
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
)
def test_that_every_conversation_is_listed_once_in_its_order(
    moments: list[datetime], today: date
) -> None:
    ordered = sorted(moments, reverse=True)
    summaries = [
        ConversationSummary(str(number), "", round(one.timestamp() * 1000))
        for number, one in enumerate(ordered)
    ]
    summaries.sort(key=lambda one: -one.updated_ms)
    sections = by_section(summaries, today)
    assert [one for _, members in sections for one in members] == summaries
    assert all(members for _, members in sections)
    assert len({section for section, _ in sections}) == len(sections)
