"""Questions before something is done that cannot be taken back. Cancel is the answer that Enter
and Esc give."""

from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.domain.memory import MemoryForecast
from app.domain.plain_text import one_line
from app.domain.quantities import size_text
from app.ui.dialogs.frame import DialogFrame, Role, text_label
from app.ui.dialogs.values import MemoryAnswer
from app.ui.theme import fixed_font, scaled, set_look
from wrappers.contract import ModelCard

_MAX_FACT, _LONG_FACT = 300, 48
_MOST_FACTS = 100
"""Lines of one kind; a stranger's model may come with any number of files."""


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
                ).format(
                    name=_breakable(one_line(version.name, 120)),
                    version=one_line(version.version, 40),
                )
            )
        )
        self._fact(self.tr("Loader"), (trust.loader,) if trust.loader else ())
        self._fact(self.tr("Code and pickles"), trust.files)
        self._fact(self.tr("Packages it asks for"), trust.requirements)
        self._section(self.tr("Registered by, as the registry says"))
        by = one_line(trust.registered_by or "", 120) or self.tr("not known")
        self.body.addWidget(text_label(_breakable(by)))
        self._fact(self.tr("From"), tuple(filter(None, (trust.source, trust.registry))))
        kept = text_label(
            self.tr(
                "Your answer is kept for this version as it is now (content {content}). You are "
                "asked again when anything of it that can run changes."
            ).format(content=trust.fingerprint[:12] or "–"),
            "muted",
        )
        self.body.addWidget(kept)
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
        shown = [one_line(line, _MAX_FACT) for line in lines[:_MOST_FACTS]]
        if len(lines) > _MOST_FACTS:
            shown.append(self.tr("and {count} more").format(count=len(lines) - _MOST_FACTS))
        if len(lines) <= 4 and sum(map(len, shown)) <= _MAX_FACT:
            label = text_label("\n".join(map(_breakable, shown)))
            label.setFont(fixed_font())
            self.body.addWidget(label)
            return
        # A label lays out all of its text several times.
        area = QPlainTextEdit("\n".join(shown))
        area.setReadOnly(True)
        area.setTabChangesFocus(True)
        area.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
        area.setFont(fixed_font())
        area.setFixedHeight(scaled(80))
        area.setAccessibleName(title)
        area.setObjectName("trustFact")
        self.body.addWidget(area)


def _breakable(text: str) -> str:
    """A path has no spaces to break at, and would make the dialog as wide as it is long."""
    return "\u200b".join(text) if len(text) > _LONG_FACT else text


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
                    model=one_line(forecast.model, 120),
                    needed=size_text(forecast.needed_bytes),
                    available=size_text(forecast.available_bytes),
                )
            )
        )
        if others:
            self.body.addWidget(
                text_label(
                    self.tr("Loaded now: {models}.").format(models=one_line(", ".join(others), 400))
                )
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
