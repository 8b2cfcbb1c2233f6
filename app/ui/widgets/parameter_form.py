"""A form of a model's own knobs; a blank field leaves its knob to the model."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QSizePolicy, QWidget

from app.domain.parameters import Knob, KnobError, KnobKind, KnobValue, parse, shown, stepped
from app.ui.theme import set_look
from app.ui.tips import plain_tip

_PAGE_STEPS = 10


class KnobField(QLineEdit):
    """One knob. Arrow keys step numbers.

    Signals:
        value_changed: `value` or `error` is another now.
    """

    value_changed = Signal()

    def __init__(self, knob: Knob, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.knob = knob
        self.value: KnobValue | None = None
        self.error = ""
        """What is wrong with the text, in a sentence; `value` is the last good one then."""
        self.setObjectName(f"knob_{knob.name}")
        self.setAccessibleName(knob.name)
        self.setPlaceholderText(shown(knob, knob.default) or self._unknown_default())
        self.textChanged.connect(self._read)
        self._describe()

    def _unknown_default(self) -> str:
        match self.knob.name:
            case "stop":
                return self.tr("none, or: Human:, \\n\\n")
            case "seed":
                return self.tr("random")
            case _:
                return self.tr("default")

    def set_value(self, value: KnobValue | None) -> None:
        self.setText(shown(self.knob, value))

    def _read(self, text: str) -> None:
        before = (self.value, self.error)
        try:
            self.value, self.error = parse(self.knob, text), ""
        except KnobError as error:
            self.error = str(error)
        if (self.value, self.error) != before:
            self._describe()
            self.value_changed.emit()

    def _describe(self) -> None:
        default = shown(self.knob, self.knob.default) or self.tr("not known")
        told = self.tr("{description} Blank: the model's default ({default}).").format(
            description=self.knob.description, default=default
        )
        self.setAccessibleDescription(self.error or told)
        self.setToolTip(plain_tip(self.error or told))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        steps = {
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_PageUp: _PAGE_STEPS,
            Qt.Key.Key_PageDown: -_PAGE_STEPS,
        }.get(Qt.Key(event.key()))
        if steps is None or self.knob.kind is KnobKind.STRINGS:
            super().keyPressEvent(event)
            return
        self.set_value(stepped(self.knob, self.value, steps))
        self.selectAll()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Scrolling past the form changes nothing in it."""
        event.ignore()


class ParameterForm(QWidget):
    """Fields generated from knobs, in their order.

    Signals:
        values_changed: `values` are others now.
    """

    values_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("parameterForm")
        self.setAccessibleName(self.tr("Parameters"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._knobs: tuple[Knob, ...] = ()
        self._fields: dict[str, KnobField] = {}
        self._errors: dict[str, QLabel] = {}
        self._tab_from: QWidget | None = None
        self._is_told = False
        """Whether the values come from `set_knobs` or `reset`, and not from the user."""
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(0, 3)
        self._grid.setColumnStretch(1, 2)

    def follow_in_tab_order(self, widget: QWidget) -> None:
        """Have the Tab key come from `widget` to the first field, also of other knobs later."""
        self._tab_from = widget
        self._order_tab_stops()

    def set_knobs(self, knobs: tuple[Knob, ...], values: Mapping[str, Any]) -> None:
        """Show `knobs` with `values`; tells nobody."""
        if knobs != self._knobs:
            self._rebuild(knobs)
        self._set_values(values)

    def values(self) -> dict[str, KnobValue]:
        """The knobs that are not left to the model."""
        return {
            name: field.value for name, field in self._fields.items() if field.value is not None
        }

    def reset(self) -> None:
        """Leave every knob to the model."""
        before = self.values()
        self._set_values({})
        if before:
            self.values_changed.emit()

    def field(self, name: str) -> KnobField:
        return self._fields[name]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._fields)

    @property
    def has_errors(self) -> bool:
        return any(field.error for field in self._fields.values())

    def _set_values(self, values: Mapping[str, Any]) -> None:
        self._is_told = True
        for name, field in self._fields.items():
            field.set_value(values.get(name))
        self._is_told = False

    def _rebuild(self, knobs: tuple[Knob, ...]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._knobs, self._fields, self._errors = knobs, {}, {}
        row = 0
        for knob in knobs:
            row = self._add(knob, row)
        self._order_tab_stops()

    def _order_tab_stops(self) -> None:
        """Qt puts what is made late behind all else."""
        before = self._tab_from
        if before is None:
            return
        for field in self._fields.values():
            QWidget.setTabOrder(before, field)
            before = field

    def _add(self, knob: Knob, row: int) -> int:
        field = KnobField(knob)
        label = QLabel(knob.name)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setBuddy(field)
        label.setToolTip(plain_tip(knob.description))
        error = QLabel()
        error.setWordWrap(True)
        error.hide()
        set_look(error, role="error")
        if knob.kind is KnobKind.STRINGS:
            self._grid.addWidget(label, row, 0, 1, 2)
            self._grid.addWidget(field, row + 1, 0, 1, 2)
        else:
            self._grid.addWidget(label, row, 0)
            self._grid.addWidget(field, row, 1)
        self._grid.addWidget(error, row + 2, 0, 1, 2)
        field.value_changed.connect(lambda: self._changed(field))
        self._fields[knob.name] = field
        self._errors[knob.name] = error
        return row + 3

    def _changed(self, field: KnobField) -> None:
        self._show_error(field)
        if not self._is_told:
            self.values_changed.emit()

    def _show_error(self, field: KnobField) -> None:
        label = self._errors[field.knob.name]
        label.setText(field.error)
        label.setVisible(bool(field.error))
