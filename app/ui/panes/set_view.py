"""Prompt sets, in the place of the two sides of the Compare pane."""

from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui.theme import set_look
from app.ui.widgets.band import Band
from app.ui.widgets.compare_cards import CompareCards
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.row_layout import RowLayout
from app.ui.widgets.set_figures import SetFigures
from app.ui.widgets.set_legend import SetLegend
from app.ui.widgets.set_start import SetStart
from app.ui.widgets.set_strip import SetStrip
from app.ui.widgets.set_table import SetTable
from app.ui.widgets.views import BandView


class SetView(QWidget):
    """Composes `start`, `strip`, `table`, `figures` and `cards`, which show one row's turn.

    Signals: ``closed()``, back to the two sides; ``set_closed()``, back to the start;
    ``row_requested(int)``, a row of the set is to be shown in the cards; ``export_requested(str)``,
    ``csv`` or ``jsonl``; ``report_requested(str)``, ``html`` or ``markdown``; ``log_requested()``,
    a run of MLflow is to be made of it.
    """

    closed = Signal()
    set_closed = Signal()
    row_requested = Signal(int)
    export_requested = Signal(str)
    report_requested = Signal(str)
    log_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("setView")
        self.setAccessibleName(self.tr("Prompt sets"))
        self._row: int | None = None
        self.start = SetStart()
        self.strip = SetStrip()
        self.table = SetTable()
        self.figures = SetFigures()
        self.cards = CompareCards("set")
        self._back = _quiet("setBack", "")
        self._back.clicked.connect(self.go_back)
        self._title = ElidedLabel()
        self._title.setObjectName("setTitle")
        set_look(self._title, role="title")
        self._rows_button = self._page_button("setRows", self.tr("Rows"))
        self._figures_button = self._page_button("setDistributions", self.tr("Distributions"))
        self._rows_button.setChecked(True)
        group = QButtonGroup(self)
        group.addButton(self._rows_button)
        group.addButton(self._figures_button)
        self._export = QPushButton(self.tr("Export results") + " ▾")
        self._export.setObjectName("setExport")
        self._export.setAccessibleName(self.tr("Export the results of the set"))
        self._export.clicked.connect(self._open_export)
        self._note = QLabel()
        self._note.setObjectName("setNote")
        self._note.setWordWrap(True)
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        self._note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        set_look(self._note, role="muted")
        self._band = Band()
        self._band.hide()
        self._previous = _quiet("setPrevious", self.tr("Previous row"))
        self._previous.clicked.connect(partial(self._step, -1))
        self._next = _quiet("setNext", self.tr("Next row"))
        self._next.clicked.connect(partial(self._step, 1))
        self._expected = QLabel()
        self._expected.setObjectName("setExpected")
        self._expected.setWordWrap(True)
        self._expected.setTextFormat(Qt.TextFormat.PlainText)
        set_look(self._expected, role="muted")
        self._legends = (SetLegend(0), SetLegend(1))
        self._pages = QStackedWidget()
        self._head = QWidget()
        self._tools = QWidget()
        self._steps = QWidget()
        self._lay_out()
        self.table.opened.connect(self.row_requested)
        self.show_start()

    # -- what is shown

    def show_start(self) -> None:
        """No set: where one could come from."""
        self._row = None
        self._rows_button.setChecked(True)  # what the next set is begun with
        self._pages.setCurrentWidget(self.start)
        self._title.setText(self.tr("Prompt sets"))
        self._say_back(self.tr("Back to the comparison"))
        for widget in (self._tools, self.strip, self._steps, self._note):
            widget.hide()
        self._band.hide()

    def show_set(self, title: str, note: str, names: tuple[str, str]) -> None:
        """The rows of a set; `note` is what has to be known of it, `names` are its sides'."""
        for legend, name in zip(self._legends, names, strict=True):
            legend.set_name(name)
        self._title.setText(title)
        self._note.setText(note)
        self._row = None
        self._show_page()

    def show_row(self, index: int, title: str, expected: str) -> None:
        """The cards, which show the turn of a row of the set; `expected` may be empty."""
        self._row = index
        self._pages.setCurrentWidget(self.cards)
        self._say_back(self.tr("Back to the rows"))
        self._tools.hide()
        self._note.hide()
        self._steps.show()
        self._expected.setText(title + (f"\n{expected}" if expected else ""))
        for button, by in ((self._previous, -1), (self._next, 1)):
            button.setEnabled(self.table.neighbour(index, by) is not None)
        self._keep_focus()

    @property
    def shows_figures(self) -> bool:
        """Whether it is the distributions that are shown of a set."""
        return self._figures_button.isChecked()

    @property
    def row(self) -> int | None:
        """The row of the set whose turn is shown in the cards."""
        return self._row

    def show_failure(self, view: BandView | None) -> None:
        """What went wrong, and what to do; ``None``: nothing."""
        if view is not None:
            self._band.show_view(view)
        self._band.setVisible(view is not None)

    def set_can_export(self, can_export: bool) -> None:
        self._export.setEnabled(can_export)

    def _keep_focus(self) -> None:
        """The row that was chosen is out of sight, or there is none further on."""
        if not (self._previous.hasFocus() or self._next.hasFocus()):
            found = [one for one in (self._next, self._previous) if one.isEnabled()]
            (found or [self._back])[0].setFocus()

    # -- what the user does

    @Slot()
    def go_back(self) -> None:
        """One step: from a row to the rows, from those to the start, from there to the sides."""
        if self._row is not None:
            index, self._row = self._row, None
            self._show_page()
            self.table.focus_row(index)
        elif self._pages.currentWidget() is self.start:
            self.closed.emit()
        else:
            self.set_closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() == Qt.Key.Key_Escape and self._row is not None:
            self.go_back()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _show_page(self) -> None:
        shows_rows = self._rows_button.isChecked()
        self._pages.setCurrentWidget(self.table if shows_rows else self.figures)
        self._say_back(self.tr("All sets"))
        self._tools.show()
        self.strip.show()
        self._steps.hide()
        self._note.setVisible(bool(self._note.text()))

    def _step(self, by: int) -> None:
        if self._row is not None:
            found = self.table.neighbour(self._row, by)
            if found is not None:
                self.row_requested.emit(found)

    @Slot()
    def _open_export(self) -> None:
        menu = QMenu(self)
        menu.setObjectName("setExportMenu")
        menu.aboutToHide.connect(menu.deleteLater)
        for form, text in (
            ("csv", self.tr("As CSV, for spreadsheets…")),
            ("jsonl", self.tr("As JSONL, with everything…")),
        ):
            entry = menu.addAction(text)
            entry.setObjectName(f"setExport_{form}")
            entry.triggered.connect(partial(self.export_requested.emit, form))
        menu.addSeparator()
        for form, text in (
            ("html", self.tr("Report as HTML…")),
            ("markdown", self.tr("Report as Markdown…")),
        ):
            entry = menu.addAction(text)
            entry.setObjectName(f"setReport_{form}")
            entry.triggered.connect(partial(self.report_requested.emit, form))
        menu.addSeparator()
        entry = menu.addAction(self.tr("Log to MLflow"))
        entry.setObjectName("setLog")
        entry.triggered.connect(self.log_requested)
        menu.popup(self._export.mapToGlobal(QPoint(0, self._export.height())))

    # -- laying out

    def _say_back(self, where: str) -> None:
        self._back.setText("‹ " + where)
        self._back.setAccessibleName(where)

    def _page_button(self, name: str, text: str) -> QPushButton:
        button = _quiet(name, text)
        button.setCheckable(True)
        button.clicked.connect(self._show_page)
        return button

    def _lay_out(self) -> None:
        head = RowLayout(spacing=8)
        head.add_leading(self._back, self._title)
        self._head.setLayout(head)
        tools = RowLayout(spacing=8)
        tools.add_leading(self._rows_button, self._figures_button, *self._legends)
        tools.add_trailing(self._export)
        self._tools.setLayout(tools)
        steps = RowLayout(spacing=8)
        steps.add_leading(self._previous, self._next)
        over = QVBoxLayout(self._steps)
        over.setContentsMargins(0, 0, 0, 0)
        over.setSpacing(4)
        over.addLayout(steps)
        over.addWidget(self._expected)
        for page in (self.start, self.table, self.figures, self.cards):
            self._pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 12, 20, 16)
        column.setSpacing(8)
        for widget in (self._head, self._band, self.strip, self._tools, self._note, self._steps):
            column.addWidget(widget)
        column.addWidget(self._pages, 1)


def _quiet(name: str, text: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(text)
    set_look(button, look="quiet")
    return button
