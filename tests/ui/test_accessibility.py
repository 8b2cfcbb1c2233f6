"""What cannot be seen can be heard: names for every control, and a Tab key that misses none."""

from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QTabBar,
    QTextEdit,
    QTreeView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.domain.comparison.votes import PairResult
from app.domain.context_use import ContextUse
from app.domain.conversation_summary import ConversationSummary
from app.domain.memory import MemoryForecast
from app.domain.parameters import knobs
from app.ui.actions import Section
from app.ui.dialogs.answer_details import AnswerDetailsDialog
from app.ui.dialogs.consent import LinkDialog, MemoryDialog, TrustDialog
from app.ui.dialogs.open_registry import OpenRegistryDialog
from app.ui.dialogs.palette import PaletteDialog
from app.ui.dialogs.reading import AboutDialog, LogDialog
from app.ui.dialogs.register import RegisterDialog
from app.ui.dialogs.shortcuts import ShortcutsDialog
from app.ui.dialogs.values import AnswerDetails, RegistryChoice
from app.ui.dialogs.vote_results import VoteResultsDialog
from app.ui.main_window import MainWindow
from app.ui.panes.chat_pane import ChatPane
from app.ui.panes.compare_pane import ComparePane
from app.ui.panes.header import HeaderView, ModelHeader
from app.ui.panes.inspector import Inspector
from app.ui.panes.prompt_pane import PromptPane
from app.ui.panes.sidebar import Sidebar
from app.ui.panes.start_screen import StartScreen
from app.ui.widgets.context_choice_bar import ContextChoiceView
from app.ui.widgets.job_strip import JobStrip
from app.ui.widgets.job_view import JobView
from app.ui.widgets.replay_bar import ReplayBar, ReplayView
from app.ui.widgets.views import ActivityView, BandView, MessageView
from app.ui.widgets.vote_bar import VoteBar, VoteView
from tests.support.compare_panes import draw
from tests.support.comparisons import comparison, running
from tests.support.focus_chain import focus_chain
from wrappers.contract import Capabilities, ModelCard, ModelVersion, Trust

NAMES_THAT_STAY = (
    "registryView",
    "registrySearch",
    "loadButton",
    "unloadButton",
    "modelHeader",
    "conversationList",
    "conversationSearch",
    "newConversationButton",
    "modeTabs",
    "chatTranscript",
    "chatComposer",
    "sendButton",
    "compareComposer",
    "compareSendButton",
    "compareLeft",
    "compareRight",
    "compareReport",
    "stopButton",
    "promptEditor",
    "generateButton",
    "continueButton",
    "undoButton",
    "signatureView",
    "parameterForm",
    "usageLine",
    "contextMeter",
    "statusLine",
)
"""Tests and scripts find widgets by them; assistive programs see them too."""

INTERACTIVE = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QTabBar,
    QTextEdit,
)

VERSION = ModelVersion(name="demo", version="1", mode="messages", aliases=("champion",))
CARD = ModelCard(
    version=VERSION,
    signature_inputs=[{"name": "messages", "type": "string", "required": True}],
    logged_versions={"torch": "1.0", "mlflow": "3.1"},
    installed_versions={"torch": "2.0", "mlflow": "3.1"},
    trust=Trust(runs_code=True, files=("a", "b", "c", "d", "e", "f")),
)
CAPABILITIES = Capabilities(
    mode="messages",
    accepts=("messages",),
    streams=True,
    stop="step",
    template="model",
    parameters=("temperature", "max_tokens", "top_p", "top_k", "stop", "seed"),
    engine="scripted 1",
)
BAND = BandView("It ended.", "Load it again.", has_log=True, can_reload=True)
MESSAGES = (
    MessageView("1", "user", "You", "What is the capital of Spain?"),
    MessageView("2", "model", "demo", "Madrid", offers=("continue", "regenerate"), band=BAND),
    MessageView("3", "user", "You", "And of France?", version=(2, 3), quick=("edit",)),
    MessageView("4", "model", "demo", "Paris", facts="3 tokens", version=(2, 3)),
    MessageView("5", "user", "You", "And of Italy?", edit="And of Portugal?"),
)


