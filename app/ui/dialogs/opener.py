"""The one place that opens dialogs. None of them blocks: who has to know an answer awaits it.

Each is imported when it is first opened: a window that starts has none.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QWidget

from app.domain.grants import Grant
from app.domain.memory import MemoryForecast
from app.ui.actions import Section
from app.ui.dialogs.values import (
    AnswerDetails,
    FileKind,
    MemoryAnswer,
    Registration,
    RegistryChoice,
)
from wrappers.contract import Failed, ModelCard

if TYPE_CHECKING:
    from app.ui.dialogs.answer_details import AnswerDetailsDialog
    from app.ui.dialogs.frame import FormDialog
    from app.ui.dialogs.register import RegisterDialog
    from app.ui.dialogs.vote_results import VoteResultsDialog

LOG_TAIL_BYTES = 64 * 1024
"""As much of a log's end as is shown."""

Attempt = Callable[[], Coroutine[Any, Any, Failed | None]]
"""Tries what a form asks for; what it gives is shown in the form, which then stays open."""


async def answered(dialog: QDialog) -> bool:
    """Open `dialog` and wait: whether it was accepted. It is gone afterwards, also where the
    waiting is cancelled."""
    try:
        return await _finished(dialog)
    finally:
        _dispose(dialog)


async def filled_in(form: "FormDialog", attempt: Attempt, busy: str) -> bool:
    """Open `form`; each time its main button is pressed, try. It closes once that succeeds.

    Closing the form ends an attempt that runs. `busy` says in the form what is being tried.
    """
    trying: set[asyncio.Task[Failed | None]] = set()

    def submit() -> None:
        if not trying:
            form.set_busy(busy)
            task = asyncio.get_running_loop().create_task(attempt(), name="try a form")
            trying.add(task)
            task.add_done_callback(ended)

    def ended(task: asyncio.Task[Failed | None]) -> None:
        trying.discard(task)
        form.set_busy("")
        if task.cancelled():
            return
        failed = task.result()
        if failed is None:
            form.accept()
        else:
            form.show_problem(failed.message, failed.advice)

    form.submitted.connect(submit)
    try:
        return await _finished(form)
    finally:
        running = tuple(trying)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
        _dispose(form)


async def _finished(dialog: QDialog) -> bool:
    finished: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def finish(result: int) -> None:
        if not finished.done():
            finished.set_result(result)

    dialog.finished.connect(finish)
    dialog.open()
    return await finished == QDialog.DialogCode.Accepted


def _dispose(dialog: QDialog) -> None:
    dialog.close()
    dialog.deleteLater()


