"""The tokens of a text, as a list."""

from bisect import bisect_right
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from app.domain.special_tokens import Span
from app.domain.token_text import visible
from app.ui.item_models.roles import role_names
from app.ui.translation import tr
from wrappers.contract import Token

AnyIndex = QModelIndex | QPersistentModelIndex


class TokenRole(IntEnum):
    """What a row can be asked beside its text, which is the token with its blanks made visible."""

    TEXT = Qt.ItemDataRole.UserRole + 1
    ID = Qt.ItemDataRole.UserRole + 2
    IS_SPECIAL = Qt.ItemDataRole.UserRole + 3
    START = Qt.ItemDataRole.UserRole + 4
    """Where it begins in the editor's text, in UTF-16 units; ``None`` where it is not in it."""
    END = Qt.ItemDataRole.UserRole + 5


class TokenModel(QAbstractListModel):
    """Replaced as a whole with each answer; thousands of rows are the rule."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tokens: tuple[Token, ...] = ()
        self._spans: tuple[Span | None, ...] = ()
        self._shown: tuple[str, ...] = ()
        self._special_count = 0
        self._starts: list[int] = []
        self._rows: list[int] = []
        """By `_starts`: the rows of the tokens that stand in the text."""

    def roleNames(self) -> dict[int, QByteArray]:  # noqa: N802 - Qt's name
        return role_names(super().roleNames(), TokenRole)

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        return 0 if parent.isValid() else len(self._tokens)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        token = self._tokens[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._shown[index.row()]
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                return spoken(token, index.row(), len(self._tokens))
            case TokenRole.TEXT:
                return token.text
            case TokenRole.ID:
                return token.id
            case TokenRole.IS_SPECIAL:
                return token.is_special
            case TokenRole.START:
                span = self._spans[index.row()]
                return None if span is None else span.start
            case TokenRole.END:
                span = self._spans[index.row()]
                return None if span is None else span.end
            case _:
                return None

    @property
    def tokens(self) -> tuple[Token, ...]:
        return self._tokens

    @property
    def special_count(self) -> int:
        return self._special_count

    def shown(self, row: int) -> str:
        """A row's text, for whoever draws hundreds at a time."""
        return self._shown[row]

    def is_special(self, row: int) -> bool:
        return self._tokens[row].is_special

    def set_tokens(self, tokens: Sequence[Token], spans: Sequence[Span | None]) -> None:
        """`spans` say where each stands, in UTF-16 units."""
        self.beginResetModel()
        self._tokens, self._spans = tuple(tokens), tuple(spans)
        known = {text: visible(text) for text in {token.text for token in tokens}}
        self._shown = tuple(known[token.text] for token in tokens)
        self._special_count = sum(token.is_special for token in tokens)
        placed = [(span.start, row) for row, span in enumerate(spans) if span is not None]
        self._starts = [start for start, _ in placed]
        self._rows = [row for _, row in placed]
        self.endResetModel()

    def row_at(self, position: int) -> int | None:
        """Of the token that the character at `position` belongs to."""
        at = bisect_right(self._starts, position) - 1
        if at < 0:
            return None
        row = self._rows[at]
        span = self._spans[row]
        return row if span is not None and position < span.end else None


def spoken(token: Token, row: int, count: int) -> str:
    """All that a row says, for a tip and a screen reader."""
    facts = [visible(token.text), tr("id {id}").format(id=token.id)]
    if token.is_special:
        facts.append(tr("special token"))
    facts.append(tr("{number} of {count}").format(number=row + 1, count=count))
    return ", ".join(facts)
