"""The gear's menu."""

import pytest
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from app.ui.widgets.settings_button import SettingsButton


@pytest.fixture
def settings(qtbot: QtBot) -> SettingsButton:
    settings = SettingsButton()
    qtbot.addWidget(settings)
    return settings


def _action(settings: SettingsButton, text: str) -> QAction:
    return next(one for one in settings.findChildren(QAction) if one.text() == text)


def test_that_a_theme_is_chosen_by_name(settings: SettingsButton, qtbot: QtBot) -> None:
    with qtbot.waitSignal(settings.theme_chosen) as chosen:
        _action(settings, "Dark").trigger()
    assert chosen.args == ["dark"]
    assert _action(settings, "Dark").isChecked()
    assert not _action(settings, "As the system").isChecked()


def test_that_marking_the_theme_in_use_asks_for_nothing(
    settings: SettingsButton, qtbot: QtBot
) -> None:
    with qtbot.assertNotEmitted(settings.theme_chosen):
        settings.set_theme("light")
    assert _action(settings, "Light").isChecked()


@pytest.mark.parametrize(
    ("text", "step"), [("Larger text", 1), ("Smaller text", -1), ("Text as designed", 0)]
)
def test_that_the_text_grows_and_shrinks(
    settings: SettingsButton, qtbot: QtBot, text: str, step: int
) -> None:
    with qtbot.waitSignal(settings.zoom_wanted) as wanted:
        _action(settings, text).trigger()
    assert wanted.args == [step]


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("Register a model…", "register_wanted"),
        ("Open a registry…", "open_registry_wanted"),
        ("Make the demo models", "demo_wanted"),
        ("Refresh the registry", "refresh_wanted"),
        ("Keyboard shortcuts", "shortcuts_wanted"),
        ("About Parley", "about_wanted"),
    ],
)
def test_that_each_entry_asks_for_what_it_says(
    settings: SettingsButton, qtbot: QtBot, text: str, signal: str
) -> None:
    with qtbot.waitSignal(getattr(settings, signal)):
        _action(settings, text).trigger()
