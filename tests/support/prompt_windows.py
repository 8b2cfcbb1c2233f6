"""The Prompt pane with all around it, on a real store and a scripted model."""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from app.infra.program import build_services
from app.infra.settings import Settings
from app.services.engines import Engine
from app.services.program import Services
from app.ui.panes.chat_pane import ChatPane
from app.ui.panes.prompt_pane import PromptPane
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.presenters.prompt_parts import PromptParts
from app.ui.presenters.prompt_presenter import PromptPresenter
from app.ui.presenters.send_to_prompt import SendToPrompt
from app.ui.presenters.undo_presenter import UndoPresenter
from app.ui.tasks import Tasks
from app.ui.widgets.undo_bar import UndoBar
from app.ui.widgets.version_switcher import VersionSwitcher
from tests.support.scripted_host import STREAMING, ScriptedHost, version
from tests.support.waiting import until
from wrappers.contract import AnyEvent, AnyRequest, Sampling

Script = Callable[[AnyRequest], Iterable[AnyEvent] | None]

TELLING = msgspec.structs.replace(
    STREAMING, mode="template", counts_tokens=True, next_token_probabilities=True
)


@dataclass
class PromptWindow:
    """What concerns prompts of a window."""

    services: Services
    host: ScriptedHost
    tasks: Tasks
    pane: PromptPane
    prompt: PromptPresenter
    parts: PromptParts
    send: SendToPrompt
    chat_pane: ChatPane
    chat: ChatPresenter
    undo: UndoPresenter
    bar: UndoBar
    pages: list[str] = field(default_factory=list)
    """Each time that the pane was brought to the front."""
    sampling: Sampling = Sampling()
    loads: bool = True
    is_closed: bool = False

    async def ensure_ready(self) -> Engine | None:
        if not self.loads:
            return None
        await self.services.sessions.load()
        return self.services.sessions.current

    @property
    def text(self) -> str:
        return self.pane.editor.prompt()

    @property
    def titles(self) -> list[str]:
        """Of the tabs."""
        return [self.pane.tabs.tabText(at) for at in range(self.pane.tabs.count())]

    @property
    def version(self) -> str:
        """As the switcher shows it; empty where it is not there."""
        switcher = self.pane.findChild(VersionSwitcher, "promptVersionSwitcher")
        assert switcher is not None
        label = switcher.findChild(QLabel, "versionLabel")
        assert label is not None
        return label.text() if switcher.isVisibleTo(self.pane) else ""

    def label(self, name: str) -> str:
        found = self.pane.findChild(QLabel, name)
        assert found is not None
        return found.text() if found.isVisibleTo(self.pane) else ""

    def press(self, name: str) -> None:
        found = self.pane.findChild(QPushButton, name)
        assert found is not None
        assert found.isEnabled(), name
        found.click()

    def requests[R: AnyRequest](self, kind: type[R]) -> list[R]:
        return [one for one in self.host.requests if isinstance(one, kind)]

    def write(self, text: str) -> None:
        self.pane.editor.set_prompt(text)

    async def generate(self, text: str | None = None, press: str = "generateButton") -> None:
        if text is not None:
            self.write(text)
        self.press(press)
        await until(lambda: not self.prompt.is_generating)

    async def asked(self) -> None:
        """What could come next, until it is told."""
        self.parts.next_tokens.ask()
        await until(lambda: not self.parts.next_tokens.is_asking)

    async def restored(self) -> "PromptWindow":
        """Once what was kept is there."""
        await until(lambda: self.parts.sheets.is_restored)
        return self

    async def close(self) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        self.chat.close()
        self.parts.close()
        await self.tasks.cancel_all()
        await self.services.close()
        for widget in (self.pane, self.chat_pane, self.bar):
            widget.close()
            widget.deleteLater()


OpenPrompt = Callable[..., PromptWindow]


@pytest.fixture
async def open_prompt(qapp: QApplication, tmp_path: Path) -> AsyncIterator[OpenPrompt]:
    """Opens a `PromptWindow` on the same folder each time; all are closed at the end. (`qtbot`
    would take the widgets away before that.)"""
    opened: list[PromptWindow] = []

    def open_another(script: Script | None = None) -> PromptWindow:
        opened.append(_open(tmp_path, script))
        return opened[-1]

    yield open_another
    for one in opened:
        await one.close()


def _open(home: Path, script: Script | None) -> PromptWindow:
    host = ScriptedHost(script)
    host.capabilities = TELLING
    services = build_services(Settings(home=home, in_process=True), in_process_host=host.serve)
    services.sessions.select(version(mode="template", wrapper="onnx_genai"))
    tasks, chat_pane, bar = Tasks(), ChatPane(), UndoBar()
    undo = UndoPresenter(bar)

    async def ensure_ready() -> Engine | None:
        return await window.ensure_ready()

    chat = ChatPresenter(
        services, chat_pane, tasks, ensure_ready=ensure_ready, show_log=lambda *_: None
    )
    parts = PromptParts(
        services,
        undo,
        tasks,
        ensure_ready=ensure_ready,
        show_log=lambda *_: None,
        sampling=lambda: window.sampling,
        through_predict=lambda: False,
        conversation=tuple,
    )
    send = SendToPrompt(chat, lambda: parts.sheets, lambda: window.pages.append("prompt"))
    parts.pane.resize(900, 700)
    parts.pane.show()
    window = PromptWindow(
        services, host, tasks, parts.pane, parts.prompt, parts, send, chat_pane, chat, undo, bar
    )
    return window


def child[W: QWidget](parent: QWidget, kind: type[W], name: str) -> W:
    found = parent.findChild(kind, name)
    assert found is not None, name
    return found
