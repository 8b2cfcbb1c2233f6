"""Which of two answers is the better one: the question, and what was said to it."""

from typing import Final, Literal

from msgspec import Struct
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.theme import scaled, set_look
from app.ui.widgets.row_layout import RowLayout

Choice = Literal["left", "right", "tie", "both_bad"]
"""By where the answers stand: `app.domain.comparison.votes.Seen`."""

_BUTTONS: Final[tuple[tuple[Choice, str], ...]] = (
    ("left", "voteLeftButton"),
    ("tie", "voteTieButton"),
    ("both_bad", "voteBothBadButton"),
    ("right", "voteRightButton"),
)


class VoteView(Struct, frozen=True):
    """What the bar shows, worded."""

    text: str = ""
    """A sentence; empty for none."""
    offers: tuple[tuple[Choice, str], ...] = ()
    """The votes that can be given, and what each is called in full."""
    given: Choice | None = None
    """The vote that holds; pressed."""
    back: str = ""
    """What the last button does: take the vote back, or tell the sides without one. Empty for no
    such button."""
    has_results: bool = False
    """Whether what all votes add up to is offered."""


class VoteBar(QFrame):
    """Stands under the two answers.

    Signals: ``voted(str)``, a `Choice`; ``back_requested()``; ``results_requested()``.
    """

    voted = Signal(str)
    back_requested = Signal()
    results_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("voteBar")
        self._view: VoteView | None = None
        self._text = QLabel()
        self._text.setObjectName("voteText")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setWordWrap(True)
        self._text.setMinimumWidth(1)
        set_look(self._text, role="facts")
        words: dict[Choice, str] = {
            "left": self.tr("A is better"),
            "tie": self.tr("Tie"),
            "both_bad": self.tr("Both bad"),
            "right": self.tr("B is better"),
        }
        self._votes = {choice: self._vote_button(choice, name) for choice, name in _BUTTONS}
        for choice, button in self._votes.items():
            button.setText(words[choice])
            button.setAccessibleName(words[choice])
        self._back = QPushButton()
        self._back.setObjectName("voteBackButton")
        set_look(self._back, look="quiet")
        self._back.clicked.connect(self.back_requested)
        self._results = QPushButton(self.tr("All votes"))
        self._results.setObjectName("voteResultsButton")
        self._results.setAccessibleName(self.tr("All votes by pair of models"))
        set_look(self._results, look="quiet")
        self._results.clicked.connect(self.results_requested)

        row = RowLayout(spacing=8, row_spacing=8, is_centred=True)
        row.add_leading(*self.tab_stops())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._text)
        column.addLayout(row)
        self.show_view(None)

    @property
    def view(self) -> VoteView | None:
        return self._view

    def tab_stops(self) -> tuple[QPushButton, ...]:
        """What the Tab key comes to, in order, whether it is shown or not."""
        return (*self._votes.values(), self._back, self._results)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """It breaks into rows."""
        return QSize(scaled(160), super().minimumSizeHint().height())

    def show_view(self, view: VoteView | None) -> None:
        """``None``: there is nothing to vote on, and nothing to say about it."""
        had_focus = self.isAncestorOf(QApplication.focusWidget() or self)
        self._view = view
        self.setVisible(view is not None)
        if view is None:
            return
        self._text.setText(view.text)
        self._text.setVisible(bool(view.text))
        self.setAccessibleName(view.text or self.tr("Vote"))
        offered = dict(view.offers)
        for choice, button in self._votes.items():
            button.setVisible(choice in offered)
            button.setChecked(choice == view.given)
            button.setToolTip(offered.get(choice, ""))
            button.setAccessibleDescription(offered.get(choice, ""))
        self._back.setText(view.back)
        self._back.setAccessibleName(view.back)
        self._back.setVisible(bool(view.back))
        self._results.setVisible(view.has_results)
        if had_focus and not any(one.hasFocus() and one.isVisible() for one in self.tab_stops()):
            shown = next((one for one in self.tab_stops() if one.isVisible()), None)
            if shown is not None:
                shown.setFocus()

    def _vote_button(self, choice: Choice, name: str) -> QPushButton:
        button = QPushButton()
        button.setObjectName(name)
        button.setCheckable(True)
        button.clicked.connect(lambda: self._chosen(choice))
        return button

    def _chosen(self, choice: Choice) -> None:
        given = None if self._view is None else self._view.given
        # What is pressed is what holds, not what was clicked.
        for one, button in self._votes.items():
            button.setChecked(one == given)
        if choice != given:
            self.voted.emit(choice)
