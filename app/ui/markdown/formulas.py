"""LaTeX as images within a document; where one can't be had, its source.

Drawing a formula takes some milliseconds to some hundred, in Python. It is done on a thread, which
lives while there is something to draw; till then, and for what can't be drawn, the source stands
in the text. ziamath's time grows with the power of the nesting, hence the limits.
"""

import re
import threading
import time
from collections import OrderedDict, deque
from typing import Final, NamedTuple

from msgspec import Struct
from PySide6.QtCore import QByteArray, QObject, QRectF, QSizeF, Qt, QUrl, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QGuiApplication,
    QImage,
    QPainter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextImageFormat,
    QTextLength,
)
from PySide6.QtSvg import QSvgRenderer

from app.ui import theme
from app.ui.markdown.look import Property, Style, look
from app.ui.markdown.signs import shown

_LONGEST: Final = 1000
_DEEPEST: Final = 7
_DEADLINE_S: Final = 1.0
_MOST_KEPT: Final = 400
_TELL_S: Final = 0.1
_LARGER: Final = 1.15
"""Than the text: its letters are smaller at the same size."""

_OPENS = re.compile(r"\\begin\b|\\left\b|(?<!\\)\{")
_CLOSES = re.compile(r"\\end\b|\\right\b|(?<!\\)\}")
_STACKED = re.compile(r"(?:\\(?:sqrt|hat|bar|vec|tilde|overline|underline|d?frac)\s*){4,}")


class Key(NamedTuple):
    """What a formula's picture depends on."""

    latex: str
    is_display: bool
    px: float
    colour: str


class Drawing(Struct, frozen=True):
    """A formula as a vector picture; lengths are pixels."""

    svg: bytes
    width: float
    height: float
    depth: float
    """How far it reaches below the line of the text."""


class Formulas(QObject):
    """Draws each formula once.

    Signals: ``drawn()``, some more are drawn, or known to be undrawable.
    """

    drawn = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._known: OrderedDict[Key, Drawing | None] = OrderedDict()
        self._wanted: deque[Key] = deque()
        self._lock = threading.Lock()
        self._is_running = False

    def find(self, key: Key) -> Drawing | None:
        """Raises `KeyError` for one that has yet to be drawn; ``None`` for one that can't be."""
        if not is_drawable(key.latex):
            return None
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
            if key not in self._wanted:
                self._wanted.append(key)
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._draw_all, name="parley-formulas", daemon=True).start()
        raise KeyError(key.latex)

    def _draw_all(self) -> None:
        told = time.monotonic()
        while True:
            with self._lock:
                key = self._wanted[0]
            drawing = draw(key)
            with self._lock:
                self._wanted.popleft()
                self._known[key] = drawing
                while len(self._known) > _MOST_KEPT:
                    self._known.popitem(last=False)
                has_more = self._is_running = bool(self._wanted)
            if not has_more or time.monotonic() - told > _TELL_S:
                told = time.monotonic()
                try:
                    self.drawn.emit()
                except RuntimeError:
                    return  # the program has ended meanwhile
            if not has_more:
                return


_formulas: list[Formulas] = []


def drawings() -> Formulas:
    """Those of this program."""
    if not _formulas:
        _formulas.append(Formulas())
    return _formulas[0]


def is_drawable(latex: str) -> bool:
    """Whether it is short and flat enough to be tried."""
    if len(latex) > _LONGEST or _STACKED.search(latex):
        return False
    depth = 0
    edges = [(one.start(), 1) for one in _OPENS.finditer(latex)]
    edges += [(one.start(), -1) for one in _CLOSES.finditer(latex)]
    for _, step in sorted(edges):
        depth += step
        if depth > _DEEPEST:
            return False
    return True


def draw(key: Key) -> Drawing | None:
    """``None`` for what is no formula, has signs that the font lacks, or takes too long."""
    import sys

    from ziamath.config import config
    from ziamath.tex import tex2mml
    from ziamath.zmath import Math

    # Only now: the first formula is not to pay for what is brought for all of them, which may take
    # longer than any of them may.
    deadline = time.thread_time() + _DEADLINE_S

    def watch(*_: object) -> None:
        if time.thread_time() > deadline:
            raise TimeoutError

    config.svg2 = False  # Qt knows no more than SVG Tiny
    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        mathml = tex2mml(key.latex, inline=not key.is_display)
        if "\\" in mathml or "merror" in mathml:
            return None  # a command that it does not know
        coloured = mathml.replace("<math ", f'<math mathcolor="{key.colour}" ', 1)
        formula = Math(coloured, size=key.px)
        words = re.sub(r"<[^>]*>|&[^;]*;", "", mathml)
        if any(not formula.font.glyphindex(one) for one in words if not one.isspace()):
            return None
        svg = formula.svg()
        box, edge = formula.node.bbox, formula.margin
    except Exception:  # noqa: BLE001 - of any kind: the source is shown in its place
        return None
    finally:
        sys.setprofile(before)
    return Drawing(
        svg.encode(),
        float(box.xmax - box.xmin + 2 * edge),
        float(box.ymax - box.ymin + 2 * edge),
        float(max(0.0, edge - box.ymin)),
    )


