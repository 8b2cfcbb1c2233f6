"""Everything that the window can be asked to do, in one list: its keys, its words, its doing.

Menus, the command palette and the dialog of shortcuts all show what stands here.
"""

from collections.abc import Callable
from typing import Final, Literal

from msgspec import Struct
from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.ui.shortcuts import KEYS
from app.ui.translation import tr

Group = Literal[
    "conversations", "messages", "prompt", "compare", "models", "view", "program", "lists"
]

GROUPS: Final[tuple[Group, ...]] = (
    "conversations",
    "messages",
    "prompt",
    "compare",
    "models",
    "view",
    "program",
    "lists",
)
"""As they are shown."""


def group_title(group: Group) -> str:
    match group:
        case "conversations":
            return tr("Conversations")
        case "messages":
            return tr("Messages")
        case "prompt":
            return tr("Prompt")
        case "compare":
            return tr("Compare")
        case "models":
            return tr("Models")
        case "view":
            return tr("View")
        case "program":
            return tr("Parley")
        case "lists":
            return tr("Lists and dialogs")


class Entry(Struct, frozen=True):
    """One thing that can be done."""

    id: str
    group: Group
    action: QAction
    is_possible: Callable[[], bool]
    """Whether there is something to do now."""
    name: str = ""
    """What it is called where the menu around it is not seen."""

    @property
    def text(self) -> str:
        return self.name or self.action.text().removesuffix("…").replace("&", "")

    @property
    def keys(self) -> tuple[str, ...]:
        """As this system writes them."""
        shown = (one for one in self.action.shortcuts() if not _is_other_enter(one))
        return tuple(map(_written, shown))


def _is_other_enter(keys: QKeySequence) -> bool:
    """Whether it is the number pad's, which Qt tells apart and nobody else does."""
    return keys.toString().endswith("Enter")


def _written(keys: QKeySequence) -> str:
    """As this system writes them; the key that says Enter on most keyboards is called so."""
    native = QKeySequence.SequenceFormat.NativeText
    return keys.toString(native).replace("Return", "Enter")


class Note(Struct, frozen=True):
    """A key that a widget handles by itself, while it has the focus."""

    group: Group
    text: str
    keys: tuple[str, ...]


class Section(Struct, frozen=True):
    """Of the dialog of shortcuts: a title, and what with which keys."""

    title: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]


class Actions(QObject):
    """Binds what can be done to the keys of `window`. An id of `KEYS` gets the keys from there."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._entries: dict[str, Entry] = {}
        self._notes: list[Note] = []
        self._recent: list[str] = []

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries.values())

    @property
    def recent(self) -> tuple[str, ...]:
        """Ids of what was done last, the latest first."""
        return tuple(self._recent)

    def add(
        self,
        key: str,
        group: Group,
        text: str,
        run: Callable[[], object],
        *,
        is_possible: Callable[[], bool] = lambda: True,
    ) -> QAction:
        """Something new. What is not possible now does nothing."""
        action = QAction(text, self)
        action.setObjectName(f"action_{key}")
        action.triggered.connect(lambda: run() if is_possible() else None)
        self.adopt(key, group, action, is_possible=is_possible)
        return action

    def adopt(
        self,
        key: str,
        group: Group,
        action: QAction,
        *,
        is_possible: Callable[[], bool] | None = None,
        name: str = "",
    ) -> None:
        """Something that stands in a menu; `name` is for what says too little without it."""
        action.setShortcuts([QKeySequence(keys) for keys in KEYS.get(key, ())])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setAutoRepeat(key.startswith("zoom"))
        action.triggered.connect(lambda: self._note_use(key))
        self._window.addAction(action)
        self._entries[key] = Entry(key, group, action, is_possible or action.isEnabled, name)

    def note(self, group: Group, text: str, *keys: str) -> None:
        """A key that a widget handles by itself."""
        told = tuple(_written(QKeySequence(one)) for one in keys)
        self._notes.append(Note(group, text, told))

    def run(self, key: str) -> None:
        """Do it, if it is possible; nothing for an id that is not known."""
        entry = self._entries.get(key)
        if entry is not None and entry.is_possible():
            entry.action.trigger()

    def sections(self) -> tuple[Section, ...]:
        """All keys there are, grouped."""
        found = []
        for group in GROUPS:
            rows = [(one.text, one.keys) for one in self.entries if one.group == group and one.keys]
            rows += [(one.text, one.keys) for one in self._notes if one.group == group]
            if rows:
                found.append(Section(group_title(group), tuple(rows)))
        return tuple(found)

    def _note_use(self, key: str) -> None:
        if key in self._recent:
            self._recent.remove(key)
        self._recent.insert(0, key)


def spoken_keys(keys: tuple[str, ...]) -> str:
    """Such as ``Ctrl+Enter or Ctrl+Return``."""
    return QCoreApplication.translate("", " or ").join(keys)
