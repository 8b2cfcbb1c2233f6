"""Says that what is seen is a recording, and plays it."""

from msgspec import Struct
from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.theme import scaled, set_look
from app.ui.widgets.chips import Chip
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.fraction_bar import FractionBar
from app.ui.widgets.row_layout import RowLayout


class ReplayView(Struct, frozen=True):
    """A recording that is open."""

    told: str
    """When it was made, and on what."""
    time: str
    """How far it is, of what."""
    fraction: float
    """From 0 to 1."""
    is_playing: bool
    is_over: bool
    speed: str
    """Such as ``1×``."""
    together: bool
    """Whether both sides play from the same zero."""
    can_change_order: bool
    """Whether that is not how it was asked."""


class ReplayBar(QFrame):
    """Stands over the two sides from the recording's begin until it is closed, so that nobody takes
    it for something that happens now.

    Signals: ``play_toggled()``, ``restart_requested()``, ``speed_requested()``, the next one;
    ``together_toggled(bool)``, ``close_requested()``.
    """

    play_toggled = Signal()
    restart_requested = Signal()
    speed_requested = Signal()
    together_toggled = Signal(bool)
    close_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("replayBar")
        set_look(self, role="card")
        self._sign = Chip(self.tr("Recording"), "alias")
        self._sign.setObjectName("replaySign")
        self._told = ElidedLabel()
        self._told.setObjectName("replayText")
        set_look(self._told, role="facts")
        self._time = QLabel()
        self._time.setObjectName("replayTime")
        set_look(self._time, role="facts")
        self._play = self._button("replayPlayButton")
        self._play.clicked.connect(self.play_toggled)
        self._restart = self._button("replayRestartButton")
        self._restart.clicked.connect(self.restart_requested)
        self._restart.setText(self.tr("From the start"))
        self._restart.setAccessibleName(self.tr("Play the recording from the start"))
        self._speed = self._button("replaySpeedButton")
        self._speed.clicked.connect(self.speed_requested)
        self._together = self._button("replayTogetherButton")
        self._together.setText(self.tr("Both at once"))
        self._together.setAccessibleName(self.tr("Play both sides at once"))
        self._together.setToolTip(
            self.tr("Both from the same zero, though one was asked after the other")
        )
        self._together.setCheckable(True)
        self._together.clicked.connect(self.together_toggled)
        self._close = self._button("replayCloseButton")
        self._close.clicked.connect(self.close_requested)
        self._close.setText(self.tr("Close"))
        self._close.setAccessibleName(self.tr("Close the recording"))
        self._bar = FractionBar()
        self._bar.setAccessibleName(self.tr("How far the recording is"))

        row = RowLayout(spacing=8)
        row.add_leading(self._sign, self._told)
        row.add_trailing(self._time, *self.tab_stops())
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self._bar)
        self.show_view(None)

    def tab_stops(self) -> tuple[QPushButton, ...]:
        return (self._play, self._restart, self._speed, self._together, self._close)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """It breaks into rows."""
        return QSize(scaled(240), super().minimumSizeHint().height())

    def show_view(self, view: ReplayView | None) -> None:
        """``None``: no recording is open."""
        self.setVisible(view is not None)
        if view is None:
            return
        self._told.setText(view.told)
        self._time.setText(view.time)
        self.setAccessibleName(
            self.tr("Recording, {told}").format(told=view.told) if view.told else ""
        )
        if view.is_over:
            words = self.tr("Play again"), self.tr("Play the recording again")
        elif view.is_playing:
            words = self.tr("Pause"), self.tr("Pause the recording")
        else:
            words = self.tr("Play"), self.tr("Play the recording on")
        self._play.setText(words[0])
        self._play.setAccessibleName(words[1])
        self._restart.setEnabled(not view.is_over)
        self._speed.setText(view.speed)
        self._speed.setAccessibleName(
            self.tr("Speed of the recording: {speed}").format(speed=view.speed)
        )
        self._speed.setToolTip(self.tr("1× is the pace at which it was recorded"))
        self._together.setChecked(view.together)
        self._together.setVisible(view.can_change_order)
        self._bar.show_fraction(view.fraction)

    @staticmethod
    def _button(name: str) -> QPushButton:
        button = QPushButton()
        button.setObjectName(name)
        set_look(button, look="quiet")
        return button
