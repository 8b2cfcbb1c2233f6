"""What has been allowed to which models, and the way to take it back."""

from collections.abc import Sequence

from PySide6.QtCore import QDateTime, QLocale, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.domain.grants import Grant
from app.domain.plain_text import one_line
from app.ui.dialogs.frame import DialogFrame, Role, text_label
from app.ui.theme import scaled, set_look
from app.ui.widgets.elided_label import ElidedLabel

_SHORT_HASH = 12
_MOST_ROWS = 200


class TrustedModelsDialog(DialogFrame):
    """One row for each grant, the latest first.

    Signals:
        taken_back(object): the `Grant` whose button was pressed.
    """

    taken_back = Signal(object)

    def __init__(self, grants: Sequence[Grant], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trustedModelsDialog")
        self.set_title(self.tr("Trusted models"))
        self.body.addWidget(
            text_label(
                self.tr(
                    "These may do more than answer, as long as nothing of them that can run "
                    "changes. Models that Parley registered on this machine need no entry here."
                )
            )
        )
        self._area = QScrollArea()
        self._area.setObjectName("trustedArea")
        self._area.setAccessibleName(self.tr("Trusted models"))
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.body.addWidget(self._area, 1)
        close = self.add_button(self.tr("Close"), Role.RejectRole, "closeButton")
        close.setDefault(True)
        self._close = close
        self.show_grants(grants)
        close.setFocus()

    def show_grants(self, grants: Sequence[Grant]) -> None:
        """Show these in place of those before."""
        rows = QWidget()
        column = QVBoxLayout(rows)
        column.setContentsMargins(0, 0, 12, 0)
        column.setSpacing(12)
        shown = list(reversed(grants))[:_MOST_ROWS]
        for grant in shown:
            column.addLayout(self._row(grant))
        if not shown:
            nothing = text_label(self.tr("No model has been allowed anything."), "muted")
            nothing.setObjectName("nothingTrusted")
            column.addWidget(nothing)
        column.addStretch(1)
        had_focus = self._area.isAncestorOf(self.focusWidget() or self._close)
        self._area.setWidget(rows)
        self._area.setFixedHeight(scaled(min(320, 56 * max(1, len(shown)) + 8)))
        if had_focus:
            self._close.setFocus()
        self.fit()

    def _row(self, grant: Grant) -> QHBoxLayout:
        name = one_line(grant.name or grant.model, 120)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(ElidedLabel(name))
        words.addWidget(text_label(self._told(grant), "muted"))
        button = QPushButton(self.tr("Take back"))
        button.setObjectName("takeBackButton")
        button.setAccessibleName(self.tr("Take back what {name} may do").format(name=name))
        button.setAutoDefault(False)
        set_look(button, look="quiet")
        button.clicked.connect(lambda: self.taken_back.emit(grant))
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addLayout(words, 1)
        row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        return row

    def _told(self, grant: Grant) -> str:
        may = [self.tr("runs its code")] * grant.runs_code
        may += [self.tr("may ask the hub")] * grant.asks_hub
        day = QDateTime.fromMSecsSinceEpoch(grant.granted_ms).date()
        since = self.tr("since {day}").format(day=QLocale().toString(day, "d MMM yyyy"))
        content = self.tr("content {content}").format(content=grant.fingerprint[:_SHORT_HASH])
        return " · ".join((*may, since, content))