# --------------------------------------------------------------------------------------------
# In a document


def insert(
    cursor: QTextCursor, latex: str, source: str, *, is_display: bool, base: QTextCharFormat
) -> bool:
    """Put a formula at `cursor`; its source where it is not drawn. `base` is the format of the
    text around it. Returns whether it has yet to be drawn."""
    size = base.intProperty(QTextFormat.Property.FontPixelSize) or theme.scaled(theme.TEXT_PX)
    colour = look().colours.accent if base.isAnchor() else look().colours.text
    key = Key(latex.strip(), is_display, size * _LARGER, colour)
    try:
        drawing = drawings().find(key)
    except KeyError:
        drawing, waits = None, True
    else:
        waits = False
    if drawing is not None:
        _insert_image(cursor, drawing, key, source, base)
        return False
    text = QTextCharFormat(look().char(Style(code=True)))
    text.setProperty(Property.FORMULA, source)
    if waits:
        text.setProperty(Property.FORMULA_KEY, [*map(str, key)])
    cursor.insertText(shown(source), text)
    return waits


def place(document: QTextDocument) -> bool:
    """Put in their places what has been drawn since it was asked for; whether more is to come."""
    waiting: list[tuple[int, int, QTextCharFormat]] = []
    block = document.begin()
    while block.isValid():
        iterator = block.begin()
        while not iterator.atEnd():
            fragment = iterator.fragment()
            style = fragment.charFormat()
            if style.hasProperty(Property.FORMULA_KEY):
                waiting.append((fragment.position(), fragment.length(), style))
            iterator += 1
        block = block.next()
    waits = False
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    for position, length, style in reversed(waiting):
        latex, is_display, px, colour = style.property(Property.FORMULA_KEY)
        key = Key(latex.strip(), is_display == "True", float(px), colour)
        try:
            drawing = drawings().find(key)
        except KeyError:
            waits = True
            continue
        cursor.setPosition(position)
        cursor.setPosition(position + length, QTextCursor.MoveMode.KeepAnchor)
        source = str(style.property(Property.FORMULA))
        if drawing is None:
            style.clearProperty(Property.FORMULA_KEY)
            cursor.setCharFormat(style)
        else:
            cursor.removeSelectedText()
            around = QTextCharFormat()
            around.setProperty(QTextFormat.Property.FontPixelSize, round(key.px / _LARGER))
            _insert_image(cursor, drawing, key, source, around)
    cursor.endEditBlock()
    return waits


def _insert_image(
    cursor: QTextCursor, drawing: Drawing, key: Key, source: str, around: QTextCharFormat
) -> None:
    """Its line is that of the text: Qt puts an image on the line, below it by the font's descent,
    or around the middle of a small letter; blank edges make up for the difference."""
    font = theme.ui_font()
    font.setPixelSize(round(key.px / _LARGER))
    metrics = QFontMetricsF(font)
    above, below = drawing.height - drawing.depth, drawing.depth
    image = QTextImageFormat()
    if below <= metrics.descent():
        image.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignBaseline)
        below = metrics.descent()
    else:
        image.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignMiddle)
        half = metrics.xHeight() / 2
        above = max(above, below + half)
        below = above - half
    size = QSizeF(drawing.width, above + below)
    name = f"formula:{abs(hash(key))}"
    url = QUrl(name)
    kind = int(QTextDocument.ResourceType.ImageResource.value)
    cursor.document().addResource(kind, url, _paint(drawing, size, above))
    image.setName(name)
    image.setWidth(size.width())
    image.setHeight(size.height())
    image.setMaximumWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
    image.setProperty(Property.FORMULA, source)
    image.setFont(font)
    if around.isAnchor():
        image.setAnchor(True)
        image.setAnchorHref(around.anchorHref())
    cursor.insertImage(image)


def _paint(drawing: Drawing, size: QSizeF, above: float) -> QImage:
    app = QGuiApplication.instance()
    ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    image = QImage((size * ratio).toSize(), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    top = above - (drawing.height - drawing.depth)
    box = QRectF(0, top, drawing.width, drawing.height)
    QSvgRenderer(QByteArray(drawing.svg)).render(painter, box)
    painter.end()
    return image
