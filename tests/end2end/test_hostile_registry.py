"""A real registry of hostile names, in the real window and on a terminal: nothing but text."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from app.bootstrap import Program
from app.infra.settings import Settings
from app.ui.widgets.signature_view import SignatureTree
from tests.support.demo_models import ROOT
from tests.support.hostile_registry import (
    COLUMNS,
    HIDDEN,
    LONG_NAME,
    NAME,
    make_hostile_registry,
)
from tests.support.windows import Driver

pytestmark = pytest.mark.slow

MAX_TEXT = 30_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_hostile_registry(tmp_path_factory.mktemp("hostile") / "home")


@pytest.fixture
async def driver(home: Path) -> AsyncIterator[Driver]:
    driver = Driver(Program(Settings(home=home)))
    yield driver
    await driver.close()


def shown_indexes(view: QAbstractItemView) -> Iterator[QModelIndex]:
    def below(parent: QModelIndex) -> Iterator[QModelIndex]:
        for row in range(min(view.model().rowCount(parent), 20)):
            index = view.model().index(row, 0, parent)
            yield index
            yield from below(index)

    yield from below(QModelIndex())


def texts(window: QWidget) -> Iterator[str]:
    """All that the window shows, says aloud, or tells in a tip."""
    for label in window.findChildren(QLabel):
        assert label.textFormat() == Qt.TextFormat.PlainText, label.text()[:80]
        yield label.text()
    for widget in window.findChildren(QWidget):
        yield widget.accessibleName()
        yield widget.accessibleDescription()
        yield without_our_markup(widget.toolTip())
    for view in window.findChildren(QAbstractItemView):
        for index in shown_indexes(view):
            yield str(index.data() or "")
            yield str(index.data(Qt.ItemDataRole.AccessibleTextRole) or "")
            yield without_our_markup(str(index.data(Qt.ItemDataRole.ToolTipRole) or ""))
    for field in window.findChildren(QPlainTextEdit):
        if field.objectName() != "signatureText":  # as long as the signature itself
            yield field.toPlainText()


def without_our_markup(tip: str) -> str:
    """What a tip shows. One that Qt may take for markup is ours, with all that is not escaped."""
    if "<" in tip or "&" in tip:
        assert tip.startswith('<p style="white-space: pre-wrap">'), tip[:80]
        inner = tip.removeprefix('<p style="white-space: pre-wrap">').removesuffix("</p>")
        assert "<" not in inner
    return tip


def look(window: QWidget) -> None:
    for text in texts(window):
        assert len(text) <= MAX_TEXT
        assert not set(HIDDEN) & set(text.replace("\u200b", "")), ascii(text[:120])


@pytest.mark.parametrize("name", [NAME, LONG_NAME])
async def test_that_a_hostile_model_is_shown_and_asked_about_as_text_alone(
    driver: Driver, name: str
) -> None:
    services = driver.program.services
    await driver.listed(NAME, LONG_NAME)
    services.sessions.select(services.catalog.versions[name, "1"])
    text = driver.find(QPlainTextEdit, "signatureText")
    driver.window.show_page("chat")
    tree = driver.window.findChild(SignatureTree)
    assert tree is not None
    model = tree.model()
    await driver.until(lambda: model.rowCount() > 0, "the signature")
    assert model.rowCount(model.index(0, 0)) == COLUMNS
    look(driver.window)
    driver.press("signatureJsonButton")
    assert not set(HIDDEN) & set(text.toPlainText())

    driver.program.actions.run("palette")
    await driver.until(lambda: _dialog(driver) is not None, "the palette")
    palette = _dialog(driver)
    assert palette is not None
    field = palette.findChild(QLineEdit)
    assert field is not None
    field.setText("bold" if name == NAME else "long")
    found = palette.findChild(QAbstractItemView)
    assert found is not None
    await driver.until(lambda: found.model().rowCount() in range(1, 6), "what was looked for")
    look(driver.window)
    palette.reject()
    await driver.until(lambda: _dialog(driver) is None, "the palette's end")

    driver.press("loadButton")
    await driver.until(lambda: _dialog(driver) is not None, "the question of trust")
    question = _dialog(driver)
    assert question is not None
    assert question.objectName() == "trustDialog"
    assert "root" in "\n".join(texts(question)) or "you" in "\n".join(texts(question))
    look(driver.window)
    assert question.width() <= driver.window.width()
    question.reject()
    await driver.until(lambda: _dialog(driver) is None, "the question's end")
    assert services.trust.grants() == ()


def _dialog(driver: Driver) -> QDialog | None:
    return next((one for one in driver.window.findChildren(QDialog) if one.isVisible()), None)


def _parley(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "app", "--home", str(home), *arguments]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    return kept | {"PYTHONPATH": str(ROOT)}


def test_that_a_terminal_shows_hostile_names_and_obeys_none(home: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        _parley(home, "models"), env=_environment(), stdout=theirs, stderr=theirs
    ) as program:
        os.close(theirs)
        seen = b""
        while True:
            try:
                piece = os.read(ours, 65_536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            seen += piece
    os.close(ours)
    text = seen.decode()
    assert program.returncode == 0
    assert not set(HIDDEN) & set(text)
    assert "<b>bold<|b>" in text
    assert "<U+202E>" in text
    assert len(text) < MAX_TEXT


def test_that_json_tells_programs_the_names_as_they_are(home: Path) -> None:
    done = subprocess.run(
        _parley(home, "models", "--json"),
        env=_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert {json.loads(line)["name"] for line in done.stdout.splitlines()} == {NAME, LONG_NAME}


def test_that_a_refusal_on_a_terminal_is_one_sentence_without_escapes(home: Path) -> None:
    done = subprocess.run(
        _parley(home, "ask", NAME, "hello"),
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert not set(HIDDEN) & set(done.stderr)
    assert done.stderr.count("\n") == 1
