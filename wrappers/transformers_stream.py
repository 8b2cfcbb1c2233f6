"""What streaming takes: read a prompt in chunks, generate beside the reader, decode as it comes.

A transformers pipeline answers all at once. Here the same `model.generate` runs in a thread of its
own and hands over each token, over a cache into which all but the last chunk of the prompt has
been read beforehand, so that a long prompt can be watched and stopped.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from wrappers.base import ShouldStop
from wrappers.transformers_errors import while_generating

CHUNK_TOKENS = 64
"""How much of a prompt is read in one step. With smaller chunks a greedy answer has been seen to
differ from that to a prompt read at once; with 32 and 64 it never has."""


# --------------------------------------------------------------------------------------------
# Reading the prompt


def tokens_in_whole_chunks(prompt_tokens: int) -> int:
    """How many tokens are read in whole chunks before the last chunk, which is never empty."""
    return max(prompt_tokens - 1, 0) // CHUNK_TOKENS * CHUNK_TOKENS


def shared_prefix(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens the two begin with in common."""
    length = min(len(one), len(other))
    return next((i for i in range(length) if one[i] != other[i]), length)


class PromptCache:
    """The model's keys and values for the prompt that it read last.

    What a new prompt has in common with the previous one is not read again. Only whole chunks of
    the previous *prompt* are kept, never what was generated: each chunk is then computed exactly
    as if the prompt were read for the first time, and so is the answer.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._prompt: list[int] = []
        self._cache: Any = None
        self._limit = _rope_switch(model.config)
        self.in_chunks = _takes_a_cache(model)
        """Whether the model can be read in chunks at all."""
        self.can_reuse = self.in_chunks and bool(self._fresh().is_croppable)

    @property
    def cache(self) -> Any:
        """To continue from; ``None`` where `generate` has to make its own."""
        return self._cache

    def begin(self, prompt: Sequence[int]) -> int:
        """Keep what `prompt` shares with the previous one and drop the rest. Returns the number
        of tokens kept."""
        kept = min(
            shared_prefix(self._prompt, prompt) // CHUNK_TOKENS * CHUNK_TOKENS,
            tokens_in_whole_chunks(len(prompt)),
        )
        if not self._readable(prompt):
            self.forget()
            return 0
        if not (kept and self._crop(kept)):
            kept = 0
            self._cache = self._fresh()
        self._prompt = list(prompt[:kept])
        return kept

    def read(self, prompt: Sequence[int]) -> Iterator[int]:
        """Read the whole chunks of `prompt` after those kept, yielding the number of tokens read
        so far after each; the last chunk is left to `generate`. Raises `WrapperError`."""
        import torch

        if self._cache is None:
            return
        for start in range(len(self._prompt), tokens_in_whole_chunks(len(prompt)), CHUNK_TOKENS):
            chunk = list(prompt[start : start + CHUNK_TOKENS])
            with torch.inference_mode():
                input_ids = torch.tensor([chunk], device=self._model.device)
                try:
                    # Without the head, whose logits nobody wants before the prompt's end.
                    self._model.base_model(
                        input_ids=input_ids, past_key_values=self._cache, use_cache=True
                    )
                except Exception as error:
                    raise while_generating(error) from error
            self._prompt += chunk
            yield len(self._prompt)

    def finish(self, prompt: Sequence[int]) -> None:
        """Note that `generate` has read the rest of `prompt` into the cache."""
        if self._cache is not None:
            self._prompt = list(prompt)

    def forget(self) -> None:
        """Drop everything, as after a failure that leaves the cache in an unknown state."""
        self._cache = None
        self._prompt = []

    def _readable(self, prompt: Sequence[int]) -> bool:
        return self.in_chunks and (self._limit is None or len(prompt) <= self._limit)

    def _fresh(self) -> Any:
        from transformers import DynamicCache

        return DynamicCache(config=self._model.config.get_text_config(decoder=True))

    def _crop(self, length: int) -> bool:
        """Shorten the cache to `length` tokens. False where it cannot be: a sliding window that
        has moved on, or a recurrent state, has forgotten what it would have to go back to."""
        if self._cache is None or not self._cache.is_croppable:
            return False
        surplus = self._cache.get_seq_length() - length
        if surplus < 0:
            return False
        try:
            self._cache.crop(-surplus)
        except (RuntimeError, ValueError):
            return False
        return True


def _takes_a_cache(model: Any) -> bool:
    name = type(model).__name__.lower()
    return (
        not model.config.is_encoder_decoder
        and "mamba" not in name  # it names its cache differently
        and model._supports_default_dynamic_cache()  # noqa: SLF001 - what `generate` itself asks
        and model.generation_config.cache_implementation is None
        and model.generation_config.use_cache is not False
    )


def _rope_switch(config: Any) -> int | None:
    """The prompt length past which all positions are encoded in another way than up to it.

    Phi-3's LongRoPE, and dynamic NTK scaling, choose their frequencies by the length of what is
    read: in chunks, the first ones would be read with those for short prompts.
    """
    text = config.get_text_config(decoder=True)
    rope = getattr(text, "rope_parameters", None) or {}
    if rope.get("rope_type") not in ("longrope", "dynamic"):
        return None
    original = rope.get("original_max_position_embeddings")
    return int(original or text.max_position_embeddings)


# --------------------------------------------------------------------------------------------
# Generating


_LOOK_S = 0.01
"""How often Stop is looked for during a step."""


@contextlib.contextmanager
def generated_tokens(
    model: Any,
    prompt: Sequence[int],
    cache: Any,
    generation_config: Any,
    seed: int | None,
    should_stop: ShouldStop,
) -> Iterator[Iterator[int]]:
    """The new tokens of ``model.generate``, which runs in a thread of its own, one by one.

    Leaving the block ends the generation at its next token and waits for the thread; so does
    `should_stop`, which is asked during each step: asked after it, the next one would have begun.
    What `generate` raises, the iterator raises as a `WrapperError`. `seed` sets torch's global
    generator right before.
    """
    import torch
    from transformers import StoppingCriteria

    tokens: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    left = threading.Event()
    raised: list[BaseException] = []

    class HandOver(StoppingCriteria):  # type: ignore[misc]  # the base is untyped
        def __call__(self, input_ids: Any, *_: Any, **__: Any) -> Any:
            tokens.put(int(input_ids[0, -1]))
            done = torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)
            return done.fill_(left.is_set())

    def generate() -> None:
        try:
            input_ids = torch.tensor([list(prompt)], device=model.device)
            if seed is not None:
                torch.manual_seed(seed)
            with torch.inference_mode():
                model.generate(
                    input_ids=input_ids,
                    attention_mask=torch.ones_like(input_ids),
                    generation_config=generation_config,
                    stopping_criteria=[HandOver()],
                    **({} if cache is None else {"past_key_values": cache}),
                )
        except BaseException as error:  # noqa: BLE001 - handed to the reader, who raises it
            raised.append(error)
        finally:
            tokens.put(None)

    def each() -> Iterator[int]:
        while True:
            try:
                token = tokens.get(timeout=_LOOK_S)
            except queue.Empty:
                if should_stop():
                    left.set()
                continue
            if token is None:
                break
            yield token
        if raised:
            raise while_generating(raised[0]) from raised[0]

    thread = threading.Thread(target=generate, name="parley-generate")
    thread.start()
    try:
        yield each()
    finally:
        left.set()
        thread.join()


# --------------------------------------------------------------------------------------------
# Decoding


class TextStream:
    """Tokens in, text out as soon as it is whole; what is put together equals decoding at once.

    A character may be spread over several tokens, and a tokenizer may write a token differently
    after another than alone. So a token is always decoded together with the one before it, and
    held back while the text ends in a character that is not complete.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._tokens: list[int] = []
        self._context = 0
        """Where the tokens begin that are decoded along with the next one."""
        self._shown = 0
        """How many tokens have been shown."""

    def feed(self, token: int) -> str:
        """The text that `token` completes; empty while a character lacks its other tokens."""
        self._tokens.append(token)
        before, now = self._window()
        if len(now) <= len(before) or now.endswith("\N{REPLACEMENT CHARACTER}"):
            return ""
        self._context, self._shown = self._shown, len(self._tokens)
        return now[len(before) :]

    def flush(self) -> str:
        """What is still held back, incomplete as it is."""
        before, now = self._window()
        self._context = self._shown = len(self._tokens)
        return now[len(before) :]

    def _window(self) -> tuple[str, str]:
        before = self._tokens[self._context : self._shown]
        return self._decode(before), self._decode(self._tokens[self._context :])
