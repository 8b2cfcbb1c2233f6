"""Presentation mode: the pane alone, over the whole screen, in large type."""

from collections.abc import Callable

from PySide6.QtGui import QKeySequence, QShortcut

from app.ui.main_window import MainWindow
from app.ui.presenters.appearance_presenter import AppearancePresenter
from app.ui.translation import tr


class StagePresenter:
    """Goes on stage and leaves it. Escape leaves, unless something runs: then it stops that, as it
    does elsewhere."""

    def __init__(
        self,
        window: MainWindow,
        appearance: AppearancePresenter,
        *,
        is_running: Callable[[], bool],
        stop: Callable[[], None],
        hint: Callable[[str], None],
    ) -> None:
        """`hint` says something in the pane that is shown."""
        self._window = window
        self._appearance = appearance
        self._is_running = is_running
        self._stop = stop
        self._hint = hint
        # A shortcut, since it comes before the widgets' own use of the key.
        self._escape = QShortcut(QKeySequence("Esc"), window)
        self._escape.setEnabled(False)
        self._escape.activated.connect(self._escaped)

    @property
    def is_on(self) -> bool:
        return self._window.is_on_stage

    def toggle(self) -> None:
        self._set(not self.is_on)

    def leave(self) -> None:
        if self.is_on:
            self._set(False)

    def _set(self, on: bool) -> None:
        self._escape.setEnabled(on)
        if on:
            self._window.set_on_stage(True)
            self._appearance.set_on_stage(True)
            self._hint(tr("Esc leaves the presentation. All keys work as before."))
        else:
            self._appearance.set_on_stage(False)
            self._window.set_on_stage(False)

    def _escaped(self) -> None:
        if self._is_running():
            self._stop()
        else:
            self.leave()
