"""What the tokens of a comparison stand for, told by its models while they are loaded."""

from collections.abc import Callable

from app.domain.comparison.record import Comparison
from app.services.engines import Engine
from app.ui.presenters.compare_drawing import Drawing
from app.ui.tasks import Tasks
from app.ui.widgets.marked_text import MOST_TOKENS

_TURNS = 6
"""The latest ones, which are there to be seen."""


class CompareTokens:
    """Asks for each text once."""

    def __init__(self, drawing: Drawing, tasks: Tasks, *, changed: Callable[[], None]) -> None:
        self._drawing = drawing
        self._tasks = tasks
        self._changed = changed
        self._asked: set[tuple[str, tuple[int, ...]]] = set()

    def request(self, comparison: Comparison, engines: tuple[Engine | None, Engine | None]) -> None:
        """Ask for what is shown and not known yet."""
        for turn in comparison.turns[-_TURNS:]:
            if turn.is_hidden or not turn.phase.is_final:
                continue
            for at, side in enumerate(turn.sides):
                engine = engines[at]
                if engine is None or not engine.is_loaded:
                    continue
                for ids in (side.answer.prompt_token_ids, side.answer.token_ids):
                    key = (comparison.slots[at].reference, ids or ())
                    if ids and key not in self._asked:
                        self._asked.add(key)
                        self._tasks.start(self._ask(engine, key), "decode tokens")

    async def _ask(self, engine: Engine, key: tuple[str, tuple[int, ...]]) -> None:
        texts = await engine.decode(key[1][:MOST_TOKENS])
        if texts is None:
            self._asked.discard(key)
            return
        self._drawing.texts[key] = texts
        self._drawing.forget()
        self._changed()
