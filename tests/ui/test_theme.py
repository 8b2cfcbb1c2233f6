"""The colours can be read, and a change of theme reaches everything."""

import pytest
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QCompleter, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.icons import pixmap
from app.ui.theme import DARK, LIGHT, Tokens
from app.ui.widgets.chips import Chip

READABLE = [
    ("text", "background"),
    ("text", "side"),
    ("text", "user_message"),
    ("text", "code"),
    ("text", "accent_tint"),
    ("text", "hover"),
    ("text", "added"),
    ("text", "removed"),
    ("muted", "background"),
    ("muted", "side"),
    ("muted", "code"),
    ("live", "code"),
    ("template", "code"),
    ("template", "background"),
    ("template", "accent_tint"),
    ("error_text", "error_band"),
    ("error_text", "side"),
    ("error_text", "background"),
    ("accent", "background"),
    ("accent", "side"),
    ("accent", "accent_tint"),
    ("accent", "hover"),
    ("messages", "messages_tint"),
    ("template", "template_tint"),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    ("background", "text"),
]


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    rgb = QColor(colour)
    red, green, blue = (
        value / 12.92 if value <= 0.03928 else float(((value + 0.055) / 1.055) ** 2.4)
        for value in (rgb.redF(), rgb.greenF(), rgb.blueF())
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "paper"), READABLE)
def test_that_text_has_a_contrast_of_at_least_four_and_a_half(
    colours: Tokens, ink: str, paper: str
) -> None:
    assert _contrast(getattr(colours, ink), getattr(colours, paper)) >= 4.5


def test_that_a_choice_reaches_palette_tokens_and_those_who_listen(
    qapp: QApplication, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(theme.notifier().changed):
        theme.apply_theme(qapp, "dark")
    assert theme.tokens() is DARK
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(DARK.background)
    assert qapp.palette().color(QPalette.ColorRole.Text) == QColor(DARK.text)


def test_that_a_change_of_the_system_is_followed_only_where_it_was_chosen(
    qapp: QApplication,
) -> None:
    theme.apply_theme(qapp, "dark")
    theme.notifier().follow_system()
    assert theme.tokens() is DARK
    theme.apply_theme(qapp, "system")
    theme.notifier().follow_system()
    assert theme.tokens() in (LIGHT, DARK)
    assert theme.notifier().choice == "system"


def test_that_zoom_enlarges_type_and_room_but_no_hairline() -> None:
    normal, large = theme.style_sheet(LIGHT, 1.0), theme.style_sheet(LIGHT, 2.0)
    assert "border-radius: 12px" in normal
    assert "border-radius: 24px" in large
    assert "1px solid" in large
    assert "$" not in normal


def test_that_zoom_reaches_the_fonts(qapp: QApplication) -> None:
    theme.apply_theme(qapp, "light", 2.0)
    assert qapp.font().pixelSize() == 2 * theme.TEXT_PX
    assert theme.fixed_font().pixelSize() == 2 * theme.TEXT_PX


def test_that_the_fixed_width_font_draws_no_ligatures() -> None:
    font = theme.fixed_font()
    off = {bytes(tag.toString().data()).decode() for tag in font.featureTags()}
    assert {"liga", "clig", "calt", "dlig"} <= off
    assert all(font.featureValue(QFont.Tag(name)) == 0 for name in off)
    assert font.fixedPitch()


def test_that_a_look_takes_effect_on_a_widget_that_is_shown(qtbot: QtBot) -> None:
    button = QPushButton("Send")
    qtbot.addWidget(button)
    button.show()
    plain = button.grab().toImage()
    theme.set_look(button, look="primary")
    assert button.grab().toImage() != plain


@pytest.mark.parametrize("kind", ["alias", "messages", "template", "plain"])
def test_that_a_chip_takes_no_text_for_markup(qtbot: QtBot, kind: str) -> None:
    chip = Chip("<b>prod</b>", kind)  # type: ignore[arg-type]
    plain = QLabel("<b>prod</b>")
    for one in (chip, plain):
        qtbot.addWidget(one)
    assert chip.text() == "<b>prod</b>"
    assert chip.textFormat() is not plain.textFormat()


def test_that_a_drawing_takes_the_colour_asked_for(qtbot: QtBot) -> None:
    image = pixmap("arrow-down", "#ff0000", 16).toImage()
    centre = image.pixelColor(8, 8)
    assert (centre.red(), centre.green(), centre.blue()) == (255, 0, 0)
    assert centre.alpha() > 0


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_that_what_a_field_proposes_stands_on_a_ground_of_its_own(
    qtbot: QtBot, qapp: QApplication, choice: theme.Choice
) -> None:
    theme.apply_theme(qapp, choice)
    field = QLineEdit()
    qtbot.addWidget(field)
    completer = QCompleter(["bom.json", "bom.jsonl"], field)
    field.setCompleter(completer)
    popup = completer.popup()
    assert popup is not None
    popup.resize(200, 100)
    drawn = popup.grab().toImage()  # unshown: offscreen has no popups that take the keyboard
    assert drawn.pixelColor(100, 90).name() == theme.tokens().background.lower()
