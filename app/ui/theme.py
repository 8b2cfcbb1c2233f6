"""The look: colours, type sizes and the style sheet, for light and dark.

`apply_theme` is the only place that sets palette, style sheet and application font. Widgets ask for
a look by the dynamic properties that `resources/theme.qss` lists at its head (`set_look`); those
that paint for themselves read `tokens` and repaint on `notifier().changed`.
"""

import re
from collections.abc import Sequence
from functools import cache
from string import Template
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import asdict
from PySide6.QtCore import QDir, QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from app.ui.resource_files import RESOURCES

Choice = Literal["system", "light", "dark"]

TITLE_PX: Final = 15
TEXT_PX: Final = 13
FACTS_PX: Final = 12
SECTION_PX: Final = 11

_STYLE: Final = "Fusion"
"""What the style sheet is made for."""
_HAS_STYLE: Final = "hasStyle"
"""A property of the program, where it was started in that style."""


class Tokens(Struct, frozen=True):
    """The colours of one theme, as ``#rrggbb``."""

    dark: bool
    background: str
    side: str
    hairline: str
    text: str
    muted: str
    """For numbers and hints on `background` and `side`; too pale on tints."""
    error_text: str
    error_band: str
    accent: str
    accent_hover: str
    accent_tint: str
    on_accent: str
    """Text on `accent`."""
    messages: str
    messages_tint: str
    template: str
    template_tint: str
    user_message: str
    code: str
    added: str
    removed: str
    hover: str
    """Behind a plain control under the pointer."""
    disabled: str
    live: str
    """The dot of a loaded model; also strings in code."""


LIGHT: Final = Tokens(
    dark=False,
    background="#FFFFFF",
    side="#F6F7F9",
    hairline="#E4E7EC",
    text="#1A1D23",
    muted="#667085",
    error_text="#7A271A",
    error_band="#FDE4E1",
    accent="#3157D5",
    accent_hover="#2848B8",
    accent_tint="#EAEFFC",
    on_accent="#FFFFFF",
    messages="#0B6E6E",
    messages_tint="#E2F5F4",
    template="#7A3E9D",
    template_tint="#F4EAFB",
    user_message="#F1F4FA",
    code="#F6F7F9",
    added="#DDF4E4",
    removed="#FDE4E1",
    hover="#EEF0F4",
    disabled="#A0A7B4",
    live="#1F7A3D",
)

DARK: Final = Tokens(
    dark=True,
    background="#16181D",
    side="#1C1F26",
    hairline="#2C313B",
    text="#E6E8EC",
    muted="#98A1B0",
    error_text="#F5B8B0",
    error_band="#43262A",
    accent="#7C9BFF",
    accent_hover="#96B0FF",
    accent_tint="#232C47",
    on_accent="#12141A",
    messages="#79D7D1",
    messages_tint="#173735",
    template="#D2A8F0",
    template_tint="#35253F",
    user_message="#222731",
    code="#1F232B",
    added="#1D3B2A",
    removed="#43262A",
    hover="#262B35",
    disabled="#5F6775",
    live="#5BC489",
)


