"""Small rounded labels: an alias, a mode, a fact."""

from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.ui.theme import set_look

ChipKind = Literal["alias", "messages", "template", "plain"]


class Chip(QLabel):
    """One short word on a tint. The text is never taken for markup."""

    def __init__(self, text: str, kind: ChipKind = "plain", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.set_kind(kind)

    def set_kind(self, kind: ChipKind) -> None:
        set_look(self, chip=kind)
