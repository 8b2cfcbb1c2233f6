"""The signature as a tree that folds, as JSON, and in MLflow's own words."""

from typing import Final, Literal

from PySide6.QtCore import QModelIndex, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from app.domain.signature import Signature
from app.ui.item_models.signature_model import SignatureModel
from app.ui.theme import FACTS_PX, fixed_font, notifier, scaled, set_look
from app.ui.widgets.row_layout import RowLayout
from app.ui.widgets.signature_delegate import SignatureDelegate

Form = Literal["tree", "json", "mlflow"]

_MOST_ROWS_TO_MEASURE: Final = 400
"""Signatures beyond this get rows of one height, which Qt need not ask for one by one."""
_TALLEST: Final = 440
"""In unzoomed pixels; beyond it the tree scrolls by itself."""
_INDENT: Final = 14
_TEXT_HEIGHT: Final = 360
_TOLD_MS: Final = 4000


class SignatureTree(QTreeView):
    """As high as its rows, up to a limit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("signatureView")
        self.setAccessibleName(self.tr("Signature"))
        self._model = SignatureModel(self)
        self.setModel(self._model)
        self._delegate = SignatureDelegate(self)
        self.setItemDelegate(self._delegate)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setExpandsOnDoubleClick(True)
        self.setColumnHidden(1, True)
        self.setColumnHidden(2, True)
        self.header().setStretchLastSection(True)
        # The rows' heights depend on the width, and the tree's height on the rows'.
        self._relayout = QTimer(self)
        self._relayout.setSingleShot(True)
        self._relayout.setInterval(0)
        self._relayout.timeout.connect(self._lay_out)
        self.expanded.connect(self._relayout.start)
        self.collapsed.connect(self._relayout.start)
        notifier().changed.connect(self._theme_changed)

    def set_signature(self, signature: Signature) -> None:
        """Show `signature`: its columns visible, their fields folded."""
        self._model.set_signature(signature)
        many = self._model.size() > _MOST_ROWS_TO_MEASURE
        self.setUniformRowHeights(many)
        self._delegate.single_line = many
        self._delegate.type_start = self._widest_name()
        for row in range(self._model.rowCount()):
            self.expand(self._model.index(row, 0))
        self._lay_out()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(scaled(200), min(scaled(_TALLEST), self._rows_height()))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(scaled(80), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._relayout.start()

    @Slot()
    def _theme_changed(self) -> None:
        self._delegate.refresh_fonts()
        self._relayout.start()

    def _lay_out(self) -> None:
        self.setIndentation(scaled(_INDENT))
        self._delegate.type_start = self._widest_name()
        if not self._delegate.single_line:
            self.scheduleDelayedItemsLayout()
            self.executeDelayedItemsLayout()
        self.updateGeometry()

    def _rows_height(self) -> int:
        """Of all visible rows; not of more than fit the limit."""
        height, limit = 2, scaled(_TALLEST)
        index = self._model.index(0, 0)
        while index.isValid() and height < limit:
            height += self.rowHeight(index)
            index = self.indexBelow(index)
        return height

    def _widest_name(self) -> int:
        """Where types start: after the names of the columns, but for the longest ones."""
        widths = sorted(map(self._delegate.name_width, self._first_columns()))
        usual = widths[(len(widths) - 1) * 3 // 4] if widths else 0
        return usual + scaled(_INDENT)

    def _first_columns(self) -> list[QModelIndex]:
        """A few columns of each section, for measuring."""
        model = self._model
        found: list[QModelIndex] = []
        for at in range(model.rowCount()):
            section = model.index(at, 0)
            found += [
                model.index(row, 0, section) for row in range(min(50, model.rowCount(section)))
            ]
        return found


class SignatureView(QWidget):
    """The section of the inspector, with its heading.

    Signals:
        copy_call_requested: the user wants Python that makes the call.
    """

    copy_call_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts: dict[Form, str] = {"json": "", "mlflow": ""}
        title = QLabel(self.tr("Signature"))
        set_look(title, role="section")
        self.json_button = self._form_button("JSON", self.tr("The signature as MLflow's JSON"))
        self.mlflow_button = self._form_button(
            self.tr("Text"), self.tr("The signature in MLflow's own text form")
        )
        self.json_button.setObjectName("signatureJsonButton")
        self.mlflow_button.setObjectName("signatureTextButton")
        self._forms = QButtonGroup(self)
        self._forms.setExclusive(False)
        self._forms.addButton(self.json_button)
        self._forms.addButton(self.mlflow_button)
        self._forms.buttonClicked.connect(self._form_clicked)
        self.copy_call_button = QPushButton(self.tr("Copy call"))
        self.copy_call_button.setObjectName("copyCallButton")
        self.copy_call_button.setToolTip(
            self.tr("Copy Python that, run by itself, gives the same greedy answer")
        )
        self.copy_call_button.setAccessibleName(self.tr("Copy the call as Python"))
        set_look(self.copy_call_button, look="quiet")
        self.copy_call_button.clicked.connect(self.copy_call_requested)

        self.tree = SignatureTree()
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setObjectName("signatureText")
        self._text.setAccessibleName(self.tr("Signature as text"))
        self._text.setTabChangesFocus(True)
        self._text.setCornerWidget(QWidget())
        self._nothing = QLabel()
        self._nothing.setTextFormat(Qt.TextFormat.PlainText)
        self._nothing.setWordWrap(True)
        set_look(self._nothing, role="muted")
        self._told = QLabel()
        self._told.setObjectName("copyCallResult")
        self._told.setTextFormat(Qt.TextFormat.PlainText)
        self._told.setWordWrap(True)
        self._told.hide()
        self._told_long_enough = QTimer(self)
        self._told_long_enough.setSingleShot(True)
        self._told_long_enough.setInterval(_TOLD_MS)
        self._told_long_enough.timeout.connect(self._told.hide)

        row = RowLayout(spacing=0)
        row.add_leading(title)
        row.add_trailing(self.json_button, self.mlflow_button, self.copy_call_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self._told)
        # Not a stack: that is as high as its highest page, shown or not.
        for page in (self.tree, self._text, self._nothing):
            column.addWidget(page)
        notifier().changed.connect(self._dress)
        self._dress()
        self.show_nothing("")

    def show_signature(self, signature: Signature, json_text: str, mlflow_text: str | None) -> None:
        """Show the signature in the form that is chosen."""
        self._texts = {"json": json_text, "mlflow": mlflow_text or ""}
        self.json_button.setEnabled(bool(json_text))
        self.mlflow_button.setEnabled(bool(mlflow_text))
        self.copy_call_button.setEnabled(True)
        self.tree.set_signature(signature)
        if signature.is_empty:
            self._nothing.setText(self.tr("This model was logged without a signature."))
        self._show_form()

    def show_nothing(self, reason: str) -> None:
        """There is no signature to show; `reason` says why, in a sentence."""
        self.show_signature(Signature(), "", None)
        self.copy_call_button.setEnabled(False)
        self._nothing.setText(reason)

    def show_copied(self, text: str, *, is_copied: bool) -> None:
        """Say for a moment what became of "Copy call"."""
        self._told.setText(text)
        set_look(self._told, role="muted" if is_copied else "error")
        self._told.show()
        self._told_long_enough.start()

    @property
    def form(self) -> Form:
        """Which of the three is shown."""
        if self.json_button.isChecked() and self.json_button.isEnabled():
            return "json"
        if self.mlflow_button.isChecked() and self.mlflow_button.isEnabled():
            return "mlflow"
        return "tree"

    def _form_clicked(self, clicked: QPushButton) -> None:
        for button in (self.json_button, self.mlflow_button):
            if button is not clicked:
                button.setChecked(False)
        self._show_form()

    def _show_form(self) -> None:
        form = self.form
        if form == "tree":
            has_rows = self.tree.model().rowCount() > 0
            self._show_page(self.tree if has_rows else self._nothing)
            return
        if self._text.toPlainText() != self._texts[form]:
            self._text.setPlainText(self._texts[form])
        wraps = form == "mlflow"
        self._text.setLineWrapMode(
            QPlainTextEdit.LineWrapMode.WidgetWidth if wraps else QPlainTextEdit.LineWrapMode.NoWrap
        )
        self._show_page(self._text)

    def _show_page(self, page: QWidget) -> None:
        for one in (self.tree, self._text, self._nothing):
            one.setVisible(one is page)

    def _form_button(self, text: str, description: str) -> QPushButton:
        button = QPushButton(text)
        button.setCheckable(True)
        button.setToolTip(description)
        button.setAccessibleName(description)
        set_look(button, look="quiet")
        return button

    @Slot()
    def _dress(self) -> None:
        self._text.setFont(fixed_font(FACTS_PX))
        self._text.setMinimumHeight(scaled(_TEXT_HEIGHT))
