"""Questions before something is done that cannot be taken back. Cancel is the answer that Enter
and Esc give."""

from enum import StrEnum

from PySide6.QtWidgets import QScrollArea, QWidget

from app.domain.memory import MemoryForecast
from app.domain.quantities import size_text
from app.ui.dialogs.frame import DialogFrame, Role, text_label
from app.ui.theme import fixed_font, scaled, set_look
from wrappers.contract import ModelCard


class TrustDialog(DialogFrame):
    """What loading a model would run."""

    def __init__(self, card: ModelCard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trustDialog")
        self.set_title(self.tr("Run the code that comes with this model?"))
        version, trust = card.version, card.trust
        self.body.addWidget(
            text_label(
                self.tr(
                    "Loading {name} version {version} runs code that was logged with it, with "
                    "your rights. Go on only if you know who made it."
                ).format(name=version.name, version=version.version)
            )
        )
        self._fact(self.tr("Loader"), (trust.loader,) if trust.loader else ())
        self._fact(self.tr("Code and pickles"), trust.files)
        self._fact(self.tr("Packages it asks for"), trust.requirements)
        registered_by = trust.registered_by or self.tr("not known")
        self._section(self.tr("Registered by"))
        self.body.addWidget(text_label(registered_by))
        self.body.addWidget(
            text_label(self.tr("Your answer is kept for this version alone."), "muted")
        )
        allow = self.add_button(
            self.tr("Run it"),
            Role.ActionRole,
            "trustButton",
            spoken=self.tr("Run the model's code and load it"),
        )
        allow.clicked.connect(self.accept)
        cancel = self.add_cancel()
        cancel.setDefault(True)
        cancel.setFocus()

    def _section(self, title: str) -> None:
        self.body.addWidget(text_label(title, "section"))

    def _fact(self, title: str, lines: tuple[str, ...]) -> None:
        if not lines:
            return
        self._section(title)
        label = text_label("\n".join(lines))
        label.setFont(fixed_font())
        if len(lines) <= 4:
            self.body.addWidget(label)
            return
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFixedHeight(scaled(80))
        area.setWidget(label)
        area.setAccessibleName(title)
        self.body.addWidget(area)


class MemoryAnswer(StrEnum):
    """What to do about a model that may not fit."""

    CANCEL = "cancel"
    LOAD_ANYWAY = "load_anyway"
    UNLOAD_OTHERS = "unload_others"


class MemoryDialog(DialogFrame):
    """A forecast against what is free. `others` are the models that are loaded now."""

    def __init__(
        self, forecast: MemoryForecast, others: tuple[str, ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("memoryDialog")
        self.answer = MemoryAnswer.CANCEL
        self.set_title(self.tr("This model may not fit into memory"))
        self.body.addWidget(
            text_label(
                self.tr(
                    "{model} will need about {needed}; {available} are free. Past that, the "
                    "computer slows down, or ends the model's process."
                ).format(
                    model=forecast.model,
                    needed=size_text(forecast.needed_bytes),
                    available=size_text(forecast.available_bytes),
                )
            )
        )
        if others:
            self.body.addWidget(
                text_label(self.tr("Loaded now: {models}.").format(models=", ".join(others)))
            )
            unload = self.add_button(
                self.tr("Unload them first"), Role.ActionRole, "unloadOthersButton"
            )
            set_look(unload, look="primary")
            unload.clicked.connect(lambda: self._answer_with(MemoryAnswer.UNLOAD_OTHERS))
        anyway = self.add_button(self.tr("Load anyway"), Role.ActionRole, "loadAnywayButton")
        anyway.clicked.connect(lambda: self._answer_with(MemoryAnswer.LOAD_ANYWAY))
        cancel = self.add_cancel()
        cancel.setDefault(True)
        cancel.setFocus()

    def _answer_with(self, answer: MemoryAnswer) -> None:
        self.answer = answer
        self.accept()


class LinkDialog(DialogFrame):
    """A link in an answer: models invent addresses, so the whole of it is shown first.

    `url` is what will be opened, encoded so that no letter can pass for another.
    """

    def __init__(self, url: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("linkDialog")
        self.set_title(self.tr("Open this link?"))
        self.body.addWidget(text_label(self.tr("The model wrote it. It opens in your browser.")))
        # An address has no spaces to break at.
        address = text_label("\u200b".join(url))
        address.setAccessibleName(url)
        address.setFont(fixed_font())
        self.body.addWidget(address)
        follow = self.add_button(self.tr("Open it"), Role.ActionRole, "openLinkButton")
        follow.clicked.connect(self.accept)
        cancel = self.add_cancel()
        cancel.setDefault(True)
        cancel.setFocus()
