"""Over the panes: the current model, and what it is doing."""

from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.domain.load_choice import LoadChoice
from app.ui.theme import scaled, set_look
from app.ui.widgets.band import Band
from app.ui.widgets.chips import Chip, ChipKind
from app.ui.widgets.elapsed import Elapsed
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.load_options_button import LoadOptionsButton
from app.ui.widgets.views import BandView

_MARGIN = 20
_LEAST_FACT = 96

_MODES: Final = ("messages", "template")

Action = Literal["load", "unload", "cancel"]


class HeaderView(Struct, frozen=True):
    """What the header shows now, worded for the user."""

    title: str
    chips: tuple[tuple[str, ChipKind], ...] = ()
    fact: str = ""
    since: float | None = None
    """`time.monotonic` of a load's begin, while it loads."""
    action: Action | None = None
    band: BandView | None = None
    choice: LoadChoice | None = None
    """How it is loaded, or is to be; ``None`` where nothing can be chosen now."""


class ModelHeader(QWidget):
    """One line, and a band below it where something failed.

    Signals:
        load_requested, unload_requested, cancel_requested: the buttons.
        log_requested: the failed process's log.
        options_chosen(LoadOptions): how the model is to be loaded.
    """

    load_requested = Signal()
    unload_requested = Signal()
    cancel_requested = Signal()
    log_requested = Signal()
    options_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelHeader")
        self._chips: list[Chip] = []
        self._title = ElidedLabel(elide=Qt.TextElideMode.ElideMiddle)
        self._title.setObjectName("modelTitle")
        set_look(self._title, role="title")
        self._fact = ElidedLabel()
        self._fact.setObjectName("modelFact")
        self._fact.setAlignment(Qt.AlignmentFlag.AlignRight)
        set_look(self._fact, role="muted")
        self._elapsed = Elapsed()
        self._elapsed.setWordWrap(False)
        self._elapsed.hide()
        self._buttons: dict[Action, QPushButton] = {
            "load": self._button("loadButton", self.tr("Load"), self.tr("Load the model")),
            "unload": self._button("unloadButton", self.tr("Unload"), self.tr("Unload the model")),
            "cancel": self._button(
                "cancelLoadButton", self.tr("Cancel"), self.tr("Cancel the load")
            ),
        }
        set_look(self._buttons["load"], look="primary")
        self._options = LoadOptionsButton("loadOptionsButton")
        self._options.options_chosen.connect(self.options_chosen)
        self._buttons["load"].clicked.connect(self.load_requested)
        self._buttons["unload"].clicked.connect(self.unload_requested)
        self._buttons["cancel"].clicked.connect(self.cancel_requested)
        self._band = Band()
        self._band.log_requested.connect(self.log_requested)
        self._band.reload_requested.connect(self.load_requested)
        self._band.hide()

        self._chip_row = QHBoxLayout()
        self._chip_row.setSpacing(8)
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        self._row.addWidget(self._title)
        self._row.addLayout(self._chip_row)
        self._row.addStretch(1)
        self._row.addWidget(self._fact)
        self._row.addWidget(self._elapsed)
        self._row.addWidget(self._options)
        for button in self._buttons.values():
            self._row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN, 12, _MARGIN, 8)
        column.setSpacing(8)
        column.addLayout(self._row)
        column.addWidget(self._band)

    def show_view(self, view: HeaderView) -> None:
        """Show all of `view`, and nothing of what was shown before."""
        self._title.setText(view.title)
        self._show_chips(view.chips)
        self._fact.setText(view.fact)
        self._elapsed.show_facts("", view.since)
        self._elapsed.setVisible(view.since is not None)
        self._options.show_choice(view.choice, view.title)
        had_focus = any(button.hasFocus() for button in self._buttons.values())
        for action, button in self._buttons.items():
            button.setVisible(action == view.action)
        if had_focus and view.action is not None:
            # The button that was pressed has given way to the next one.
            self._buttons[view.action].setFocus(Qt.FocusReason.OtherFocusReason)
        self._band.setVisible(view.band is not None)
        if view.band is not None:
            self._band.show_view(view.band)
        words = [view.title, *(text for text, _ in view.chips), view.fact]
        self.setAccessibleName(", ".join(word for word in words if word))
        self._make_fit()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Narrower than what is shown now: chips give way."""
        return QSize(scaled(240), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._make_fit()

    def _show_chips(self, wanted: Sequence[tuple[str, ChipKind]]) -> None:
        while len(self._chips) > len(wanted):
            gone = self._chips.pop()
            self._chip_row.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        while len(self._chips) < len(wanted):
            chip = Chip("", parent=self)
            self._chips.append(chip)
            self._chip_row.addWidget(chip)
        for chip, (text, kind) in zip(self._chips, wanted, strict=True):
            chip.setText(text)
            chip.set_kind(kind)

    def _make_fit(self) -> None:
        """The name first, then the mode, the fact, the aliases, and the other chips."""
        gap = self._row.spacing()
        room = self.width() - 2 * _MARGIN
        for widget in (self._elapsed, self._options, *self._buttons.values()):
            if not widget.isHidden():
                room -= widget.sizeHint().width() + gap
        title = self._title.sizeHint().width()
        self._title.setMinimumWidth(max(0, min(title, room)))
        room -= title
        for chip in self._chips:
            if chip.property("chip") in _MODES:
                room -= chip.sizeHint().width() + gap
                chip.setVisible(room >= 0)
        fact = self._fact.sizeHint().width() + gap if self._fact.text() else 0
        self._fact.setVisible(fact > 0 and room >= min(fact, scaled(_LEAST_FACT)))
        room -= fact
        for chip in sorted(self._chips, key=lambda chip: chip.property("chip") == "plain"):
            if chip.property("chip") not in _MODES:
                room -= chip.sizeHint().width() + gap
                chip.setVisible(room >= 0)

    @staticmethod
    def _button(name: str, text: str, spoken: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(spoken)
        button.hide()
        return button
