"""The whole window with two scripted models side by side, held at gates that a test opens."""

import threading
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QLabel,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from app.bootstrap import Program
from app.domain.comparison.record import Comparison, Plan, Turn, Vote
from app.infra.settings import Settings
from app.ui.panes.compare_pane import ComparePane
from app.ui.widgets.vote_bar import VoteBar
from tests.support.two_models import FIRST, SECOND, TwoModels, says
from tests.support.waiting import LONGEST_S, until
from wrappers.contract import AnyEvent, Failed, Generate, TextPiece

TEXTS = {"first": "Madrid, of course.", "second": "I think it is Lisbon."}


class CompareWindow:
    """A window in which two models can be asked; each waits for its gate before its last word."""

    def __init__(self, program: Program, models: TwoModels) -> None:
        self.program, self.models = program, models
        self.window = program.window
        self.gates = {name: threading.Event() for name in TEXTS}
        self.fails: set[str] = set()
        self.open_gates()
        models.events = self._events

    def open_gates(self) -> None:
        for gate in self.gates.values():
            gate.set()

    def _events(self, name: str, _request: Generate) -> Iterator[AnyEvent]:
        if name in self.fails:
            yield Failed(kind="internal", message=f"{name} has failed.")
            return
        *words, end = says(TEXTS[name], 1, 2, 3, first_s={"first": 0.75, "second": 0.25}[name])
        for word in words:
            assert isinstance(word, TextPiece)
            yield word
            assert self.gates[name].wait(2 * LONGEST_S)
        yield end

    # -- hands

    def press(self, name: str) -> None:
        button = self.button(name)
        assert button.isVisible(), name
        button.click()

    def key(self, key: str) -> None:
        self.program.actions.run(key)

    async def ask(self, text: str = "What is the capital of Spain?") -> Turn:
        self.begin(text)
        await until(lambda: not self.program.compare.is_running)
        return self.turn

    def begin(self, text: str = "What is the capital of Spain?") -> None:
        self.program.compare.ask(text)

    # -- eyes

    @property
    def comparison(self) -> Comparison:
        comparison = self.program.compare.comparison
        assert comparison is not None
        return comparison

    @property
    def turn(self) -> Turn:
        return self.comparison.turns[-1]

    def vote(self) -> Vote | None:
        return self.turn.vote

    @property
    def pane(self) -> ComparePane:
        pane = self.window.findChild(ComparePane, "comparePane")
        assert pane is not None
        return pane

    @property
    def bar(self) -> VoteBar:
        return self.program.votes.bar

    def button(self, name: str) -> QAbstractButton:
        found = self.window.findChild(QAbstractButton, name)
        assert found is not None, name
        return found

    def vote_text(self) -> str:
        label = self.bar.findChild(QLabel, "voteText")
        assert label is not None
        return label.text() if label.isVisible() else ""

    def told(self, place: QWidget) -> str:
        """All that a person, a pointer or a screen reader gets of `place`."""
        if not place.isVisible():
            return ""
        found = []
        for widget in (place, *place.findChildren(QWidget)):
            if not widget.isVisibleTo(place):
                continue
            found += [widget.toolTip(), widget.accessibleName(), widget.accessibleDescription()]
            if isinstance(widget, QLabel | QAbstractButton):
                found.append(widget.text())
            if isinstance(widget, QTextEdit | QPlainTextEdit):
                found.append(widget.toPlainText())
            spoken = QAccessible.queryAccessibleInterface(widget)
            if spoken is not None:
                found.append(spoken.text(QAccessible.Text.Name))
        return "\n".join(one for one in found if one)

    def card(self, at: int) -> str:
        place = self.window.findChild(QWidget, ("compareLeft", "compareRight")[at])
        assert place is not None
        return self.told(place)


async def open_compare_window(home: Path, models: TwoModels) -> CompareWindow:
    """On the Compare pane, `models` chosen; one warm-up, one repeat."""
    program = Program(Settings(home=home, in_process=True))
    program.window.resize(1380, 820)
    program.window.show()
    opened = CompareWindow(program, models)
    await until(lambda: program.compare.comparison is not None)
    program.window.show_page("compare")
    program.compare.set_version(0, FIRST)
    program.compare.set_version(1, SECOND)
    opened.pane.plan.show_plan(Plan(repeats=1, warm_up=True, through_predict=False))
    return opened
