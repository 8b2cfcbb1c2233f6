"""The dialogs, opened for real and answered through their futures."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QStyle,
    QStyleOptionButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.domain.memory import MemoryForecast
from app.ui import theme
from app.ui.actions import Section
from app.ui.dialogs.consent import TrustDialog
from app.ui.dialogs.open_registry import OpenRegistryDialog
from app.ui.dialogs.opener import LOG_TAIL_BYTES, Dialogs, log_tail
from app.ui.dialogs.register import RegisterDialog, proposed_name
from app.ui.dialogs.values import MemoryAnswer, Registration, RegistryChoice
from app.ui.presenters.appearance_presenter import ZOOM_STEPS
from wrappers.contract import Failed, ModelCard, ModelVersion, Trust

CARD = ModelCard(
    version=ModelVersion(name="stranger", version="4", mode="messages"),
    trust=Trust(
        runs_code=True,
        loader="mlflow.pyfunc.model",
        files=("code/chat.py", "python_model.pkl"),
        requirements=tuple(f"package-{number}==1" for number in range(9)),
        registered_by="someone",
        fingerprint="9f2c" * 16,
        source="/models/m-1/artifacts",
        registry="sqlite:////home/mlflow.db",
    ),
)
FORECAST = MemoryForecast(model="phi3/1", needed_bytes=8_000_000_000, available_bytes=3_000_000_000)


def _dialog(window: QWidget) -> QDialog | None:
    return next((one for one in window.findChildren(QDialog) if one.isVisible()), None)


async def _open(window: QWidget) -> QDialog:
    """The dialog that a task has been started to open."""
    async with asyncio.timeout(20):
        while (dialog := _dialog(window)) is None:  # noqa: ASYNC110 - it tells of its opening by no event
            await asyncio.sleep(0)
    return dialog


def _child[W: QWidget](dialog: QWidget, kind: type[W], name: str) -> W:
    child = dialog.findChild(kind, name)
    assert child is not None, name
    return child


def _press(dialog: QWidget, name: str) -> None:
    _child(dialog, QPushButton, name).click()


def _all_text(dialog: QDialog) -> str:
    labels = [label.text() for label in dialog.findChildren(QLabel)]
    return "\n".join(labels + [one.toPlainText() for one in dialog.findChildren(QPlainTextEdit)])


# --------------------------------------------------------------------------------------------
# Questions


async def test_that_the_question_of_trust_tells_what_would_run(
    window: QWidget, dialogs: Dialogs
) -> None:
    answer = asyncio.create_task(dialogs.ask_trust(CARD))
    dialog = await _open(window)
    text = _all_text(dialog)
    for told in (
        "stranger",
        "code/chat.py",
        "python_model.pkl",
        "package-8==1",
        "someone",
        "9f2c",
        "m-1/artifacts",
        "sqlite:",
    ):
        assert told in text
    _press(dialog, "trustButton")
    assert await answer is True
    assert _dialog(window) is None


async def test_that_a_strangers_words_make_the_question_neither_wide_nor_endless(
    window: QWidget, dialogs: Dialogs
) -> None:
    card = ModelCard(
        version=ModelVersion(name="<img src=x>" + "n" * 5000, version="\u202e4"),
        trust=Trust(
            runs_code=True,
            loader="l" * 5000,
            files=tuple(f"code/{'d' * 500}/{number}.py" for number in range(10_000)),
            requirements=("\x1b[31mred\x07\n\nPackages", "\u202egnp.exe"),
            registered_by="b" * 5000,
            fingerprint="f1",
            source="/" + "x" * 5000,
            registry="sqlite:///" + "y" * 5000,
        ),
    )
    answer = asyncio.create_task(dialogs.ask_trust(card))
    dialog = await _open(window)
    text = _all_text(dialog)
    assert dialog.width() <= window.width()
    assert len(text) < 100_000
    assert "and 9900 more" in text
    assert "<img src=x>" in text.replace("\u200b", "")
    for hidden in "\x1b\x07\u202e":
        assert hidden not in text
    assert all(
        label.textFormat() == Qt.TextFormat.PlainText for label in dialog.findChildren(QLabel)
    )
    dialog.reject()
    assert await answer is False


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return])
async def test_that_a_key_pressed_in_passing_trusts_nobody(
    window: QWidget, dialogs: Dialogs, key: Qt.Key
) -> None:
    answer = asyncio.create_task(dialogs.ask_trust(CARD))
    QTest.keyClick(await _open(window), key)
    assert await answer is False


@pytest.mark.parametrize(
    ("button", "expected"),
    [
        ("loadAnywayButton", MemoryAnswer.LOAD_ANYWAY),
        ("unloadOthersButton", MemoryAnswer.UNLOAD_OTHERS),
        ("cancelButton", MemoryAnswer.CANCEL),
    ],
)
async def test_that_the_question_of_memory_has_three_answers(
    window: QWidget, dialogs: Dialogs, button: str, expected: MemoryAnswer
) -> None:
    answer = asyncio.create_task(dialogs.ask_memory(FORECAST, ["onnx/2"]))
    dialog = await _open(window)
    for told in ("8.0 GB", "3.0 GB", "phi3/1", "onnx/2"):
        assert told in _all_text(dialog)
    _press(dialog, button)
    assert await answer is expected


async def test_that_nothing_can_be_unloaded_where_nothing_is_loaded(
    window: QWidget, dialogs: Dialogs
) -> None:
    answer = asyncio.create_task(dialogs.ask_memory(FORECAST, []))
    dialog = await _open(window)
    assert dialog.findChild(QPushButton, "unloadOthersButton") is None
    dialog.reject()
    assert await answer is MemoryAnswer.CANCEL


async def test_that_a_question_ends_with_its_asker(window: QWidget, dialogs: Dialogs) -> None:
    answer = asyncio.create_task(dialogs.ask_trust(CARD))
    await _open(window)
    answer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answer
    assert _dialog(window) is None


def test_that_every_widget_of_a_dialog_has_a_name_to_be_read_aloud(qtbot: QtBot) -> None:
    for dialog in (
        TrustDialog(CARD),
        RegisterDialog(),
        OpenRegistryDialog(RegistryChoice(None)),
    ):
        qtbot.addWidget(dialog)
        assert dialog.accessibleName()
        for kind in (QPushButton, QLineEdit):
            for widget in dialog.findChildren(kind):
                assert widget.accessibleName(), (dialog.objectName(), widget.objectName())


# --------------------------------------------------------------------------------------------
# Register


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("microsoft/Phi-3-mini-4k-instruct", "phi-3-mini-4k-instruct"),
        ("/home/me/models/My Model (v2)/", "my-model-v2"),
        ("C:\\models\\Phi_3", "phi_3"),
        ("", ""),
    ],
)
def test_that_a_name_is_proposed_from_the_source(source: str, name: str) -> None:
    assert proposed_name(source) == name


def test_that_a_name_of_ones_own_is_not_proposed_over(qtbot: QtBot) -> None:
    dialog = RegisterDialog()
    qtbot.addWidget(dialog)
    source = _child(dialog, QLineEdit, "registerSource")
    QTest.keyClicks(source, "org/model")
    assert dialog.registration.name == "model"
    QTest.keyClicks(_child(dialog, QLineEdit, "registerName"), "-mine")
    QTest.keyClicks(source, "-two")
    assert dialog.registration == Registration("transformers", "org/model-two", "model-mine")


def test_that_it_cannot_be_registered_before_there_is_a_source_and_a_name(qtbot: QtBot) -> None:
    dialog = RegisterDialog()
    qtbot.addWidget(dialog)
    assert not dialog.action.isEnabled()
    QTest.keyClicks(_child(dialog, QLineEdit, "registerSource"), "org/model")
    assert dialog.action.isEnabled()
    name = _child(dialog, QLineEdit, "registerName")
    name.selectAll()
    QTest.keyClicks(name, "a/b")
    assert not dialog.action.isEnabled()
    assert "/" in _child(dialog, QLabel, "problemText").text()


async def test_that_a_registration_that_would_fail_stays_open_and_says_why(
    window: QWidget, dialogs: Dialogs
) -> None:
    problems = [Failed(kind="disk", message="The disk is full.", advice="Free 2 GB."), None]
    asked: list[Registration] = []

    async def check(wanted: Registration) -> Failed | None:
        asked.append(wanted)
        return problems[len(asked) - 1]

    answer = asyncio.create_task(dialogs.register(check, _propose_onnx))
    dialog = await _open(window)
    QTest.keyClicks(_child(dialog, QLineEdit, "registerSource"), "folder")
    problem = _child(dialog, QLabel, "problemText")
    _press(dialog, "acceptButton")
    await _until(problem.isVisible)
    assert problem.text().splitlines() == ["The disk is full.", "Free 2 GB."]
    _press(dialog, "acceptButton")
    assert await answer == Registration("onnx", "folder", "folder") == asked[1]


async def test_that_a_check_that_takes_long_can_be_given_up(
    window: QWidget, dialogs: Dialogs
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def check(_wanted: Registration) -> Failed | None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return None

    answer = asyncio.create_task(dialogs.register(check, _propose_onnx))
    dialog = await _open(window)
    QTest.keyClicks(_child(dialog, QLineEdit, "registerSource"), "folder")
    _press(dialog, "acceptButton")
    await begun.wait()
    assert _child(dialog, QLabel, "stateText").isVisible()
    assert not _child(dialog, QPushButton, "acceptButton").isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert await answer is None
    assert ended.is_set()


def _propose_onnx(dialog: RegisterDialog, _source: str) -> None:
    dialog.propose_wrapper("onnx")


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - a widget tells of its text by no event
            await asyncio.sleep(0)


# --------------------------------------------------------------------------------------------
# Open a registry


@pytest.mark.parametrize(
    ("uri", "radio"),
    [
        (None, "ownRegistry"),
        ("sqlite:////data/mlflow.db", "databaseRegistry"),
        ("http://localhost:5000", "serverRegistry"),
    ],
)
def test_that_it_opens_on_the_registry_in_use(qtbot: QtBot, uri: str | None, radio: str) -> None:
    dialog = OpenRegistryDialog(RegistryChoice(uri))
    qtbot.addWidget(dialog)
    assert _child(dialog, QRadioButton, radio).isChecked()
    assert dialog.choice == RegistryChoice(uri)
    assert dialog.action.isEnabled()


@pytest.mark.parametrize("own", [True, False])
def test_that_the_arrow_keys_choose_between_registries_from_the_start(
    window: QWidget, qtbot: QtBot, own: bool
) -> None:
    dialog = OpenRegistryDialog(RegistryChoice(None if own else "http://localhost:5000"), window)
    dialog.open()
    qtbot.waitUntil(lambda: dialog.focusWidget() is not None and dialog.isActiveWindow())
    QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Down if own else Qt.Key.Key_Up)
    assert _child(dialog, QRadioButton, "databaseRegistry").isChecked()
    dialog.reject()


@pytest.mark.parametrize("zoom", ZOOM_STEPS)
def test_that_a_button_for_one_of_many_is_round_at_every_size(
    qtbot: QtBot, qapp: QApplication, zoom: float
) -> None:
    theme.apply_theme(qapp, "light", zoom)
    button = QRadioButton("One")
    qtbot.addWidget(button)
    button.resize(button.sizeHint())
    for chosen in (False, True):
        button.setChecked(chosen)
        option = QStyleOptionButton()
        button.initStyleOption(option)
        part = QStyle.SubElement.SE_RadioButtonIndicator
        place = button.style().subElementRect(part, option, button)
        drawn = button.grab(place).toImage()
        assert drawn.pixelColor(1, 1).alpha() < 16
        assert drawn.pixelColor(drawn.width() // 2, 1).alpha() > 64


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_that_a_chosen_registry_keeps_its_dot_while_it_has_the_focus(
    qtbot: QtBot, qapp: QApplication, scheme: theme.Choice
) -> None:
    theme.apply_theme(qapp, scheme)
    window = QWidget()
    qtbot.addWidget(window)
    row = QHBoxLayout(window)
    button = QRadioButton("One")
    row.addWidget(button)
    row.addWidget(QLineEdit())
    button.setChecked(True)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    shown = []
    for has_focus in (True, False):
        (button.setFocus if has_focus else button.clearFocus)()
        assert button.hasFocus() is has_focus
        option = QStyleOptionButton()
        button.initStyleOption(option)
        part = QStyle.SubElement.SE_RadioButtonIndicator
        place = button.style().subElementRect(part, option, button)
        shown.append(button.grab(place).toImage())
    assert shown[0] == shown[1]


def test_that_a_database_is_named_by_its_file(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = OpenRegistryDialog(RegistryChoice(None))
    qtbot.addWidget(dialog)
    _child(dialog, QRadioButton, "databaseRegistry").click()
    assert not dialog.action.isEnabled()
    QTest.keyClicks(_child(dialog, QLineEdit, "registryFile"), str(tmp_path / "mlflow.db"))
    assert dialog.choice == RegistryChoice(f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}")
    assert dialog.action.isEnabled()


def test_that_a_server_needs_a_web_address(qtbot: QtBot) -> None:
    dialog = OpenRegistryDialog(RegistryChoice(None))
    qtbot.addWidget(dialog)
    _child(dialog, QRadioButton, "serverRegistry").click()
    address = _child(dialog, QLineEdit, "registryAddress")
    QTest.keyClicks(address, "localhost:5000")
    assert not dialog.action.isEnabled()
    address.clear()
    QTest.keyClicks(address, "http://localhost:5000")
    assert dialog.action.isEnabled()
    assert dialog.choice == RegistryChoice("http://localhost:5000")


# --------------------------------------------------------------------------------------------
# Reading


async def test_that_a_log_shows_its_end_and_can_be_copied(
    window: QWidget, dialogs: Dialogs, tmp_path: Path
) -> None:
    path = tmp_path / "model.log"
    path.write_text("first\nlast\n", encoding="utf-8")
    shown = asyncio.create_task(dialogs.show_log("phi3/1", path=path))
    dialog = await _open(window)
    assert _child(dialog, QPlainTextEdit, "logText").toPlainText() == "first\nlast\n"
    _press(dialog, "copyLogButton")
    assert QGuiApplication.clipboard().text() == "first\nlast\n"
    assert dialog.findChild(QPushButton, "logFolderButton") is not None
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    await shown


async def test_that_a_failure_without_a_file_shows_its_own_detail(
    window: QWidget, dialogs: Dialogs, tmp_path: Path
) -> None:
    shown = asyncio.create_task(
        dialogs.show_log("phi3/1", path=tmp_path / "gone.log", text="Traceback")
    )
    dialog = await _open(window)
    assert _child(dialog, QPlainTextEdit, "logText").toPlainText() == "Traceback"
    dialog.reject()
    await shown


def test_that_a_long_log_is_cut_before_a_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "long.log"
    path.write_text("".join(f"line {number:08}\n" for number in range(10_000)), encoding="utf-8")
    tail = log_tail(path)
    assert len(tail) <= LOG_TAIL_BYTES
    assert tail.startswith("line 0000")
    assert tail.endswith("line 00009999\n")


async def test_that_shortcuts_and_about_open_and_close(window: QWidget, dialogs: Dialogs) -> None:
    for work, told in (
        (dialogs.show_shortcuts([Section("Parley", (("Quit", ("Ctrl+Q",)),))]), "Ctrl+Q"),
        (dialogs.show_about("1.2", ["MLflow 3.17"]), "MLflow 3.17"),
    ):
        shown = asyncio.create_task(work)
        dialog = await _open(window)
        assert told in _all_text(dialog)
        QTest.keyClick(dialog, Qt.Key.Key_Return)
        await shown