class ThemeNotifier(QObject):
    """Tells who paints for themselves that the colours or sizes are others now.

    Signals: ``changed``.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.tokens = LIGHT
        self.zoom = 1.0
        self.choice: Choice = "system"

    @Slot()
    def follow_system(self) -> None:
        """The desktop went light or dark."""
        app = QApplication.instance()
        if self.choice == "system" and isinstance(app, QApplication):
            _dress(app, _system_tokens(app))


_notifier = ThemeNotifier()


def notifier() -> ThemeNotifier:
    return _notifier


def tokens() -> Tokens:
    """The colours in use."""
    return _notifier.tokens


def zoom() -> float:
    """1.0 is 100 %."""
    return _notifier.zoom


def scaled(px: float) -> int:
    """`px` at the zoom in use; never less than one."""
    return max(1, round(px * _notifier.zoom))


def start_application(arguments: Sequence[str]) -> QApplication:
    """The program's own, which begins in the style that all is made for: to ask which it is, and to
    set another, has Python make everything that a style can be asked, and a start waits for it."""
    app = QApplication([*arguments, "-style", _STYLE])
    app.setProperty(_HAS_STYLE, True)
    return app


def apply_theme(
    app: QApplication, choice: Choice, zoom: float = 1.0, *, with_sheet: bool = True
) -> None:
    """Dress the whole program. May be called again at any time.

    With ``system`` the desktop's scheme is followed, also when it changes later. Without the style
    sheet, widgets that are made and put together next cost half as much: Qt matches it anew against
    each of them whenever one moves into another. Call again with it before they are shown.
    """
    QDir.setSearchPaths("icons", [str(RESOURCES / "icons")])
    hints = app.styleHints()
    hints.colorSchemeChanged.connect(_notifier.follow_system, Qt.ConnectionType.UniqueConnection)
    _notifier.choice = choice
    _notifier.zoom = zoom
    # Title bars and the platform's own dialogs are the desktop's to paint: tell it.
    match choice:
        case "system":
            hints.unsetColorScheme()
            colours = _system_tokens(app)
        case "light":
            hints.setColorScheme(Qt.ColorScheme.Light)
            colours = LIGHT
        case "dark":
            hints.setColorScheme(Qt.ColorScheme.Dark)
            colours = DARK
    _dress(app, colours, with_sheet=with_sheet)


def _system_tokens(app: QApplication) -> Tokens:
    return DARK if app.styleHints().colorScheme() is Qt.ColorScheme.Dark else LIGHT


def _dress(app: QApplication, colours: Tokens, *, with_sheet: bool = True) -> None:
    _notifier.tokens = colours
    if not app.property(_HAS_STYLE):
        if app.style().name() != _STYLE.lower():
            app.setStyle(_STYLE)
        # Later, the style that the program sees is the style sheet's own.
        app.setProperty(_HAS_STYLE, True)
    app.setPalette(_palette(colours))
    app.setFont(ui_font())
    if with_sheet:
        app.setStyleSheet(style_sheet(colours, _notifier.zoom))
    _notifier.changed.emit()


def _palette(colours: Tokens) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for target, colour in (
        (role.Window, colours.background),
        (role.Base, colours.background),
        (role.AlternateBase, colours.side),
        (role.Button, colours.background),
        (role.WindowText, colours.text),
        (role.Text, colours.text),
        (role.ButtonText, colours.text),
        (role.PlaceholderText, colours.muted),
        (role.Highlight, colours.accent),
        (role.HighlightedText, colours.on_accent),
        (role.Accent, colours.accent),
        (role.Link, colours.accent),
        (role.LinkVisited, colours.accent),
        (role.ToolTipBase, colours.text),
        (role.ToolTipText, colours.background),
        (role.Light, colours.side),
        (role.Midlight, colours.hairline),
        (role.Mid, colours.hairline),
        (role.Dark, colours.hairline),
    ):
        palette.setColor(target, QColor(colour))
    for target in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, target, QColor(colours.disabled))
    return palette


def style_sheet(colours: Tokens, zoom: float = 1.0) -> str:
    """`resources/theme.qss` with the colours filled in and every length but hairlines zoomed."""
    source = (RESOURCES / "theme.qss").read_text(encoding="utf-8")
    names = {name: str(value) for name, value in asdict(colours).items()}
    names["scheme"] = "dark" if colours.dark else "light"
    filled = Template(source).substitute(names)
    return re.sub(
        r"\b(\d+)px\b",
        lambda length: f"{_zoomed(int(length.group(1)), zoom)}px",
        filled,
    )


def _zoomed(px: int, zoom: float) -> int:
    return px if px <= 1 else max(1, round(px * zoom))


# --------------------------------------------------------------------------------------------
# Type


def ui_font(px: int = TEXT_PX, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The interface's font at `px` pixels of the unzoomed design."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    if _has_inter():
        font.setFamilies(["Inter", font.family()])
    font.setPixelSize(scaled(px))
    font.setWeight(weight)
    return font


@cache
def _has_inter() -> bool:
    return "Inter" in QFontDatabase.families()


def fixed_font(px: int = TEXT_PX) -> QFont:
    """A fixed-width font that shows ``<|end|>`` and ``!=`` as they were typed: no ligatures."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setFixedPitch(True)
    for feature in ("liga", "clig", "calt", "dlig"):
        font.setFeature(QFont.Tag(feature), 0)
    font.setPixelSize(scaled(px))
    return font


# --------------------------------------------------------------------------------------------
# Looks


def set_look(widget: QWidget, **properties: str | bool) -> None:
    """Set dynamic properties that the style sheet looks at, and let them take effect.

    A label's text is never markup: names and reasons come from files that anybody may have written.
    """
    if isinstance(widget, QLabel):
        widget.setTextFormat(Qt.TextFormat.PlainText)
    changed = False
    for name, value in properties.items():
        if widget.property(name) != value:
            widget.setProperty(name, value)
            changed = True
    # A widget that has not been shown yet is polished when it is.
    if changed and widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        style = widget.style()
        style.unpolish(widget)
        style.polish(widget)
