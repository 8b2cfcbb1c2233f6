"""The gear at the foot of the left column, with the program's menu."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from app.ui.theme import Choice, set_look

_CHOICES: Final[tuple[Choice, ...]] = ("system", "light", "dark")


class SettingsButton(QToolButton):
    """What concerns the whole program and not one model.

    Signals:
        register_wanted, open_registry_wanted, demo_wanted, refresh_wanted, trusted_wanted,
        shortcuts_wanted, about_wanted: the menu's entries.
        theme_chosen(str): ``system``, ``light`` or ``dark``.
        traces_switched(bool): whether turns are to be recorded.
        zoom_wanted(int): 1 larger, -1 smaller, 0 as designed.
    """

    register_wanted = Signal()
    open_registry_wanted = Signal()
    demo_wanted = Signal()
    refresh_wanted = Signal()
    trusted_wanted = Signal()
    shortcuts_wanted = Signal()
    about_wanted = Signal()
    theme_chosen = Signal(str)
    zoom_wanted = Signal(int)
    traces_switched = Signal(bool)

    def __init__(self, parent: QWidget | None = None, *, with_menu: bool = True) -> None:
        """Without its menu it can be seen, and nothing more until `add_menu`."""
        super().__init__(parent)
        self.setObjectName("settingsButton")
        self.setText("⚙")
        self.setAccessibleName(self.tr("Settings and more"))
        self.setToolTip(self.tr("Settings and more"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        set_look(self, look="quiet")
        self._themes: dict[str, QAction] = {}
        if with_menu:
            self.add_menu()

    def add_menu(self) -> None:
        self.setMenu(self._build_menu())

    def set_theme(self, choice: Choice) -> None:
        """Mark the theme in use."""
        self._themes[choice].setChecked(True)

    def set_traces(self, *, on: bool) -> None:
        """Mark whether turns are recorded."""
        self._traces.setChecked(on)

    def entries(self) -> tuple[QAction, ...]:
        """Everything that stands in the menu and in the menus of it; its object name is its id."""
        menu = self.menu()
        return tuple(
            one
            for place in (menu, *menu.findChildren(QMenu))
            for one in place.actions()
            if not one.isSeparator() and one.menu() is None
        )

    def add_files(self, actions: Sequence[QAction]) -> None:
        """What is done with whole conversations, in a section of their own."""
        menu = self.menu()
        menu.insertSeparator(self._before_looks)
        menu.insertActions(self._before_looks, list(actions))

    def add_help(self, action: QAction) -> None:
        """First of the last section."""
        entries = self.menu().actions()
        self.menu().insertAction(entries[entries.index(self._before_help) + 1], action)

    def _build_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName("settingsMenu")
        for key, text, wanted in (
            ("register", self.tr("Register a model…"), self.register_wanted),
            ("open_registry", self.tr("Open a registry…"), self.open_registry_wanted),
            ("make_demo", self.tr("Make the demo models"), self.demo_wanted),
            ("refresh", self.tr("Refresh the registry"), self.refresh_wanted),
            ("trusted", self.tr("Trusted models…"), self.trusted_wanted),
        ):
            _entry(menu, key, text).triggered.connect(wanted)
        self._traces = _entry(menu, "traces", self.tr("Record turns as MLflow traces"))
        self._traces.setCheckable(True)
        self._traces.triggered.connect(self.traces_switched)
        self._before_looks = menu.addSeparator()
        menu.addMenu(self._theme_menu(menu))
        self._add_zoom(menu)
        self._before_help = menu.addSeparator()
        for key, text, wanted in (
            ("shortcuts", self.tr("Keyboard shortcuts"), self.shortcuts_wanted),
            ("about", self.tr("About Parley"), self.about_wanted),
        ):
            _entry(menu, key, text).triggered.connect(wanted)
        return menu

    def _theme_menu(self, parent: QMenu) -> QMenu:
        menu = QMenu(self.tr("Theme"), parent)
        group = QActionGroup(menu)
        names = (self.tr("As the system"), self.tr("Light"), self.tr("Dark"))
        for choice, name in zip(_CHOICES, names, strict=True):
            action = _entry(menu, f"theme_{choice}", name)
            action.setCheckable(True)
            action.setData(choice)
            group.addAction(action)
            self._themes[choice] = action
        group.triggered.connect(lambda action: self.theme_chosen.emit(action.data()))
        self.set_theme("system")
        return menu

    def _add_zoom(self, menu: QMenu) -> None:
        for key, name, step in (
            ("zoom_in", self.tr("Larger text"), 1),
            ("zoom_out", self.tr("Smaller text"), -1),
            ("zoom_reset", self.tr("Text as designed"), 0),
        ):
            action = _entry(menu, key, name)
            action.setData(step)
            action.triggered.connect(self._zoom_triggered)

    def _zoom_triggered(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.zoom_wanted.emit(action.data())


def _entry(menu: QMenu, key: str, text: str) -> QAction:
    action = menu.addAction(text)
    action.setObjectName(key)
    return action
