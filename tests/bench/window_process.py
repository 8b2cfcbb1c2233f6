"""The real window, doing what it is told: ``python -m tests.bench.window_process HOME``.

Each method of `Commands` is one thing to do; what it returns is told.
"""

import asyncio
import json
import resource
import sqlite3
import sys
import threading
import time
import uuid
from contextlib import aclosing
from pathlib import Path
from typing import Any

import psutil
import qasync
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit

from app.bootstrap import Program
from app.domain.answer import Answer, AnswerState
from app.domain.conversation import Conversation, Node
from app.infra.conversation_rows import read_conversation
from app.infra.settings import Settings
from app.services.catalog import CatalogState
from app.services.engines import Engine, EngineState
from tests.bench.lateness import Lateness
from tests.bench.telling import tell
from tests.support.windows import Driver
from wrappers.contract import Finished, Generate, Message, PromptProgress, Sampling, TextPiece

_QUIET_S = 1.0
"""For what comes late to a finished answer: its counts, its trace, garbage."""


class Commands:
    """What a benchmark asks of the window."""

    def __init__(self, driver: Driver, file: Path) -> None:
        """`file` has the conversations."""
        self._file = file
        self._driver = driver
        self._program = driver.program
        self._lateness = Lateness()

    # -- models

    async def choose(self, model: str) -> dict[str, Any]:
        await self._driver.choose(model)
        return {}

    async def load(self, model: str) -> dict[str, Any]:
        """By the button, with an eye on the loop."""
        await self._driver.choose(model)
        engine = self._engine
        assert not engine.is_loaded
        self._lateness.start()
        self._driver.press("loadButton")
        await self._driver.until(lambda: engine.is_loaded, f"{model} to load")
        return self._lateness.stop()

    async def unload(self) -> dict[str, Any]:
        await self._engine.unload()
        await asyncio.sleep(_QUIET_S)
        return {}

    async def memory(self) -> dict[str, Any]:
        """Of this process, and of it with all that it has started: resident bytes, and of the
        latter those that it shares with nobody."""
        await asyncio.sleep(_QUIET_S)
        own = psutil.Process()
        tree = [own, *own.children(recursive=True)]
        return {
            "window": own.memory_info().rss,
            "tree": sum(one.memory_full_info().uss for one in tree),
            "processes": len(tree),
            "handles": own.num_fds(),
            "threads": threading.active_count(),
        }

    # -- a chat, through the window

    async def fresh(self) -> dict[str, Any]:
        """A new conversation."""
        self._program.actions.run("new_conversation")
        await asyncio.sleep(0)
        return {}

    async def show(self, messages: int) -> dict[str, Any]:
        """A conversation of so many messages, kept and opened."""
        conversation = talk(messages)
        store = self._program.services.conversations
        store.save(conversation)
        await store.settle()
        self._program.chat.show(conversation)
        await asyncio.sleep(_QUIET_S)
        return {}

    async def read(self, text: str) -> dict[str, Any]:
        """Ask `text` and stop at the first token, with an eye on the loop while it is read."""
        self._send(text)
        self._lateness.start()
        await self._driver.streaming()
        late = self._lateness.stop()
        self._program.chat.stop()
        answer = await self._driver.answered()
        return late | {"ttft_s": answer.timings.time_to_first_token_s}

    async def write(self, text: str) -> dict[str, Any]:
        """Ask `text`, with an eye on the loop while it is answered."""
        self._send(text)
        await self._driver.streaming()
        self._lateness.start()
        await self._driver.answered()
        return self._lateness.stop()

    async def speed(self, text: str) -> dict[str, Any]:
        """Ask `text`; how fast its words come after the first. Nothing looks meanwhile: the window
        is woken by what comes alone."""
        chat = self._program.chat
        seen: list[tuple[int, float]] = []
        busy = 0.0
        over = asyncio.Event()

        def look() -> None:
            nonlocal busy
            tokens = self._driver.answer.tokens_so_far or 0
            if tokens:
                busy = busy or time.process_time()  # a slow clock, so not each time
                seen.append((tokens, time.perf_counter()))
            if not chat.is_answering:
                over.set()

        self._send(text)
        unfollow = chat.changed.connect(look)
        try:
            await over.wait()
        finally:
            unfollow()
        busy = time.process_time() - busy
        answer = self._driver.answer
        (before, begun), (_, ended) = seen[0], seen[-1]
        tokens = len(answer.token_ids or ())
        return {
            "tokens": tokens,
            "tokens_per_s": (tokens - before) / (ended - begun),
            "engine_tokens_per_s": answer.timings.decode_tokens_per_s,
            "busy_ms_per_token": 1000 * busy / (tokens - before),
        }

    async def say(self, text: str, max_tokens: int) -> dict[str, Any]:
        """Ask `text`, until it is answered in so many tokens at most."""
        self._program._inspector.set_sampling(Sampling(temperature=0, max_tokens=max_tokens))
        self._send(text)
        answer = await self._driver.answered()
        assert answer.state is AnswerState.DONE
        return {"tokens": len(answer.token_ids or ())}

    async def stop(self, text: str, while_reading: bool) -> dict[str, Any]:
        """From Stop to an idle engine, while the prompt is read or while it is answered."""
        engine = self._engine
        self._send(text)
        if while_reading:
            chat = self._program.chat
            await self._driver.until(
                lambda: (
                    chat.is_answering
                    and self._driver.answer.state is AnswerState.READING
                    and (self._driver.answer.prompt_done or 0) > 0
                ),
                "the prompt to be read",
            )
        else:
            await self._driver.streaming(40)
        pressed = time.perf_counter()
        idle: asyncio.Future[float] = asyncio.get_running_loop().create_future()

        def look() -> None:
            if engine.state is EngineState.READY and not idle.done():
                idle.set_result(time.perf_counter())

        unfollow = engine.changed.connect(look)
        self._driver.press("stopButton")
        try:
            ended = await asyncio.wait_for(idle, 60)
        finally:
            unfollow()
        answer: Answer = await self._driver.answered()
        rate = answer.timings.decode_tokens_per_s
        return {"idle_s": ended - pressed, "step_s": None if not rate else 1 / rate}

    # -- the engine, below the window

    async def turn(
        self, messages: list[dict[str, str]], reuse: bool, max_tokens: int
    ) -> dict[str, Any]:
        """One greedy answer: time to its first token beside the model, and its tokens."""
        request = Generate(
            id=0,
            messages=tuple(Message(one["role"], one["content"]) for one in messages),
            sampling=Sampling(temperature=0, max_tokens=max_tokens),
            reuse_prompt=reuse,
        )
        chunks: list[float] = []
        async with aclosing(self._engine.generate(request)) as batches:
            async for batch in batches:
                for event in batch:
                    if isinstance(event, PromptProgress | TextPiece):
                        chunks.append(time.perf_counter())
                    elif isinstance(event, Finished):
                        return {
                            "ttft_s": event.timings.time_to_first_token_s,
                            "reused": event.timings.reused_prompt_tokens,
                            "prompt_tokens": event.usage.prompt_tokens,
                            "prefill_tokens_per_s": event.timings.prefill_tokens_per_s,
                            "token_ids": event.token_ids,
                            "text": event.text,
                        }
        raise AssertionError("no answer")

    # -- lists

    async def listed(self, models: int) -> dict[str, Any]:
        """Once so many versions are there."""
        catalog = self._program.services.catalog
        await self._driver.until(
            lambda: catalog.state is CatalogState.READY and len(catalog.versions) >= models,
            f"{models} models",
        )
        return {}

    async def list_again(self) -> dict[str, Any]:
        """From asking the registry anew to all of it being there."""
        catalog = self._program.services.catalog
        before = len(catalog.versions)
        started = time.perf_counter()
        await catalog.refresh()
        assert catalog.state is CatalogState.READY
        return {"took_s": time.perf_counter() - started, "models": before}

    async def type_into_search(self, text: str) -> dict[str, Any]:
        """One key after the other into the registry's search; each till it is painted."""
        field = self._driver.find(QLineEdit, "registrySearch")
        field.setFocus()
        field.clear()
        await asyncio.sleep(_QUIET_S)
        took = []
        for key in text:
            started = time.perf_counter()
            QTest.keyClicks(field, key)
            self._driver.window.repaint()
            took.append(time.perf_counter() - started)
            await asyncio.sleep(0.2)
        return {"took_s": took}

    async def open_long(self, messages: int) -> dict[str, Any]:
        """From a click on a kept conversation to its first painted screen."""
        await self.show(messages)
        kept = self._program.chat.conversation.id
        await self.fresh()
        await asyncio.sleep(_QUIET_S)
        chat = self._program.chat
        started = time.perf_counter()
        self._program._conversations.open_at(kept)
        await self._driver.until(lambda: chat.conversation.id == kept, "it to open")
        self._driver.window.repaint()
        took = time.perf_counter() - started
        database = sqlite3.connect(self._file)
        started = time.perf_counter()
        read = read_conversation(database, kept)
        read_s = time.perf_counter() - started
        database.close()
        assert read is not None
        assert len(read.nodes) == messages
        return {"took_s": took, "read_s": read_s}

    # -- within

    @property
    def _engine(self) -> Engine:
        engine = self._program.services.sessions.current
        assert engine is not None
        return engine

    def _send(self, text: str) -> None:
        composer = self._driver.find(QPlainTextEdit, "chatComposer")
        composer.setFocus()
        QGuiApplication.clipboard().setText(text)
        composer.selectAll()
        composer.paste()
        QTest.keyClick(composer, Qt.Key.Key_Return)


def talk(messages: int) -> Conversation:
    """Questions and answers of some lines each."""
    conversation = Conversation(id=uuid.uuid4().hex)
    for at in range(0, messages, 2):
        question = Node(f"q{at}", conversation.leaf, "user", f"What is the {at}th of them?")
        answer = Answer(
            model="demo-onnx/1",
            state=AnswerState.DONE,
            text=f"It is **{at}**. " + "There is more to say of it. " * (3 + at % 9),
        )
        conversation = conversation.with_node(question).with_node(
            Node(f"a{at}", question.id, "assistant", "", answer)
        )
    return conversation


async def _serve(home: Path) -> None:
    settings = Settings(home=home)
    program = Program(settings)
    program.window.resize(1380, 820)
    commands = Commands(Driver(program), settings.resolve().conversations_db)
    loop = asyncio.get_running_loop()
    try:
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            request = json.loads(line)
            do = getattr(commands, request.pop("do"))
            try:
                tell(**await do(**request))
            except Exception as error:
                tell(fault=repr(error))
                raise
    finally:
        await program.window.shutdown()


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    app = QApplication(sys.argv[:1])
    app.setQuitOnLastWindowClosed(False)
    with qasync.QEventLoop(app) as loop:
        loop.run_until_complete(_serve(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
