"""An answer of the Chat pane on its way."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from msgspec import Struct

from app.domain.answer import Answer
from app.domain.conversation import Conversation
from app.services.engines import Engine
from app.ui.presenters.chat_views import Pace

Ask = Callable[[Engine], AsyncGenerator[Answer, None]]


class Run(Struct):
    """What is kept of an answer on its way."""

    node_id: str
    ask: Ask
    pace: Pace
    before: Conversation
    """To go back to where it never begins."""
    draft: str = ""
    """What was typed for it."""
    edit_of: str | None = None
    """The message that `draft` was typed into; ``None`` for the composer."""
    task: asyncio.Task[None] | None = None
    engine: Engine | None = None
    """Known once it is loaded and asked."""