DETAILS = AnswerDetails(
    "Answer of demo", "<|user|>", (), (1, 2), (3,), (("seed", "none"),), (("Model", "demo"),)
)


class Window:
    """All panes in the real window, with something in each of them."""

    def __init__(self) -> None:
        self.sidebar, self.header, self.strip = Sidebar(), ModelHeader(), JobStrip()
        self.start, self.chat, self.prompt = StartScreen(), ChatPane(), PromptPane()
        self.compare = ComparePane()
        self.compare_header = self.compare.header
        self.inspector = Inspector()
        self.main = MainWindow(sidebar=self.sidebar, start=self.start, inspector=self.inspector)
        self.main.add_head(self.header, (self.strip,))
        self.main.add_page("chat", self.chat)
        self.main.add_page("prompt", self.prompt)
        self.main.add_page("compare", self.compare, header=self.compare_header)
        self.sidebar.show_versions([VERSION])
        self.sidebar.show_conversations([ConversationSummary("1", "Spain", 1)], "1")
        self.sidebar.search.setText("demo")
        self.sidebar.conversation_search.setText("Spain")
        self.header.show_view(HeaderView(title="demo", action="load", band=BAND))
        self.strip.show_view(JobView("Registering demo", since=0.0, fraction=0.5))
        self.start.show_job(JobView("Making the demo", since=0.0, fraction=0.5))
        self.chat.show_empty("Nothing said yet", "Choose a model.", "Choose a model")
        self.chat.transcript.set_messages(MESSAGES)
        self.chat.transcript.set_activity(ActivityView("Reading", fraction=0.5))
        self.chat.transcript.set_notice(BAND)
        self.chat.show_transcript()
        self.chat.context_choice.show_view(
            ContextChoiceView("The context is full.", "Drop the oldest turns", "Stop here", "Ask")
        )
        self.prompt.show_band(BAND)
        drawing = draw(self.compare, comparison(2), band=True)
        drawing.shown.contract = True
        draw(self.compare, running(), drawing, band=True)
        self.compare.show_notice(BAND)
        self.votes, self.replay = VoteBar(), ReplayBar()
        self.compare.vote_place.addWidget(self.votes)
        self.compare.add_strip(self.replay)
        self.votes.show_view(
            VoteView("Voted.", (("left", "A"), ("right", "B")), "left", "Back", has_results=True)
        )
        self.replay.show_view(
            ReplayView("today", "1 s of 2 s", 0.5, True, False, "1×", False, True)
        )
        self.compare.header.open_plan(True)
        self.compare.plan.show_parameters(
            ("first", "second"), (knobs(CARD, CAPABILITIES), ()), ({}, {})
        )
        self.inspector.form.set_knobs(knobs(CARD, CAPABILITIES), {})
        self.inspector.show_parameters(through_predict=True)
        self.inspector.facts.show_card(CARD, CAPABILITIES)
        self.inspector.context.show_use(ContextUse(10, 100, 20))
        self.main.resize(1400, 1000)
        self.main.show_start(False)
        self.main.show()
        QApplication.processEvents()

    def tab_stops(self) -> list[QWidget]:
        """What the Tab key comes to now, from the window's first widget on."""
        return [one for one in focus_chain(self.main) if _takes_tab(one)]


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[Window]:
    window = Window()
    qtbot.addWidget(window.main)
    yield window
    window.main.hide()


def _takes_tab(widget: QWidget) -> bool:
    has_policy = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    is_there = widget.isVisible() and widget.isEnabled()
    return has_policy and is_there and widget.focusProxy() is None


def _nameless(parent: QWidget) -> list[str]:
    """The controls within `parent` that a screen reader has no name for."""
    controls = [one for kind in INTERACTIVE for one in parent.findChildren(kind)]
    others = [one for one in parent.findChildren(QWidget) if _takes_tab(one)]
    return [
        f"{type(one).__name__} {one.objectName()}"
        for one in {id(one): one for one in [*controls, *others]}.values()
        if not one.objectName().startswith("qt_") and not _spoken(one) and _has_use(one)
    ]


