"""The window: three columns, and what folds away when there is no room for them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Literal

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
from app.ui.widgets.tab_order import put_before, stops_of

if TYPE_CHECKING:
    import asyncio

Page = Literal["start", "chat", "prompt", "compare"]
_TABS: tuple[Page, ...] = ("chat", "prompt", "compare")
"""In their order."""

SIDEBAR_WIDTH, INSPECTOR_WIDTH = 284, 262
MIN_SIDEBAR_WIDTH = 220
MIN_CENTRE_WIDTH = 520
"""Below this the centre is cramped and a column folds away. All are pixels at 100 % text."""


class MainWindow(QMainWindow):
    """Lays out the columns and folds them; knows nothing of models.

    Signals:
        closing: the user asked the window to close; it hides, and `shutdown` ends the program.
        page_chosen(str): a tab was chosen, ``chat``, ``prompt`` or ``compare``.
    """

    closing = Signal()
    page_chosen = Signal(str)

    def __init__(
        self,
        *,
        sidebar: QWidget,
        start: QWidget,
        inspector: QWidget,
    ) -> None:
        """All pages but the start screen are added later, and so is what stands over them."""
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle("Parley")
        self.setMinimumSize(480, 400)
        self._sidebar, self._inspector = sidebar, inspector
        self._pages: dict[Page, QWidget] = {"start": start}
        self._later: dict[Page, Callable[[], object]] = {}
        self._wants: dict[QWidget, bool | None] = {sidebar: None, inspector: None}
        self._shut_down: Callable[[], Awaitable[None]] | None = None
        self._ended: asyncio.Future[None] | None = None
        self._has_models = False
        self._before_stage: tuple[Qt.WindowState, QByteArray] | None = None
        """How the window stood, while it is on stage."""

        self._undrawn: dict[QToolButton, str] = {}
        """Buttons without their icons: a start shows neither."""
        self._tabs = QTabBar()
        self._tabs.setObjectName("modeTabs")
        self._tabs.setAccessibleName(self.tr("Mode"))
        self._tabs.setExpanding(False)
        self._tabs.setDrawBase(False)
        self._tabs.setUsesScrollButtons(False)
        self._tabs.addTab(self.tr("Chat"))
        self._tabs.addTab(self.tr("Prompt"))
        self._tabs.addTab(self.tr("Compare"))
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

        self._header: QWidget | None = None
        self._compare_header: QWidget | None = None
        centre = QWidget()
        centre.setObjectName("centre")
        self._column = column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._tab_row)
        column.addWidget(Hairline())
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
        self.measure()
        notifier().changed.connect(self.measure)
        self.show_start(True)

    # -- pages

    def add_head(self, header: QWidget, strips: Sequence[QWidget]) -> None:
        """Give the pages their `header`, which no start screen has, and the `strips` over the pane,
        which are shown where they have something to say."""
        stops, strip_stops = stops_of(header), [stop for one in strips for stop in stops_of(one)]
        self._header = header
        self._column.insertWidget(0, header)
        for strip in strips:
            self._column.insertWidget(self._column.indexOf(self._stack), strip)
        put_before(self._tabs, stops)
        put_before(self._stack, strip_stops)
        self._show_head()

    def add_page(self, page: Page, pane: QWidget, *, header: QWidget | None = None) -> None:
        """Give `page` its pane. A `header` stands in the place of the window's over Compare, which
        is as wide as two panes and has no inspector beside it."""
        self._pages[page] = pane
        self._stack.addWidget(pane)
        if header is not None:
            self._compare_header = header
            header.hide()
            self._column.insertWidget(self._column.indexOf(self._tab_row), header)

    def add_later(self, page: Page, make: Callable[[], object]) -> None:
        """Have `make` called when `page` is first shown; it adds the page."""
        self._later[page] = make

    @property
    def page(self) -> str:
        """The page that is shown: ``start``, ``chat``, ``prompt`` or ``compare``."""
        current = self._stack.currentWidget()
        return next(name for name, widget in self._pages.items() if widget is current)

    def show_start(self, visible: bool) -> None:
        """Show the start screen in place of the panes, or the chosen pane."""
        self._has_models = not visible
        self._tabs.setVisible(not visible)
        page = self._pane("start" if visible else self._chosen)
        if page is not self._stack.currentWidget():
            self._stack.setCurrentWidget(page)
            page.setFocus()
        self._show_head()
        self._fold()

    def show_page(self, page: Literal["chat", "prompt", "compare"]) -> None:
        """Choose a tab."""
        self._tabs.setCurrentIndex(_TABS.index(page))

    @property
    def _chosen(self) -> Page:
        return _TABS[self._tabs.currentIndex()]

    def _tab_changed(self, index: int) -> None:
        page = _TABS[index]
        if self._has_models:
            pane = self._pane(page)
            self._stack.setCurrentWidget(pane)
            self._show_head()
            self._fold()
            pane.setFocus()
        self.page_chosen.emit(page)

    def _pane(self, page: Page) -> QWidget:
        """That of `page`, which may not have been needed before."""
        if page not in self._pages:
            self._later.pop(page)()
        return self._pages[page]

    def _show_head(self) -> None:
        """What belongs to the page that is shown."""
        is_compare = self.page == "compare"
        has_head = self._has_models and not self.is_on_stage
        if self._header is not None:
            self._header.setVisible(has_head and not is_compare)
        if self._compare_header is not None:
            self._compare_header.setVisible(has_head and is_compare)
        self._inspector_button.setVisible(self._has_models and not is_compare)

    # -- the stage

    @property
    def is_on_stage(self) -> bool:
        return self._before_stage is not None

    def set_on_stage(self, on: bool) -> None:
        """Fill the screen with the pane alone, or stand as before."""
        if on == self.is_on_stage:
            return
        if on:
            self._before_stage = (self.windowState(), self._splitter.saveState())
            self.setWindowState(self.windowState() | Qt.WindowState.WindowFullScreen)
            self._show_head()
            self._fold()
            return
        assert self._before_stage is not None  # noqa: S101 - it is on stage
        state, columns = self._before_stage
        self._before_stage = None
        self.setWindowState(state)
        self._show_head()
        self._fold()
        self._splitter.restoreState(columns)

    # -- columns

    def toggle_column(self, column: Literal["sidebar", "inspector"]) -> None:
        """Show or hide a column, whatever the width says, until it is toggled again. There is none
        on stage."""
        if self.is_on_stage:
            return
        widget = self._sidebar if column == "sidebar" else self._inspector
        self._wants[widget] = not widget.isVisible()
        if self._wants[widget]:
            other = self._inspector if column == "sidebar" else self._sidebar
            if not self._has_room_for(self._sidebar, self._inspector):
                self._wants[other] = None
        self._fold()

    @Slot()
    def measure(self) -> None:
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
        if self.is_on_stage:
            for widget in (self._sidebar, self._inspector, self._tab_row):
                widget.hide()
            return
        sidebar, inspector = self._wants[self._sidebar], self._wants[self._inspector]
        show_sidebar = self._has_room_for(self._sidebar) if sidebar is None else sidebar
        taken = (self._sidebar,) if show_sidebar else ()
        fits = self._has_room_for(*taken, self._inspector)
        if inspector and not fits and sidebar is None and self.page != "compare":
            show_sidebar = False
        show_inspector = fits if inspector is None else inspector
        self._sidebar.setVisible(show_sidebar)
        has_inspector = self._has_models and self.page != "compare"
        self._inspector.setVisible(show_inspector and has_inspector)
        has_tab_row = self._has_models or not show_sidebar
        if has_tab_row:
            self._draw_icons()
        self._tab_row.setVisible(has_tab_row)

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
        import asyncio  # not before the window is seen

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

    def _draw_icons(self) -> None:
        if self._undrawn:
            from app.ui.widgets.themed_icon import ThemedIcon

            for button, icon in self._undrawn.items():
                ThemedIcon(button, icon)
            self._undrawn.clear()

    def _column_button(self, icon: str, name: str) -> QToolButton:
        button = QToolButton()
        self._undrawn[button] = icon
        button.setToolTip(name)
        button.setAccessibleName(name)
        set_look(button, look="quiet")
        return button
