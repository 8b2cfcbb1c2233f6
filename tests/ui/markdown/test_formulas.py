r"""LaTeX: what is taken for a formula, what becomes of it, and that it is never mangled."""

import builtins
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QColor, QImage, QTextDocument
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.markdown import formulas
from app.ui.markdown.copying import whole_text
from app.ui.markdown.formulas import Key, draw, is_drawable
from app.ui.markdown.look import Property
from app.ui.widgets.text_view import TextView
from tests.support.markdown_documents import rendered, structure
from tests.ui.markdown.conftest import Drawn

FORMULAS = [
    "$E = mc^2$",
    r"\(a_1 * b_2 * c_3\)",
    r"$$\sum_{i=1}^n i$$",
    r"\[ x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a} \]",
    "$$\na_1 &= b*c \\\\\n- d &= e*f\n$$",
    "\\[\n\\begin{aligned}\n# x\n= y\n\\end{aligned}\n\\]",
    "$x$",
    "$f(x)$",
]


def _formulas(text: str) -> list[str]:
    return [run.text for line in structure(rendered(text)) for run in line.runs if run.formula]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("around", ["{}", "So\n\n{}\n\nit is.", "- {}\n", "> {}"])
def test_that_a_formula_keeps_every_sign(formula: str, around: str) -> None:
    if "\n" in formula and around != "{}":
        formula = formula.replace("\n", " ")
    assert _formulas(around.format(formula)) == [formula]


@pytest.mark.parametrize("formula", [one for one in FORMULAS if "\n" not in one])
def test_that_a_formula_stands_within_a_sentence(formula: str) -> None:
    assert whole_text(rendered(f"So **it** is {formula}, and *that* is it.")) == (
        f"So it is {formula}, and that is it."
    )


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10.",
        "It costs $5-$10 today.",
        "Between $1,000 and $2,000 a month",
        "I have $5 and you have 10$.",
        "echo $HOME and $PATH",
        "$ 5 and 6 $",
        "100$ or 200$",
        "Use `$x$` and `\\(y\\)`.",
        "A single $ sign",
        "\\$x\\$",
        "$$",
        "\\(\\)",
    ],
)
def test_that_prices_and_single_signs_are_text(text: str) -> None:
    assert _formulas(text) == []


@pytest.mark.parametrize("text", ["```\n$x^2$\n```", "    $x^2$", "`$x^2$`"])
def test_that_a_formula_in_code_is_code(text: str) -> None:
    assert _formulas(text) == []
    assert "$x^2$" in whole_text(rendered(text))


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="abx12_^*{}\\+- =&~[]()<>`#|\n", max_size=30))
def test_that_whatever_stands_between_double_dollars_is_left_as_it_is(inner: str) -> None:
    source = f"$$a{inner}b$$"
    found = _formulas(f"so {source} it is")
    if "\n" not in inner and "`" not in inner and not inner.endswith("\\"):
        assert found == [source]


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{a}{b}",
        r"\int_0^\infty e^{-x^2}\,dx",
        r"\begin{pmatrix}a & b \\ c & d\end{pmatrix}",
        r"\text{where } x \in \mathbb{R}",
        r"\hat{y} \cdot \vec{v}",
    ],
)
def test_that_a_formula_is_drawn(latex: str) -> None:
    drawing = draw(Key(latex, True, 15.0, "#123456"))
    assert drawing is not None
    assert drawing.width > 0
    assert drawing.height > drawing.depth >= 0
    assert b"#123456" in drawing.svg


def test_that_no_formula_pays_for_what_is_brought_for_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bring = builtins.__import__

    def bring_slowly(name: str, *of_it: Any, **more: Any) -> object:
        if name == "ziamath.zmath":
            ends = time.thread_time() + formulas._DEADLINE_S
            while time.thread_time() < ends:
                pass
        return bring(name, *of_it, **more)

    monkeypatch.setattr(builtins, "__import__", bring_slowly)
    assert draw(Key("x", False, 15.0, "#000000")) is not None


@pytest.mark.parametrize("latex", [r"\nosuchthing{x}", r"\frac{a", "漢字", "}{", r"\begin{x}"])
def test_that_what_it_can_t_draw_is_not_drawn(latex: str) -> None:
    assert draw(Key(latex, False, 15.0, "#000000")) is None


@pytest.mark.parametrize(
    "latex", ["x" * 5000, r"\frac{" * 9 + "x" + "}{y}" * 9, r"\sqrt" * 12 + "x", "{" * 40]
)
def test_that_what_would_take_long_is_not_even_tried(latex: str) -> None:
    assert not is_drawable(latex)


def test_that_a_formula_takes_its_place_once_it_is_drawn_and_is_copied_as_written(
    qtbot: QtBot, drawn: Drawn
) -> None:
    view = TextView("text")
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.show()
    text = "Here $q^{77}$ and\n\n$$\n\\frac{q}{78}\n$$\n\nand $\\nosuchthing$ end."
    view.show_markdown(text, is_whole=False)
    qtbot.waitUntil(lambda: _images(view.document()) == 2, timeout=30_000)
    assert view.shown_text() == text
    view.show_markdown(text + " More.")
    assert _images(view.document()) == 2
    assert view.shown_text() == text + " More."
    view.selectAll()
    view.copy()
    assert QApplication.clipboard().text() == text + " More."


def test_that_formulas_follow_the_theme_and_the_zoom(qtbot: QtBot, qapp: QApplication) -> None:
    view = TextView("text")
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.show()
    view.show_markdown("$z^{79}$")
    qtbot.waitUntil(lambda: _images(view.document()) == 1, timeout=30_000)
    light = _image(view.document())
    theme.apply_theme(qapp, "dark", 2.0)
    qtbot.waitUntil(lambda: _images(view.document()) == 1, timeout=30_000)
    dark = _image(view.document())
    assert dark.height() > 1.7 * light.height()
    assert _brightest(dark).lightness() > 200 > 60 > _brightest(light).lightness()


def test_that_a_formula_wider_than_the_view_is_made_to_fit(qtbot: QtBot) -> None:
    view = TextView("text")
    qtbot.addWidget(view)
    view.resize(200, 300)
    view.show()
    view.show_markdown("$$" + "x + y + " * 10 + "z$$")
    qtbot.waitUntil(lambda: _images(view.document()) == 1, timeout=30_000)
    assert view.document().size().width() <= view.viewport().width()


def _image(document: QTextDocument) -> QImage:
    block = document.begin()
    while block.isValid():
        iterator = block.begin()
        while not iterator.atEnd():
            style = iterator.fragment().charFormat()
            if style.isImageFormat():
                kind = int(QTextDocument.ResourceType.ImageResource.value)
                image = document.resource(kind, style.toImageFormat().name())
                assert isinstance(image, QImage)
                return image
            iterator += 1
        block = block.next()
    raise AssertionError("no image")


def _brightest(image: QImage) -> QColor:
    """Of the pixels that are painted."""
    colours = [
        image.pixelColor(x, y)
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() > 128
    ]
    return max(colours, key=QColor.lightness)


def _images(document: QTextDocument) -> int:
    found = 0
    block = document.begin()
    while block.isValid():
        iterator = block.begin()
        while not iterator.atEnd():
            style = iterator.fragment().charFormat()
            if style.isImageFormat() and style.hasProperty(Property.FORMULA):
                found += iterator.fragment().length()
            iterator += 1
        block = block.next()
    return found
