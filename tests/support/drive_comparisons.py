"""A process that keeps a prompt set's results until killed: ``python -m … FILE``.

It tells each as a line on standard output once the store has said that it is written, and begins
where an earlier one was killed.
"""

import asyncio
import sys
from pathlib import Path

from msgspec.structs import replace

from app.domain.comparison.record import PromptSet, SetPrompt
from app.infra.comparison_store import SqliteComparisonStore
from tests.support import comparisons

ROWS = 50
SET = PromptSet(
    "set",
    "capitals.jsonl",
    comparisons.SLOTS,
    "messages",
    comparisons.comparison().plan,
    tuple(SetPrompt(str(number), f"question {number}") for number in range(ROWS)),
)


async def keep_until_killed(path: Path) -> None:
    store = SqliteComparisonStore(path)
    known = await store.load_set(SET.id)
    if known is None:
        store.save_set(SET)
        known = SET
    for index, prompt in enumerate(SET.prompts):
        if index in known.results:
            continue
        turn = replace(comparisons.turn(prompt.text), id=f"turn-{index}")
        await store.save_result(SET.id, index, turn)
        sys.stdout.write(f"{index}\n")
        sys.stdout.flush()
    await store.close()


if __name__ == "__main__":
    asyncio.run(keep_until_killed(Path(sys.argv[1])))
