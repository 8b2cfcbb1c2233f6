"""Conversations to files and back, as the window shows it."""

from collections.abc import Callable
from pathlib import Path

from app.domain.conversation import Conversation
from app.domain.export.formats import Format
from app.domain.export.record import Exported, Imported, file_name, format_of
from app.services.transfers import Transfers
from app.ui.dialogs.opener import Dialogs
from app.ui.dialogs.values import FileKind
from app.ui.presenters.strip_work import StripWork
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.widgets.job_strip import JobStrip


class TransfersPresenter:
    """One file at a time; its strip tells how far it is and what it came to."""

    def __init__(
        self,
        transfers: Transfers,
        strip: JobStrip,
        dialogs: Dialogs,
        tasks: Tasks,
        *,
        conversation: Callable[[], Conversation],
        name_of: Callable[[Conversation], str],
        refresh: Callable[[], None],
    ) -> None:
        """`conversation` is the one that is shown, and `name_of` what the list calls it; `refresh`
        lists what has come."""
        self._transfers = transfers
        self._dialogs = dialogs
        self._work = StripWork(strip, tasks)
        self._conversation = conversation
        self._name_of = name_of
        self._folder = ""
        """Where a file was chosen last."""
        self._disconnect = transfers.imported.connect(refresh)

    @property
    def is_idle(self) -> bool:
        return self._work.is_idle

    @property
    def can_export(self) -> bool:
        """Whether something was said in the conversation that is shown."""
        return self.is_idle and bool(self._conversation().branch())

    def close(self) -> None:
        """Listen no more; whoever owns the tasks ends what runs."""
        self._disconnect()

    def export_conversation(self) -> None:
        """Ask where to, and write the conversation that is shown there."""
        if self.can_export:
            conversation = self._conversation()
            self._work.start(self._export(conversation), "export a conversation")

    def export_all(self) -> None:
        """Ask where to, and write all that is kept there."""
        if self.is_idle:
            self._work.start(self._export(None), "export all conversations")

    def import_file(self) -> None:
        """Ask for a file, and keep what it holds."""
        if self.is_idle:
            self._work.start(self._import(), "import conversations")

    # -- what goes on

    async def _export(self, only: Conversation | None) -> None:
        if only is None:
            title = tr("Export all conversations")
            name = file_name(tr("Parley conversations"))
        else:
            title = tr("Export this conversation")
            name = file_name(self._name_of(only))
        target = await self._dialogs.save_file(title, name, _kinds(), self._folder)
        if target is None:
            return
        self._folder = str(target.parent)
        form = format_of(target.name) or Format.JSON

        async def work() -> str:
            if only is None:
                done = await self._transfers.export_all(target, form, self._report)
            else:
                done = await self._transfers.export_one(only, target, form, self._report)
            return exported(done, target)

        await self._work.carry_out(tr("Exporting to {file}").format(file=target.name), work)

    async def _import(self) -> None:
        kind = tr("Conversations") + " (*.json *.jsonl)"
        source = await self._dialogs.open_file(tr("Import conversations"), kind, self._folder)
        if source is None:
            return
        self._folder = str(source.parent)

        async def work() -> str:
            return imported(await self._transfers.import_from(source, self._report), source)

        await self._work.carry_out(tr("Importing {file}").format(file=source.name), work)

    def _report(self, done: int, total: int) -> None:
        if total:
            self._work.report(fraction=done / total)


def exported(done: Exported, target: Path) -> str:
    """In one sentence."""
    if done.written == 1:
        said = tr("1 conversation is in {file}.")
    else:
        said = tr("{count} conversations are in {file}.")
    said = said.format(count=done.written, file=target.name)
    if done.damaged:
        said += " " + tr("{count} could not be read, and are not in it.").format(count=done.damaged)
    return said


def imported(done: Imported, source: Path) -> str:
    """In one sentence; what was there already is told."""
    if not done.new:
        said = tr("Everything in {file} is here already.")
    elif done.new == 1:
        said = tr("1 conversation has come from {file}.")
    else:
        said = tr("{count} conversations have come from {file}.")
    said = said.format(count=done.new, file=source.name)
    if done.new and done.known:
        said += " " + tr("{count} were here already.").format(count=done.known)
    return said


def _kinds() -> tuple[FileKind, ...]:
    return (
        FileKind(tr("JSON, with every version"), Format.JSON.suffix),
        FileKind(tr("Markdown, to be read"), Format.MARKDOWN.suffix),
        FileKind(tr("JSONL, OpenAI-style"), Format.JSONL.suffix),
    )
