"""The left column as a whole."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.conversation_search import SearchHit
from app.domain.conversation_summary import ConversationSummary
from app.ui.item_models.registry_filter import FOUND_LIMIT
from app.ui.panes.sidebar import Sidebar
from wrappers.contract import ModelVersion

VERSIONS = tuple(
    ModelVersion(name=f"model-{number:03}", version="1", mode="messages") for number in range(150)
)


@pytest.fixture
def sidebar(qtbot: QtBot) -> Sidebar:
    sidebar = Sidebar()
    qtbot.addWidget(sidebar)
    sidebar.resize(284, 800)
    sidebar.show()
    return sidebar


def test_that_scripts_find_its_widgets(sidebar: Sidebar) -> None:
    for name in (
        "registryView",
        "registrySearch",
        "conversationList",
        "conversationSearch",
        "newConversationButton",
    ):
        widget = sidebar.findChild(QWidget, name)
        assert widget is not None, name
        assert widget.accessibleName(), name


def test_that_typing_searches_and_esc_shows_all_again(sidebar: Sidebar) -> None:
    sidebar.show_versions(VERSIONS)
    sidebar.search.setFocus()
    QTest.keyClicks(sidebar.search, "149")
    assert sidebar.registry.model().rowCount() == 1
    QTest.keyClick(sidebar.search, Qt.Key.Key_Escape)
    assert sidebar.registry.model().rowCount() == 150


def test_that_a_search_says_what_it_does_not_show(sidebar: Sidebar) -> None:
    sidebar.show_versions(VERSIONS)
    more = sidebar.findChild(QLabel, "registryMore")
    assert more is not None
    QTest.keyClicks(sidebar.search, "model")
    assert more.isVisible()
    assert more.text().startswith(f"{len(VERSIONS) - FOUND_LIMIT} more")
    QTest.keyClicks(sidebar.search, "-149")
    assert not more.isVisible()


def test_that_down_goes_from_the_search_to_what_was_found(sidebar: Sidebar) -> None:
    sidebar.show_versions(VERSIONS)
    sidebar.search.setFocus()
    QTest.keyClicks(sidebar.search, "149")
    QTest.keyClick(sidebar.search, Qt.Key.Key_Down)
    assert sidebar.registry.hasFocus()
    assert sidebar.registry.chosen == ("model-149", "1")


def test_that_tab_goes_where_the_eye_goes(sidebar: Sidebar) -> None:
    sidebar.show_versions(VERSIONS)
    sidebar.search.setFocus()
    visited = []
    for _ in range(6):
        focus = sidebar.focusWidget()
        visited.append(focus.objectName())
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    assert visited == [
        "registrySearch",
        "registryView",
        "newConversationButton",
        "conversationSearch",
        "conversationList",
        "settingsButton",
    ]


def test_that_the_current_conversation_is_marked_without_an_echo(
    sidebar: Sidebar, qtbot: QtBot
) -> None:
    entries = [ConversationSummary("b", "Second", 2), ConversationSummary("a", "First", 1)]
    with qtbot.assertNotEmitted(sidebar.conversations.conversation_chosen):
        sidebar.show_conversations(entries, "a")
    assert sidebar.conversations.currentIndex().data() == "First"


def test_that_a_click_chooses_a_conversation(sidebar: Sidebar, qtbot: QtBot) -> None:
    sidebar.show_conversations(
        [ConversationSummary("b", "Second", 2), ConversationSummary("a", "First", 1)], "b"
    )
    view = sidebar.conversations
    with qtbot.waitSignal(view.conversation_chosen) as chosen:
        at = view.visualRect(view.model().index(1, 0)).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert chosen.args == ["a"]


def test_that_letters_typed_in_the_list_begin_a_search_and_open_nothing(
    sidebar: Sidebar, qtbot: QtBot
) -> None:
    sidebar.show_conversations([ConversationSummary("a", "First", 1)], None)
    sidebar.conversations.setFocus()
    with qtbot.assertNotEmitted(sidebar.conversations.conversation_chosen):
        QTest.keyClick(sidebar.conversations, Qt.Key.Key_F)
        QTest.keyClicks(sidebar.focusWidget(), "irst")
    assert sidebar.conversation_search.text().lower() == "first"


def test_that_escape_among_the_hits_goes_back_to_an_empty_search(sidebar: Sidebar) -> None:
    sidebar.conversation_search.setText("first")
    sidebar.conversations.show_hits([SearchHit("a", "m", "First", "first", ((0, 5),))])
    QTest.keyClick(sidebar.conversation_search, Qt.Key.Key_Down)
    assert sidebar.conversations.hasFocus()
    QTest.keyClick(sidebar.conversations, Qt.Key.Key_Escape)
    assert sidebar.conversation_search.hasFocus()
    assert sidebar.conversation_search.text() == ""


def test_that_new_asks_for_a_conversation(sidebar: Sidebar, qtbot: QtBot) -> None:
    button = sidebar.findChild(QPushButton, "newConversationButton")
    assert button is not None
    with qtbot.waitSignal(sidebar.new_conversation):
        button.click()


def test_that_a_small_registry_leaves_its_room_to_the_conversations(
    sidebar: Sidebar, qtbot: QtBot
) -> None:
    sidebar.show_versions(VERSIONS[:2])
    qtbot.waitUntil(lambda: sidebar.conversations.y() < 260)
    sidebar.show_versions(VERSIONS)
    qtbot.waitUntil(lambda: sidebar.conversations.y() > 400)


@pytest.mark.parametrize("width", [220, 284])
def test_that_every_part_stays_within_the_column(sidebar: Sidebar, width: int) -> None:
    sidebar.show_place("sqlite · a-registry-with-a-very-long-name-in-some-folder")
    sidebar.show_foot("mlflow 3.17.2 · and a good deal more that there is to say")
    sidebar.show_versions(VERSIONS)
    sidebar.resize(width, 700)
    sidebar.grab()
    assert sidebar.width() == width
    for child in sidebar.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if child.isVisible():
            assert sidebar.rect().contains(child.geometry()), child.objectName()
