"""All keys of the window, in one dialog."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QWidget

from app.ui.actions import Section, spoken_keys
from app.ui.dialogs.frame import DialogFrame, Role, text_label
from app.ui.theme import fixed_font, scaled, set_look

_WIDTH, _HEIGHT = 640, 560
_MARGIN = 96
"""The window stays to be seen around it."""


class ShortcutsDialog(DialogFrame):
    """What the keys do, by groups; it scrolls."""

    def __init__(self, sections: Sequence[Section], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("shortcutsDialog")
        self.set_title(self.tr("Keyboard shortcuts"))
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(0, 0, 12, 0)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(0, 1)
        row = 0
        for section in sections:
            title = text_label(section.title, "section")
            title.setContentsMargins(0, 12 if row else 0, 0, 0)
            grid.addWidget(title, row, 0, 1, 2)
            row += 1
            for what, keys in section.rows:
                grid.addWidget(text_label(what), row, 0)
                grid.addWidget(_keys_label(keys), row, 1, Qt.AlignmentFlag.AlignTop)
                row += 1
        grid.setRowStretch(row, 1)
        area = _Area()
        area.setObjectName("shortcutsArea")
        area.setAccessibleName(self.tr("Keyboard shortcuts"))
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        # So that the arrow keys scroll it.
        area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        area.setMinimumHeight(QFontMetrics(self.font()).lineSpacing() * 6)
        self.body.addWidget(area)
        self.add_button(self.tr("Close"), Role.RejectRole, "closeButton").setDefault(True)
        area.setFocus()

    def fit(self) -> None:
        """As large as the window lets it be, and no larger than it needs."""
        parent = self.parentWidget()
        width, height = scaled(_WIDTH), scaled(_HEIGHT)
        if parent is not None:
            width = min(width, parent.window().width())
            height = min(height, max(scaled(240), parent.window().height() - _MARGIN))
        self.resize(max(self.minimumWidth(), width), height)


class _Area(QScrollArea):
    """Qt's own leaves Home and End to others."""

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        bar = self.verticalScrollBar()
        match event.key():
            case Qt.Key.Key_Home:
                bar.setValue(bar.minimum())
            case Qt.Key.Key_End:
                bar.setValue(bar.maximum())
            case _:
                super().keyPressEvent(event)


def _keys_label(keys: tuple[str, ...]) -> QLabel:
    label = QLabel(spoken_keys(keys))
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setFont(fixed_font())
    set_look(label, role="keys")
    return label
