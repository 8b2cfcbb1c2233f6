"""The gear at the foot of the left column, with the program's menu."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from app.ui.theme import Choice, set_look

_CHOICES: Final[tuple[Choice, ...]] = ("system", "light", "dark")


class SettingsButton(QToolButton):
    """What concerns the whole program and not one model.

    Signals:
        register_wanted, open_registry_wanted, demo_wanted, refresh_wanted, shortcuts_wanted,
        about_wanted: the menu's entries.
        theme_chosen(str): ``system``, ``light`` or ``dark``.
        traces_switched(bool): whether turns are to be recorded.
        zoom_wanted(int): 1 larger, -1 smaller, 0 as designed.
    """

    register_wanted = Signal()
    open_registry_wanted = Signal()
    demo_wanted = Signal()
    refresh_wanted = Signal()
    shortcuts_wanted = Signal()
    about_wanted = Signal()
    theme_chosen = Signal(str)
    zoom_wanted = Signal(int)
    traces_switched = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("settingsButton")
        self.setText("⚙")
        self.setAccessibleName(self.tr("Settings and more"))
        self.setToolTip(self.tr("Settings and more"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        set_look(self, look="quiet")
        self._traces = QAction(self.tr("Record turns as MLflow traces"), self)
        self._traces.setCheckable(True)
        self._traces.triggered.connect(self.traces_switched)
        self._themes: dict[str, QAction] = {}
        self.setMenu(self._build_menu())

    def set_theme(self, choice: Choice) -> None:
        """Mark the theme in use."""
        self._themes[choice].setChecked(True)

    def set_traces(self, *, on: bool) -> None:
        """Mark whether turns are recorded."""
        self._traces.setChecked(on)

    def _build_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName("settingsMenu")
        menu.addAction(self.tr("Register a model…")).triggered.connect(self.register_wanted)
        menu.addAction(self.tr("Open a registry…")).triggered.connect(self.open_registry_wanted)
        menu.addAction(self.tr("Make the demo models")).triggered.connect(self.demo_wanted)
        refresh = menu.addAction(self.tr("Refresh the registry"))
        refresh.setShortcut(QKeySequence.StandardKey.Refresh)
        refresh.triggered.connect(self.refresh_wanted)
        menu.addAction(self._traces)
        menu.addSeparator()
        menu.addMenu(self._theme_menu(menu))
        self._add_zoom(menu)
        menu.addSeparator()
        menu.addAction(self.tr("Keyboard shortcuts")).triggered.connect(self.shortcuts_wanted)
        menu.addAction(self.tr("About Parley")).triggered.connect(self.about_wanted)
        return menu

    def _theme_menu(self, parent: QMenu) -> QMenu:
        menu = QMenu(self.tr("Theme"), parent)
        group = QActionGroup(menu)
        names = (self.tr("As the system"), self.tr("Light"), self.tr("Dark"))
        for choice, name in zip(_CHOICES, names, strict=True):
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setData(choice)
            group.addAction(action)
            self._themes[choice] = action
        group.triggered.connect(lambda action: self.theme_chosen.emit(action.data()))
        self.set_theme("system")
        return menu

    def _add_zoom(self, menu: QMenu) -> None:
        for name, keys, step in (
            (self.tr("Larger text"), QKeySequence.StandardKey.ZoomIn, 1),
            (self.tr("Smaller text"), QKeySequence.StandardKey.ZoomOut, -1),
            (self.tr("Text as designed"), QKeySequence("Ctrl+0"), 0),
        ):
            action = menu.addAction(name)
            action.setShortcut(keys)
            action.setData(step)
            action.triggered.connect(self._zoom_triggered)

    def _zoom_triggered(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.zoom_wanted.emit(action.data())
