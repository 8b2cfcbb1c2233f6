"""Tokens of a SentencePiece tokenizer, such as Phi-3's own."""

from typing import Any

import pytest

from wrappers.contract import Token
from wrappers.transformers_tokens import tokens_of


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    """A few words, and the bytes of what is none of them; normalised and decoded like Llama's."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
    from transformers import PreTrainedTokenizerFast

    known = ["<unk>", "\N{LOWER ONE EIGHTH BLOCK}", *(f"<0x{byte:02X}>" for byte in range(256))]
    known += ["a", "b", "\N{LOWER ONE EIGHTH BLOCK}a", "ab", "\N{LOWER ONE EIGHTH BLOCK}ab"]
    vocabulary = {piece: number for number, piece in enumerate(known)}
    space = "\N{LOWER ONE EIGHTH BLOCK}"
    merges = [(space, "a"), ("a", "b"), (f"{space}a", "b")]
    bare = Tokenizer(models.BPE(vocabulary, merges, byte_fallback=True, unk_token="<unk>"))
    bare.normalizer = normalizers.Replace(" ", space)
    bare.decoder = decoders.Sequence(
        [
            decoders.Replace(space, " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    bare.add_special_tokens([AddedToken("<|end|>", special=True, normalized=False)])
    return PreTrainedTokenizerFast(tokenizer_object=bare)


def test_that_a_words_space_is_part_of_its_token(tokenizer: Any) -> None:
    text = "ab ab <|end|> 🙂"
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]

    tokens = tokens_of(tokenizer, ids)

    assert [one.text for one in tokens[:3]] == ["ab", " ab", " "]
    assert tokens[3] == Token(tokens[3].id, "<|end|>", is_special=True)
    assert "".join(one.text for one in tokens[:5]) == "ab ab <|end|> "
    assert {one.text for one in tokens[5:]} == {"\N{REPLACEMENT CHARACTER}"}
    assert [one.is_special for one in tokens].count(True) == 1
