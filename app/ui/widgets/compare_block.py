"""One turn of one side: what the model read, what it answered, and the contract of that."""

from PySide6.QtCore import QEvent, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app.domain.special_tokens import Span
from app.ui import theme
from app.ui.theme import set_look
from app.ui.widgets.activity import Activity
from app.ui.widgets.band import Band
from app.ui.widgets.compare_views import ContractView, SideView
from app.ui.widgets.fact_row import FactRow
from app.ui.widgets.hairline import Hairline
from app.ui.widgets.marked_text import Mark, MarkedText, show_marks
from app.ui.widgets.signature_view import SignatureTree
from app.ui.widgets.text_view import TextView


class CompareBlock(QWidget):
    """Shows a `SideView` in parts that stand at equal heights on both sides.

    Signals: ``log_requested()``, ``reload_requested()``, ``link_requested(QUrl)``;
    ``height_changed()``, of one of `parts`.
    """

    log_requested = Signal()
    reload_requested = Signal()
    link_requested = Signal(QUrl)
    height_changed = Signal()

    def __init__(self, mark: Mark, parent: QWidget | None = None) -> None:
        """`mark` tints what differs here."""
        super().__init__(parent)
        self.setObjectName("compareBlock")
        self._mark = mark
        self._view: SideView | None = None
        self._answer_marks: tuple[Span, ...] = ()
        self._contract: _ContractPart | None = None
        self._answer_tokens: MarkedText | None = None
        self._band: Band | None = None
        self._question = _label("facts")
        self._prompt = MarkedText("compareRead", self.tr("What the model read"), mark=mark)
        self._prompt_note = _label("muted")
        self._answer = TextView(self.tr("Answer"))
        self._answer.setObjectName("compareAnswer")
        self._answer.link_requested.connect(self.link_requested)
        self._note = _label("muted")
        self._activity = Activity()
        # One Stop stands below both cards.
        self._activity.tab_stops()[0].hide()
        self._parts: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)
        self._line = Hairline()
        self._column.addWidget(self._line)
        self._part(self._question)
        self._part(self._section(self.tr("What the model read")), self._prompt, self._prompt_note)
        self._answer_column = self._part(
            self._section(self.tr("Answer")), self._answer, self._note, self._activity
        )
        theme.notifier().changed.connect(self._dress)

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """Top to bottom; those of both sides are alike."""
        return tuple(self._parts)

    @property
    def view(self) -> SideView | None:
        return self._view

    def set_first(self, is_first: bool) -> None:
        """A line stands above all blocks but the first."""
        self._line.setVisible(not is_first)

    def tab_stops(self) -> tuple[QWidget, ...]:
        """What the Tab key comes to, in order, whether it is shown or not."""
        tokens = () if self._answer_tokens is None else (self._answer_tokens,)
        band = () if self._band is None else self._band.tab_stops()
        contract = () if self._contract is None else self._contract.tab_stops()
        return (self._prompt, *self._answer.tab_stops(), *tokens, *band, *contract)

    def answer_text(self) -> str:
        """As it is shown, which `show_answer_marks` counts in."""
        self._answer.show_all()
        return str(self._answer.document().toRawText())

    def show_view(self, view: SideView) -> None:
        """Show a later state of the same turn."""
        if view is self._view:
            return
        self._view = view
        self.setAccessibleName(view.label)
        self._question.setText(view.question)
        self._parts[0].setVisible(bool(view.question))
        self._show_prompt(view)
        self._show_answer(view)
        self._show_contract(view.contract)

    def show_answer_marks(self, spans: tuple[Span, ...]) -> None:
        """Tint what the other side's answer has not."""
        if spans != self._answer_marks:
            self._answer_marks = spans
            self._dress()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.height_changed.emit()
        return super().event(event)

    # -- parts

    def _show_prompt(self, view: SideView) -> None:
        told = self.tr("What {model} read").format(model=view.label)
        self._prompt.setAccessibleName(told)
        if view.prompt_tokens is not None:
            self._prompt.show_tokens(view.prompt_tokens)
        else:
            self._prompt.show_exact(view.prompt or "", view.special, view.prompt_marks)
        self._prompt.setVisible(view.prompt is not None)
        self._prompt_note.setText(view.prompt_note)
        self._prompt_note.setVisible(view.prompt is None)

    def _show_answer(self, view: SideView) -> None:
        self._answer.setAccessibleName(self.tr("Answer of {model}").format(model=view.label))
        self._answer.show_markdown(view.answer, is_whole=not view.is_live)
        shows_tokens = view.answer_tokens is not None
        if view.answer_tokens is not None:
            if self._answer_tokens is None:
                self._answer_tokens = MarkedText(
                    "compareAnswerTokens", self.tr("Answer as tokens"), mark=self._mark,
                    coloured=False, most_lines=24,
                )  # fmt: skip
                self._put_after(self._answer, self._answer_tokens)
            self._answer_tokens.show_tokens(view.answer_tokens)
        if self._answer_tokens is not None:
            self._answer_tokens.setVisible(shows_tokens)
        self._answer.setVisible(bool(view.answer) and not shows_tokens)
        self._note.setText(view.note)
        self._note.setVisible(bool(view.note))
        self._activity.show_view(view.activity)
        if view.band is not None and self._band is None:
            self._band = Band()
            self._band.log_requested.connect(self.log_requested)
            self._band.reload_requested.connect(self.reload_requested)
            self._put_after(self._note, self._band)
        if self._band is not None:
            if view.band is not None:
                self._band.show_view(view.band)
            self._band.setVisible(view.band is not None)

    def _show_contract(self, view: ContractView | None) -> None:
        if view is not None and self._contract is None:
            self._contract = _ContractPart()
            self._part(self._section(self.tr("Contract")), self._contract)
        if self._contract is not None:
            if view is not None:
                self._contract.show_view(view)
            self._parts[-1].setVisible(view is not None)

    def _part(self, *widgets: QWidget) -> QVBoxLayout:
        part = QWidget(self)
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for widget in widgets:
            column.addWidget(widget)
        column.addStretch(1)
        self._parts.append(part)
        self._column.addWidget(part)
        return column

    def _put_after(self, before: QWidget, widget: QWidget) -> None:
        column = self._answer_column
        column.insertWidget(column.indexOf(before) + 1, widget)

    @staticmethod
    def _section(text: str) -> QLabel:
        label = QLabel(text)
        set_look(label, role="section")
        return label

    @Slot()
    def _dress(self) -> None:
        show_marks(self._answer, self._answer_marks, self._mark, self.answer_text())


