"""The rows of a prompt set: sorted and filtered here, since a proxy of Python's asks ten thousand
rows one by one for every letter that is typed."""

from collections.abc import Callable, Sequence
from enum import IntEnum
from operator import itemgetter
from typing import Any, Final, Literal

from PySide6.QtCore import (
    QAbstractTableModel,
    QByteArray,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from app.domain.comparison.set_rows import SetRow, SideRow
from app.domain.quantities import duration, number
from app.ui.item_models.roles import role_names
from app.ui.translation import tr

AnyIndex = QModelIndex | QPersistentModelIndex

Show = Literal["all", "same", "differ", "failed", "waiting"]
"""Which rows are shown."""

_BEGINNING: Final = 240
"""Characters of a text that a cell can show."""


class Column(IntEnum):
    """In their order. Those of both sides have two lines, the first slot's above."""

    NUMBER = 0
    PROMPT = 1
    ANSWERS = 2
    TOKENS = 3
    FIRST_TOKEN = 4
    SPEED = 5
    RESULT = 6


class SetRole(IntEnum):
    """What a cell can be asked beside its text."""

    ROW = Qt.ItemDataRole.UserRole + 1
    """The row's index in the set, from 0."""
    LINES = Qt.ItemDataRole.UserRole + 2
    """A list of two texts, for the two lines of the cell; the second may be empty."""
    FAILED = Qt.ItemDataRole.UserRole + 3
    """A list of two: whether the line tells a failure."""
    STATE = Qt.ItemDataRole.UserRole + 4


_NUMBERS: Final = (Column.TOKENS, Column.FIRST_TOKEN, Column.SPEED)


class SetModel(QAbstractTableModel):
    """All rows of a set, those that are wanted, in the order that is wanted."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[SetRow] = []
        self._haystacks: list[str | None] = []
        self._shown: list[int] = []
        """Indices into `_rows`."""
        self._places: dict[int, int] = {}
        self._names = ("", "")
        self._column = Column.NUMBER
        self._descending = False
        self._side = 0
        self._show: Show = "all"
        self._words: tuple[str, ...] = ()

    # -- what is in it

    def set_rows(self, rows: Sequence[SetRow], names: tuple[str, str]) -> None:
        """Another set; `names` are what its sides are called."""
        self.beginResetModel()
        self._rows = list(rows)
        self._haystacks = [None] * len(self._rows)
        self._names = names
        self._put(self._arranged())
        self.endResetModel()

    def set_row(self, row: SetRow) -> None:
        """A later state of a row."""
        before = self._rows[row.index]
        if before == row:
            return
        self._rows[row.index] = row
        self._haystacks[row.index] = None
        place = self._places.get(row.index)
        if place is not None:
            self.dataChanged.emit(self.index(place, 0), self.index(place, len(Column) - 1))
        moves = self._column is not Column.NUMBER or self._show != "all" or self._words
        if before.state != row.state and moves:
            self._arrange()

    @property
    def rows(self) -> Sequence[SetRow]:
        """All of them, in the set's order."""
        return self._rows

    def place_of(self, index: int) -> int | None:
        """Where a row of the set is shown; ``None`` where it is not."""
        return self._places.get(index)

    def index_at(self, place: int) -> int:
        """Which row of the set is shown there."""
        return self._shown[place]

    # -- how it is shown

    def set_filter(self, words: str = "", show: Show = "all") -> None:
        """The rows that have every one of `words`, and are as `show` says."""
        wanted = tuple(words.casefold().split())
        if (wanted, show) != (self._words, self._show):
            self._words, self._show = wanted, show
            self._arrange()

    def set_side(self, side: int) -> None:
        """Whose numbers and answers the rows are sorted by."""
        if side != self._side:
            self._side = side
            self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """What is not known comes last, either way."""
        descending = order == Qt.SortOrder.DescendingOrder
        if column < 0:
            column, descending = Column.NUMBER, False
        if (column, descending) != (self._column, self._descending):
            self._column, self._descending = Column(column), descending
            self._arrange()

    def _arranged(self) -> list[int]:
        shown = list(range(len(self._rows)))
        if self._show != "all" or self._words:
            shown = [index for index in shown if self._is_shown(index)]
        if self._column is Column.NUMBER:
            return shown[::-1] if self._descending else shown
        key = self._key()
        keyed = [(key(index), index) for index in shown]
        known = [one for one in keyed if one[0] is not None]
        known.sort(key=itemgetter(0), reverse=self._descending)
        unknown = [index for value, index in keyed if value is None]
        return [index for _, index in known] + unknown

    def _arrange(self) -> None:
        """Show what is wanted; what is selected stays so while as many rows are shown."""
        after = self._arranged()
        if after == self._shown:
            return
        if len(after) != len(self._shown):
            self.beginResetModel()
            self._put(after)
            self.endResetModel()
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        rows = [self._shown[one.row()] for one in before]
        self._put(after)
        moved = [
            self.index(self._places[row], one.column()) if row in self._places else QModelIndex()
            for row, one in zip(rows, before, strict=True)
        ]
        self.changePersistentIndexList(before, moved)
        self.layoutChanged.emit()

    def _put(self, shown: list[int]) -> None:
        self._shown = shown
        self._places = {index: place for place, index in enumerate(shown)}

    def _is_shown(self, index: int) -> bool:
        row = self._rows[index]
        match self._show:
            case "same":
                fits = row.is_same is True
            case "differ":
                fits = row.is_same is False
            case "failed":
                fits = row.state == "failed"
            case "waiting":
                fits = row.state in ("waiting", "running")
            case _:
                fits = True
        return fits and (not self._words or self._has_words(index))

    def _has_words(self, index: int) -> bool:
        found = self._haystacks[index]
        if found is None:
            row = self._rows[index]
            parts = (row.prompt.id, row.prompt.text, row.prompt.expected or "")
            answers = (part for side in row.sides for part in (side.text, side.failure))
            found = self._haystacks[index] = "\n".join((*parts, *answers)).casefold()
        return all(word in found for word in self._words)

    def _key(self) -> Callable[[int], Any]:
        rows, at = self._rows, self._side
        match self._column:
            case Column.NUMBER:
                return lambda index: index
            case Column.PROMPT:
                return lambda index: rows[index].prompt.text[:_BEGINNING].casefold()
            case Column.ANSWERS:
                return lambda index: rows[index].sides[at].text[:_BEGINNING].casefold() or None
            case Column.TOKENS:
                return lambda index: rows[index].sides[at].completion_tokens
            case Column.FIRST_TOKEN:
                return lambda index: rows[index].sides[at].time_to_first_token_s
            case Column.SPEED:
                return lambda index: rows[index].sides[at].decode_tokens_per_s
            case Column.RESULT:
                return lambda index: _RESULT_ORDER[(rows[index].state, rows[index].is_same)]

    # -- what Qt asks

    def roleNames(self) -> dict[int, QByteArray]:  # noqa: N802 - Qt's name
        return role_names(super().roleNames(), SetRole)

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        return 0 if parent.isValid() else len(Column)

    def headerData(  # noqa: N802 - Qt's name
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = (
                Qt.AlignmentFlag.AlignRight if section in _NUMBERS else Qt.AlignmentFlag.AlignLeft
            )
            return side | Qt.AlignmentFlag.AlignVCenter
        return heading(Column(section)) if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[self._shown[index.row()]]
        column = Column(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return "\n".join(line for line in lines(row, column) if line)
            case Qt.ItemDataRole.ToolTipRole if column in (Column.PROMPT, Column.ANSWERS):
                return None
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._spoken(row, column)
            case SetRole.ROW:
                return row.index
            case SetRole.LINES:
                return list(lines(row, column))
            case SetRole.FAILED:
                is_answer = column is Column.ANSWERS
                return [is_answer and bool(side.failure) for side in row.sides]
            case SetRole.STATE:
                return row.state
            case _:
                return None

    def _spoken(self, row: SetRow, column: Column) -> str:
        """What a screen reader says of a cell, which hears of no columns beside it."""
        first, second = lines(row, column)
        if column in (Column.ANSWERS, *_NUMBERS):
            said = [
                f"{name}: {line or tr('nothing yet')}"
                for name, line in zip(self._names, (first, second), strict=True)
            ]
            return f"{heading(column)}. {'. '.join(said)}"
        return f"{heading(column)}: {first}" + (f". {second}" if second else "")


_RESULT_ORDER: Final[dict[tuple[str, bool | None], int]] = {
    ("failed", None): 0,
    ("done", False): 1,
    ("done", True): 2,
    ("done", None): 3,
    ("running", None): 4,
    ("waiting", None): 5,
}


def heading(column: Column) -> str:
    """Over the column."""
    match column:
        case Column.NUMBER:
            return tr("No.")
        case Column.PROMPT:
            return tr("Prompt")
        case Column.ANSWERS:
            return tr("Answers")
        case Column.TOKENS:
            return tr("Tokens")
        case Column.FIRST_TOKEN:
            return tr("First token")
        case Column.SPEED:
            return tr("tok/s")
        case Column.RESULT:
            return tr("Result")


def lines(row: SetRow, column: Column) -> tuple[str, str]:
    """The two lines of a cell."""
    first, second = row.sides
    match column:
        case Column.NUMBER:
            return number(row.index + 1), ""
        case Column.PROMPT:
            own = row.prompt.id if row.prompt.id != str(row.index + 1) else ""
            expected = row.prompt.expected
            told = tr("expected: {text}").format(text=_one_line(expected)) if expected else own
            return _one_line(row.prompt.text), told
        case Column.ANSWERS:
            return _answer(first), _answer(second)
        case Column.TOKENS:
            return _shown(first.completion_tokens, number), _shown(second.completion_tokens, number)
        case Column.FIRST_TOKEN:
            return (
                _shown(first.time_to_first_token_s, duration),
                _shown(second.time_to_first_token_s, duration),
            )
        case Column.SPEED:
            return _shown(first.decode_tokens_per_s, _rate), _shown(
                second.decode_tokens_per_s, _rate
            )
        case Column.RESULT:
            return result(row), ""


def result(row: SetRow) -> str:
    """What a row has come to, in a word."""
    match row.state:
        case "waiting":
            return tr("waiting")
        case "running":
            return tr("running")
        case "failed":
            return tr("failed")
        case "done":
            return tr("same") if row.is_same else tr("differ")


def _answer(side: SideRow) -> str:
    return side.failure or _one_line(side.text)


def _one_line(text: str) -> str:
    return " ".join(text[:_BEGINNING].split())


def _shown[N](value: N | None, text: Callable[[N], str]) -> str:
    return "" if value is None else text(value)


def _rate(value: float) -> str:
    return f"{value:.1f}"
