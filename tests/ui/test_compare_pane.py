"""What the compare pane shows of a comparison, with no model behind it."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.answer import Answer, AnswerState
from app.domain.comparison.record import Comparison, Phase, Plan, Side, Vote
from app.ui import theme
from app.ui.panes.compare_pane import ComparePane
from app.ui.presenters import compare_words
from app.ui.presenters.compare_drawing import Drawing
from app.ui.widgets.compare_block import CompareBlock
from app.ui.widgets.compare_cards import TURNS_AT_ONCE
from app.ui.widgets.compare_views import KeptView, TokenView
from app.ui.widgets.marked_text import MarkedText
from app.ui.widgets.text_view import TextView
from tests.support.compare_panes import NAMES, draw
from tests.support.comparisons import PROMPT, TEXTS, comparison, running
from wrappers.contract import Failed, Sampling


@pytest.fixture
def pane(qtbot: QtBot) -> Iterator[ComparePane]:
    pane = ComparePane()
    qtbot.addWidget(pane)
    qtbot.addWidget(pane.header)
    pane.resize(1100, 760)
    pane.show()
    yield pane
    pane.hide()


def settle() -> None:
    for _ in range(10):
        QApplication.processEvents()


def block(pane: ComparePane, at: int, turn: int = -1) -> CompareBlock:
    return pane.cards.cards[at].blocks()[turn]


def read(pane: ComparePane, at: int, turn: int = -1) -> MarkedText:
    found = block(pane, at, turn).findChild(MarkedText, "compareRead")
    assert found is not None
    return found


def answer(pane: ComparePane, at: int, turn: int = -1) -> TextView:
    found = block(pane, at, turn).findChild(TextView, "compareAnswer")
    assert found is not None
    return found


def button(pane: ComparePane, name: str) -> QPushButton:
    found = pane.findChild(QPushButton, name) or pane.header.findChild(QPushButton, name)
    assert found is not None, name
    return found


def other_prompt(whole: Comparison, text: str) -> Comparison:
    """The second side has read something else."""
    (turn,) = whole.turns
    second = replace(turn.sides[1], answer=replace(turn.sides[1].answer, prompt=text))
    return replace(whole, turns=(replace(turn, sides=(turn.sides[0], second)),))


def all_text(pane: ComparePane) -> str:
    """Everything that is shown, spoken, or told in a tip."""
    labels: list[QLabel | QPushButton] = [*pane.findChildren(QLabel)]
    labels += pane.findChildren(QPushButton)
    told = [one.text() for one in labels if one.isVisibleTo(pane)]
    edits = pane.findChildren(QPlainTextEdit)
    told += [one.toPlainText() for one in edits if one.isVisibleTo(pane)]
    for one in pane.findChildren(QWidget):
        if one.isVisibleTo(pane):
            told += [one.accessibleName(), one.accessibleDescription(), one.toolTip()]
    told += [one.text() for one in pane.findChildren(TextView) if one.isVisibleTo(pane)]
    return "\n".join(told)


# -- what is shown


def test_that_each_side_shows_what_it_read_and_what_it_answered(pane: ComparePane) -> None:
    draw(pane, comparison())
    settle()
    for at in (0, 1):
        assert read(pane, at).text() == PROMPT
        assert answer(pane, at).text() == TEXTS[at]


def test_that_the_numbers_are_the_medians_with_their_spread_and_who_was_ahead(
    pane: ComparePane,
) -> None:
    draw(pane, comparison())
    left, right = (card.facts for card in pane.cards.cards)
    assert left.value("usage") == "Prompt + completion: 13 + 12 = 25"
    assert left.value("first") == "First token: 184 ms (182–186 ms)"
    assert right.value("first") == "First token: 97 ms 1.9× sooner (96–98 ms)"
    assert right.value("speed") == "Speed: 57.6 tok/s 1.9× (57.0–58.2)"
    assert left.value("load") == "Load · peak memory: 4.1 s · 1.1 GB"
    assert left.value("same") == "Same tokens as the other: first 7 of 12"
    assert right.value("same") == "Same tokens as the other: first 7 of 11"
    assert left.value("context") == "Context used: 25 of 4\u202f096"


def test_that_the_numbers_marks_are_marks_and_no_text(pane: ComparePane) -> None:
    draw(pane, comparison())
    values = [
        one
        for one in pane.cards.cards[1].facts.findChildren(QLabel)
        if "sooner" in one.accessibleName()
    ]
    (value,) = values
    assert value.textFormat() == Qt.TextFormat.RichText
    read = QTextDocument()
    read.setHtml(value.text())
    assert "<" not in read.toPlainText()


def test_that_the_report_says_who_was_ahead_and_why_totals_are_not_compared(
    pane: ComparePane,
) -> None:
    draw(pane, comparison())
    text = pane.report.text()
    assert "phi3-onnx · v1 began 1.9× sooner and wrote 1.9× as fast." in text
    assert "different numbers of tokens" in text
    assert "Both begin with the same 7 tokens." in text


def test_that_what_could_have_come_where_they_part_stands_in_a_table(pane: ComparePane) -> None:
    draw(pane, comparison())
    button(pane, "compareMore").click()
    settle()
    shown = {one.text() for one in pane.report.findChildren(QLabel) if one.isVisible()}
    assert {"“.”", "“,”", "62.0 % ✓", "31.0 %"} <= shown


def test_that_a_knob_that_one_side_lacks_and_a_shared_machine_are_said() -> None:
    whole = comparison()
    first = replace(whole.slots[0], sampling=Sampling(temperature=1, top_k=5))
    facts = (replace(whole.facts[0], parameters=("temperature",)), whole.facts[1])  # type: ignore[type-var]
    asked = replace(whole, slots=(first, whole.slots[1]), facts=facts, plan=Plan(parallel=True))
    said = compare_words.report(asked, asked.turns[0], NAMES).sentences
    assert "phi3-mini · v3 does not have top_k: it answered without." in said
    assert any("shared the machine" in one for one in said)


def test_that_a_repeat_that_wrote_something_else_is_said() -> None:
    whole = comparison()
    (turn,) = whole.turns
    runs = (replace(turn.sides[0].runs[0], same_answer=False), *turn.sides[0].runs[1:])
    turn = replace(turn, sides=(replace(turn.sides[0], runs=runs), turn.sides[1]))
    said = compare_words.report(whole, turn, NAMES).sentences
    assert "In 1 of 3 repeats phi3-mini · v3 wrote something else." in said


def test_that_a_stop_before_any_measured_run_promises_no_number() -> None:
    whole = comparison()
    (turn,) = whole.turns
    first, second = (replace(side, runs=()) for side in turn.sides)
    for phase, ending in ((Phase.WARMING_UP, "not measured yet"), (Phase.STOPPED, "not measured")):
        stopped = replace(turn, phase=phase, sides=(first, second))
        said = {one.key: one.value for one in compare_words.facts(whole, stopped, 0)}
        assert said["first"].endswith(f", {ending}")


def test_that_unknown_numbers_are_said_to_be_unknown_and_make_no_ratio() -> None:
    whole = comparison()
    (turn,) = whole.turns
    bare = replace(turn.sides[1], runs=(), warm_up=None)
    bare = replace(bare, answer=replace(bare.answer, usage=type(bare.answer.usage)(), timings=type(bare.answer.timings)(), token_ids=None))  # fmt: skip  # noqa: E501
    turn = replace(turn, sides=(turn.sides[0], bare))
    facts = {one.key: one for one in compare_words.facts(whole, turn, 1)}
    assert facts["first"].value == facts["usage"].value == facts["same"].value == "not known"
    assert all(not one.emphasis for one in compare_words.facts(whole, turn, 0))
    assert compare_words.report(whole, turn, NAMES).headline == "There are no times to compare."


def test_that_where_the_prompts_differ_both_are_marked(pane: ComparePane) -> None:
    draw(pane, other_prompt(comparison(), PROMPT.replace("\n", "")))
    settle()
    marks = [one.cursor.selectedText() for one in read(pane, 0).extraSelections()]
    assert marks == ["\u2029"] * 3
    assert read(pane, 1).extraSelections() == []
    draw(pane, comparison())
    assert read(pane, 0).extraSelections() == []


def test_that_the_answers_differences_are_marked_when_they_are_asked_for(
    pane: ComparePane,
) -> None:
    draw(pane, comparison())
    assert answer(pane, 0).extraSelections() == []
    button(pane, "compareDifferences").click()
    marks = [
        [one.cursor.selectedText() for one in answer(pane, at).extraSelections()] for at in (0, 1)
    ]
    assert marks == [
        [". It is the largest city in the country"],
        [", in the middle of the Iberian Peninsula"],
    ]
    button(pane, "compareDifferences").click()
    assert answer(pane, 0).extraSelections() == []


def test_that_tokens_are_shown_with_their_ids_and_the_parting_one_marked(
    pane: ComparePane,
) -> None:
    drawing = Drawing()
    drawing.shown.tokens = True
    drawing.texts[(comparison().slots[0].reference, tuple(range(100, 113)))] = ("<|user|>", "\n")
    draw(pane, comparison(), drawing)
    settle()
    assert read(pane, 0).text().startswith("<|user|>\u2009100 ⏎\u2009101 \u2009102 ")
    view = block(pane, 0).view
    assert view is not None
    assert view.answer_tokens is not None
    assert [at for at, one in enumerate(view.answer_tokens) if one.is_marked] == [7]
    assert isinstance(view.answer_tokens[0], TokenView)


def test_that_the_contract_shows_the_signature_and_what_predict_took_and_gave(
    pane: ComparePane, qtbot: QtBot
) -> None:
    drawing = Drawing()
    drawing.shown.contract = True
    draw(pane, comparison(), drawing)
    settle()
    sent = block(pane, 0).findChild(MarkedText, "compareSent")
    returned = block(pane, 1).findChild(MarkedText, "compareReturned")
    assert sent is not None
    assert returned is not None
    assert '"messages": [' in sent.text()
    assert TEXTS[1] in returned.text()
    copy = block(pane, 0).findChild(QPushButton, "compareSentCopy")
    assert copy is not None
    copy.click()
    assert QApplication.clipboard().text() == sent.text()


def test_that_a_refusal_of_predict_is_told_in_its_place(pane: ComparePane) -> None:
    whole = comparison()
    (turn,) = whole.turns
    refused = Failed(kind="model_raised", message="It raised ValueError.", advice="Look at it.")
    contract = replace(turn.sides[0].contract, failure=refused, returned=None)  # type: ignore[type-var]
    turn = replace(turn, sides=(replace(turn.sides[0], contract=contract), turn.sides[1]))
    drawing = Drawing()
    drawing.shown.contract = True
    draw(pane, replace(whole, turns=(turn,)), drawing)
    view = block(pane, 0).view
    assert view is not None
    assert view.contract is not None
    assert view.contract.note == "It raised ValueError. Look at it."


# -- states


def test_that_a_side_that_writes_says_so_and_the_other_waits(pane: ComparePane) -> None:
    draw(pane, running(Phase.WARMING_UP))
    settle()
    view = block(pane, 1).view
    assert view is not None
    assert view.activity is not None
    assert answer(pane, 1).text() == TEXTS[1][:30]
    assert "Warming up" in all_text(pane)


def test_that_a_failure_stands_where_the_answer_would(pane: ComparePane) -> None:
    whole = comparison()
    (turn,) = whole.turns
    failed = Failed(kind="died", message="Its process ended.", advice="Load it again.")
    broken = replace(turn.sides[1].answer, state=AnswerState.FAILED, failure=failed)
    turn = replace(turn, sides=(turn.sides[0], replace(turn.sides[1], answer=broken)))
    draw(pane, replace(whole, turns=(turn,)))
    settle()
    shown = all_text(pane)
    assert "Its process ended." in shown
    assert answer(pane, 1).text() == TEXTS[1]
    logs: list[tuple[int, str]] = []
    pane.cards.log_requested.connect(lambda at, turn_id: logs.append((at, turn_id)))
    log = block(pane, 1).findChild(QPushButton, "showLogButton")
    assert log is not None
    log.click()
    assert logs == [(1, turn.id)]


def test_that_a_blind_turn_tells_nothing_of_which_side_is_which(pane: ComparePane) -> None:
    whole = comparison()
    drawing = Drawing()
    drawing.shown.contract = drawing.shown.tokens = True
    hidden = replace(whole.turns[0], is_blind=True, is_swapped=True)
    first, second = drawing.sides(replace(whole, turns=(hidden,)), (None, None), NAMES)
    assert (first[0].answer, second[0].answer) == (TEXTS[1], TEXTS[0])
    assert (first[0].label, second[0].label) == ("A", "B")
    for view in (*first, *second):
        assert view.prompt is None
        held_back = (view.prompt_tokens, view.answer_tokens, view.contract, view.band)
        assert held_back == (None,) * 4
        assert not any(name in repr(view) for name in ("phi3", *NAMES))


def test_that_blind_answers_come_at_once_when_both_are_there() -> None:
    drawing, whole = Drawing(), running()
    hidden = replace(whole.turns[0], is_blind=True)
    sides = drawing.sides(replace(whole, turns=(hidden,)), (None, None), NAMES)
    assert [one[0].answer for one in sides] == ["", ""]
    assert sides[0][0].activity == sides[1][0].activity
    voted = replace(hidden, vote=Vote("first", True, 1))
    sides = drawing.sides(replace(whole, turns=(voted,)), (None, None), NAMES)
    assert sides[0][0].answer == TEXTS[0]


# -- heights and scrolling


def test_that_what_belongs_together_stands_level(pane: ComparePane) -> None:
    draw(pane, other_prompt(comparison(), "A line\n" * 8))
    settle()
    for one, other in zip(block(pane, 0).parts, block(pane, 1).parts, strict=True):
        assert one.height() == other.height()
        assert one.y() == other.y()


def test_that_both_sides_scroll_together(pane: ComparePane) -> None:
    draw(pane, comparison(5))
    settle()
    left, right = (card.area.verticalScrollBar() for card in pane.cards.cards)
    assert left.maximum() == right.maximum() > 0
    left.setValue(20)
    assert right.value() == 20
    right.setValue(40)
    assert left.value() == 40


def test_that_the_turn_in_view_is_told(pane: ComparePane) -> None:
    told: list[str] = []
    pane.cards.turn_in_view.connect(told.append)
    draw(pane, comparison(5))
    settle()
    assert told[-1] == "turn-4"
    pane.cards.cards[0].area.verticalScrollBar().setValue(0)
    assert told[-1] == "turn-0"
    pane.cards.go_to("turn-3")
    settle()
    assert told[-1] == "turn-3"


def test_that_of_many_turns_only_the_last_ones_are_made_until_they_are_wanted(
    pane: ComparePane,
) -> None:
    draw(pane, comparison(200))
    settle()
    assert len(pane.cards.cards[0].blocks()) == TURNS_AT_ONCE
    button(pane, "compareLeftEarlier").click()
    settle()
    assert len(pane.cards.cards[1].blocks()) == 2 * TURNS_AT_ONCE
    pane.cards.go_to("turn-150")
    settle()
    assert pane.cards.turn == "turn-150"


def test_that_a_later_state_keeps_the_blocks_and_what_has_not_changed(pane: ComparePane) -> None:
    drawing = draw(pane, running())
    before, view = block(pane, 0), block(pane, 0).view
    draw(pane, running(), drawing)
    assert block(pane, 0) is before
    assert block(pane, 0).view is view


def test_that_the_reader_is_left_where_she_is_while_it_goes_on(pane: ComparePane) -> None:
    whole = comparison(5)
    drawing = draw(pane, whole)
    settle()
    bar = pane.cards.cards[0].area.verticalScrollBar()
    bar.setValue(30)
    grown = replace(
        whole.turns[4],
        phase=Phase.MEASURING,
        sides=(
            replace(
                whole.turns[4].sides[0],
                answer=replace(whole.turns[4].sides[0].answer, text="More.\n\n" * 30),
            ),
            whole.turns[4].sides[1],
        ),
    )
    draw(pane, replace(whole, turns=(*whole.turns[:4], grown)), drawing)
    settle()
    assert bar.value() == 30


@pytest.mark.parametrize(("width", "zoom"), [(580, 1.0), (860, 2.0)])
def test_that_without_room_one_side_is_shown_at_a_time_and_nothing_is_clipped(
    pane: ComparePane, qapp: QApplication, width: int, zoom: float
) -> None:
    theme.apply_theme(qapp, "light", zoom)
    pane.resize(width, 640)
    draw(pane, comparison(2))
    settle()
    left, right = pane.cards.cards
    assert (left.isVisible(), right.isVisible()) == (True, False)
    button(pane, "compareShowRight").click()
    settle()
    assert (left.isVisible(), right.isVisible()) == (False, True)
    assert pane.minimumSizeHint().width() <= width
    for name in ("compareSendButton", "compareDifferences", "compareContract"):
        one = button(pane, name)
        assert one.width() >= one.minimumSizeHint().width()
        place = one.parentWidget()
        assert place is not None
        assert one.geometry().right() <= place.width()


def test_that_large_text_in_a_low_window_can_be_scrolled_to_its_end(
    pane: ComparePane, qapp: QApplication
) -> None:
    theme.apply_theme(qapp, "light", 2.0)
    pane.resize(860, 420)
    draw(pane, comparison())
    settle()
    send = button(pane, "compareSendButton")
    assert send.height() >= send.minimumSizeHint().height()
    assert pane.cards.height() >= pane.cards.minimumSizeHint().height()


def test_that_colours_follow_the_theme(pane: ComparePane, qapp: QApplication) -> None:
    draw(pane, comparison())
    button(pane, "compareDifferences").click()
    theme.apply_theme(qapp, "dark")
    colours = [one.format.background().color().name() for one in answer(pane, 0).extraSelections()]
    assert colours == [theme.DARK.added.lower()]
    colours = [one.format.background().color().name() for one in answer(pane, 1).extraSelections()]
    assert colours == [theme.DARK.removed.lower()]


def test_that_it_mirrors(pane: ComparePane) -> None:
    pane.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    draw(pane, comparison())
    settle()
    left, right = pane.cards.cards
    assert left.x() > right.x()


# -- the header


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_that_kept_comparisons_are_chosen_and_deleted_from_the_menu(pane: ComparePane) -> None:
    pane.header.show()
    pane.header.set_kept([KeptView("1", "Why is the sky & sea blue?"), KeptView("2", "x" * 90)])
    chosen: list[str] = []
    deleted: list[str] = []
    pane.header.kept_chosen.connect(chosen.append)
    pane.header.delete_requested.connect(deleted.append)
    pane.header.open_kept()
    menu = pane.header.findChild(QMenu, "compareKeptMenu")
    assert menu is not None
    texts = [one.text() for one in menu.actions() if one.text()]
    assert texts[0] == "New comparison"
    assert texts[1] == "Why is the sky && sea blue?"
    assert len(texts[2]) == 60
    menu.actions()[2].trigger()
    deletions = pane.header.findChild(QMenu, "compareDeleteMenu")
    assert deletions is not None
    deletions.actions()[1].trigger()
    menu.hide()
    assert (chosen, deleted) == (["1"], ["2"])


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_that_export_and_log_are_told_and_refused_with_a_reason(pane: ComparePane) -> None:
    pane.header.show()
    exported: list[str] = []
    logged: list[bool] = []
    pane.export_requested.connect(exported.append)
    pane.log_requested.connect(lambda: logged.append(True))
    pane.header.open_export()
    menu = pane.header.findChild(QMenu, "compareExportMenu")
    assert menu is not None
    for action in menu.actions():
        action.trigger()
    menu.hide()
    button(pane, "compareLog").click()
    assert (exported, logged) == (["html", "markdown"], [True])
    pane.header.set_can_export(False, "Ask something first.")
    assert not button(pane, "compareLog").isEnabled()
    assert button(pane, "compareLog").toolTip() == "Ask something first."


def test_that_escape_stops_from_anywhere_in_the_pane(pane: ComparePane) -> None:
    stops: list[bool] = []
    pane.stop_requested.connect(lambda: stops.append(True))
    draw(pane, running())
    pane.activateWindow()
    read(pane, 0).setFocus()
    QTest.keyClick(read(pane, 0), Qt.Key.Key_Escape)
    assert stops == [True]


def test_that_escape_stops_from_the_header_too(pane: ComparePane) -> None:
    stops: list[bool] = []
    pane.stop_requested.connect(lambda: stops.append(True))
    pane.header.show()
    QTest.keyClick(button(pane, "compareBlind"), Qt.Key.Key_Escape)
    assert stops == [True]


def test_that_another_view_takes_the_place_of_the_sides_and_gives_it_back(
    pane: ComparePane,
) -> None:
    view = QLabel("prompt sets")
    pane.add_view(view)
    pane.show_view(view)
    assert view.isVisible()
    assert not pane.cards.isVisible()
    pane.show_view(None)
    draw(pane, comparison())
    assert pane.cards.isVisible()
    assert pane.shown_view is None


def test_that_a_new_turn_comes_into_view_but_not_against_the_reader(pane: ComparePane) -> None:
    drawing = draw(pane, comparison(4))
    settle()
    bar = pane.cards.cards[0].area.verticalScrollBar()
    bar.setValue(0)
    whole = comparison(5)
    going = replace(whole.turns[4], phase=Phase.WARMING_UP)
    short = tuple(
        replace(side, answer=replace(side.answer, state=AnswerState.STREAMING, text="A"))
        for side in going.sides
    )
    going = replace(going, sides=(short[0], short[1]))
    draw(pane, replace(whole, turns=(*whole.turns[:4], going)), drawing)
    settle()
    assert pane.cards.turn == "turn-4"
    bar.setValue(5)
    grown = replace(
        going, sides=(replace(short[0], answer=replace(short[0].answer, text="A\n\nB")), short[1])
    )
    draw(pane, replace(whole, turns=(*whole.turns[:4], grown)), drawing)
    settle()
    assert bar.value() == 5


def test_that_a_new_turn_stays_in_view_while_the_numbers_below_come_and_go(
    pane: ComparePane,
) -> None:
    whole = comparison(3)
    silent = Side(Answer("demo/1", AnswerState.STREAMING))
    asked = replace(whole.turns[2], phase=Phase.WARMING_UP, sides=(silent, silent))
    going = replace(whole, turns=(*whole.turns[:2], asked))
    drawing = draw(pane, replace(whole, turns=whole.turns[:2]))
    settle()
    draw(pane, going, drawing)
    settle()
    numbers = compare_words.facts(going, asked, 0)
    over = replace(whole.turns[2], is_blind=True)
    for state in (going, replace(whole, turns=(*whole.turns[:2], over))):
        draw(pane, state, drawing)
        for shown in ((), numbers):
            for card in pane.cards.cards:
                card.show_facts(shown, "")
                settle()
        assert pane.cards.turn == "turn-2"
    for card in pane.cards.cards:
        bar = card.area.verticalScrollBar()
        assert bar.value() == bar.maximum() > 0


def test_that_turns_that_are_told_while_the_pane_is_hidden_show_the_last_one(
    pane: ComparePane,
) -> None:
    pane.hide()
    draw(pane, comparison(4))
    settle()
    pane.show()
    settle()
    assert pane.cards.turn == "turn-3"
    assert pane.cards.cards[0].area.verticalScrollBar().value() > 0
