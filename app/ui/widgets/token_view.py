"""The prompt as the tokens that the model reads."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QStackedLayout, QVBoxLayout, QWidget

from app.domain.quantities import number
from app.domain.special_tokens import Span
from app.ui.item_models.token_model import TokenRole
from app.ui.theme import scaled, set_look
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.token_flow import TokenFlow
from wrappers.contract import Token


class TokenView(QWidget):
    """The tokens with their number, or a sentence that says why there are none.

    Signals: ``span_chosen(int, int)``, where in the text the chosen token begins and ends, in
    UTF-16 units.
    """

    span_chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tokenView")
        self._line = ElidedLabel()
        self._line.setObjectName("tokenLine")
        set_look(self._line, role="muted")
        self.flow = TokenFlow()
        self.flow.token_chosen.connect(self._chosen)
        self._sentence = QLabel()
        self._sentence.setObjectName("tokenSentence")
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setWordWrap(True)
        self._sentence.setMinimumWidth(1)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        set_look(self._sentence, role="muted")
        there = QWidget()
        column = QVBoxLayout(there)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(4)
        column.addWidget(self._line)
        column.addWidget(self.flow, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._sentence)
        self._stack.addWidget(there)
        self._is_stale = False

    def show_tokens(self, tokens: Sequence[Token], spans: Sequence[Span | None]) -> None:
        """`spans` say where in the text each stands, in UTF-16 units."""
        self.flow.tokens.set_tokens(tokens, spans)
        self._is_stale = False
        self._tell(None)
        self._stack.setCurrentIndex(1)

    def show_sentence(self, text: str) -> None:
        """Why there are no tokens to be shown."""
        self.flow.tokens.set_tokens((), ())
        self._sentence.setText(text)
        self._sentence.setAccessibleName(text)
        self._stack.setCurrentIndex(0)

    def set_stale(self) -> None:
        """The text is another one than that of the tokens; theirs are on the way."""
        self._is_stale = True

    def show_position(self, position: int) -> None:
        """The cursor stands there in the text."""
        if self._is_stale:
            return
        self.flow.show_position(position)
        row = self.flow.tokens.row_at(position)
        self._tell(row)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(scaled(160), scaled(72))

    def _tell(self, row: int | None) -> None:
        model = self.flow.tokens
        count, special = len(model.tokens), model.special_count
        facts = [self.tr("1 token") if count == 1 else self.tr("%s tokens") % number(count)]
        if special:
            facts.append(self.tr("%s special") % number(special))
        if row is not None:
            index = model.index(row, 0)
            facts.append(
                self.tr("token {number}: {text}, id {id}").format(
                    number=number(row + 1), text=index.data(), id=index.data(TokenRole.ID)
                )
            )
        self._line.setText(" · ".join(facts))
        self._line.setAccessibleName(self._line.text())

    @Slot(int)
    def _chosen(self, row: int) -> None:
        self._tell(row)
        index = self.flow.tokens.index(row, 0)
        start, end = index.data(TokenRole.START), index.data(TokenRole.END)
        if start is not None and end is not None and not self._is_stale:
            self.span_chosen.emit(start, end)
