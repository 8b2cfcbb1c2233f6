"""A tiny Phi-3 that a test builds in a second: random weights, a real tokenizer, a real template.

Nothing is downloaded, and the same call gives the same bytes. It is a `Phi3ForCausalLM` with
grouped-query attention, small enough that a token takes a millisecond, whose sizes the ONNX
Runtime GenAI model builder accepts as well.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

SYSTEM, USER, ASSISTANT, END, END_OF_TEXT = (
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|end|>",
    "<|endoftext|>",
)
SPECIAL_TOKENS = (END_OF_TEXT, SYSTEM, USER, ASSISTANT, END)

CONTEXT_LENGTH = 512
"""In tokens."""

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>\n' + message['content'] + '<|end|>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}"
)
"""Phi-3's own, for any role."""

_CORPUS = (
    "The capital of France is Paris. The capital of Spain is Madrid.",
    "You are a stand-up comedian. Tell me a joke about atoms.",
    "Never trust an atom, they make up everything. What is the weather like today?",
    "A prompt is read in pieces, then the answer comes token by token until it ends.",
    "I would like to know how many tokens there are in this sentence, and in the next one.",
)

_VOCABULARY_SIZE = 384


def build_tiny_phi3(
    folder: Path, *, says: str | None = None, seed: int = 20_240_423, **config: Any
) -> Path:
    """Save the tiny model with its tokenizer into `folder`, and return `folder`.

    Without `says` the weights are random and spread so widely that the answers vary from token to
    token and depend on the whole prompt. With `says` the model answers exactly that text and ends
    its turn, whatever it is asked; no two of the text's tokens may be the same, for the only thing
    such a model knows is the last token. `config` are further fields of its `Phi3Config`.
    """
    import torch
    from transformers import GenerationConfig, Phi3Config, Phi3ForCausalLM

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = build_tokenizer()
    end, end_of_text = tokenizer.convert_tokens_to_ids([END, END_OF_TEXT])
    fields = {
        "vocab_size": _VOCABULARY_SIZE,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": CONTEXT_LENGTH,
        "original_max_position_embeddings": CONTEXT_LENGTH,
        "initializer_range": 0.3,
        "bos_token_id": end_of_text,
        "eos_token_id": end_of_text,
        "pad_token_id": end_of_text,
        "tie_word_embeddings": False,
        "dtype": "float32",
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Phi3ForCausalLM(Phi3Config(**fields | config)).eval()
    if says is not None:
        _teach(model, tokenizer, says)
    model.generation_config = GenerationConfig(
        bos_token_id=end_of_text, eos_token_id=[end, end_of_text], pad_token_id=end_of_text
    )
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    return folder


def build_tokenizer() -> Any:
    """A byte-level BPE trained on a few sentences: any text is encodable, emoji byte by byte."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(
        _CORPUS,
        trainers.BpeTrainer(
            vocab_size=_VOCABULARY_SIZE,
            special_tokens=list(SPECIAL_TOKENS),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        bos_token=END_OF_TEXT,
        eos_token=END_OF_TEXT,
        pad_token=END_OF_TEXT,
        additional_special_tokens=[SYSTEM, USER, ASSISTANT, END],
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
        model_max_length=CONTEXT_LENGTH,
    )


def _teach(model: Any, tokenizer: Any, text: str) -> None:
    """Make each token's successor the text's next one: the layers add nothing to the embedding,
    and the head's row for a successor is the embedding of the token it follows."""
    import torch

    line_feed = tokenizer("\n", add_special_tokens=False).input_ids
    script = [*line_feed, *tokenizer(text, add_special_tokens=False).input_ids]
    if len(set(script)) != len(script):
        raise ValueError(f"a token occurs twice in {text!r}")
    successors = [*script[1:], tokenizer.convert_tokens_to_ids(END)]
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        embeddings = model.model.embed_tokens.weight
        model.lm_head.weight.zero_()
        for token, successor in zip(script, successors, strict=True):
            model.lm_head.weight[successor] = embeddings[token] * 10
