"""Where a prompt set comes from: a file, a dataset, or one that is kept."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.ui.theme import set_look
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.hairline import Hairline
from app.ui.widgets.row_layout import RowLayout
from app.ui.widgets.set_views import KeptSetView


class SetStart(QScrollArea):
    """Signals: ``file_requested()``, ``datasets_requested()``, ``dataset_chosen(str)``, an id;
    ``kept_chosen(str)`` and ``delete_requested(str)``, a `KeptSetView`'s id.
    """

    file_requested = Signal()
    datasets_requested = Signal()
    dataset_chosen = Signal(str)
    kept_chosen = Signal(str)
    delete_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("setStart")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        title = _sentence(self.tr("Many prompts, two models"), "title")
        text = _sentence(
            self.tr(
                "Run a file of prompts (JSONL or CSV) or an MLflow dataset through both models, "
                "and see how their answers and their speeds are distributed. It can be paused and "
                "stopped; what is done stays done."
            ),
            "muted",
        )
        self._open = QPushButton(self.tr("Open a file…"))
        self._open.setObjectName("setOpenFile")
        self._open.setAccessibleName(self.tr("Open a file of prompts"))
        set_look(self._open, look="primary")
        self._open.clicked.connect(self.file_requested)
        self._datasets = QPushButton(self.tr("Choose a dataset") + " ▾")
        self._datasets.setObjectName("setChooseDataset")
        self._datasets.setAccessibleName(self.tr("Choose a dataset of the registry"))
        self._datasets.clicked.connect(self.datasets_requested)
        row = RowLayout(spacing=8)
        row.add_leading(self._open, self._datasets)
        self._kept_title = QLabel(self.tr("Kept sets"))
        set_look(self._kept_title, role="section")
        self._kept = QWidget()
        self._kept_column = QVBoxLayout(self._kept)
        self._kept_column.setContentsMargins(0, 0, 0, 0)
        self._kept_column.setSpacing(0)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 8, 0, 8)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(text)
        column.addSpacing(4)
        column.addLayout(row)
        column.addSpacing(16)
        column.addWidget(self._kept_title)
        column.addWidget(self._kept)
        column.addStretch(1)
        self.setWidget(content)
        self.setFocusProxy(self._open)
        self.show_kept(())

    def show_kept(self, kept: Sequence[KeptSetView]) -> None:
        """The list below the buttons."""
        while (item := self._kept_column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._kept_title.setVisible(bool(kept))
        for view in kept:
            self._kept_column.addWidget(Hairline())
            self._kept_column.addWidget(self._row(view))

    def set_busy(self, is_busy: bool) -> None:
        """While a file or a dataset is read."""
        self._open.setEnabled(not is_busy)
        self._datasets.setEnabled(not is_busy)

    def offer_datasets(self, datasets: Sequence[tuple[str, str]]) -> None:
        """A menu of ids and what they are called; a sentence where there are none."""
        menu = QMenu(self)
        menu.setObjectName("setDatasetMenu")
        menu.aboutToHide.connect(menu.deleteLater)
        for dataset_id, called in datasets:
            entry = menu.addAction(called.replace("&", "&&"))
            entry.triggered.connect(partial(self.dataset_chosen.emit, dataset_id))
        if not datasets:
            menu.addAction(self.tr("The registry has no dataset")).setEnabled(False)
        menu.popup(self._datasets.mapToGlobal(QPoint(0, self._datasets.height())))

    def _row(self, view: KeptSetView) -> QWidget:
        row = QWidget()
        title, told = ElidedLabel(), ElidedLabel()
        title.setText(view.title)
        told.setText(view.told)
        set_look(told, role="muted")
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(title)
        texts.addWidget(told)
        opening = self._small("setOpenKept", self.tr("Open"))
        opening.setAccessibleName(self.tr("Open {set}").format(set=view.title))
        opening.clicked.connect(partial(self.kept_chosen.emit, view.id))
        deleting = self._small("setDeleteKept", self.tr("Delete"))
        deleting.setAccessibleName(self.tr("Delete {set}").format(set=view.title))
        deleting.clicked.connect(partial(self._ask_to_delete, deleting, view))
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 8, 0, 8)
        line.setSpacing(8)
        line.addLayout(texts, 1)
        line.addWidget(opening)
        line.addWidget(deleting)
        return row

    @Slot()
    def _ask_to_delete(self, button: QPushButton, view: KeptSetView) -> None:
        """Results take hours: once more, in a menu, so that no single click loses them."""
        menu = QMenu(self)
        menu.setObjectName("setDeleteMenu")
        menu.aboutToHide.connect(menu.deleteLater)
        entry = menu.addAction(self.tr("Delete the set with its results"))
        entry.setObjectName("setDeleteForGood")
        entry.triggered.connect(partial(self.delete_requested.emit, view.id))
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))

    @staticmethod
    def _small(name: str, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        set_look(button, look="quiet")
        return button


def _sentence(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    set_look(label, role=role)
    return label
