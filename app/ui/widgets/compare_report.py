"""What comes of a comparison, in sentences; and what could have come where the answers part."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.ui.theme import scaled, set_look
from app.ui.widgets.compare_views import ChanceView, ReportView
from app.ui.widgets.fact_row import FactRow

_HIGHEST_PX = 180


class CompareReport(QWidget):
    """The headline, and behind a button everything else; beside it, what the cards show more of.

    Signals: ``differences_toggled(bool)``, ``tokens_toggled(bool)``, ``contract_toggled(bool)``.
    """

    differences_toggled = Signal(bool)
    tokens_toggled = Signal(bool)
    contract_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compareReport")
        self.setAccessibleName(self.tr("What came of it"))
        self._view: ReportView | None = None
        self._headline = _sentence("compareHeadline")
        self._more = self._toggle("compareMore", self.tr("More"), self.tr("Say all about it"))
        self.differences = self._toggle(
            "compareDifferences",
            self.tr("Differences"),
            self.tr("Mark the words in which the answers differ"),
        )
        self.tokens = self._toggle(
            "compareTokens",
            self.tr("Token ids"),
            self.tr("Show prompts and answers as tokens with their ids"),
        )
        self.contract = self._toggle(
            "compareContract",
            self.tr("Contract"),
            self.tr("Show the signatures, and what MLflow's predict took and gave"),
        )
        self._more.toggled.connect(self._unfold)
        self.differences.toggled.connect(self.differences_toggled)
        self.tokens.toggled.connect(self.tokens_toggled)
        self.contract.toggled.connect(self.contract_toggled)
        self._row = row = FactRow(spacing=4)
        for widget in (
            self._headline, self._more, self.differences, self.tokens, self.contract,
        ):  # fmt: skip
            row.addWidget(widget)
        self._sentences = _sentence("compareSentences")
        self._table = QWidget()
        self._grid = QGridLayout(self._table)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(3, 1)
        self._cells: list[QLabel] = []
        content = QWidget()
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(8)
        inner.addWidget(self._sentences)
        inner.addWidget(self._table)
        inner.addStretch(1)
        self._rest = _Rest()
        self._rest.setObjectName("compareRest")
        self._rest.setAccessibleName(self.tr("All about it"))
        self._rest.setWidget(content)
        self._rest.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self._rest)
        self.show_view(ReportView())

    def show_view(self, view: ReportView) -> None:
        """All of `view`, and nothing of what was shown before."""
        if view == self._view:
            return
        self._view = view
        self._headline.setText(view.headline)
        has_more = bool(view.sentences or view.chances)
        self._more.setVisible(has_more)
        self._sentences.setText("\n".join(view.sentences))
        self._sentences.setVisible(bool(view.sentences))
        self._show_chances(view)
        self._rest.setVisible(has_more and self._more.isChecked())
        self._rest.updateGeometry()

    def add_button(self, button: QPushButton) -> None:
        """One more, after those there are."""
        self._row.addWidget(button)

    def text(self) -> str:
        """All of it."""
        view = self._view or ReportView()
        return "\n".join(filter(None, (view.headline, *view.sentences)))

    def _unfold(self, shown: bool) -> None:
        view = self._view or ReportView()
        self._rest.setVisible(shown and bool(view.sentences or view.chances))

    def _show_chances(self, view: ReportView) -> None:
        for cell in self._cells:
            self._grid.removeWidget(cell)
            cell.hide()
            cell.deleteLater()
        self._cells.clear()
        self._table.setVisible(bool(view.chances))
        if not view.chances:
            return
        for at, text in enumerate((self.tr("Token there"), *view.sides)):
            self._add(text, 0, at, "section")
        for row, chance in enumerate(view.chances, 1):
            self._add_chance(row, chance)

    def _add_chance(self, row: int, view: ChanceView) -> None:
        self._add(view.token, row, 0, "facts")
        for at in (0, 1):
            mark = f"{view.chances[at]} ✓" if view.marks[at] else view.chances[at]
            self._add(mark, row, at + 1, "facts")

    def _add(self, text: str, row: int, column: int, role: str) -> None:
        cell = QLabel(text)
        cell.setTextFormat(Qt.TextFormat.PlainText)
        set_look(cell, role=role)
        self._cells.append(cell)
        self._grid.addWidget(cell, row, column)

    @staticmethod
    def _toggle(name: str, text: str, told: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setCheckable(True)
        button.setAccessibleName(told)
        button.setToolTip(told)
        set_look(button, look="quiet")
        return button


class _Rest(QScrollArea):
    """As high as what is in it, within a limit."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        content = self.widget()
        layout = None if content is None else content.layout()
        if layout is None:
            return super().sizeHint()
        needed = layout.totalHeightForWidth(max(1, self.viewport().width()))
        needed = max(needed, layout.totalSizeHint().height())
        return QSize(super().sizeHint().width(), min(needed, scaled(_HIGHEST_PX)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(1, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


def _sentence(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setMinimumWidth(1)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    set_look(label, role="muted")
    return label
