"""A link that a model wrote is opened by the user alone."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.ui.dialogs.consent import LinkDialog
from app.ui.panes.chat_pane import ChatPane

LINK = QUrl("https://example.org/a?b=1&c=" + "long/" * 40)


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
def pane(qtbot: QtBot, desktop: Desktop) -> ChatPane:
    pane = ChatPane()
    qtbot.addWidget(pane)
    pane.resize(700, 500)
    pane.show()
    return pane


def _asked(pane: ChatPane, link: QUrl) -> LinkDialog:
    pane.transcript.link_requested.emit(link)
    return pane.findChildren(LinkDialog)[-1]


def _button(dialog: LinkDialog, name: str) -> QPushButton:
    button = dialog.findChild(QPushButton, name)
    assert button is not None
    return button


def _texts(dialog: LinkDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel)).replace("\u200b", "")


def test_that_the_whole_address_is_shown_first(pane: ChatPane, desktop: Desktop) -> None:
    dialog = _asked(pane, LINK)
    assert LINK.toString() in _texts(dialog)
    assert dialog.width() <= pane.width()
    assert desktop.opened == []


def test_that_letters_which_pass_for_others_are_shown_encoded(
    pane: ChatPane, desktop: Desktop
) -> None:
    assert "xn--" in _texts(_asked(pane, QUrl("https://ex\u0430mple.org/")))


def test_that_a_link_is_opened_once_the_user_agrees(pane: ChatPane, desktop: Desktop) -> None:
    _button(_asked(pane, LINK), "openLinkButton").click()
    assert desktop.opened == [LINK]


def test_that_cancel_opens_nothing_and_is_the_default(pane: ChatPane, desktop: Desktop) -> None:
    dialog = _asked(pane, LINK)
    cancel = _button(dialog, "cancelButton")
    assert cancel.isDefault()
    cancel.click()
    assert desktop.opened == []
