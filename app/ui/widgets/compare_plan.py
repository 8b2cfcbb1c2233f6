"""How both are asked: order, repeats, and the parameters of each side."""

from collections.abc import Mapping
from typing import Any, Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.domain.comparison.record import Plan
from app.domain.parameters import Knob, KnobValue
from app.ui.theme import notifier, scaled, set_look
from app.ui.widgets.parameter_form import ParameterForm
from app.ui.widgets.row_layout import RowLayout

MOST_REPEATS: Final = 50
_HIGHEST_PX: Final = 320


class _Count(QSpinBox):
    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Scrolling past it changes nothing."""
        event.ignore()


class ComparePlan(QScrollArea):
    """As high as what is in it, within a limit.

    Signals: ``plan_changed()``, ``parameters_changed()``.
    """

    plan_changed = Signal()
    parameters_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("comparePlanPanel")
        self.setAccessibleName(self.tr("How both are asked"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._is_told = False
        self._in_turn = QRadioButton(self.tr("One after the other"))
        self._in_turn.setObjectName("compareInTurn")
        self._parallel = QRadioButton(self.tr("In parallel: they share the machine"))
        self._parallel.setObjectName("compareParallel")
        self._parallel.setToolTip(
            self.tr("What is measured then is neither model's own speed, and is labelled so")
        )
        self._repeats_label = QLabel(self.tr("Repeats"))
        self._repeats_label.setTextFormat(Qt.TextFormat.PlainText)
        self._repeats = _Count()
        self._repeats.setObjectName("compareRepeats")
        self._repeats.setAccessibleName(self.tr("Repeats that are measured"))
        self._repeats.setRange(1, MOST_REPEATS)
        self._repeats_label.setBuddy(self._repeats)
        self._warm_up = QCheckBox(self.tr("A warm-up before, which is not measured"))
        self._warm_up.setObjectName("compareWarmUp")
        self._predict = QCheckBox(self.tr("Ask MLflow's predict at the end"))
        self._predict.setObjectName("comparePredict")
        self._own = QCheckBox(self.tr("Own parameters for each side"))
        self._own.setObjectName("compareOwnParameters")
        self.forms = (ParameterForm(), ParameterForm())
        self._titles = (QLabel(), QLabel())
        self._reason = QLabel(self.tr("The parameters are known once a model is loaded."))
        self._reason.setWordWrap(True)
        set_look(self._reason, role="muted")
        self._second = QWidget()
        self._lay_out()
        self.show_plan(Plan())
        self.set_own(False)
        self._connect()
        # What is in it breaks into more rows in less width, and its texts have other sizes.
        self._fit_soon = QTimer(self, singleShot=True, interval=0)
        self._fit_soon.timeout.connect(self._fit)
        notifier().changed.connect(self._fit_soon.start)
        content = self.widget()
        if content is not None:
            content.installEventFilter(self)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if watched is self.widget() and event.type() in (
            QEvent.Type.LayoutRequest,
            QEvent.Type.Resize,
        ):
            self._fit_soon.start()
        return super().eventFilter(watched, event)

    def plan(self) -> Plan:
        return Plan(
            repeats=self._repeats.value(),
            warm_up=self._warm_up.isChecked(),
            parallel=self._parallel.isChecked(),
            through_predict=self._predict.isChecked(),
        )

    def show_plan(self, plan: Plan) -> None:
        """Tells nobody."""
        self._is_told = True
        self._repeats.setValue(plan.repeats)
        self._warm_up.setChecked(plan.warm_up)
        (self._parallel if plan.parallel else self._in_turn).setChecked(True)
        self._predict.setChecked(plan.through_predict)
        self._is_told = False

    @property
    def has_own(self) -> bool:
        """Whether each side has parameters of its own."""
        return self._own.isChecked()

    def set_own(self, has_own: bool) -> None:
        """Tells nobody."""
        self._is_told = True
        self._own.setChecked(has_own)
        self._is_told = False
        self._fold()

    def show_parameters(
        self,
        titles: tuple[str, str],
        knobs: tuple[tuple[Knob, ...], tuple[Knob, ...]],
        values: tuple[Mapping[str, Any], Mapping[str, Any]],
    ) -> None:
        """The first form is for both, unless each side has its own."""
        self._titles[0].setText(titles[0] if self.has_own else self.tr("Parameters of both"))
        self._titles[1].setText(titles[1])
        for form, known, given in zip(self.forms, knobs, values, strict=True):
            form.set_knobs(known, given)
        self._reason.setVisible(not (knobs[0] or knobs[1]))
        self._fit()

    def values(self) -> tuple[dict[str, KnobValue], dict[str, KnobValue]]:
        """As they stand in the forms; the same twice where they are for both."""
        first = self.forms[0].values()
        return (first, self.forms[1].values() if self.has_own else first)

    # -- the rest

    @Slot()
    def _plan_edited(self) -> None:
        if not self._is_told:
            self.plan_changed.emit()

    @Slot()
    def _own_toggled(self) -> None:
        self._fold()
        if not self._is_told:
            self.parameters_changed.emit()

    def _fold(self) -> None:
        self._second.setVisible(self.has_own)
        # A form for both is no wider than one of two.
        self._forms.setStretch(2, 0 if self.has_own else 1)
        self._fit()

    @Slot()
    def _fit(self) -> None:
        needed = self._column.totalHeightForWidth(max(1, self.viewport().width()))
        needed = max(needed, self._column.totalSizeHint().height())
        height = min(needed + 2, scaled(_HIGHEST_PX))
        if height != self.minimumHeight() or height != self.maximumHeight():
            self.setFixedHeight(height)

    def _connect(self) -> None:
        self._repeats.valueChanged.connect(self._plan_edited)
        for button in (self._warm_up, self._predict, self._parallel):
            button.toggled.connect(self._plan_edited)
        self._own.toggled.connect(self._own_toggled)
        for form in self.forms:
            form.values_changed.connect(self.parameters_changed)

    def _lay_out(self) -> None:
        order = RowLayout(spacing=16)
        order.add_leading(self._in_turn, self._parallel)
        counts = RowLayout(spacing=12)
        counts.add_leading(self._repeats_label, self._repeats, self._warm_up, self._predict)
        own = RowLayout()
        own.add_leading(self._own)
        forms = QHBoxLayout()
        forms.setSpacing(24)
        for at, (title, form) in enumerate(zip(self._titles, self.forms, strict=True)):
            form.setObjectName(("compareParameters", "compareSecondParameters")[at])
            set_look(title, role="section")
            side = QWidget() if at == 0 else self._second
            inner = QVBoxLayout(side)
            inner.setContentsMargins(0, 0, 0, 0)
            inner.setSpacing(6)
            inner.addWidget(title)
            inner.addWidget(form)
            inner.addStretch(1)
            forms.addWidget(side, 1)
        forms.addStretch(0)
        self._forms = forms
        content = QWidget()
        self._column = column = QVBoxLayout(content)
        column.setContentsMargins(20, 12, 20, 12)
        column.setSpacing(8)
        column.addLayout(order)
        column.addLayout(counts)
        column.addLayout(own)
        column.addWidget(self._reason)
        column.addLayout(forms)
        self.setWidget(content)
