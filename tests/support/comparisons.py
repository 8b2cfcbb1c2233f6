"""Comparisons as they come out of a run, for whoever draws, keeps, exports or counts them."""

from msgspec.structs import replace

from app.domain.answer import Answer, AnswerState
from app.domain.comparison.record import (
    Comparison,
    Contract,
    Parting,
    Phase,
    Piece,
    Plan,
    PromptSet,
    Run,
    SetPrompt,
    Side,
    SideFacts,
    Slot,
    Turn,
)
from wrappers.contract import Sampling, Timings, Token, TokenChance, Usage

SLOTS = (
    Slot("models:/phi3-mini/3", "phi3-mini/3", "m-1", "messages", Sampling(temperature=0, seed=7)),
    Slot("models:/phi3-onnx/1", "phi3-onnx/1", "m-2", "template", Sampling(temperature=0, seed=7)),
)
PROMPT = "<|user|>\nWhat is the capital of Spain?<|end|>\n<|assistant|>\n"
TEXTS = (
    "The capital of Spain is **Madrid**. It is the largest city in the country.",
    "The capital of Spain is **Madrid**, in the middle of the Iberian Peninsula.",
)
TOKENS = ((1, 2, 3, 4, 5, 6, 7, 20, 21, 22, 23, 2), (1, 2, 3, 4, 5, 6, 7, 30, 31, 32, 2))


def run(
    number: int,
    *,
    first_s: float,
    decode: float,
    prefill: float | None = 500.0,
    tokens: int = 12,
    went_first: bool = False,
) -> Run:
    """A run whose numbers lie around those given: the `number`-th is a little off."""
    return Run(
        went_first=went_first,
        timings=Timings(
            load_s=4.1,
            time_to_first_token_s=first_s * (1 + number / 100),
            prefill_tokens_per_s=None if prefill is None else prefill * (1 - number / 100),
            decode_tokens_per_s=decode * (1 - number / 100),
            reused_prompt_tokens=0,
            total_s=first_s + tokens / decode,
        ),
        usage=Usage(13, tokens, 13 + tokens),
        stop_reason="end_of_turn",
        peak_memory_bytes=1_100_000_000 - number,
        same_answer=True,
    )


def side(at: int, *, runs: int = 3) -> Side:
    """What the slot `at` answered."""
    text, ids = TEXTS[at], TOKENS[at]
    first_s, decode = ((0.182, 31.4), (0.096, 58.2))[at]
    answer = Answer(
        model=SLOTS[at].name,
        state=AnswerState.DONE,
        text=text,
        prompt=PROMPT,
        prompt_token_ids=tuple(range(100, 113)),
        token_ids=ids,
        stop_reason="end_of_turn",
        usage=Usage(13, len(ids), 13 + len(ids)),
        timings=Timings(load_s=4.1, time_to_first_token_s=first_s, decode_tokens_per_s=decode),
        sampling=SLOTS[at].sampling,
        system="",
    )
    words = text.split(" ")
    pieces = tuple(
        Piece(first_s + number / decode, word if number == 0 else f" {word}")
        for number, word in enumerate(words)
    )
    contract = Contract(
        payload='{"messages": [{"role": "user", "content": "What is the capital of Spain?"}]}'
        if at == 0
        else '{"prompt": ["<|user|>\\nWhat is the capital of Spain?<|end|>\\n<|assistant|>\\n"]}',
        returned='[{"object": "chat.completion", "choices": []}]' if at == 0 else f'["{text}"]',
        same_text=True,
    )
    return Side(
        answer=answer,
        pieces=pieces,
        reading_s=first_s,
        warm_up=run(9, first_s=first_s, decode=decode),
        runs=tuple(
            run(
                number,
                first_s=first_s,
                decode=decode,
                tokens=len(ids),
                went_first=(number + at) % 2 == 0,
            )
            for number in range(runs)
        ),
        contract=contract,
    )


def facts(at: int) -> SideFacts:
    """What is true of the slot `at`'s model."""
    return SideFacts(
        engine=("transformers 5.23.0", "onnxruntime-genai 0.18.0")[at],
        device="cpu",
        dtype=("float32", "int4")[at],
        threads=2,
        parameters=("temperature", "top_p", "top_k", "max_tokens", "stop", "seed"),
        defaults=Sampling(temperature=0, max_tokens=256),
        context_length=4096,
        special_tokens=("<|user|>", "<|assistant|>", "<|end|>"),
        has_probabilities=True,
        load_s=(4.1, 0.6)[at],
        memory_bytes=(900_000_000, 250_000_000)[at],
        size_bytes=(540_000_000, 112_000_000)[at],
        signature_inputs=[
            {"type": "string", "name": ("messages", "prompt")[at], "required": True},
        ],
        signature_outputs=[{"type": "string", "required": True}],
        versions={"mlflow": "3.17.2"},
    )


def _chances(at: int) -> tuple[TokenChance, ...]:
    mine, other = TOKENS[at][7], TOKENS[1 - at][7]
    return (
        TokenChance(Token(mine, (".", ",")[at]), 0.62, 1.0),
        TokenChance(Token(other, (",", ".")[at]), 0.31, 0.0),
    )


def turn(text: str = "What is the capital of Spain?", *, at: int = 0) -> Turn:
    """One that came to its end."""
    return Turn(
        id=f"turn-{at}",
        text=text,
        sides=(side(0), side(1)),
        phase=Phase.DONE,
        step=3,
        parting=Parting(7, (_chances(0), _chances(1))),
        created_ms=1_790_000_000_000 + at,
    )


def comparison(turns: int = 1) -> Comparison:
    """A finished one."""
    return Comparison(
        id="comparison-1",
        slots=SLOTS,
        facts=(facts(0), facts(1)),
        turns=tuple(turn(at=at) for at in range(turns)),
        created_ms=1_790_000_000_000,
    )


def running(phase: Phase = Phase.MEASURING) -> Comparison:
    """One whose second side still writes."""
    whole = comparison()
    (last,) = whole.turns
    second = last.sides[1]
    writing = replace(
        second,
        answer=replace(second.answer, state=AnswerState.STREAMING, text=TEXTS[1][:30]),
        runs=(),
        contract=None,
    )
    going = replace(
        last,
        phase=phase,
        step=1,
        asking=(False, True),
        parting=None,
        sides=(last.sides[0], writing),
    )
    return replace(whole, turns=(going,))


def prompt_set(prompts: int = 4, done: int = 3) -> PromptSet:
    """One of which the first rows were run; the numbers grow with the row."""
    results = {}
    for index in range(done):
        asked = turn(f"Question {index + 1}?", at=index)
        first, second = (
            replace(
                one,
                runs=(run(0, first_s=first_s * (index + 1), decode=decode / (index + 1)),),
                warm_up=None,
                contract=None,
            )
            for one, first_s, decode in zip(asked.sides, (0.2, 0.1), (30.0, 60.0), strict=True)
        )
        results[index] = replace(asked, sides=(first, second), parting=None)
    return PromptSet(
        id="set-1",
        name="capitals.jsonl",
        slots=SLOTS,
        kind="messages",
        plan=Plan(repeats=1, through_predict=False),
        prompts=tuple(
            SetPrompt(
                id="first" if index == 0 else str(index + 1),
                text=f"Question {index + 1}?",
                messages=(("system", "Be brief."),) if index == 1 else (),
                expected="Madrid" if index == 0 else None,
            )
            for index in range(prompts)
        ),
        facts=(facts(0), facts(1)),
        results=results,
        source="/home/somebody/capitals.jsonl",
        created_ms=1_790_000_000_000,
    )
