"""Open a registry."""

from pathlib import Path

from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)

from app.ui.dialogs.frame import FormDialog
from app.ui.dialogs.values import RegistryChoice


class OpenRegistryDialog(FormDialog):
    """Parley's own registry, a database file on this computer, or a tracking server."""

    def __init__(self, current: RegistryChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("openRegistryDialog")
        self.set_title(self.tr("Open a registry"))
        self.set_action(self.tr("Open"), self.tr("Open the registry"))

        self._own = QRadioButton(self.tr("Parley's own, on this computer"))
        self._own.setObjectName("ownRegistry")
        self._database = QRadioButton(self.tr("A database file on this computer"))
        self._database.setObjectName("databaseRegistry")
        self._server = QRadioButton(self.tr("A tracking server"))
        self._server.setObjectName("serverRegistry")
        self._radios = (self._own, self._database, self._server)
        self._file = QLineEdit()
        self._file.setObjectName("registryFile")
        self._file.setAccessibleName(self.tr("Database file"))
        self._file.setPlaceholderText("mlflow.db")
        self._browse = QPushButton(self.tr("Browse…"))
        self._browse.setAccessibleName(self.tr("Browse for the database file"))
        self._browse.setAutoDefault(False)
        self._browse.clicked.connect(self._choose_file)
        self._address = QLineEdit()
        self._address.setObjectName("registryAddress")
        self._address.setAccessibleName(self.tr("Address of the tracking server"))
        self._address.setPlaceholderText("http://localhost:5000")

        file_row = QHBoxLayout()
        file_row.setContentsMargins(24, 0, 0, 0)
        file_row.setSpacing(8)
        file_row.addWidget(self._file, 1)
        file_row.addWidget(self._browse)
        address_row = QHBoxLayout()
        address_row.setContentsMargins(24, 0, 0, 0)
        address_row.addWidget(self._address)
        self.body.addWidget(self._own)
        self.body.addWidget(self._database)
        self.body.addLayout(file_row)
        self.body.addWidget(self._server)
        self.body.addLayout(address_row)

        self._show(current)
        for radio in self._radios:
            radio.toggled.connect(self._look_at_input)
        for field in (self._file, self._address):
            field.textChanged.connect(self._look_at_input)
        self._look_at_input()

    @property
    def choice(self) -> RegistryChoice:
        if self._own.isChecked():
            return RegistryChoice(None)
        if self._server.isChecked():
            return RegistryChoice(self._address.text().strip())
        file = self._file.text().strip()
        return RegistryChoice(file if "://" in file else database_uri(file))

    def _show(self, current: RegistryChoice) -> None:
        uri = current.tracking_uri
        if uri is None:
            self._own.setChecked(True)
        elif uri.startswith(("http://", "https://")):
            self._server.setChecked(True)
            self._address.setText(uri)
        else:
            self._database.setChecked(True)
            self._file.setText(uri.removeprefix("sqlite:///"))
        # Else the main button has it, and the arrow keys go from there to Cancel.
        next(one for one in self._radios if one.isChecked()).setFocus()

    def _choose_file(self) -> None:
        self._database.setChecked(True)
        chooser = QFileDialog(self, self.tr("The registry's database"), self._file.text())
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.setNameFilters(
            [self.tr("Databases (*.db *.sqlite *.sqlite3)"), self.tr("All files (*)")]
        )
        chooser.fileSelected.connect(self._file.setText)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def _look_at_input(self) -> None:
        self._file.setEnabled(self._database.isChecked())
        self._browse.setEnabled(self._database.isChecked())
        self._address.setEnabled(self._server.isChecked())
        self.show_problem("")
        address = self._address.text().strip()
        if self._server.isChecked():
            ready = address.startswith(("http://", "https://")) and len(address) > len("https://")
        else:
            ready = self._own.isChecked() or bool(self._file.text().strip())
        self.action.setEnabled(ready)


def database_uri(file: str) -> str:
    """The tracking URI of a database file."""
    return "sqlite:///" + Path(file).expanduser().absolute().as_posix() if file else ""