def offer_link(parent: QWidget, link: QUrl) -> None:
    """Show where `link` leads; the desktop opens it once the user agrees.

    Needs no task to wait for it, so that a pane can ask by itself.
    """
    from app.ui.dialogs.consent import LinkDialog

    dialog = LinkDialog(link.toString(QUrl.ComponentFormattingOption.FullyEncoded), parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.accepted.connect(lambda: QDesktopServices.openUrl(link))
    dialog.open()


class Dialogs:
    """Opens each kind of dialog over `parent` and answers with what the user said."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent

    async def ask_trust(self, card: ModelCard) -> bool:
        """Whether the model's code may run."""
        from app.ui.dialogs.consent import TrustDialog

        return await answered(TrustDialog(card, self._parent))

    async def show_trusted(
        self, grants: Sequence[Grant], take_back: Callable[[Grant], Sequence[Grant]]
    ) -> None:
        """What models are allowed; `take_back` ends one of them and gives what is left."""
        from app.ui.dialogs.trusted import TrustedModelsDialog

        dialog = TrustedModelsDialog(grants, self._parent)
        dialog.taken_back.connect(lambda grant: dialog.show_grants(take_back(grant)))
        await answered(dialog)

    async def ask_memory(self, forecast: MemoryForecast, others: Sequence[str]) -> MemoryAnswer:
        """What to do about a model that may not fit; `others` are loaded now."""
        from app.ui.dialogs.consent import MemoryDialog

        dialog = MemoryDialog(forecast, tuple(others), self._parent)
        return dialog.answer if await answered(dialog) else MemoryAnswer.CANCEL

    async def register(
        self,
        check: Callable[[Registration], Coroutine[Any, Any, Failed | None]],
        guess: Callable[["RegisterDialog", str], None],
    ) -> Registration | None:
        """What to register, once `check` has found nothing against it; ``None`` for nothing.

        `guess` is told of each new source and may propose to the dialog what fits it.
        """
        from app.ui.dialogs.register import RegisterDialog

        dialog = RegisterDialog(self._parent)
        dialog.source_changed.connect(lambda source: guess(dialog, source))
        busy = dialog.tr("Checking the folder and the disk…")
        accepted = await filled_in(dialog, lambda: check(dialog.registration), busy)
        return dialog.registration if accepted else None

    async def open_registry(
        self,
        current: RegistryChoice,
        attempt: Callable[[RegistryChoice], Coroutine[Any, Any, Failed | None]],
    ) -> RegistryChoice | None:
        """The registry that `attempt` has opened; ``None`` where the user gave up."""
        from app.ui.dialogs.open_registry import OpenRegistryDialog

        dialog = OpenRegistryDialog(current, self._parent)
        busy = dialog.tr("Opening…")
        accepted = await filled_in(dialog, lambda: attempt(dialog.choice), busy)
        return dialog.choice if accepted else None

    async def comment(self, comment: str, where: str) -> str | None:
        """What is said of an answer; ``None`` where the user thought better of it."""
        from app.ui.dialogs.comment import CommentDialog

        dialog = CommentDialog(comment, where, self._parent)
        return dialog.comment if await answered(dialog) else None

    async def save_preset(
        self,
        contents: tuple[str, ...],
        note: Callable[[str], str],
        attempt: Callable[[str], Coroutine[Any, Any, Failed | None]],
    ) -> bool:
        """Whether `attempt` has saved it under the name that was given."""
        from app.ui.dialogs.save_preset import SavePresetDialog

        dialog = SavePresetDialog(contents, note, self._parent)
        busy = dialog.tr("Saving…")
        return await filled_in(dialog, lambda: attempt(dialog.title), busy)

    async def show_log(self, title: str, *, path: Path | None = None, text: str = "") -> None:
        """The end of the log at `path`, or `text` where there is no such file."""
        from app.ui.dialogs.reading import LogDialog

        if path is not None:
            text = log_tail(path) or text
        dialog = LogDialog(title, text, has_folder=path is not None, parent=self._parent)
        if path is not None:
            folder = QUrl.fromLocalFile(str(path.parent))
            dialog.folder_wanted.connect(lambda: QDesktopServices.openUrl(folder))
        await answered(dialog)

    def show_details(self, details: AnswerDetails) -> "AnswerDetailsDialog":
        """All that is known of an answer, beside the conversation: nothing waits for its end, and
        it is gone once closed."""
        from app.ui.dialogs.answer_details import AnswerDetailsDialog

        dialog = AnswerDetailsDialog(details, self._parent)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()
        return dialog

    def show_vote_results(self) -> "VoteResultsDialog":
        """The votes by pair of models, beside the window: as `show_details`."""
        from app.ui.dialogs.vote_results import VoteResultsDialog

        dialog = VoteResultsDialog(self._parent)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()
        return dialog

    async def show_shortcuts(self, sections: Sequence[Section]) -> None:
        from app.ui.dialogs.shortcuts import ShortcutsDialog

        await answered(ShortcutsDialog(sections, self._parent))

    async def save_file(
        self, title: str, name: str, kinds: Sequence[FileKind], folder: str = ""
    ) -> Path | None:
        """Where to write a new file; its suffix is that of one of `kinds`. `name` has none."""
        from app.ui.dialogs.files import SaveDialog

        dialog = SaveDialog(title, name, kinds, folder, self._parent)
        return dialog.path() if await answered(dialog) else None

    async def open_file(self, title: str, kind: str, folder: str = "") -> Path | None:
        """A file that is there. `kind` is a name filter as Qt has them."""
        from app.ui.dialogs.files import OpenDialog

        dialog = OpenDialog(title, kind, folder, self._parent)
        return dialog.path() if await answered(dialog) else None

    async def show_about(self, version: str, facts: Sequence[str]) -> None:
        from app.ui.dialogs.reading import AboutDialog

        await answered(AboutDialog(version, facts, self._parent))


def log_tail(path: Path) -> str:
    """The last whole lines of a log, at most `LOG_TAIL_BYTES` of them; "" where there is none."""
    try:
        with path.open("rb") as log:
            size = log.seek(0, 2)
            log.seek(max(0, size - LOG_TAIL_BYTES))
            tail = log.read()
    except OSError:
        return ""
    if size > LOG_TAIL_BYTES:
        tail = tail.partition(b"\n")[2]
    return tail.decode("utf-8", errors="replace")
