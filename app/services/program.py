"""Everything a user can do, in one place."""

import asyncio
from typing import TYPE_CHECKING

from msgspec import Struct

from app.later import Later
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

if TYPE_CHECKING:  # whoever only chats does not wait for them
    from app.services.comparing import Comparing
    from app.services.comparison_ports import ComparisonStore
    from app.services.comparison_reports import ComparisonReports
    from app.services.prompt_sets import PromptSets
    from app.services.votes import Votes


class ComparisonServices(Struct, frozen=True):
    """All that comparisons need of their own."""

    comparing: "Comparing"
    comparisons: "ComparisonStore"
    reports: "ComparisonReports"
    sets: "PromptSets"
    votes: "Votes"


class Services(Struct, frozen=True):
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
    comparison: Later[ComparisonServices]

    @property
    def comparing(self) -> "Comparing":
        return self.comparison().comparing

    @property
    def comparisons(self) -> "ComparisonStore":
        return self.comparison().comparisons

    @property
    def reports(self) -> "ComparisonReports":
        return self.comparison().reports

    @property
    def sets(self) -> "PromptSets":
        return self.comparison().sets

    @property
    def votes(self) -> "Votes":
        return self.comparison().votes

    async def close(self) -> None:
        """End every process that these services have started, and keep what is not kept yet."""
        made = self.comparison.made
        ends = [self.conversations.close()]
        if made is not None:
            ends.append(made.comparisons.close())
        await asyncio.gather(*ends)
        await asyncio.gather(self.jobs.close(), self.pool.close(), self.traces.close())
        await self.catalog.close()
