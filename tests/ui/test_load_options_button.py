"""The button that says how a model is loaded, and its menu."""

import pytest
from msgspec.structs import replace
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.domain.load_choice import LoadChoice
from app.ui.widgets.load_options_button import LoadOptionsButton
from wrappers.contract import LoadOptions

TORCH = LoadChoice(
    chosen=LoadOptions(),
    taken=("dtype", "device", "threads"),
    logged_dtype="float32",
    devices=("cpu",),
    cores=4,
)
ONNX = LoadChoice(chosen=LoadOptions(), taken=("threads",), cores=4)


@pytest.fixture
def button(qtbot: QtBot) -> LoadOptionsButton:
    button = LoadOptionsButton("loadOptionsButton")
    qtbot.addWidget(button)
    return button


def entries(button: LoadOptionsButton) -> list[QAction]:
    """Of its menu, the headings left out."""
    button.open_menu()
    menu = button.findChildren(QMenu)[-1]
    found = [one for one in menu.actions() if one.isCheckable()]
    menu.close()
    return found


def texts(button: LoadOptionsButton) -> list[str]:
    return [one.text() for one in entries(button)]


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_that_it_says_the_choice_and_offers_the_rest(
    button: LoadOptionsButton, qtbot: QtBot
) -> None:
    button.show_choice(TORCH, "phi3 · version 1")
    assert button.text() == "As logged ▾"
    found = entries(button)
    assert [one.text() for one in found] == [
        "As logged (float32)",
        "bfloat16, quicker and smaller",
        "int8, quicker and smallest",
        "Automatic (4)",
        "1 thread",
        "2 threads",
        "3 threads",
        "4 threads",
    ]
    assert [one.text() for one in found if one.isChecked()] == [
        "As logged (float32)",
        "Automatic (4)",
    ]
    with qtbot.waitSignal(button.options_chosen) as told:
        found[1].trigger()
    assert told.args == [LoadOptions(dtype="bfloat16")]


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_that_one_choice_leaves_the_others_as_they_are(
    button: LoadOptionsButton, qtbot: QtBot
) -> None:
    button.show_choice(replace(TORCH, chosen=LoadOptions(dtype="int8")), "phi3 · version 1")
    assert button.text() == "int8 ▾"
    assert "int8" in button.accessibleName()
    one_thread = next(one for one in entries(button) if one.text() == "1 thread")
    with qtbot.waitSignal(button.options_chosen) as told:
        one_thread.trigger()
    assert told.args == [LoadOptions(dtype="int8", threads=1)]


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_that_devices_are_offered_where_there_is_more_than_the_cpu(
    button: LoadOptionsButton,
) -> None:
    button.show_choice(TORCH, "phi3")
    assert "CPU" not in texts(button)
    button.show_choice(replace(TORCH, devices=("cpu", "cuda:0")), "phi3")
    assert {"CPU", "CUDA:0", "float16, for a GPU"} <= set(texts(button))
    button.show_choice(replace(TORCH, devices=()), "phi3")  # nobody knows yet
    assert "CPU" in texts(button)


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_that_an_onnx_model_has_threads_alone(button: LoadOptionsButton) -> None:
    button.show_choice(ONNX, "phi3-onnx")
    assert texts(button)[0] == "Automatic (4)"
    assert len(texts(button)) == 5
    menu = button.findChildren(QMenu)[-1]
    assert menu.actions()[-1].text() == "Its precision is in its files"


def test_that_nothing_can_be_chosen_while_the_model_is_at_work(button: LoadOptionsButton) -> None:
    button.show_choice(replace(TORCH, can_change=False), "phi3")
    assert not button.isEnabled()
    button.show_choice(None, "agent")
    assert button.isHidden()
