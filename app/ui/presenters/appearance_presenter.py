"""How the whole window looks: theme, text size, what stands where; kept for the next start."""

import base64
import binascii
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from PySide6.QtWidgets import QApplication

from app.domain.look import Look, Theme
from app.ui.main_window import MainWindow
from app.ui.theme import apply_theme
from app.ui.widgets.settings_button import SettingsButton

if TYPE_CHECKING:
    from app.services.ports import PreferenceStore

ZOOM_STEPS: Final = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0)

STAGE_STEPS: Final = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
"""For who sits in the last row."""
_STAGE_FACTOR: Final = 1.5


class AppearancePresenter:
    """Keeps what is changed of how the window looks, and has it look so. The text size on
    stage is another one, and is not kept."""

    def __init__(
        self, window: MainWindow, settings: SettingsButton, store: "PreferenceStore"
    ) -> None:
        self._window = window
        self._settings = settings
        self._store = store
        self._stage_zoom: float | None = None
        preferences = store.load()
        settings.set_theme(preferences.theme)
        settings.theme_chosen.connect(self.choose_theme)
        settings.zoom_wanted.connect(self.zoom)

    def choose_theme(self, choice: Theme) -> None:
        preferences = replace(self._store.load(), theme=choice)
        self._store.save(preferences)
        self._dress()

    def next_theme(self) -> None:
        """As the system, light, dark, and round again."""
        order: tuple[Theme, ...] = ("system", "light", "dark")
        choice = order[(order.index(self._store.load().theme) + 1) % len(order)]
        self._settings.set_theme(choice)
        self.choose_theme(choice)

    def zoom(self, step: int) -> None:
        """Larger (1), smaller (-1), or as designed (0)."""
        preferences = self._store.load()
        if self._stage_zoom is not None:
            first = stage_zoom(preferences.zoom)
            self._stage_zoom = next_zoom(self._stage_zoom, step, STAGE_STEPS) if step else first
            self._dress()
            return
        zoom = next_zoom(preferences.zoom, step)
        if zoom != preferences.zoom:
            self._store.save(replace(preferences, zoom=zoom))
            self._dress()

    def set_on_stage(self, on: bool) -> None:
        """Large type, or the user's own again."""
        self._stage_zoom = stage_zoom(self._store.load().zoom) if on else None
        self._dress()

    def _dress(self) -> None:
        preferences = self._store.load()
        dress(preferences.theme, self._stage_zoom or preferences.zoom)

    def keep_layout(self) -> None:
        """Remember where the window stands."""
        state = base64.b64encode(self._window.layout_state()).decode("ascii")
        preferences = self._store.load()
        if preferences.window_geometry != state:
            self._store.save(replace(preferences, window_geometry=state))


def open_as_left(window: MainWindow, look: Look) -> None:
    """Where it stood last, and with its columns as wide."""
    if look.window_geometry:
        try:
            state = base64.b64decode(look.window_geometry, validate=True)
        except binascii.Error:
            return  # edited by hand: the window opens as designed
        window.restore_layout(state)


def next_zoom(zoom: float, step: int, steps: Sequence[float] = ZOOM_STEPS) -> float:
    """The one of `steps` above or below `zoom`; 1.0 for step 0."""
    if step == 0:
        return 1.0
    if step > 0:
        return next((one for one in steps if one > zoom + 0.01), steps[-1])
    return next((one for one in reversed(steps) if one < zoom - 0.01), steps[0])


def stage_zoom(zoom: float) -> float:
    """How large the text begins on stage, for who reads it at `zoom` elsewhere."""
    wanted = zoom * _STAGE_FACTOR
    return next((one for one in STAGE_STEPS if one >= wanted - 0.01), STAGE_STEPS[-1])


def dress(theme: Theme, zoom: float, *, with_sheet: bool = True) -> None:
    """As `apply_theme`, for the running program."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        apply_theme(app, theme, zoom, with_sheet=with_sheet)
