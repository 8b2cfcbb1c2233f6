"""What stands below the prompt: the next token, or the prompt's tokens, or neither."""

from typing import Final, Literal

from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app.ui.theme import scaled, set_look
from app.ui.widgets.next_token_view import NextTokenView
from app.ui.widgets.row_layout import RowLayout
from app.ui.widgets.token_view import TokenView

ASK_KEYS: Final = "Ctrl+U"
"""What asks from anywhere in the window."""

Shown = Literal["", "tokens", "chances"]

_HEIGHT: Final = 196


class PromptViews(QWidget):
    """A row of buttons, and the view that one of them shows; pressed again, it folds away.

    Signals: ``ask_requested()``, ``follow_changed(bool)``, ``shown_changed(str)``, one of `Shown`.
    """

    ask_requested = Signal()
    follow_changed = Signal(bool)
    shown_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("promptViews")
        self.next_tokens = NextTokenView()
        self.tokens = TokenView()
        self._title = QLabel()
        set_look(self._title, role="section")
        self._ask = self._button("nextTokensButton", f"{self.tr('Ask')}  {_native(ASK_KEYS)}")
        self._ask.setAccessibleName(self.tr("Ask what could come next at the cursor"))
        self._ask.setToolTip(self.tr("What could come next at the cursor"))
        self._ask.clicked.connect(self.ask_requested)
        self._follow = self._button("followCursorButton", self.tr("Follow the cursor"))
        self._follow.setCheckable(True)
        self._follow.setToolTip(self.tr("Ask again whenever the cursor has come to rest"))
        self._follow.toggled.connect(self.follow_changed)
        self._tokens = self._button("tokensButton", self.tr("Tokens"))
        self._tokens.setToolTip(self.tr("The prompt as the tokens that the model reads"))
        self._chances = self._button("probabilitiesButton", self.tr("Probabilities"))
        self._chances.setToolTip(self.tr("The tokens that could come next at the cursor"))
        for button in (self._tokens, self._chances):
            button.setCheckable(True)
            button.clicked.connect(self._toggled)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.next_tokens)
        self._stack.addWidget(self.tokens)
        row = RowLayout(spacing=4)
        row.add_leading(self._title, self._ask, self._follow)
        row.add_trailing(self._tokens, self._chances)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self._stack, 1)
        self._shown: Shown = ""
        self._is_low = False
        self._show("")

    @property
    def shown(self) -> Shown:
        """The view that is unfolded; empty: none."""
        return self._shown

    @property
    def follows(self) -> bool:
        return self._follow.isChecked()

    def show_view(self, shown: Shown) -> None:
        """Unfold a view, or fold all away."""
        if shown != self._shown:
            self._show(shown)
            self.shown_changed.emit(shown)

    def set_low(self, is_low: bool) -> None:
        """Whether the pane is too low for a view."""
        if is_low != self._is_low:
            self._is_low = is_low
            self._fold()

    def toggle_follow(self) -> None:
        self._follow.toggle()

    def set_can_ask(self, can_ask: bool, reason: str = "") -> None:
        """Whether the model can tell what could come next; `reason` says why not."""
        if not can_ask and (self._ask.hasFocus() or self._follow.hasFocus()):
            # Qt would give the focus of what is disabled to whatever comes next.
            self._chances.setFocus()
        self._ask.setEnabled(can_ask)
        self._follow.setEnabled(can_ask)
        self._ask.setToolTip(reason or self.tr("What could come next at the cursor"))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        hint = super().sizeHint()
        return QSize(
            hint.width(),
            self._row_height() + (scaled(_HEIGHT) if self._stack.isVisibleTo(self) else 0),
        )

    def _row_height(self) -> int:
        return self._tokens.sizeHint().height() + 4

    def _show(self, shown: Shown) -> None:
        self._shown = shown
        self._tokens.setChecked(shown == "tokens")
        self._chances.setChecked(shown == "chances")
        if shown:
            self._stack.setCurrentWidget(self.tokens if shown == "tokens" else self.next_tokens)
        self._fold()

    def _fold(self) -> None:
        title = self.tr("The prompt's tokens") if self._shown == "tokens" else self.tr("Next token")
        if self._is_low:
            title = self.tr("{title}: there is no room. Make the window higher.").format(
                title=title
            )
        self._title.setText(title)
        self._title.setVisible(bool(self._shown))
        for button in (self._ask, self._follow):
            button.setVisible(self._shown == "chances" and not self._is_low)
        self._stack.setVisible(bool(self._shown) and not self._is_low)
        self.updateGeometry()

    @Slot()
    def _toggled(self) -> None:
        pressed: Shown = "tokens" if self.sender() is self._tokens else "chances"
        self.show_view("" if self._shown == pressed else pressed)

    @staticmethod
    def _button(name: str, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        set_look(button, look="quiet")
        return button


def _native(keys: str) -> str:
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
