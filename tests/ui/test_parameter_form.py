"""The generated form: values, blanks, mistakes, keys."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from app.domain.parameters import Knob, KnobKind
from app.ui.widgets.parameter_form import ParameterForm

TEMPERATURE = Knob("temperature", KnobKind.FLOAT, "How free.", maximum=10, step=0.1, default=0.7)
MAX_TOKENS = Knob("max_tokens", KnobKind.INT, "New tokens.", minimum=1, default=256)
STOP = Knob("stop", KnobKind.STRINGS, "Ends before.")
SEED = Knob("seed", KnobKind.INT, "The same again.")
KNOBS = (TEMPERATURE, MAX_TOKENS, STOP, SEED)


@pytest.fixture
def form(qtbot: QtBot) -> ParameterForm:
    form = ParameterForm()
    qtbot.addWidget(form)
    form.resize(240, 400)
    form.set_knobs(KNOBS, {})
    form.show()
    return form


def errors(form: ParameterForm) -> list[str]:
    return [label.text() for label in form.findChildren(QLabel) if label.property("role") == "error"
            and label.isVisible()]  # fmt: skip


def test_that_every_knob_has_a_field_with_an_accessible_name(form: ParameterForm) -> None:
    fields = form.findChildren(QLineEdit)
    assert [field.accessibleName() for field in fields] == [knob.name for knob in KNOBS]
    assert all(field.accessibleDescription() for field in fields)


def test_that_a_blank_field_shows_the_model_s_default_and_sends_nothing(
    form: ParameterForm,
) -> None:
    assert form.field("temperature").placeholderText() == "0.7"
    assert form.field("max_tokens").placeholderText() == "256"
    assert form.values() == {}


def test_that_typed_values_come_out_in_their_kind(qtbot: QtBot, form: ParameterForm) -> None:
    with qtbot.waitSignal(form.values_changed):
        QTest.keyClicks(form.field("temperature"), "0.2")
    QTest.keyClicks(form.field("max_tokens"), "300")
    QTest.keyClicks(form.field("stop"), "Human:, \\n")
    assert form.values() == {"temperature": 0.2, "max_tokens": 300, "stop": ("Human:", "\n")}


def test_that_a_wrong_value_is_told_beside_its_field_and_the_last_good_one_holds(
    form: ParameterForm,
) -> None:
    QTest.keyClicks(form.field("max_tokens"), "30")
    QTest.keyClicks(form.field("max_tokens"), "x")
    assert errors(form) == ["Give a whole number, or leave it blank."]
    assert form.field("max_tokens").accessibleDescription() == errors(form)[0]
    assert form.values() == {"max_tokens": 30}
    QTest.keyClick(form.field("max_tokens"), Qt.Key.Key_Backspace)
    assert errors(form) == []


def test_that_reset_leaves_everything_to_the_model(qtbot: QtBot, form: ParameterForm) -> None:
    QTest.keyClicks(form.field("temperature"), "0.2")
    QTest.keyClicks(form.field("seed"), "no")
    with qtbot.waitSignal(form.values_changed):
        form.reset()
    assert form.values() == {}
    assert [field.text() for field in form.findChildren(QLineEdit)] == [""] * 4
    assert errors(form) == []


def test_that_arrow_keys_step_a_number_from_the_default(form: ParameterForm) -> None:
    QTest.keyClick(form.field("temperature"), Qt.Key.Key_Up)
    assert form.values() == {"temperature": 0.8}
    QTest.keyClick(form.field("temperature"), Qt.Key.Key_PageDown)
    assert form.values() == {"temperature": 0.0}


def test_that_values_can_be_given_without_an_echo(qtbot: QtBot, form: ParameterForm) -> None:
    with qtbot.assertNotEmitted(form.values_changed):
        form.set_knobs(KNOBS, {"temperature": 0.2, "stop": (" a", "b,c")})
    assert form.field("stop").text() == "\\sa, b\\,c"
    assert form.values() == {"temperature": 0.2, "stop": (" a", "b,c")}


def test_that_another_model_s_knobs_take_the_place_of_these(form: ParameterForm) -> None:
    form.set_knobs((SEED,), {"seed": 42, "temperature": 1.0})
    assert form.names == ("seed",)
    assert form.values() == {"seed": 42}
