"""The right column: signature, parameters, context, run."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.ui.theme import scaled, set_look
from app.ui.widgets.context_meter import ContextMeter
from app.ui.widgets.facts_view import FactsView
from app.ui.widgets.hairline import Hairline
from app.ui.widgets.parameter_form import ParameterForm
from app.ui.widgets.row_layout import RowLayout
from app.ui.widgets.signature_view import SignatureView

MARGIN = 14
MIN_WIDTH = 252
"""Pixels at 100 % text; more where a row needs it."""


class Inspector(QFrame):
    """Composes the column; it scrolls as a whole.

    Signals:
        copy_call_requested: the user wants Python that makes the call.
        parameters_changed: the form's values, or the switch, are others now.
    """

    copy_call_requested = Signal()
    parameters_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector")
        set_look(self, role="side")
        self._least_content = -1
        """Width of what is scrolled, at least, as it was laid out last."""
        self.signature = SignatureView()
        self.form = ParameterForm()
        self.context = ContextMeter()
        self.facts = FactsView()
        self.predict_switch = QCheckBox(self.tr("Through MLflow's predict"))
        self.predict_switch.setObjectName("predictSwitch")
        self.predict_switch.setAccessibleName(self.predict_switch.text())
        self.predict_switch.setToolTip(
            self.tr(
                "Ask the logged wrapper's own predict. The whole answer comes at once; greedy, it "
                "is the same."
            )
        )
        self._no_knobs = QLabel()
        self._no_knobs.setObjectName("noKnobs")
        self._no_knobs.setWordWrap(True)
        set_look(self._no_knobs, role="muted")
        self.reset_button = QPushButton(self.tr("Reset"))
        self.reset_button.setObjectName("resetButton")
        self.reset_button.setAccessibleName(self.tr("Reset the parameters"))
        self.reset_button.setToolTip(self.tr("Leave every parameter to the model"))
        set_look(self.reset_button, look="quiet")

        self._lay_out()
        self.form.follow_in_tab_order(self.reset_button)
        self.signature.copy_call_requested.connect(self.copy_call_requested)
        self.form.values_changed.connect(self._form_changed)
        self.reset_button.clicked.connect(self.form.reset)
        self.predict_switch.toggled.connect(self.parameters_changed)

    def show_parameters(self, *, reason: str = "", through_predict: bool) -> None:
        """`reason` is told in place of the form's fields where it has none; `through_predict` says
        whether the model can be asked so."""
        self._no_knobs.setText(reason)
        self._no_knobs.setVisible(bool(reason))
        self.form.setVisible(not reason)
        self.predict_switch.setEnabled(through_predict)
        if not through_predict:
            self.predict_switch.setChecked(False)
        self._enable_reset()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Wide enough for every row beside the scroll bar: nothing is cut off in it."""
        bar = self._scroll.verticalScrollBar().sizeHint().width()
        least = self._content.minimumSizeHint().width() + bar
        return QSize(max(scaled(MIN_WIDTH), least), super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if watched is self._content and event.type() == QEvent.Type.LayoutRequest:
            least = self._content.minimumSizeHint().width()
            if least != self._least_content:
                self._least_content = least
                self.updateGeometry()  # lays out all of the window
        return super().eventFilter(watched, event)

    def _form_changed(self) -> None:
        self._enable_reset()
        self.parameters_changed.emit()

    def _enable_reset(self) -> None:
        self.reset_button.setEnabled(bool(self.form.values()) or self.form.has_errors)

    def _lay_out(self) -> None:
        parameters_title = QLabel(self.tr("Parameters"))
        set_look(parameters_title, role="section")
        head = RowLayout()
        head.add_leading(parameters_title)
        head.add_trailing(self.reset_button)

        self._content = content = QWidget()
        content.installEventFilter(self)
        column = QVBoxLayout(content)
        column.setContentsMargins(MARGIN, 10, MARGIN, 14)
        column.setSpacing(8)
        column.addWidget(self.signature)
        column.addWidget(Hairline())
        column.addLayout(head)
        column.addWidget(self._no_knobs)
        column.addWidget(self.form)
        column.addWidget(self.predict_switch)
        column.addWidget(Hairline())
        column.addWidget(self.context)
        column.addWidget(Hairline())
        column.addWidget(self.facts)
        column.addStretch(1)

        self._scroll = scroll = QScrollArea()
        scroll.setObjectName("inspectorScroll")
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