def _spoken(widget: QWidget) -> str:
    """What a screen reader calls it: its accessible name, or else its text or its label's."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) or widget.accessibleName()


def _has_use(widget: QWidget) -> bool:
    """Qt keeps some of its own for when they are needed: a tab bar's arrows, a tree's header."""
    return widget.isVisible() or not isinstance(widget.parent(), QTabBar | QTreeView)


def test_that_every_control_of_the_window_has_a_name_to_be_read_aloud(window: Window) -> None:
    assert _nameless(window.main) == []


def _vote_results() -> VoteResultsDialog:
    dialog = VoteResultsDialog()
    dialog.show_results([PairResult(("a/1", "b/1"), True, (2, 1), 0, 0)])
    return dialog


@pytest.mark.parametrize(
    "make",
    [
        lambda: TrustDialog(CARD),
        lambda: MemoryDialog(MemoryForecast("demo/1", 2, 1), ("other/1",)),
        lambda: LinkDialog("https://example.org/"),
        RegisterDialog,
        lambda: OpenRegistryDialog(RegistryChoice("http://localhost:5000")),
        lambda: LogDialog("Log", "a line", has_folder=True),
        lambda: ShortcutsDialog([Section("Parley", (("Quit", ("Ctrl+Q",)),))]),
        lambda: AboutDialog("1", ["Python 3"]),
        PaletteDialog,
        lambda: AnswerDetailsDialog(DETAILS),
        _vote_results,
    ],
    ids=[
        "trust",
        "memory",
        "link",
        "register",
        "open_registry",
        "log",
        "shortcuts",
        "about",
        "palette",
        "answer_details",
        "vote_results",
    ],
)
def test_that_every_control_of_a_dialog_has_a_name_to_be_read_aloud(
    qtbot: QtBot, make: Callable[[], QDialog]
) -> None:
    dialog = make()
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.accessibleName()
    assert _nameless(dialog) == []


@pytest.mark.parametrize("name", NAMES_THAT_STAY)
def test_that_scripts_find_the_names_that_stay(window: Window, name: str) -> None:
    assert window.main.findChild(QWidget, name) is not None


@pytest.mark.parametrize("page", ["chat", "prompt", "compare"])
def test_that_the_tab_key_misses_no_control(
    window: Window, page: Literal["chat", "prompt", "compare"]
) -> None:
    window.main.show_page(page)
    QApplication.processEvents()
    stops = window.tab_stops()
    missed = [one for one in window.main.findChildren(QWidget) if _takes_tab(one)]
    assert [one.objectName() for one in missed if one not in stops] == []


def test_that_the_tab_key_goes_through_a_conversation_and_then_to_its_composer(
    window: Window,
) -> None:
    stops = [one for one in window.tab_stops() if window.chat.isAncestorOf(one)]
    tops = [one.mapTo(window.main, one.rect().topLeft()).y() for one in stops]
    lines = [round(top / 40) for top in tops]
    assert lines == sorted(lines)
    assert [one.objectName() for one in stops][-4:] == [
        "chatComposer",
        "systemPromptButton",
        "presetsButton",
        "sendButton",
    ]


def test_that_the_tab_key_goes_through_the_parameters_from_top_to_bottom(window: Window) -> None:
    form = window.inspector.form
    before = [one.objectName() for one in window.tab_stops()]
    form.set_knobs(knobs(CARD, None), {})
    form.set_knobs(knobs(CARD, CAPABILITIES), {})
    QApplication.processEvents()
    stops = [one.objectName() for one in window.tab_stops()]
    assert stops == before
    fields = [f"knob_{name}" for name in form.names]
    at = stops.index(fields[0])
    assert stops[at : at + len(fields) + 1] == [*fields, "predictSwitch"]