class _ContractPart(QWidget):
    """The signature, what was sent, and what came back, as MLflow has them."""

    def __init__(self) -> None:
        super().__init__()
        self._note = _label("muted")
        self._signature_note = _label("muted")
        self._signature_note.setText(self.tr("This model was logged without a signature."))
        self._tree = SignatureTree()
        # That name is the inspector's.
        self._tree.setObjectName("compareSignature")
        self._sent = _Json("compareSent", self.tr("Sent to predict"))
        self._returned = _Json("compareReturned", self.tr("Returned by predict"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self._signature_note, self._tree, self._sent, self._returned, self._note):
            column.addWidget(widget)

    def tab_stops(self) -> tuple[QWidget, ...]:
        return (self._tree, *self._sent.tab_stops(), *self._returned.tab_stops())

    def show_view(self, view: ContractView) -> None:
        has_signature = view.signature is not None and not view.signature.is_empty
        if view.signature is not None and has_signature:
            self._tree.set_signature(view.signature)
        self._tree.setVisible(has_signature)
        self._signature_note.setVisible(not has_signature)
        self._sent.show_text(view.payload)
        self._returned.show_text(view.returned)
        self._note.setText(view.note)
        self._note.setVisible(bool(view.note))


class _Json(QWidget):
    """A heading, a copy button, and the text."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        heading = QLabel(title)
        set_look(heading, role="muted")
        self._copy = QPushButton(self.tr("Copy"))
        self._copy.setObjectName(f"{name}Copy")
        self._copy.setAccessibleName(self.tr("Copy: {what}").format(what=title))
        set_look(self._copy, look="quiet")
        self._copy.clicked.connect(self._copy_text)
        self._text = MarkedText(name, title, most_lines=14, coloured=False)
        self._text.setWordWrapMode(self._text.wordWrapMode().WrapAtWordBoundaryOrAnywhere)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        row = FactRow(spacing=8)
        row.addWidget(heading)
        row.addWidget(self._copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self._text)

    def tab_stops(self) -> tuple[QWidget, ...]:
        return (self._copy, self._text)

    def show_text(self, text: str) -> None:
        self._text.show_exact(text, (), ())
        self.setVisible(bool(text))

    @Slot()
    def _copy_text(self) -> None:
        QGuiApplication.clipboard().setText(self._text.text())


def _label(role: str) -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setMinimumWidth(1)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    set_look(label, role=role)
    return label
