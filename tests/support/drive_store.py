"""A process that keeps answers as a window does, until killed: ``python -m … FILE SEED``.

It tells each state as a JSON line on standard output once it has handed it to the store, one a
frame.
"""

import asyncio
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from msgspec.structs import replace

from app.domain.answer import Answer, AnswerState
from app.domain.conversation import Conversation, Node
from app.infra.conversation_store import SqliteConversationStore
from wrappers.contract import Usage

FRAME_S = 0.033
DRAFT = "message:next"


def tell(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def states(chance: random.Random) -> Iterator[Answer]:
    """An answer of some length, up to its end."""
    answer = Answer("tiny/1")
    yield answer
    for number in range(chance.randrange(1, 60)):
        text = answer.text + f"word{number} " * chance.randrange(1, 5)
        answer = replace(answer, state=AnswerState.STREAMING, text=text)
        yield answer
    usage = Usage(prompt_tokens=3, completion_tokens=len(answer.text))
    yield replace(answer, state=AnswerState.DONE, usage=usage)


async def answer_until_killed(path: Path, seed: str) -> None:
    """Ask and answer without an end, in conversations of a few turns, with a draft that grows."""
    chance = random.Random(seed)  # noqa: S311 - it is repeated from its seed
    store = SqliteConversationStore(path)
    draft = ""
    while True:
        conversation = Conversation(uuid4().hex, "Be brief.")
        for turn in range(chance.randrange(1, 5)):
            question = Node(uuid4().hex, conversation.leaf, "user", f"question {turn}")
            reply = Node(uuid4().hex, question.id, "assistant", "", Answer("tiny/1"))
            conversation = conversation.with_node(question).with_node(reply)
            for state in states(chance):
                conversation = conversation.with_answer(reply.id, state)
                draft += "and so on "
                store.save(conversation)
                store.set_draft(DRAFT, draft)
                tell(
                    conversation=conversation.id,
                    question=question.id,
                    reply=reply.id,
                    text=state.text,
                    state=state.state,
                    draft=draft,
                )
                await asyncio.sleep(FRAME_S)


if __name__ == "__main__":
    asyncio.run(answer_until_killed(Path(sys.argv[1]), sys.argv[2]))
