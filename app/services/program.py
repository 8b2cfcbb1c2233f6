"""Everything a user can do, in one place."""

import asyncio
from dataclasses import dataclass

from app.services.catalog import Catalog
from app.services.chat import ChatService
from app.services.engines import EnginePool
from app.services.jobs import Jobs
from app.services.ports import ConversationStore, PreferenceStore, TrustStore
from app.services.presets import Presets
from app.services.prompt import PromptService
from app.services.sessions import Sessions
from app.services.traces import Traces
from app.services.transfers import Transfers


@dataclass(frozen=True, slots=True)
class Services:
    """Made by `app.infra.program.build_services`; whoever makes it closes it."""

    catalog: Catalog
    pool: EnginePool
    sessions: Sessions
    jobs: Jobs
    chat: ChatService
    prompt: PromptService
    trust: TrustStore
    preferences: PreferenceStore
    conversations: ConversationStore
    transfers: Transfers
    traces: Traces
    presets: Presets

    async def close(self) -> None:
        """End every process that these services have started, and keep what is not kept yet."""
        await self.conversations.close()
        await asyncio.gather(self.jobs.close(), self.pool.close(), self.traces.close())
        await self.catalog.close()
