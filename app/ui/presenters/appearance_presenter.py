"""How the whole window looks: theme, text size, what stands where; kept for the next start."""

import base64
import binascii
from dataclasses import replace
from typing import Final

from PySide6.QtWidgets import QApplication

from app.domain.preferences import Theme
from app.services.ports import PreferenceStore
from app.ui.main_window import MainWindow
from app.ui.theme import apply_theme
from app.ui.widgets.settings_button import SettingsButton

ZOOM_STEPS: Final = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0)


class AppearancePresenter:
    """Applies the preferences at the start and keeps what is changed of them."""

    def __init__(
        self, window: MainWindow, settings: SettingsButton, store: PreferenceStore
    ) -> None:
        self._window = window
        self._settings = settings
        self._store = store
        preferences = store.load()
        settings.set_theme(preferences.theme)
        settings.theme_chosen.connect(self.choose_theme)
        settings.zoom_wanted.connect(self.zoom)
        if preferences.window_geometry:
            try:
                state = base64.b64decode(preferences.window_geometry, validate=True)
            except binascii.Error:
                return  # edited by hand: the window opens as designed
            window.restore_layout(state)

    def choose_theme(self, choice: Theme) -> None:
        preferences = replace(self._store.load(), theme=choice)
        self._store.save(preferences)
        dress(preferences.theme, preferences.zoom)

    def next_theme(self) -> None:
        """As the system, light, dark, and round again."""
        order: tuple[Theme, ...] = ("system", "light", "dark")
        choice = order[(order.index(self._store.load().theme) + 1) % len(order)]
        self._settings.set_theme(choice)
        self.choose_theme(choice)

    def zoom(self, step: int) -> None:
        """Larger (1), smaller (-1), or as designed (0)."""
        preferences = self._store.load()
        zoom = next_zoom(preferences.zoom, step)
        if zoom != preferences.zoom:
            self._store.save(replace(preferences, zoom=zoom))
            dress(preferences.theme, zoom)

    def keep_layout(self) -> None:
        """Remember where the window stands."""
        state = base64.b64encode(self._window.layout_state()).decode("ascii")
        preferences = self._store.load()
        if preferences.window_geometry != state:
            self._store.save(replace(preferences, window_geometry=state))


def next_zoom(zoom: float, step: int) -> float:
    """The step above or below `zoom`, within `ZOOM_STEPS`; 1.0 for step 0."""
    if step == 0:
        return 1.0
    if step > 0:
        return next((one for one in ZOOM_STEPS if one > zoom + 0.01), ZOOM_STEPS[-1])
    return next((one for one in reversed(ZOOM_STEPS) if one < zoom - 0.01), ZOOM_STEPS[0])


def dress(theme: Theme, zoom: float) -> None:
    """Apply a theme to the running program."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        apply_theme(app, theme, zoom)
