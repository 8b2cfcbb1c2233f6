"""Keep the system prompt and the parameters under a name."""

from collections.abc import Callable

from PySide6.QtWidgets import QLineEdit, QWidget

from app.ui.dialogs.frame import FormDialog, text_label

_LONGEST_TITLE = 80


class SavePresetDialog(FormDialog):
    """Asks for the name, and says what is saved under it."""

    def __init__(
        self,
        contents: tuple[str, ...],
        note: Callable[[str], str],
        parent: QWidget | None = None,
    ) -> None:
        """`contents` says in lines what is saved; `note` what a name means, such as that it is
        taken."""
        super().__init__(parent)
        self.setObjectName("savePresetDialog")
        self.set_title(self.tr("Save as preset"))
        self.set_action(self.tr("Save"), self.tr("Save the preset"))
        self._note_of = note
        label = text_label(self.tr("Name"), "section")
        self._name = QLineEdit()
        self._name.setObjectName("presetName")
        self._name.setAccessibleName(self.tr("Name of the preset"))
        self._name.setMaxLength(_LONGEST_TITLE)
        self._name.setPlaceholderText(self.tr("Such as: Patient teacher"))
        label.setBuddy(self._name)
        self._note = text_label("", "muted")
        self._note.setObjectName("presetNote")
        self.body.addWidget(label)
        self.body.addWidget(self._name)
        self.body.addWidget(self._note)
        for line in contents:
            self.body.addWidget(text_label(line, "facts"))
        self._name.textChanged.connect(self._name_edited)
        self._name_edited("")
        self._name.setFocus()

    @property
    def title(self) -> str:
        return self._name.text().strip()

    def _name_edited(self, _text: str) -> None:
        self.action.setEnabled(bool(self.title))
        self.show_problem("")
        self._note.setText(self._note_of(self.title))
        self.fit()
