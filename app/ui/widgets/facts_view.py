"""What is known of a model's run: engine, sizes, where it was logged, and with which versions."""

from typing import Final

from PySide6.QtCore import QDateTime, QLocale, Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.domain import plain_text
from app.domain.quantities import size_text
from app.domain.signature import plain
from app.domain.versions import PackageVersions, compare_versions
from app.ui.theme import set_look
from app.ui.tips import plain_tip
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.row_layout import RowLayout
from wrappers.contract import Capabilities, ModelCard

_MOST_PACKAGES: Final = 60
_MOST_FLAVORS: Final = 20
_RUN_ID_SHOWN: Final = 6
_SEPARATOR: Final = "\u00a0· "
"""Breaks a line only after the dot."""


class FactsView(QWidget):
    """The inspector's last section. All of it can be selected and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("factsView")
        self.setAccessibleName(self.tr("Run"))
        title = QLabel(self.tr("Run"))
        set_look(title, role="section")
        self._facts = _paragraph("runFacts")
        self._notes = _paragraph("modelNotes")
        set_look(self._notes, role="facts")
        self._packages_title = QLabel()
        set_look(self._packages_title, role="section")
        self._all = QPushButton()
        self._all.setObjectName("allVersionsButton")
        self._all.setCheckable(True)
        set_look(self._all, look="quiet")
        self._all.toggled.connect(self._show_packages)
        self._packages: tuple[PackageVersions, ...] = ()
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)
        row = RowLayout()
        row.add_leading(self._packages_title)
        row.add_trailing(self._all)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (title, self._facts, self._notes):
            column.addWidget(widget)
        column.addLayout(row)
        column.addLayout(self._grid)
        self.show_card(None, None)

    def show_card(self, card: ModelCard | None, capabilities: Capabilities | None) -> None:
        """What is known; `capabilities` only of a loaded model."""
        lines = [] if card is None else self._lines(card, capabilities)
        self._facts.setText("\n".join(lines) or self.tr("Nothing is known of it yet."))
        notes = capabilities.notes if capabilities is not None else ()
        self._notes.setText(plain_text.lines("\n".join(notes)))
        self._notes.setVisible(bool(notes))
        packages = compare_versions(card) if card is not None else ()
        if packages != self._packages:
            self._packages = packages
            self._all.setChecked(False)
        self._show_packages()

    @property
    def text(self) -> str:
        """What is told above the packages."""
        return self._facts.text()

    # -- lines

    def _lines(self, card: ModelCard, capabilities: Capabilities | None) -> list[str]:
        version = card.version
        facts = [
            self._engine(card, capabilities),
            [self._logged(version.created_ms), self._run(card), self._size(version.size_bytes)],
            [", ".join(map(plain, version.flavors[:_MOST_FLAVORS]))],
            [self._experiment(card), self._source(card)],
        ]
        told = (_SEPARATOR.join(filter(None, line)) for line in facts)
        return [line for line in told if line]

    def _engine(self, card: ModelCard, capabilities: Capabilities | None) -> list[str]:
        if capabilities is None:
            return [self.tr("not loaded"), plain(card.dtype or "")]
        place = (capabilities.device or "").upper()
        if capabilities.threads is not None:
            threads = (
                self.tr("1 thread")
                if capabilities.threads == 1
                else self.tr("{count} threads").format(count=capabilities.threads)
            )
            place = ", ".join(filter(None, (place, threads)))
        memory = capabilities.memory_bytes
        return [
            capabilities.engine,
            plain(capabilities.dtype or card.dtype or ""),
            place,
            "" if memory is None else self.tr("{size} in memory").format(size=size_text(memory)),
        ]

    def _logged(self, created_ms: int | None) -> str:
        if created_ms is None:
            return ""
        day = QDateTime.fromMSecsSinceEpoch(created_ms).date()
        return self.tr("logged {day}").format(day=QLocale().toString(day, "d MMM yyyy"))

    def _run(self, card: ModelCard) -> str:
        run_id = card.version.run_id
        name = card.run_name or (run_id or "")[:_RUN_ID_SHOWN]
        return self.tr("run {name}").format(name=plain(name)) if name else ""

    def _experiment(self, card: ModelCard) -> str:
        if not card.experiment:
            return ""
        return self.tr("experiment {name}").format(name=plain(card.experiment))

    def _source(self, card: ModelCard) -> str:
        if not card.source_model:
            return ""
        return self.tr("made from {name}").format(name=plain(card.source_model))

    def _size(self, size_bytes: int | None) -> str:
        return "" if size_bytes is None else size_text(size_bytes)

    # -- packages

    def _show_packages(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        differing = [one for one in self._packages if one.differs]
        same = len(self._packages) - len(differing)
        shown = list(self._packages) if self._all.isChecked() else differing
        self._packages_title.setVisible(bool(self._packages))
        self._packages_title.setText(
            self.tr("Logged with · here")
            if differing or self._all.isChecked()
            else self.tr("Logged with the versions that are here")
        )
        self._all.setVisible(same > 0)
        self._all.setText(
            self.tr("Differing") if self._all.isChecked() else self.tr("{n} same").format(n=same)
        )
        self._all.setAccessibleName(self.tr("Show all packages that the model was logged with"))
        for row, one in enumerate(shown[:_MOST_PACKAGES]):
            self._add_package(row, one)

    def _add_package(self, row: int, one: PackageVersions) -> None:
        here = self.tr("not installed") if one.installed is None else plain(one.installed)
        name, logged = ElidedLabel(plain(one.package)), ElidedLabel(plain(one.logged))
        mark = QLabel("≠" if one.differs else "=")
        there = ElidedLabel(here)
        told = self.tr("{package}: logged with {logged}, here {here}").format(
            package=name.text(), logged=logged.text(), here=here
        )
        for column, label in enumerate((name, logged, mark, there)):
            set_look(label, role="error" if one.differs and column > 1 else "muted")
            label.setAccessibleName(told)
            self._grid.addWidget(label, row, column)
        mark.setToolTip(plain_tip(told))


def _paragraph(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    set_look(label, role="muted")
    return label
