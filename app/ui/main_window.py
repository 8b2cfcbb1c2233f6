"""The window: three columns, and what folds away when there is no room for them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from PySide6.QtCore import QByteArray, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.theme import notifier, scaled, set_look
from app.ui.widgets.hairline import Hairline
from app.ui.widgets.themed_icon import ThemedIcon

Page = Literal["start", "chat", "prompt"]

SIDEBAR_WIDTH, INSPECTOR_WIDTH = 284, 262
MIN_SIDEBAR_WIDTH = 220
MIN_CENTRE_WIDTH = 520
"""Below this the centre is cramped and a column folds away. All are pixels at 100 % text."""


class MainWindow(QMainWindow):
    """Lays out the columns and folds them; knows nothing of models.

    Signals:
        closing: the user asked the window to close; it hides, and `shutdown` ends the program.
        page_chosen(str): a tab was chosen, ``chat`` or ``prompt``.
    """

    closing = Signal()
    page_chosen = Signal(str)

    def __init__(
        self,
        *,
        sidebar: QWidget,
        header: QWidget,
        strips: Sequence[QWidget],
        start: QWidget,
        chat: QWidget,
        prompt: QWidget,
        inspector: QWidget,
    ) -> None:
        """`strips` stand over the pane where they have something to say."""
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle("Parley")
        self.setMinimumSize(480, 400)
        self._sidebar, self._inspector = sidebar, inspector
        self._pages: dict[str, QWidget] = {"start": start, "chat": chat, "prompt": prompt}
        self._wants: dict[QWidget, bool | None] = {sidebar: None, inspector: None}
        self._shut_down: Callable[[], Awaitable[None]] | None = None
        self._ended: asyncio.Future[None] | None = None
        self._has_models = False

        self._tabs = QTabBar()
        self._tabs.setObjectName("modeTabs")
        self._tabs.setAccessibleName(self.tr("Mode"))
        self._tabs.setExpanding(False)
        self._tabs.setDrawBase(False)
        self._tabs.addTab(self.tr("Chat"))
        self._tabs.addTab(self.tr("Prompt"))
        self._tabs.currentChanged.connect(self._tab_changed)
        self._sidebar_button = self._column_button(
            "column-left", self.tr("Show or hide the registry")
        )
        self._sidebar_button.clicked.connect(lambda: self.toggle_column("sidebar"))
        self._inspector_button = self._column_button(
            "column-right", self.tr("Show or hide the inspector")
        )
        self._inspector_button.clicked.connect(lambda: self.toggle_column("inspector"))

        self._stack = QStackedWidget()
        for page in self._pages.values():
            self._stack.addWidget(page)

        self._tab_row = QWidget()
        row = QHBoxLayout(self._tab_row)
        row.setContentsMargins(14, 0, 12, 0)
        row.setSpacing(0)
        row.addWidget(self._tabs)
        row.addStretch(1)
        row.addWidget(self._sidebar_button)
        row.addWidget(self._inspector_button)

        self._header = header
        centre = QWidget()
        centre.setObjectName("centre")
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(header)
        column.addWidget(self._tab_row)
        column.addWidget(Hairline())
        for strip in strips:
            column.addWidget(strip)
        column.addWidget(self._stack, 1)

        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setObjectName("columns")
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        for widget in (sidebar, centre, inspector):
            self._splitter.addWidget(widget)
        self._splitter.setStretchFactor(1, 1)
        self.setCentralWidget(self._splitter)
        self.resize(1380, 820)
        self._measure()
        notifier().changed.connect(self._measure)
        self.show_start(True)

    # -- pages

    @property
    def page(self) -> str:
        """The page that is shown: ``start``, ``chat`` or ``prompt``."""
        current = self._stack.currentWidget()
        return next(name for name, widget in self._pages.items() if widget is current)

    def show_start(self, visible: bool) -> None:
        """Show the start screen in place of the panes, or the chosen pane."""
        self._has_models = not visible
        self._header.setVisible(not visible)
        self._tabs.setVisible(not visible)
        self._inspector_button.setVisible(not visible)
        chosen: Page = "prompt" if self._tabs.currentIndex() == 1 else "chat"
        page = self._pages["start" if visible else chosen]
        if page is not self._stack.currentWidget():
            self._stack.setCurrentWidget(page)
            page.setFocus()
        self._fold()

    def show_page(self, page: Literal["chat", "prompt"]) -> None:
        """Choose a tab."""
        self._tabs.setCurrentIndex(1 if page == "prompt" else 0)

    def _tab_changed(self, index: int) -> None:
        page: Page = "prompt" if index == 1 else "chat"
        if self._has_models:
            self._stack.setCurrentWidget(self._pages[page])
            self._pages[page].setFocus()
        self.page_chosen.emit(page)

    # -- columns

    def toggle_column(self, column: Literal["sidebar", "inspector"]) -> None:
        """Show or hide a column, whatever the width says, until it is toggled again."""
        widget = self._sidebar if column == "sidebar" else self._inspector
        self._wants[widget] = not widget.isVisible()
        if self._wants[widget]:
            other = self._inspector if column == "sidebar" else self._sidebar
            if not self._has_room_for(self._sidebar, self._inspector):
                self._wants[other] = None
        self._fold()

    @Slot()
    def _measure(self) -> None:
        """Give the columns the width that their text needs at its present size."""
        sidebar, inspector = scaled(SIDEBAR_WIDTH), self._inspector_width()
        self._sidebar.setMinimumWidth(scaled(MIN_SIDEBAR_WIDTH))
        self._splitter.setSizes([sidebar, max(1, self.width() - sidebar - inspector), inspector])
        self._fold()

    def _has_room_for(self, *columns: QWidget) -> bool:
        taken = sum(self._width_of(one) for one in columns)
        return self.width() >= scaled(MIN_CENTRE_WIDTH) + taken

    def _width_of(self, column: QWidget) -> int:
        """What `column` takes, or would take where it is folded."""
        if column.isVisible():
            return column.width()
        return scaled(SIDEBAR_WIDTH) if column is self._sidebar else self._inspector_width()

    def _inspector_width(self) -> int:
        return max(scaled(INSPECTOR_WIDTH), self._inspector.minimumSizeHint().width())

    def _fold(self) -> None:
        """Fold the inspector first, then the sidebar, unless the user wants them."""
        sidebar, inspector = self._wants[self._sidebar], self._wants[self._inspector]
        show_sidebar = self._has_room_for(self._sidebar) if sidebar is None else sidebar
        taken = (self._sidebar,) if show_sidebar else ()
        fits = self._has_room_for(*taken, self._inspector)
        if inspector and not fits and sidebar is None:
            show_sidebar = False
        show_inspector = fits if inspector is None else inspector
        self._sidebar.setVisible(show_sidebar)
        self._inspector.setVisible(show_inspector and self._has_models)
        self._tab_row.setVisible(self._has_models or not show_sidebar)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            # A column that was asked for in another width is not asked for in this one.
            self._wants = {
                column: want if want is False else None for column, want in self._wants.items()
            }
            self._fold()

    # -- geometry, kept by whoever owns the settings

    def layout_state(self) -> bytes:
        """Geometry and column widths, for `restore_layout`."""
        geometry, columns = self.saveGeometry(), self._splitter.saveState()
        return bytes(geometry.toBase64().data()) + b" " + bytes(columns.toBase64().data())

    def restore_layout(self, state: bytes) -> None:
        """Take up what `layout_state` gave; anything else is passed over."""
        geometry, _, columns = state.partition(b" ")
        self.restoreGeometry(QByteArray.fromBase64(geometry))
        self._splitter.restoreState(QByteArray.fromBase64(columns))

    # -- the end

    def on_shutdown(self, shut_down: Callable[[], Awaitable[None]]) -> None:
        """What `shutdown` runs; set by the bootstrap, which knows what was started."""
        self._shut_down = shut_down

    async def shutdown(self) -> None:
        """End everything that the window's program started; returns with nothing left behind.

        A second call waits for the first.
        """
        if self._ended is not None:
            await asyncio.shield(self._ended)
            return
        self._ended = asyncio.get_running_loop().create_future()
        self.hide()
        try:
            if self._shut_down is not None:
                await self._shut_down()
        finally:
            self._ended.set_result(None)
            self.deleteLater()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        event.ignore()
        self.hide()
        self.closing.emit()

    @staticmethod
    def _column_button(icon: str, name: str) -> QToolButton:
        button = QToolButton()
        ThemedIcon(button, icon)
        button.setToolTip(name)
        button.setAccessibleName(name)
        set_look(button, look="quiet")
        return button
