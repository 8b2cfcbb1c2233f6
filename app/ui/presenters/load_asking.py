"""The way to have any engine loaded, with the user asked what a load needs to know."""

import asyncio
from collections.abc import Callable, Collection

from app.services.engines import Engine, EnginePool
from app.services.sessions import NeedsMemory, NeedsTrust, Sessions
from app.ui.dialogs.opener import Dialogs
from app.ui.dialogs.values import MemoryAnswer


class LoadAsking:
    """Asks about trust and memory in dialogs."""

    def __init__(self, sessions: Sessions, pool: EnginePool, dialogs: Dialogs) -> None:
        self._sessions = sessions
        self._pool = pool
        self._dialogs = dialogs

    async def load(
        self,
        engine: Engine,
        *,
        is_wanted: Callable[[], bool] = lambda: True,
        beside: Collection[Engine] = (),
    ) -> bool:
        """Load `engine`; whether it is loaded, or the user said no. Raises `ServiceError`.

        Where it `is_wanted` no more by the time of an answer, it is not loaded. Those `beside`
        which it is to be used are not offered to be unloaded for it.
        """
        trusted = past_memory = False
        while is_wanted():
            try:
                await self._sessions.consent_for(engine, trusted=trusted, past_memory=past_memory)
            except NeedsTrust as question:
                trusted = await self._dialogs.ask_trust(question.card)
                if not trusted:
                    return False
            except NeedsMemory as question:
                others = [
                    other
                    for other in self._pool.loaded()
                    if other is not engine and other not in beside
                ]
                names = [other.name for other in others]
                match await self._dialogs.ask_memory(question.forecast, names):
                    case MemoryAnswer.CANCEL:
                        return False
                    case MemoryAnswer.LOAD_ANYWAY:
                        past_memory = True
                    case MemoryAnswer.UNLOAD_OTHERS:
                        await asyncio.gather(*(other.unload() for other in others))
            else:
                await engine.load()
                return True
        return False
