"""Finding special tokens in prompts."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.domain.special_tokens import special_spans, utf16_offsets

PHI3 = ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|endoftext|>")


def found(text: str, tokens: tuple[str, ...] = ()) -> list[str]:
    return [text[start:end] for start, end in special_spans(text, tokens)]


def test_that_a_model_s_own_tokens_are_found_in_order() -> None:
    prompt = "<|system|>You are a comedian.<|end|><|user|>Joke<|end|><|assistant|>"
    assert found(prompt, PHI3) == [
        "<|system|>",
        "<|end|>",
        "<|user|>",
        "<|end|>",
        "<|assistant|>",
    ]


def test_that_only_the_model_s_own_tokens_are_found() -> None:
    assert found("<|im_start|>user<|end|>", PHI3) == ["<|end|>"]
    assert found("[INST] hi [/INST]</s>", ("<s>", "</s>", "[INST]", "[/INST]")) == [
        "[INST]",
        "[/INST]",
        "</s>",
    ]


def test_that_the_longest_token_wins_where_several_begin() -> None:
    assert found("<|end|><|endoftext|>", ("<|end", "<|end|>", "<|endoftext|>")) == [
        "<|end|>",
        "<|endoftext|>",
    ]


def test_that_the_usual_shape_is_found_where_nothing_is_known() -> None:
    assert found("<|im_start|>user\nHi <| there |> <||> <|im_end|>") == [
        "<|im_start|>",
        "<|im_end|>",
    ]


def test_that_blank_and_single_characters_are_no_tokens_to_look_for() -> None:
    assert found("a  b\n\nc", ("  ", "\n\n", "", "a")) == []


def test_that_many_tokens_and_a_long_text_take_one_look_each() -> None:
    tokens = tuple(f"<|reserved_special_token_{at}|>" for at in range(5000))
    text = "<" * 16_000 + tokens[4999] + "<|" * 8_000
    assert found(text, tokens) == [tokens[4999]]


@given(st.lists(st.sampled_from([*PHI3, "plain", " ", "<", "|>", "🙂"]), max_size=30))
def test_that_spans_lie_apart_and_hold_tokens(parts: list[str]) -> None:
    text = "".join(parts)
    spans = special_spans(text, PHI3)
    assert all(text[start:end] in PHI3 for start, end in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert len(spans) >= sum(part in PHI3 for part in parts)


@given(st.text())
def test_that_offsets_count_as_utf16_does(text: str) -> None:
    offsets = utf16_offsets(text)
    exact = [
        len(text[:at].encode("utf-16-le", "surrogatepass")) // 2 for at in range(len(text) + 1)
    ]
    assert (offsets or list(range(len(text) + 1))) == exact
