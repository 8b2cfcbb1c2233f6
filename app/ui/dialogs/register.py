"""Register a model."""

import re

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)

from app.ui.dialogs.frame import FormDialog
from app.ui.dialogs.values import Registration, WrapperName
from app.ui.theme import set_look

_NOT_IN_NAMES = re.compile(r"[/:]")
_SOFTENED = re.compile(r"[^a-z0-9._]+")


def proposed_name(source: str) -> str:
    """The last part of a folder or hub name, in small letters: ``phi-3-mini-4k-instruct``."""
    parts = [part for part in re.split(r"[/\\]", source.strip()) if part]
    return _SOFTENED.sub("-", parts[-1].lower()).strip("-") if parts else ""


class RegisterDialog(FormDialog):
    """Folder or hub name, which wrapper, and a name.

    Signals:
        source_changed(str): a folder or a name was typed or chosen.
    """

    source_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("registerDialog")
        self.set_title(self.tr("Register a model"))
        self.set_action(self.tr("Register"), self.tr("Register the model"))
        self._name_is_own = False

        self._source = QLineEdit()
        self._source.setObjectName("registerSource")
        self._source.setPlaceholderText(self.tr("Folder, or a name such as microsoft/Phi-3-mini"))
        browse = QPushButton(self.tr("Browse…"))
        browse.setObjectName("browseButton")
        browse.setAccessibleName(self.tr("Browse for the model's folder"))
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._source, 1)
        row.addWidget(browse)

        self._transformers = QRadioButton(self.tr("Transformers: messages in, answer out"))
        self._transformers.setObjectName("registerTransformers")
        self._onnx = QRadioButton(self.tr("ONNX Runtime GenAI: one prompt in, its completion out"))
        self._onnx.setObjectName("registerOnnx")
        self._transformers.setChecked(True)
        self._wrapper = QButtonGroup(self)
        self._wrapper.addButton(self._transformers)
        self._wrapper.addButton(self._onnx)

        self._name = QLineEdit()
        self._name.setObjectName("registerName")

        self.body.addWidget(_field_label(self.tr("Folder or hub name"), self._source))
        self.body.addLayout(row)
        self.body.addWidget(_field_label(self.tr("Wrapper"), None))
        self.body.addWidget(self._transformers)
        self.body.addWidget(self._onnx)
        self.body.addWidget(_field_label(self.tr("Name in the registry"), self._name))
        self.body.addWidget(self._name)

        self._source.textChanged.connect(self._source_edited)
        self._name.textEdited.connect(self._name_edited)
        self._name.textChanged.connect(self._look_at_input)
        self._wrapper.buttonClicked.connect(lambda _: self.show_problem(""))
        self._look_at_input()
        self._source.setFocus()

    @property
    def registration(self) -> Registration:
        return Registration(
            wrapper="onnx" if self._onnx.isChecked() else "transformers",
            source=self._source.text().strip(),
            name=self._name.text().strip(),
        )

    def propose_wrapper(self, wrapper: WrapperName) -> None:
        """What the folder looks like; the user may say otherwise."""
        (self._onnx if wrapper == "onnx" else self._transformers).setChecked(True)

    def _browse(self) -> None:
        chooser = QFileDialog(self, self.tr("The model's folder"), self._source.text())
        chooser.setFileMode(QFileDialog.FileMode.Directory)
        chooser.setOption(QFileDialog.Option.ShowDirsOnly)
        chooser.fileSelected.connect(self._source.setText)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def _source_edited(self, source: str) -> None:
        if not self._name_is_own:
            self._name.setText(proposed_name(source))
        self._look_at_input()
        self.source_changed.emit(source.strip())

    def _name_edited(self, name: str) -> None:
        # An emptied name is proposed again.
        self._name_is_own = bool(name.strip())

    def _look_at_input(self) -> None:
        """What can be told at once; the service tells the rest when it is asked to."""
        wanted = self.registration
        if _NOT_IN_NAMES.search(wanted.name):
            self.show_problem(
                self.tr("A model's name can hold neither “/” nor “:”."),
                self.tr("Use a dash instead."),
            )
            self.action.setEnabled(False)
            return
        self.show_problem("")
        self.action.setEnabled(bool(wanted.source and wanted.name))


def _field_label(text: str, buddy: QWidget | None) -> QLabel:
    label = QLabel(text)
    set_look(label, role="section")
    if buddy is not None:
        label.setBuddy(buddy)
        buddy.setAccessibleName(text)
    return label
