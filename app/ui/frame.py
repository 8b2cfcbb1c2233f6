"""What is seen of the window first: it opens with this, and gets the rest while it answers."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.main_window import MainWindow
from app.ui.panes.sidebar import Sidebar
from app.ui.panes.start_screen import StartScreen
from app.ui.presenters.appearance_presenter import AppearancePresenter, dress, open_as_left

if TYPE_CHECKING:
    from app.services.ports import PreferenceStore
    from app.ui.panes.header import ModelHeader
    from app.ui.widgets.job_strip import JobStrip
    from app.ui.widgets.run_bar import RunBar
    from app.ui.widgets.undo_bar import UndoBar


class Frame:
    """The window with its sidebar and the start screen, dressed as the user likes it. Its header,
    its strips and what the sidebar has of lists come with `complete`; its pages and the inspector
    are added by whoever makes them."""

    header: "ModelHeader"
    strip: "JobStrip"
    transfer_strip: "JobStrip"
    report_strip: "JobStrip"
    run_bar: "RunBar"
    undo_bar: "UndoBar"

    def __init__(self, store: "PreferenceStore") -> None:
        self.store = store
        look = store.look()
        dress(look.theme, look.zoom, with_sheet=False)
        self.sidebar, self.start = Sidebar(at_once=False), StartScreen()
        self.start.show_opening("", time.monotonic())
        self._column = QWidget()
        layout = QVBoxLayout(self._column)
        layout.setContentsMargins(0, 0, 0, 0)
        self.window = MainWindow(sidebar=self.sidebar, start=self.start, inspector=self._column)
        dress(look.theme, look.zoom)
        open_as_left(self.window, look)

    def complete(self) -> Iterator[None]:
        """Add what nothing is seen of in a window that opens; each step takes about a frame's
        time."""
        self.sidebar.complete()
        self.appearance = AppearancePresenter(self.window, self.sidebar.settings, self.store)
        yield

        from app.ui.panes.header import ModelHeader
        from app.ui.widgets.job_strip import JobStrip
        from app.ui.widgets.run_bar import RunBar
        from app.ui.widgets.undo_bar import UndoBar

        self.header = ModelHeader()
        self.strip, self.run_bar, self.undo_bar = JobStrip(), RunBar(), UndoBar()
        self.transfer_strip, self.report_strip = JobStrip(), JobStrip()
        self.transfer_strip.setObjectName("transferStrip")
        self.report_strip.setObjectName("reportStrip")
        self.window.add_head(
            self.header,
            (self.strip, self.transfer_strip, self.report_strip, self.run_bar, self.undo_bar),
        )

    def put_inspector(self, inspector: QWidget) -> None:
        """Fill the right column."""
        layout = self._column.layout()
        assert layout is not None  # noqa: S101 - it was given one
        layout.addWidget(inspector)
        self.window.measure()
