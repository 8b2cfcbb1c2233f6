"""The call that gave an answer, from what was kept with it."""

import ast

import msgspec
from msgspec.structs import replace

from app.domain.answer import Answer, AnswerState
from app.domain.call_code import Call
from app.domain.conversation import Conversation, Node
from app.domain.turn_code import sent_messages, turn_call, turn_code
from wrappers.contract import Message, ModelCard, ModelVersion, Sampling, Usage

CHAT = ModelCard(
    version=ModelVersion(name="chat", version="2", mode="messages", wrapper="transformers"),
    signature_inputs=[
        {"name": "messages", "type": "array", "required": True},
        {"name": "temperature", "type": "double", "required": False},
        {"name": "max_tokens", "type": "long", "required": False},
    ],
)
PROMPT = ModelCard(
    version=ModelVersion(name="onnx", version="1", mode="template", wrapper="onnx_genai"),
    signature_inputs=[{"name": "prompt", "type": "string", "required": True}],
    signature_params=[
        {"name": "max_tokens", "type": "long", "default": 300},
        {"name": "temperature", "type": "double", "default": None},
        {"name": "seed", "type": "long", "default": None},
    ],
)
ANSWER = Answer(
    "chat/2",
    state=AnswerState.DONE,
    text="Madrid.",
    prompt="<|user|>Spain?<|end|><|assistant|>",
    stop_reason="end_of_turn",
    usage=Usage(5, 3, 8),
    sampling=Sampling(temperature=0.0, max_tokens=24),
    defaults=Sampling(temperature=0.7, max_tokens=256),
    system="Be brief.",
)
MESSAGES = (Message("system", "Be brief."), Message("user", "Spain?"))


def conversation(answer: Answer) -> tuple[Conversation, Node]:
    """Two turns, the second answered by `answer`; the system prompt is another one by now."""
    nodes = (
        Node("1", None, "user", "France?"),
        Node("2", "1", "assistant", "", Answer("chat/2", AnswerState.DONE, "Paris.")),
        Node("3", "2", "user", "Spain?"),
        Node("4", "3", "assistant", "", answer),
    )
    tree = Conversation("c", system="Be a poet.")
    for node in nodes:
        tree = tree.with_node(node)
    return tree, nodes[-1]


def code_of(card: ModelCard, call: Call, answer: Answer) -> str:
    code = turn_code(card, "sqlite:///registry.db", call, answer)
    ast.parse(code)
    return code


def test_that_the_messages_are_those_of_then() -> None:
    assert sent_messages(*conversation(ANSWER)) == (
        Message("system", "Be brief."),
        Message("user", "France?"),
        Message("assistant", "Paris."),
        Message("user", "Spain?"),
    )


def test_that_messages_that_were_not_sent_are_not_in_it() -> None:
    assert sent_messages(*conversation(replace(ANSWER, messages_dropped=2))) == MESSAGES


def test_that_an_answer_without_a_system_prompt_gets_none() -> None:
    messages = sent_messages(*conversation(replace(ANSWER, system="")))
    assert messages[0].role == "user"


def test_that_a_model_that_takes_messages_is_sent_them() -> None:
    assert turn_call(CHAT, ANSWER, MESSAGES) == Call(messages=MESSAGES)


def test_that_a_model_that_takes_a_prompt_is_sent_what_it_read() -> None:
    assert turn_call(PROMPT, ANSWER, MESSAGES) == Call(prompt=ANSWER.prompt)
    assert turn_call(PROMPT, replace(ANSWER, prompt=None), MESSAGES) is None


def test_that_an_older_answer_is_asked_with_its_prompt_where_that_can_be_done() -> None:
    old = replace(ANSWER, system=None)
    assert turn_call(CHAT, old, MESSAGES) == Call(prompt=old.prompt)
    version = msgspec.structs.replace(CHAT.version, wrapper="pyfunc")
    foreign = msgspec.structs.replace(CHAT, version=version)
    assert turn_call(foreign, old, MESSAGES) == Call(messages=MESSAGES)
    assert turn_call(CHAT, replace(old, prompt=None), MESSAGES) == Call(messages=MESSAGES)


def test_that_a_pipeline_s_streamed_sample_is_asked_for_past_mlflow_s_predict() -> None:
    seeded = replace(ANSWER, sampling=Sampling(temperature=0.9, seed=7))
    call = turn_call(CHAT, seeded, MESSAGES)
    assert call == Call(prompt=seeded.prompt)
    assert "transformers.set_seed(7)" in code_of(CHAT, call or Call(), seeded)
    whole = replace(seeded, through_predict=True)
    assert turn_call(CHAT, whole, MESSAGES) == Call(messages=MESSAGES)
    greedy = replace(ANSWER, sampling=Sampling(temperature=0.0, seed=7))
    assert turn_call(CHAT, greedy, MESSAGES) == Call(messages=MESSAGES)


def test_that_a_continued_answer_is_asked_for_its_last_part_and_says_so() -> None:
    continued = replace(ANSWER, continued_at=4)
    call = turn_call(CHAT, continued, MESSAGES)
    assert call == Call(prompt=continued.prompt)
    assert "# It was continued: this is what follows its first 4 letters." in code_of(
        CHAT, call or Call(), continued
    )


def test_that_the_parameters_are_those_of_then_and_the_model_s_of_then() -> None:
    code = code_of(CHAT, Call(messages=MESSAGES), ANSWER)
    assert '"max_tokens": 24' in code
    assert "temperature" not in code
    left = replace(ANSWER, sampling=Sampling(seed=3))
    code = code_of(PROMPT, Call(prompt="p"), left)
    assert "{" in code
    assert '"max_tokens": 256, "temperature": 0.7, "seed": 3' in code
    assert "models:/onnx/1" in code


def test_that_it_is_said_where_the_text_cannot_be_the_same() -> None:
    sampled = replace(ANSWER, sampling=Sampling(temperature=0.9))
    assert "# It was sampled without a seed" in code_of(PROMPT, Call(prompt="p"), sampled)
    seeded = replace(ANSWER, sampling=Sampling(temperature=0.9, seed=1))
    assert "without a seed" not in code_of(PROMPT, Call(prompt="p"), seeded)
    stopped = replace(ANSWER, stop_reason="cancelled")
    assert "# It was stopped then" in code_of(PROMPT, Call(prompt="p"), stopped)
    old = replace(ANSWER, sampling=None, defaults=None)
    assert "were not kept" in code_of(PROMPT, Call(prompt="p"), old)


def test_that_an_answer_that_the_context_ended_ends_there_again() -> None:
    cut = replace(ANSWER, stop_reason="context_full")
    assert '"max_tokens": 3' in code_of(CHAT, Call(messages=MESSAGES), cut)
