"""The votes between pairs of model versions, as a table."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QByteArray,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from app.domain.comparison.votes import PairResult, Rate
from app.domain.plain_text import one_line
from app.ui.item_models.roles import role_names
from app.ui.translation import tr

AnyIndex = QModelIndex | QPersistentModelIndex


class VoteColumn(IntEnum):
    FIRST = 0
    SECOND = 1
    RATE = 2
    WINS = 3
    TIES = 4
    BOTH_BAD = 5
    VOTES = 6
    KIND = 7


class VoteRole(IntEnum):
    """What a view, a delegate or a test asks for, of any column."""

    SORT = Qt.ItemDataRole.UserRole + 1
    """What the column is sorted by."""
    RATE = Qt.ItemDataRole.UserRole + 2
    """`Rate`, or ``None``."""
    IS_BLIND = Qt.ItemDataRole.UserRole + 3
    """bool"""
    VERSIONS = Qt.ItemDataRole.UserRole + 4
    """Both names."""


class VotesModel(QAbstractTableModel):
    """Read-only; replaced as a whole. A row is a pair, its blind votes or its open ones."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[PairResult, ...] = ()

    def set_results(self, results: Sequence[PairResult]) -> None:
        self.beginResetModel()
        self._rows = tuple(results)
        self.endResetModel()

    # -- what Qt asks of a model

    def roleNames(self) -> dict[int, QByteArray]:  # noqa: N802 - Qt's name
        return role_names(super().roleNames(), VoteRole)

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's own
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's own
        return 0 if parent.isValid() else len(VoteColumn)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(VoteColumn):
            return None
        title, tip = _heading(VoteColumn(section))
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return title
            case Qt.ItemDataRole.ToolTipRole:
                return tip
            case Qt.ItemDataRole.TextAlignmentRole:
                # At the end of the heading stands the sign of the order.
                return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            case _:
                return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], VoteColumn(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return _text(row, column)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{_heading(column)[0]}: {_text(row, column)}"
            case Qt.ItemDataRole.ToolTipRole if column in (VoteColumn.FIRST, VoteColumn.SECOND):
                return _text(row, column)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(column)
            case VoteRole.SORT:
                return _sort_key(row, column)
            case VoteRole.RATE:
                return row.rate
            case VoteRole.IS_BLIND:
                return row.is_blind
            case VoteRole.VERSIONS:
                return row.versions
            case _:
                return None


def rate_text(rate: Rate | None) -> str:
    """``71 % (47 to 87)``."""
    if rate is None:
        return tr("nobody preferred one")
    low, value, high = (round(100 * one) for one in (rate.low, rate.value, rate.high))
    return tr("{value} % ({low} to {high})").format(value=value, low=low, high=high)


def _text(row: PairResult, column: VoteColumn) -> str:
    match column:
        case VoteColumn.FIRST:
            return one_line(row.versions[0])
        case VoteColumn.SECOND:
            return one_line(row.versions[1])
        case VoteColumn.KIND:
            return tr("blind") if row.is_blind else tr("open")
        case VoteColumn.RATE:
            return rate_text(row.rate)
        case VoteColumn.WINS:
            return f"{row.wins[0]} : {row.wins[1]}"
        case _:
            return str(_sort_key(row, column))


def _sort_key(row: PairResult, column: VoteColumn) -> str | int | float:
    match column:
        case VoteColumn.FIRST:
            return row.versions[0].casefold()
        case VoteColumn.SECOND:
            return row.versions[1].casefold()
        case VoteColumn.KIND:
            return 0 if row.is_blind else 1
        case VoteColumn.VOTES:
            return row.votes
        case VoteColumn.WINS:
            return row.wins[0] - row.wins[1]
        case VoteColumn.TIES:
            return row.ties
        case VoteColumn.BOTH_BAD:
            return row.both_bad
        case VoteColumn.RATE:
            # Where nobody preferred one comes before, or after, all of which somebody did.
            return -1.0 if row.rate is None else row.rate.value


def _heading(column: VoteColumn) -> tuple[str, str]:
    """The title, and what it means."""
    match column:
        case VoteColumn.FIRST:
            return tr("First"), tr("The version whose share of the votes is shown")
        case VoteColumn.SECOND:
            return tr("Second"), tr("The version that it was compared with")
        case VoteColumn.KIND:
            return tr("Kind"), tr("Whether the voter saw which answer was whose")
        case VoteColumn.VOTES:
            return tr("Votes"), tr("All votes on this pair")
        case VoteColumn.WINS:
            return tr("Wins"), tr("Votes that preferred the first, and the second")
        case VoteColumn.TIES:
            return tr("Ties"), tr("Votes that found both equally good")
        case VoteColumn.BOTH_BAD:
            return tr("Both bad"), tr("Votes that found neither good")
        case VoteColumn.RATE:
            return tr("First preferred"), tr(
                "Of the votes that preferred one, the share of the first, with its 95 % confidence "
                "interval"
            )


def _alignment(column: VoteColumn) -> Qt.AlignmentFlag:
    texts = (VoteColumn.FIRST, VoteColumn.SECOND, VoteColumn.KIND, VoteColumn.RATE)
    side = Qt.AlignmentFlag.AlignLeft if column in texts else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
