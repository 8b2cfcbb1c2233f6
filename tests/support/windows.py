"""Driving the real window as a user does: choose, type, press; and wait for what is shown."""

import asyncio
import time
from collections.abc import Callable

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QPlainTextEdit, QTreeView, QWidget

from app.bootstrap import Program
from app.domain.answer import Answer
from app.services.catalog import CatalogState
from app.services.engines import EngineState


class Driver:
    """Hands and eyes on a `Program`."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.window = program.window
        self.window.show()

    async def close(self) -> None:
        """Close the window once all that was said is recorded: its own end waits some seconds for
        that at most, which may be too few on a busy machine."""
        traces = self.program.services.traces
        try:
            await self.until(lambda: not traces.waiting, "what was said to be recorded")
        finally:
            await self.window.shutdown()

    def find[W: QWidget](self, kind: type[W], name: str) -> W:
        """The widget with this object name, one of the names that stay."""
        widget = self.window.findChild(kind, name)
        assert widget is not None, f"there is no {name}"
        return widget

    async def until(self, condition: Callable[[], bool], what: str, limit_s: float = 120) -> None:
        """Let the loop run until `condition` holds."""
        deadline = time.monotonic() + limit_s
        while not condition():
            assert time.monotonic() < deadline, f"waited {limit_s} s in vain for {what}"
            await asyncio.sleep(0.02)

    async def listed(self, *names: str) -> None:
        """Wait for the registry to list these models."""
        catalog = self.program.services.catalog

        def all_there() -> bool:
            there = {name for name, _ in catalog.versions}
            return catalog.state is CatalogState.READY and set(names) <= there

        await self.until(all_there, f"{names} in the registry")

    async def choose(self, name: str) -> None:
        """Click the newest version of model `name` in the registry."""
        await self.listed(name)
        view = self.find(QTreeView, "registryView")
        await self.until(lambda: self._version_of(view, name).isValid(), f"{name} in the tree")
        index = self._version_of(view, name)
        view.scrollTo(index)
        QTest.mouseClick(
            view.viewport(),
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
            view.visualRect(index).center(),
        )
        sessions = self.program.services.sessions

        def is_current() -> bool:
            return sessions.current is not None and sessions.current.version.name == name

        await self.until(is_current, f"{name} to be the current model")

    @staticmethod
    def _version_of(view: QTreeView, name: str) -> QModelIndex:
        model = view.model()
        for row in range(model.rowCount()):
            parent = model.index(row, 0)
            if parent.data() == name:
                return model.index(0, 0, parent)
        return QModelIndex()

    # -- Chat

    def say(self, text: str) -> None:
        """Type into the composer and press Enter."""
        composer = self.find(QPlainTextEdit, "chatComposer")
        composer.setFocus()
        QTest.keyClicks(composer, text)
        QTest.keyClick(composer, Qt.Key.Key_Return)

    @property
    def answer(self) -> Answer:
        """The last visible answer."""
        answer = self.program.chat.conversation.branch()[-1].answer
        assert answer is not None
        return answer

    async def answered(self) -> Answer:
        await self.until(lambda: not self.program.chat.is_answering, "the answer's end")
        return self.answer

    async def streaming(self, at_least: int = 1) -> None:
        """Wait until the answer has so many characters, and is not over."""

        def is_streaming() -> bool:
            assert self.program.chat.is_answering, f"it is over: {self.answer}"
            return len(self.answer.text) >= at_least

        await self.until(is_streaming, "the answer to stream")

    # -- Prompt

    def write_prompt(self, text: str) -> None:
        """Put `text` into the prompt editor, through the keyboard's end of it."""
        editor = self.find(QPlainTextEdit, "promptEditor")
        editor.setFocus()
        editor.clear()
        QTest.keyClicks(editor, text)

    def paste_prompt(self, text: str) -> None:
        """Paste `text`, line breaks and all."""
        QGuiApplication.clipboard().setText(text)
        editor = self.find(QPlainTextEdit, "promptEditor")
        editor.setFocus()
        editor.selectAll()
        editor.paste()

    def press(self, name: str) -> None:
        buttons = self.window.findChildren(QAbstractButton, name)
        button = next((one for one in buttons if one.isVisible()), None)
        assert button is not None, f"{name} is not shown"
        assert button.isEnabled(), f"{name} is disabled"
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    # -- Compare

    def compare(self, text: str) -> None:
        """Ask both models of the Compare pane."""
        composer = self.find(QPlainTextEdit, "compareComposer")
        composer.setFocus()
        QTest.keyClicks(composer, text)
        QTest.keyClick(composer, Qt.Key.Key_Return)

    async def compared(self) -> None:
        await self.until(lambda: not self.program.compare.is_running, "the comparison's end")

    # -- processes

    def engine_pid(self) -> int:
        """The process of the current model."""
        current = self.program.services.sessions.current
        assert current is not None
        assert current.state in (EngineState.READY, EngineState.BUSY)
        pid = current.pid
        assert pid is not None
        return pid
