"""The tokens that could come next, as a list."""

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

from app.domain.token_text import PART, percent, visible
from app.ui.item_models.roles import role_names
from app.ui.translation import tr
from wrappers.contract import TokenChance

AnyIndex = QModelIndex | QPersistentModelIndex


class ChanceRole(IntEnum):
    """What a row can be asked beside its text, which is the token with its blanks made visible."""

    TEXT = Qt.ItemDataRole.UserRole + 1
    """As it would be inserted."""
    ID = Qt.ItemDataRole.UserRole + 2
    IS_SPECIAL = Qt.ItemDataRole.UserRole + 3
    PROBABILITY = Qt.ItemDataRole.UserRole + 4
    """Of the model's own distribution, 0 to 1."""
    SAMPLED = Qt.ItemDataRole.UserRole + 5
    """Once the sampling settings are applied; ``None`` where that is not known."""


class ChanceModel(QAbstractListModel):
    """Replaced as a whole with each answer."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._chances: tuple[TokenChance, ...] = ()

    def roleNames(self) -> dict[int, QByteArray]:  # noqa: N802 - Qt's name
        return role_names(super().roleNames(), ChanceRole)

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        return 0 if parent.isValid() else len(self._chances)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        chance = self._chances[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return visible(chance.token.text)
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                return spoken(chance)
            case ChanceRole.TEXT:
                return chance.token.text
            case ChanceRole.ID:
                return chance.token.id
            case ChanceRole.IS_SPECIAL:
                return chance.token.is_special
            case ChanceRole.PROBABILITY:
                return chance.probability
            case ChanceRole.SAMPLED:
                return chance.sampled
            case _:
                return None

    @property
    def chances(self) -> tuple[TokenChance, ...]:
        return self._chances

    @property
    def knows_sampled(self) -> bool:
        """Whether any row tells what the sampling settings make of it."""
        return any(one.sampled is not None for one in self._chances)

    def set_chances(self, chances: Sequence[TokenChance]) -> None:
        self.beginResetModel()
        self._chances = tuple(chances)
        self.endResetModel()


def can_insert(text: str) -> bool:
    """Whether a text can stand for the token: not for a part of a character."""
    return bool(text) and PART not in text


def spoken(chance: TokenChance) -> str:
    """All that a row says, for a tip and a screen reader."""
    token = chance.token
    facts = [tr("{token}, id {id}").format(token=visible(token.text), id=token.id)]
    if token.is_special:
        facts.append(tr("special token"))
    if PART in token.text:
        facts.append(tr("part of a character, which cannot be inserted by itself"))
    facts.append(tr("{share} by the model").format(share=percent(chance.probability)))
    if chance.sampled == 0:
        facts.append(tr("ruled out by the sampling settings"))
    elif chance.sampled is not None:
        facts.append(
            tr("{share} after the sampling settings").format(share=percent(chance.sampled))
        )
    return ", ".join(facts)
