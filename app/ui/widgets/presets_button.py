"""The button beside the system prompt's, with the presets in its menu."""

from collections.abc import Callable, Sequence
from html import escape

from msgspec import Struct
from PySide6.QtCore import QPoint, Signal, Slot
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from app.domain.plain_text import lines, one_line
from app.ui.widgets.menu_heading import menu_heading

_MAX_TITLE, _MAX_TOLD = 120, 2_000


class PresetEntry(Struct, frozen=True):
    """One preset as the menu shows it."""

    key: str
    title: str
    told: str = ""
    """What is in it; the tool tip."""
    is_saved: bool = False
    """Whether it is in the registry."""
    can_delete: bool = False


class PresetsButton(QPushButton):
    """Shows `PresetEntry` values in a menu that is made when it is wanted.

    Signals: ``menu_opened()``; ``preset_chosen(str)`` and ``delete_requested(str)``, an entry's
    key; ``save_requested()``.
    """

    menu_opened = Signal()
    preset_chosen = Signal(str)
    delete_requested = Signal(str)
    save_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("presetsButton")
        self.setText(self.tr("Presets") + " \u25be")
        self.setAccessibleName(self.tr("Presets"))
        self.setToolTip(self.tr("System prompts with their parameters"))
        self._entries: tuple[PresetEntry, ...] = ()
        self.clicked.connect(self.open_menu)

    def set_presets(self, entries: Sequence[PresetEntry]) -> None:
        """What the menu shows the next time it is opened."""
        self._entries = tuple(entries)

    @Slot()
    def open_menu(self) -> None:
        """Above the button where there is no room below."""
        menu = self._build_menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.mapToGlobal(QPoint(0, self.height())))
        self.menu_opened.emit()

    def _build_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName("presetsMenu")
        menu.setToolTipsVisible(True)
        shipped = [one for one in self._entries if not one.is_saved]
        saved = [one for one in self._entries if one.is_saved]
        for title, entries in (
            (self.tr("With Parley"), shipped),
            (self.tr("In this registry"), saved),
        ):
            if entries:
                menu.addAction(menu_heading(title, menu))
            for entry in entries:
                self._add(menu, entry, self.preset_chosen.emit)
        menu.addSeparator()
        menu.addAction(self.tr("Save as preset…")).triggered.connect(self.save_requested)
        deletable = [one for one in saved if one.can_delete]
        if deletable:
            deletions = menu.addMenu(self.tr("Delete a preset"))
            deletions.setObjectName("deletePresetMenu")
            for entry in deletable:
                self._add(deletions, entry, self.delete_requested.emit)
        return menu

    @staticmethod
    def _add(menu: QMenu, entry: PresetEntry, tell: Callable[[str], None]) -> None:
        # An ampersand would be taken for the mark of a key.
        action = menu.addAction(one_line(entry.title, _MAX_TITLE).replace("&", "&&"))
        action.setData(entry.key)
        action.setToolTip(f"<p>{escape(lines(entry.told, _MAX_TOLD))}</p>" if entry.told else "")
        action.triggered.connect(lambda: tell(entry.key))
