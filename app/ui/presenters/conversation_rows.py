"""What the list of conversations shows: rows under headings."""

from collections.abc import Sequence
from datetime import date
from functools import cache

from PySide6.QtCore import QLocale

from app.domain.conversation_sections import Section, by_section
from app.domain.conversation_summary import ConversationSummary
from app.ui.item_models.conversation_model import Heading, Row
from app.ui.translation import tr


def rows_of(summaries: Sequence[ConversationSummary], today: date) -> list[Row]:
    """`summaries`, the latest first, as the day `today` sees them."""
    rows: list[Row] = []
    for section, members in by_section(summaries, today):
        rows.append(_heading(words_of(section)))
        rows += members
    return rows


@cache
def _heading(text: str) -> Heading:
    """The same row for the same words, so that a list can see that it stays."""
    return Heading(text)


def words_of(section: Section) -> str:
    match section.when:
        case "pinned":
            return tr("Pinned")
        case "today":
            return tr("Today")
        case "yesterday":
            return tr("Yesterday")
        case "week":
            return tr("Previous 7 days")
        case "days30":
            return tr("Previous 30 days")
        case "month":
            month = section.month or date.min
            return f"{QLocale().standaloneMonthName(month.month)} {month.year}"
