"""Over the compare pane: how it is asked, and what can be done with what came of it."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from app.ui.theme import scaled, set_look
from app.ui.widgets.compare_views import KeptView
from app.ui.widgets.row_layout import RowLayout

_LONGEST_TITLE = 60


class CompareHeader(QWidget):
    """Stands in the model header's place.

    Signals: ``plan_toggled(bool)``, whether how it is asked is to be shown;
    ``blind_toggled(bool)``;
    ``export_requested(str)``, ``html`` or ``markdown``; ``log_requested()``; ``menu_opened()``;
    ``sets_toggled(bool)``, whether prompt sets are to be shown;
    ``stop_requested()``, from Escape;
    ``new_requested()``; ``kept_chosen(str)`` and ``delete_requested(str)``, a `KeptView`'s id.
    """

    plan_toggled = Signal(bool)
    blind_toggled = Signal(bool)
    export_requested = Signal(str)
    log_requested = Signal()
    menu_opened = Signal()
    new_requested = Signal()
    kept_chosen = Signal(str)
    delete_requested = Signal(str)
    sets_toggled = Signal(bool)
    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compareHeader")
        self.setAccessibleName(self.tr("Compare"))
        self._kept: tuple[KeptView, ...] = ()
        title = QLabel(self.tr("Compare"))
        set_look(title, role="title")
        self._kept_button = self._button("compareKept", self.tr("Kept") + " ▾")
        self._kept_button.setAccessibleName(self.tr("Kept comparisons"))
        self._kept_button.setToolTip(self.tr("A new comparison, or one that was kept"))
        set_look(self._kept_button, look="quiet")
        self._kept_button.clicked.connect(self.open_kept)
        self._sets = self._button("compareSets", self.tr("Prompt sets"))
        self._sets.setCheckable(True)
        self._sets.setToolTip(self.tr("Run many prompts through both models"))
        set_look(self._sets, look="quiet")
        self._sets.toggled.connect(self.sets_toggled)
        self._plan = self._button("comparePlan", "")
        self._plan.setCheckable(True)
        self._plan.setToolTip(self.tr("How both are asked, and with which parameters"))
        set_look(self._plan, look="quiet")
        self._plan.toggled.connect(self.plan_toggled)
        self._blind = self._button("compareBlind", self.tr("Blind"))
        self._blind.setCheckable(True)
        self._blind.setToolTip(
            self.tr("From the next question on, hold back which side is which until you vote")
        )
        self._blind.toggled.connect(self.blind_toggled)
        self._export = self._button("compareExport", self.tr("Export") + " ▾")
        self._export.setAccessibleName(self.tr("Export the comparison"))
        self._export.clicked.connect(self.open_export)
        self._log = self._button("compareLog", self.tr("Log to MLflow"))
        self._log.clicked.connect(self.log_requested)
        row = RowLayout(spacing=8)
        row.add_leading(title, self._kept_button, self._sets)
        row.add_trailing(self._plan, self._blind, self._export, self._log)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 12, 20, 8)
        column.addLayout(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """It belongs to the pane, but does not stand in it: Escape means the same in both."""
        if event.key() == Qt.Key.Key_Escape:
            self.stop_requested.emit()
        else:
            super().keyPressEvent(event)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """It breaks into rows."""
        return QSize(scaled(240), super().minimumSizeHint().height())

    def show_plan(self, text: str) -> None:
        """How both are asked, in a few words."""
        self._plan.setText(text.replace("&", "&&"))
        self._plan.setAccessibleName(self.tr("How both are asked: {how}").format(how=text))
        self._plan.updateGeometry()

    def open_plan(self, shown: bool) -> None:
        """As a click on those words does."""
        self._plan.setChecked(shown)

    def set_shows_sets(self, shown: bool) -> None:
        """Whether prompt sets are shown, which have no use for what a comparison does; tells
        nobody."""
        self._sets.blockSignals(True)
        self._sets.setChecked(shown)
        self._sets.blockSignals(False)
        for button in (self._plan, self._blind, self._export, self._log):
            button.setVisible(not shown)

    @property
    def is_blind(self) -> bool:
        return self._blind.isChecked()

    def set_blind(self, is_blind: bool, *, can_change: bool = True) -> None:
        self._blind.setChecked(is_blind)
        self._blind.setEnabled(can_change)

    def set_can_export(self, can_export: bool, reason: str = "") -> None:
        """`reason` says why neither a file nor a run can be made of it now."""
        for button in (self._export, self._log):
            button.setEnabled(can_export)
            button.setToolTip(reason)

    def set_kept(self, kept: Sequence[KeptView]) -> None:
        """What the menu shows the next time it is opened."""
        self._kept = tuple(kept)

    @Slot()
    def open_export(self) -> None:
        """Made when it is wanted: a menu made early cuts the Tab chain."""
        menu = self._menu("compareExportMenu")
        for form, text in (
            ("html", self.tr("Report as HTML…")),
            ("markdown", self.tr("Report as Markdown…")),
        ):
            entry = menu.addAction(text)
            entry.setObjectName(f"compareExport_{form}")
            entry.triggered.connect(partial(self.export_requested.emit, form))
        menu.popup(self._export.mapToGlobal(QPoint(0, self._export.height())))

    @Slot()
    def open_kept(self) -> None:
        menu = self._menu("compareKeptMenu")
        menu.setToolTipsVisible(True)
        new = menu.addAction(self.tr("New comparison"))
        new.setObjectName("compareNew")
        new.triggered.connect(self.new_requested)
        if self._kept:
            menu.addSeparator()
            for view in self._kept:
                self._add(menu, view, self.kept_chosen.emit)
            menu.addSeparator()
            deletions = menu.addMenu(self.tr("Delete a comparison"))
            deletions.setObjectName("compareDeleteMenu")
            for view in self._kept:
                self._add(deletions, view, self.delete_requested.emit)
        menu.popup(self._kept_button.mapToGlobal(QPoint(0, self._kept_button.height())))
        self.menu_opened.emit()

    def _menu(self, name: str) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName(name)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    @staticmethod
    def _add(menu: QMenu, view: KeptView, tell: Callable[[str], None]) -> None:
        title = view.title
        if len(title) > _LONGEST_TITLE:
            title = title[: _LONGEST_TITLE - 1].rstrip() + "…"
        # An ampersand would be taken for the mark of a key.
        entry = menu.addAction(title.replace("&", "&&"))
        entry.setData(view.id)
        entry.setToolTip(view.told)
        entry.triggered.connect(partial(tell, view.id))

    @staticmethod
    def _button(name: str, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button
