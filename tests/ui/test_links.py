"""A link that a model wrote is opened by the user alone."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app.ui.links import ask_before_opening

LINK = QUrl("https://example.org/a?b=1")


class Desktop(QObject):
    """Stands where the desktop's browser would."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[QUrl] = []

    @Slot(QUrl)
    def open(self, link: QUrl) -> None:
        self.opened.append(link)


@pytest.fixture
def desktop(qtbot: QtBot) -> Iterator[Desktop]:
    desktop = Desktop()
    # The stub asks for bytes, which the binding refuses.
    QDesktopServices.setUrlHandler("https", desktop, "open")  # type: ignore[arg-type]
    yield desktop
    QDesktopServices.unsetUrlHandler("https")


@pytest.fixture
def question(qtbot: QtBot) -> Iterator[QMessageBox]:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    yield ask_before_opening(window, LINK)
    del window  # it owns the question


def _press(question: QMessageBox, text: str) -> None:
    next(button for button in question.buttons() if button.text() == text).click()


def test_that_the_whole_address_is_shown_first(question: QMessageBox, desktop: Desktop) -> None:
    assert LINK.toString() in question.informativeText()
    assert desktop.opened == []
    _press(question, "Cancel")


def test_that_a_link_is_opened_once_the_user_agrees(
    question: QMessageBox, desktop: Desktop
) -> None:
    _press(question, "Open")
    assert desktop.opened == [LINK]


def test_that_cancel_opens_nothing_and_is_the_default(
    question: QMessageBox, desktop: Desktop
) -> None:
    default = question.defaultButton()
    assert default is not None
    assert default.text() == "Cancel"
    default.click()
    assert desktop.opened == []
