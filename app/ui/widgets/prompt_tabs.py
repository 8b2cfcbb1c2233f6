"""The prompts that are open, as tabs."""

from collections.abc import Sequence

from msgspec import Struct
from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QLineEdit,
    QMenu,
    QPushButton,
    QSizePolicy,
    QTabBar,
    QWidget,
)

from app.ui.theme import notifier, scaled, set_look

_LONGEST_TITLE = 200


class TabView(Struct, frozen=True):
    """One tab."""

    id: str
    title: str
    is_running: bool = False
    """Whether a model writes in it."""


class PromptTabs(QTabBar):
    """Shown where there are several. A tab is dragged to another place, renamed in its own place
    by F2 or a double click, and closed by its button, Delete, the middle button, or its menu.

    Signals: ``new_requested()``; ``chosen(str)``, ``close_requested(str)``, with the tab's id;
    ``renamed(str, str)``, id and title, which may be empty; ``reordered(list)``, all ids;
    ``left()``: the keys are done with the tabs, and belong to the prompt again.
    """

    new_requested = Signal()
    chosen = Signal(str)
    close_requested = Signal(str)
    renamed = Signal(str, str)
    reordered = Signal(list)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("promptTabs")
        self.setAccessibleName(self.tr("Prompts"))
        self.setMovable(True)
        self.setExpanding(False)
        self.setDrawBase(False)
        self.setUsesScrollButtons(True)
        self.setElideMode(Qt.TextElideMode.ElideRight)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self.currentChanged.connect(self._current_changed)
        self.tabMoved.connect(self._moved)
        self.tabBarDoubleClicked.connect(self.rename)
        self._field: QLineEdit | None = None
        self._renamed = ""
        self._is_own_title = False
        self._is_told = False
        notifier().changed.connect(self._dress)
        self.hide()

    def show_tabs(self, tabs: Sequence[TabView], current: str) -> None:
        """All there are; tells nothing."""
        self._is_told = True
        try:
            while self.count() > len(tabs):
                self.removeTab(self.count() - 1)
            while self.count() < len(tabs):
                self.addTab("")
            for at, tab in enumerate(tabs):
                shown = tab.title.replace("&", "&&")
                shown = f"● {shown}" if tab.is_running else shown
                if self.tabText(at) != shown:
                    self.setTabText(at, shown)
                    self.setTabToolTip(at, tab.title)
                self.setTabData(at, tab.id)
                self._close_button(at).setAccessibleName(
                    self.tr("Close the prompt {title}").format(title=tab.title)
                )
                if tab.id == current:
                    self.setCurrentIndex(at)
        finally:
            self._is_told = False
        is_left = len(tabs) <= 1 and self.hasFocus()
        self.setVisible(len(tabs) > 1)
        if is_left:
            self.left.emit()

    def ids(self) -> list[str]:
        """As they stand."""
        return [str(self.tabData(at)) for at in range(self.count())]

    @Slot(int)
    def rename(self, at: int) -> None:
        """Write another title in the tab's own place; Enter takes it, Esc leaves the old one."""
        if not 0 <= at < self.count():
            return
        self._end_renaming(take=True)
        self._renamed = str(self.tabData(at))
        self._is_own_title = self.hasFocus()
        field = QLineEdit(self.tabToolTip(at), self)
        field.setObjectName("promptTitleField")
        field.setAccessibleName(self.tr("Title of the prompt"))
        field.setMaxLength(_LONGEST_TITLE)
        place = self.tabRect(at)
        width = max(place.width(), scaled(160))
        left = max(0, min(place.left(), self.width() - width))
        field.setGeometry(left, 0, min(width, self.width()), self.height())
        field.selectAll()
        field.installEventFilter(self)
        field.show()
        field.setFocus()
        self._field = field

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if watched is not self._field:
            return False
        if event.type() is QEvent.Type.FocusOut:
            self._end_renaming(take=True)
        elif event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._end_renaming(take=True)
                return True
            if event.key() == Qt.Key.Key_Escape:
                self._end_renaming(take=False)
                return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() == Qt.Key.Key_F2:
            self.rename(self.currentIndex())
        elif event.key() == Qt.Key.Key_Delete:
            self._close(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        super().mouseReleaseEvent(event)
        if event.button() is Qt.MouseButton.MiddleButton:
            self._close(self.tabAt(event.position().toPoint()))

    def _end_renaming(self, *, take: bool) -> None:
        field, self._field = self._field, None
        if field is None:
            return
        had_focus = field.hasFocus()
        text, key = " ".join(field.text().split()), self._renamed
        was = next((self.tabToolTip(at) for at in range(self.count()) if self.ids()[at] == key), "")
        field.removeEventFilter(self)
        field.hide()
        field.deleteLater()
        if had_focus and self._is_own_title:
            self.setFocus()
        elif had_focus:
            self.left.emit()
        if take and text != was:
            self.renamed.emit(key, text)

    def _close_button(self, at: int) -> QAbstractButton:
        """Qt moves it with its tab."""
        side = QTabBar.ButtonPosition.RightSide
        button = self.tabButton(at, side)
        if isinstance(button, QAbstractButton):
            return button
        made = QPushButton("×")
        made.setObjectName("closePromptTab")
        made.setToolTip(self.tr("Close"))
        # Delete does it from the keyboard: one stop for the Tab key is enough.
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        set_look(made, look="quiet", shape="icon")
        made.clicked.connect(self._closed_by_button)
        self.setTabButton(at, side, made)
        return made

    @Slot()
    def _dress(self) -> None:
        """Qt asks such a button for its size once."""
        side = QTabBar.ButtonPosition.RightSide
        for at in range(self.count()):
            button = self.tabButton(at, side)
            button.ensurePolished()
            button.adjustSize()
            self.setTabButton(at, side, button)
            button.show()  # it hides the one before, which is the same

    @Slot()
    def _closed_by_button(self) -> None:
        side = QTabBar.ButtonPosition.RightSide
        for at in range(self.count()):
            if self.tabButton(at, side) is self.sender():
                self._close(at)
                return

    def _close(self, at: int) -> None:
        if 0 <= at < self.count():
            self.close_requested.emit(str(self.tabData(at)))

    @Slot(QPoint)
    def _open_menu(self, place: QPoint) -> None:
        at = self.tabAt(place)
        if at < 0:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, run in (
            (self.tr("Rename"), self.rename),
            (self.tr("Close"), self._close),
        ):
            action = QAction(text, menu)
            action.triggered.connect(lambda _=False, run=run: run(at))
            menu.addAction(action)
        menu.popup(self.mapToGlobal(place))

    @Slot(int)
    def _current_changed(self, at: int) -> None:
        if at >= 0 and not self._is_told:
            self.chosen.emit(str(self.tabData(at)))

    @Slot(int, int)
    def _moved(self) -> None:
        if not self._is_told:
            self.reordered.emit(self.ids())
