"""Conversations to files and back, as a user asks for it."""

from pathlib import Path

from app.domain.conversation import Conversation
from app.domain.export.formats import Format
from app.domain.export.record import Exported, Imported
from app.services.ports import ConversationArchive, ConversationStore, Report
from app.services.signal import Signal


class Transfers:
    """All of it raises `ServiceError`; a call that is cancelled leaves everything as it was. One
    that is through by then is not cancelled any more."""

    def __init__(self, store: ConversationStore, archive: ConversationArchive) -> None:
        self.imported: Signal[()] = Signal()
        """Conversations have come that were not kept before."""
        self._store = store
        self._archive = archive

    async def export_all(self, target: Path, form: Format, report: Report) -> Exported:
        """Everything that is kept, with what was said up to now."""
        await self._store.settle()
        return await self._archive.write(target, form, report)

    async def export_one(
        self, conversation: Conversation, target: Path, form: Format, report: Report
    ) -> Exported:
        """This one, whether it could be kept or not."""
        await self._store.settle()
        return await self._archive.write(target, form, report, conversation)

    async def import_from(self, source: Path, report: Report) -> Imported:
        """Keep what a file holds, all of it or nothing."""
        await self._store.settle()
        imported = await self._archive.read(source, report)
        if imported.new:
            self.imported.emit()
        return imported
