"""The button beside Load: how a model is loaded, with what else there is in its menu."""

from collections.abc import Iterable
from functools import partial
from typing import Final

from msgspec.structs import replace
from PySide6.QtCore import QPoint, Signal, Slot
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from app.domain.load_choice import DTYPES, LoadChoice
from app.ui import wording
from app.ui.theme import set_look
from app.ui.widgets.menu_heading import menu_heading
from wrappers.contract import LoadOptions

_LISTED_THREADS: Final = 8
"""Up to here each number is listed, past it powers of two."""


class LoadOptionsButton(QPushButton):
    """Says how the model is loaded, and offers the rest in a menu that is made when it is wanted.

    Signals: ``options_chosen(LoadOptions)``.
    """

    options_chosen = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(self.tr("How the model is loaded"))
        set_look(self, look="quiet")
        self._choice: LoadChoice | None = None
        self.clicked.connect(self.open_menu)
        self.hide()

    def show_choice(self, choice: LoadChoice | None, model: str) -> None:
        """`model` is what people call it. ``None``: nothing is to be chosen."""
        if choice is None:
            self._choice = None
            self.hide()
            return
        self._choice = choice
        words = wording.load_words(choice.chosen) or self._usual(choice)
        self.setText(words.replace("&", "&&") + " ▾")
        self.setAccessibleName(
            self.tr("{model} is loaded: {how}. Load it otherwise").format(model=model, how=words)
        )
        self.setToolTip(
            self.tr("How the model is loaded")
            if choice.can_change
            else self.tr("Once the model is at rest")
        )
        self.setEnabled(choice.can_change)
        self.show()

    @Slot()
    def open_menu(self) -> None:
        if self._choice is None:
            return
        menu = self._build_menu(self._choice)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.mapToGlobal(QPoint(0, self.height())))

    def _usual(self, choice: LoadChoice) -> str:
        return self.tr("As logged") if "dtype" in choice.taken else self.tr("As it is")

    def _build_menu(self, choice: LoadChoice) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName("loadOptionsMenu")
        chosen = choice.chosen
        if "dtype" in choice.taken:
            self._add(
                menu,
                self.tr("Precision"),
                chosen,
                ((replace(chosen, dtype=one), text) for one, text in self._dtypes(choice)),
            )
        if "device" in choice.taken and (devices := self._devices(choice)):
            self._add(
                menu,
                self.tr("Device"),
                chosen,
                ((replace(chosen, device=one), text) for one, text in devices),
            )
        if "threads" in choice.taken:
            self._add(
                menu,
                self.tr("Threads"),
                chosen,
                ((replace(chosen, threads=one), text) for one, text in self._threads(choice)),
            )
        if "dtype" not in choice.taken:
            menu.addSeparator()
            note = menu.addAction(self.tr("Its precision is in its files"))
            note.setEnabled(False)
        return menu

    def _add(
        self,
        menu: QMenu,
        title: str,
        chosen: LoadOptions,
        entries: Iterable[tuple[LoadOptions, str]],
    ) -> None:
        """One of several: what is chosen now is checked."""
        menu.addAction(menu_heading(title, menu))
        group = QActionGroup(menu)
        for options, text in entries:
            entry = menu.addAction(text.replace("&", "&&"))
            entry.setCheckable(True)
            entry.setChecked(options == chosen)
            entry.setData(options)
            group.addAction(entry)
            entry.triggered.connect(partial(self.options_chosen.emit, options))

    def _dtypes(self, choice: LoadChoice) -> list[tuple[str | None, str]]:
        logged = choice.logged_dtype
        told = {
            "float32": self.tr("float32, exact and large"),
            "bfloat16": self.tr("bfloat16, quicker and smaller"),
            "float16": self.tr("float16, for a GPU"),
            "int8": self.tr("int8, quicker and smallest"),
        }
        has_gpu = any(one != "cpu" for one in choice.devices)
        found: list[tuple[str | None, str]] = [
            (
                None,
                self.tr("As logged")
                if logged is None
                else self.tr("As logged ({dtype})").format(dtype=logged),
            )
        ]
        for dtype in DTYPES:
            is_offered = dtype != logged and (dtype != "float16" or has_gpu)
            if is_offered or dtype == choice.chosen.dtype:
                found.append((dtype, told[dtype]))
        return found

    def _devices(self, choice: LoadChoice) -> list[tuple[str | None, str]]:
        """None where there is the CPU alone; before any model's process has told, the CPU may be
        chosen in the place of what would be taken."""
        known = choice.devices or ("cpu",)
        wanted = choice.chosen.device
        if choice.devices == ("cpu",) and wanted in (None, "cpu"):
            return [] if wanted is None else [(None, self.tr("Automatic")), ("cpu", "CPU")]
        others = dict.fromkeys((*known, *(() if wanted is None else (wanted,))))
        return [
            (None, self.tr("Automatic: a GPU where there is one")),
            *((one, wording.device_word(one)) for one in others),
        ]

    def _threads(self, choice: LoadChoice) -> list[tuple[int | None, str]]:
        cores = max(1, choice.cores)
        listed = set(range(1, min(cores, _LISTED_THREADS) + 1)) | {cores}
        power = 2 * _LISTED_THREADS
        while power < cores:
            listed.add(power)
            power *= 2
        if choice.chosen.threads is not None:
            listed.add(choice.chosen.threads)
        return [
            (None, self.tr("Automatic ({count})").format(count=cores)),
            *((one, wording.threads_words(one)) for one in sorted(listed)),
        ]
