"""The list of conversations under hand and keys."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.domain.conversation_search import SearchHit
from app.domain.conversation_summary import ConversationSummary
from app.ui.item_models.conversation_model import Heading, Row
from app.ui.widgets.conversation_list import ConversationList

A, B, C = (ConversationSummary(letter, f"Title {letter}", 1) for letter in "abc")
PINNED = ConversationSummary("p", "Kept", 1, is_pinned=True)
ROWS: list[Row] = [Heading("Pinned"), PINNED, Heading("Today"), A, B, Heading("Yesterday"), C]
HITS = [
    SearchHit("a", None, "Title a", "Title a", ((0, 5),)),
    SearchHit("b", "m", "Title b", "…the title 🎉 of b", ((5, 10),)),
]


OPENS_MENU = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
"""The offscreen platform says so of a menu."""


class Told:
    """What the list has told, in order."""

    def __init__(self, view: ConversationList) -> None:
        self.all: list[tuple[object, ...]] = []
        view.conversation_chosen.connect(lambda key: self.all.append(("chosen", key)))
        view.hit_chosen.connect(lambda *hit: self.all.append(("hit", *hit)))
        view.rename_wanted.connect(lambda *name: self.all.append(("rename", *name)))
        view.pin_wanted.connect(lambda *pin: self.all.append(("pin", *pin)))
        view.delete_wanted.connect(lambda key: self.all.append(("delete", key)))
        view.left_upwards.connect(lambda: self.all.append(("left",)))
        view.more_wanted.connect(lambda: self.all.append(("more",)))


@pytest.fixture
def view(qtbot: QtBot) -> ConversationList:
    view = ConversationList()
    qtbot.addWidget(view)
    view.resize(256, 500)
    view.show_conversations(ROWS, "a")
    view.show()
    view.setFocus()
    QApplication.processEvents()
    return view


@pytest.fixture
def told(view: ConversationList) -> Told:
    return Told(view)


def _current(view: ConversationList) -> str:
    text: str = view.currentIndex().data()
    return text


def _centre(view: ConversationList, row: int) -> QPoint:
    return view.visualRect(view.model().index(row, 0)).center()


def _menu_at(view: ConversationList, row: int, reason: QContextMenuEvent.Reason) -> QMenu | None:
    at = _centre(view, row)
    event = QContextMenuEvent(reason, at, view.viewport().mapToGlobal(at))
    QApplication.sendEvent(view.viewport(), event)
    return view.findChild(QMenu, "conversationMenu")


def _editor(view: ConversationList) -> QLineEdit | None:
    return view.findChild(QLineEdit, "conversationTitleEditor")


# -- moving and choosing


def test_that_arrow_keys_open_conversations_and_pass_over_headings(
    view: ConversationList, told: Told
) -> None:
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Home):
        QTest.keyClick(view, key)
    QTest.keyClick(view, Qt.Key.Key_Up)
    QTest.keyClick(view, Qt.Key.Key_End)
    assert told.all == [("chosen", key) for key in "bcpc"]


def test_that_pages_end_on_a_conversation(view: ConversationList, told: Told) -> None:
    many = [ConversationSummary(str(number), f"Title {number}", 1) for number in range(200)]
    rows: list[Row] = []
    for number, one in enumerate(many):
        rows += [Heading(f"Day {number}"), one]
    view.show_conversations(rows, "0")
    for key in [Qt.Key.Key_PageDown] * 5 + [Qt.Key.Key_PageUp] * 6:
        QTest.keyClick(view, key)
    assert len(told.all) >= 10
    assert view.currentIndex().row() == 1


def test_that_a_heading_opens_nothing_at_a_click(view: ConversationList, told: Told) -> None:
    for row in (0, 2, 5):
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=_centre(view, row))
    assert told.all == []
    assert _current(view) == "Title a"


def test_that_the_tab_key_opens_no_conversation(qtbot: QtBot) -> None:
    view = ConversationList()
    qtbot.addWidget(view)
    told = Told(view)
    view.show_conversations(ROWS, None)
    view.show()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    assert told.all == []
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert [kind for kind, *_ in told.all] == ["chosen"]


def test_that_a_conversation_that_goes_on_takes_the_keyboard_along(
    view: ConversationList, told: Told
) -> None:
    QTest.keyClick(view, Qt.Key.Key_End)
    later = ConversationSummary("c", "Title c", 9)
    view.show_conversations([Heading("Today"), later, A, B], "c")
    assert _current(view) == "Title c"
    assert view.currentIndex().row() == 1
    assert told.all == [("chosen", "c")]


def test_that_the_keyboard_stays_near_a_row_that_is_deleted(
    view: ConversationList, told: Told
) -> None:
    view.show_conversations([row for row in ROWS if row is not A], None)
    assert view.currentIndex().isValid()
    assert told.all == [], "the neighbour is not opened"
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert [kind for kind, *_ in told.all] == ["chosen"]


# -- names


def test_that_f2_has_the_name_edited_in_its_place(view: ConversationList, told: Told) -> None:
    QTest.keyClick(view, Qt.Key.Key_F2)
    editor = _editor(view)
    assert editor is not None
    assert editor.selectedText() == "Title a"
    assert editor.accessibleName()
    assert view.viewport().rect().contains(editor.geometry())
    QTest.keyClicks(editor, "Another")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert told.all == [("rename", "a", "Another")]


def test_that_escape_and_an_untouched_name_change_nothing(
    view: ConversationList, told: Told
) -> None:
    for key, typed in ((Qt.Key.Key_Escape, "Another"), (Qt.Key.Key_Return, "")):
        QTest.keyClick(view, Qt.Key.Key_F2)
        editor = _editor(view)
        assert editor is not None
        QTest.keyClicks(editor, typed)
        QTest.keyClick(editor, key)
        QApplication.processEvents()
        QApplication.sendPostedEvents(None, 0)
    assert told.all == []


def test_that_a_name_may_be_emptied(view: ConversationList, told: Told) -> None:
    QTest.keyClick(view, Qt.Key.Key_F2)
    editor = _editor(view)
    assert editor is not None
    QTest.keyClick(editor, Qt.Key.Key_Delete)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert told.all == [("rename", "a", "")]


def test_that_other_rows_wait_while_a_name_is_written(view: ConversationList) -> None:
    QTest.keyClick(view, Qt.Key.Key_F2)
    editor = _editor(view)
    assert editor is not None
    QTest.keyClicks(editor, "Ano")
    view.show_conversations([Heading("Today"), B, A], "a")
    assert editor.isVisible()
    assert editor.text() == "Ano"
    assert view.model().rowCount() == len(ROWS)
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert view.model().rowCount() == 3
    assert _current(view) == "Title a"


# -- what can be done with a row


@pytest.mark.parametrize(
    ("key", "modifier", "expected"),
    [
        (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier, ("delete", "a")),
        (
            Qt.Key.Key_P,
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
            ("pin", "a", True),
        ),
    ],
)
def test_that_keys_pin_and_delete(
    view: ConversationList,
    told: Told,
    key: Qt.Key,
    modifier: Qt.KeyboardModifier,
    expected: tuple[object, ...],
) -> None:
    QTest.keyClick(view, key, modifier)
    assert told.all == [expected]


@OPENS_MENU
@pytest.mark.parametrize(
    ("row", "name", "expected"),
    [
        (1, "pinConversation", ("pin", "p", False)),
        (4, "pinConversation", ("pin", "b", True)),
        (6, "deleteConversation", ("delete", "c")),
    ],
)
def test_that_a_menu_acts_on_the_row_under_the_pointer_and_opens_nothing(
    view: ConversationList, told: Told, row: int, name: str, expected: tuple[object, ...]
) -> None:
    at = _centre(view, row)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.RightButton, pos=at)
    menu = _menu_at(view, row, QContextMenuEvent.Reason.Mouse)
    assert menu is not None
    next(one for one in menu.actions() if one.objectName() == name).trigger()
    menu.close()
    assert told.all == [expected]
    assert _current(view) == "Title a"


@OPENS_MENU
def test_that_the_menu_key_opens_the_menu_of_the_current_row(
    view: ConversationList, told: Told
) -> None:
    menu = _menu_at(view, 6, QContextMenuEvent.Reason.Keyboard)
    assert menu is not None
    assert menu.accessibleName()
    next(one for one in menu.actions() if one.objectName() == "renameConversation").trigger()
    menu.close()
    editor = _editor(view)
    assert editor is not None
    assert editor.text() == "Title a"


def test_that_a_heading_has_no_menu(view: ConversationList) -> None:
    assert _menu_at(view, 2, QContextMenuEvent.Reason.Mouse) is None


# -- what a search has found


def test_that_hits_take_the_place_of_the_list_and_it_comes_back_as_it_was(
    view: ConversationList, told: Told
) -> None:
    height = view.visualRect(view.model().index(1, 0)).height()
    view.show_hits(HITS)
    QApplication.processEvents()
    assert view.model().rowCount() == 2
    assert view.visualRect(view.model().index(0, 0)).height() > height
    view.show_conversations([Heading("Today"), A, B], "a")
    assert view.model().rowCount() == 2, "a search is not disturbed"
    view.end_search()
    QApplication.processEvents()
    assert view.model().rowCount() == 3
    assert _current(view) == "Title a"
    assert view.visualRect(view.model().index(1, 0)).height() == height
    assert told.all == []


def test_that_enter_and_a_click_open_a_hit_and_arrows_only_move(
    view: ConversationList, told: Told
) -> None:
    view.show_hits(HITS)
    QApplication.processEvents()
    view.focus_first()
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert told.all == []
    QTest.keyClick(view, Qt.Key.Key_Return)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=_centre(view, 0))
    assert told.all == [("hit", "b", "m"), ("hit", "a", "")]


def test_that_nothing_found_is_said_and_can_be_heard(view: ConversationList) -> None:
    view.show_hits((), "No conversation says “x”.")
    assert view.accessibleDescription() == "No conversation says “x”."
    blank = view.grab().toImage()
    view.show_hits((), "")
    assert view.grab().toImage() != blank
    view.end_search()
    assert view.accessibleDescription() == ""


def test_that_keys_do_not_touch_a_conversation_through_a_hit(
    view: ConversationList, told: Told
) -> None:
    view.show_hits(HITS)
    view.focus_first()
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_F2, Qt.Key.Key_Escape):
        QTest.keyClick(view, key)
    assert told.all == [("left",)]
    assert _editor(view) is None


def test_that_more_is_asked_for_at_the_end_of_what_was_found(
    view: ConversationList, told: Told
) -> None:
    view.show_hits([SearchHit("a", str(number), "T", "c", ()) for number in range(50)])
    QApplication.processEvents()
    assert told.all == []
    view.scrollToBottom()
    assert ("more",) in told.all
    view.add_hits(HITS)
    assert view.model().rowCount() == 52


# -- drawing


@pytest.mark.parametrize("direction", list(Qt.LayoutDirection)[:2])
@pytest.mark.parametrize("width", [120, 220])
def test_that_every_row_can_be_drawn_in_a_narrow_column(
    qtbot: QtBot, direction: Qt.LayoutDirection, width: int
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    view = ConversationList(parent)
    parent.setLayoutDirection(direction)
    view.resize(width, 300)
    odd = ["", "שלום, מה שלומך היום? (שוב)", "🎉👩‍👩‍👧‍👦" * 20, "word " * 40, "x" * 300]
    view.show_conversations([ConversationSummary(one, one, 1) for one in odd], odd[1])
    view.show_answering(odd[3])
    parent.show()
    assert not view.grab().isNull()
    view.show_hits([SearchHit("a", "m", one, one, ((0, 3), (5, 290))) for one in odd])
    assert not view.grab().isNull()


def test_that_the_conversation_in_which_a_model_answers_is_marked(view: ConversationList) -> None:
    before = view.grab().toImage()
    view.show_answering("b")
    during = view.grab().toImage()
    view.show_answering(None)
    assert during != before
    assert view.grab().toImage() == before


def test_that_it_takes_the_size_of_the_text(view: ConversationList, qapp: QApplication) -> None:
    from app.ui import theme

    height = view.visualRect(view.model().index(1, 0)).height()
    theme.apply_theme(qapp, "light", 2.0)
    QApplication.processEvents()
    assert view.visualRect(view.model().index(1, 0)).height() > 1.5 * height
