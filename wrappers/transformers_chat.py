"""Wrapper 1: a transformers pipeline logged with ``mlflow.transformers``, streamed.

MLflow's ``predict`` of such a model gives whole answers only, so Parley takes the pipeline out of
the loaded model and streams from its weights and its tokenizer: the same prompt, the same tokens.
"""

import copy
import gc
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from wrappers.base import ReportStage, ShouldStop, WrapperError
from wrappers.chances import chances, check_tokens
from wrappers.chat_template import template_failure
from wrappers.contract import (
    Capabilities,
    CountTokens,
    DecodeTokens,
    Finished,
    Generate,
    GenerationEvent,
    LoadOptions,
    Message,
    NextTokens,
    NextTokensFound,
    PromptProgress,
    Sampling,
    StopReason,
    TextPiece,
    Timings,
    Token,
    Tokenize,
    Usage,
)
from wrappers.process_memory import peak_resident_bytes
from wrappers.transformers_load import (
    LoadedModel,
    capabilities,
    load_pipeline,
)
from wrappers.transformers_log import check_source, log_model
from wrappers.transformers_next import next_distribution
from wrappers.transformers_predict import Answer, Question, ask_predict
from wrappers.transformers_sampling import Plan, plan
from wrappers.transformers_stream import PromptCache, TextStream, generated_tokens
from wrappers.transformers_tokens import token_text, tokens_of

__all__ = ["TransformersWrapper", "check_source", "log_model"]


class TransformersWrapper:
    """A loaded pipeline of MLflow's transformers flavor, whoever logged it.

    The prompt is what the tokenizer's own chat template makes of the messages, or, of a `Generate`
    with a prompt, that string as it is; either is encoded without adding special tokens.
    """

    def __init__(self) -> None:
        self._model: LoadedModel | None = None
        self._prompt_cache: PromptCache | None = None
        self._load_s: float | None = None

    def load(self, model_dir: Path, options: LoadOptions, report: ReportStage) -> Capabilities:
        """Load the weights once; ``predict`` and the stream share them. Raises `WrapperError`."""
        started = time.perf_counter()
        self._model = load_pipeline(model_dir, options, report)
        self._prompt_cache = PromptCache(self._model.weights)
        self._load_s = time.perf_counter() - started
        return capabilities(self._model, prompt_reuse=self._prompt_cache.can_reuse)

    def generate(self, request: Generate, should_stop: ShouldStop) -> Iterator[GenerationEvent]:
        """Stream the answer, or give MLflow's whole one with ``through_predict``.

        The same `Sampling.seed` gives the same answer again from the same weights on the same
        machine, whatever was asked before.
        """
        prompt = self._prompt_of(request)
        prompt_ids = self._encode(prompt)
        how = self._plan(request.sampling, prompt_ids)
        answer = _Answer(request.id, prompt, prompt_ids, load_s=self._load_s)
        if should_stop():
            yield answer.finished("cancelled")
        elif request.through_predict:
            yield self._predict(request, answer, how)
        else:
            if not request.reuse_prompt:
                self._cache().forget()
            yield from self._stream(answer, how, should_stop)

    def next_tokens(self, request: NextTokens, should_stop: ShouldStop) -> NextTokensFound | None:
        """Reads the prompt like an answer does, and what is common with the last one not again."""
        model, cache = self._loaded(), self._cache()
        check_tokens(request, model.vocabulary)
        prompt_ids = [*self._encode(self._prompt_of(request)), *request.continuation]
        how = self._plan(request.sampling, prompt_ids)
        if should_stop():
            return None
        cache.begin(prompt_ids)
        try:
            for _ in cache.read(prompt_ids):
                if should_stop():
                    return None
            probabilities, sampled = next_distribution(
                model.weights, prompt_ids, cache.cache, self._settings(how)
            )
        except WrapperError:
            cache.forget()
            raise
        cache.finish(prompt_ids)
        return NextTokensFound(
            id=request.id,
            chances=chances(
                request, probabilities, sampled, lambda ids: tokens_of(model.tokenizer, ids)
            ),
            prompt_tokens=len(prompt_ids),
        )

    def count(self, request: CountTokens) -> int | None:
        """Tokens of the text, or of the messages once rendered; ``None`` where they cannot be."""
        if request.messages is None:
            return len(self._encode(request.text or ""))
        try:
            return len(self._encode(self.render(request.messages)))
        except WrapperError:
            return None

    def decode(self, request: DecodeTokens) -> tuple[str, ...] | None:
        """What each token stands for by itself."""
        tokenizer = self._loaded().tokenizer
        return tuple(token_text(tokenizer, one) for one in request.token_ids)

    def tokenize(self, request: Tokenize) -> tuple[Token, ...] | None:
        """The tokens of the text, no special ones added."""
        return tokens_of(self._loaded().tokenizer, self._encode(request.text))

    def render(self, messages: tuple[Message, ...]) -> str:
        """The prompt that the tokenizer's chat template makes of `messages`."""
        tokenizer = self._loaded().tokenizer
        if not tokenizer.chat_template:
            raise WrapperError(
                "unsupported",
                "This model has no chat template, so it cannot take messages.",
                "Write the prompt out in the Prompt pane.",
            )
        conversation = [{"role": one.role, "content": one.content} for one in messages]
        try:
            return str(
                tokenizer.apply_chat_template(
                    conversation, tokenize=False, add_generation_prompt=True
                )
            )
        except Exception as error:
            raise template_failure(error) from error

    def close(self) -> None:
        """Let go of the weights."""
        self._model = None
        self._prompt_cache = None
        gc.collect()

    # -- the prompt

    def _prompt_of(self, request: Generate | NextTokens) -> str:
        if (request.messages is None) == (request.prompt is None):
            raise WrapperError("usage", "Either messages or a prompt has to be given.")
        if request.messages is None:
            prompt = request.prompt or ""
            is_empty = not prompt.strip()
        else:
            is_empty = not any(one.content.strip() for one in request.messages)
            prompt = "" if is_empty else self.render(request.messages)
        if is_empty:
            raise WrapperError("empty_prompt", "The prompt is empty.", "Write something first.")
        return prompt

    def _plan(self, sampling: Sampling, prompt_ids: Sequence[int]) -> Plan:
        model = self._loaded()
        return plan(
            sampling,
            model.defaults,
            prompt_tokens=len(prompt_ids),
            context_length=model.context_length,
        )

    def _encode(self, text: str) -> list[int]:
        tokenizer = self._loaded().tokenizer
        return [int(one) for one in tokenizer(text, add_special_tokens=False)["input_ids"]]

    def _decode(self, token_ids: Sequence[int]) -> str:
        tokenizer = self._loaded().tokenizer
        return str(
            tokenizer.decode(
                token_ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        )

    # -- the answer

    def _stream(
        self, answer: "_Answer", how: Plan, should_stop: ShouldStop
    ) -> Iterator[GenerationEvent]:
        from wrappers.onnx_genai_model import HeldBackText

        cache = self._cache()
        total = len(answer.prompt_ids)
        answer.reused = cache.begin(answer.prompt_ids)
        yield PromptProgress(id=answer.id, done=answer.reused, total=total)
        stop_reason: StopReason | None = None
        try:
            for done in cache.read(answer.prompt_ids):
                yield PromptProgress(id=answer.id, done=done, total=total)
                if should_stop():
                    yield answer.finished("cancelled")
                    return
            held = HeldBackText(how.stop)
            stream = TextStream(self._decode)
            model = self._loaded()
            with generated_tokens(
                model.weights,
                answer.prompt_ids,
                cache.cache,
                self._settings(how),
                how.seed,
                should_stop,
            ) as tokens:
                for token in tokens:
                    if not answer.token_ids:
                        cache.finish(answer.prompt_ids)
                        yield PromptProgress(id=answer.id, done=total, total=total)
                    answer.token(token)
                    if token in model.end_ids:
                        stop_reason = "end_of_turn"
                        break
                    text, is_stop_string = held.feed(stream.feed(token))
                    if text:
                        yield answer.piece(text)
                    if is_stop_string:
                        stop_reason = "stop_string"
                        break
                    if len(answer.token_ids) == how.max_new_tokens:
                        stop_reason = how.at_limit
                        break
                    if should_stop():
                        stop_reason = "cancelled"
                        break
            if stop_reason != "stop_string":
                rest, _ = held.feed(stream.flush())
                if rest := rest + held.flush():
                    yield answer.piece(rest)
        except WrapperError:
            cache.forget()
            raise
        yield answer.finished(stop_reason)

    def _predict(self, request: Generate, answer: "_Answer", how: Plan) -> Finished:
        model = self._loaded()
        if model.pyfunc is None:
            raise WrapperError(
                "unsupported",
                "This model was logged without the python_function flavor, so it has no predict.",
                "Turn off “through MLflow's predict”.",
            )
        if how.seed is not None:
            import torch

            torch.manual_seed(how.seed)
        question = Question(
            prompt=answer.prompt,
            prompt_tokens=len(answer.prompt_ids),
            messages=request.messages,
        )
        given = ask_predict(model.pyfunc, model.task, model.model_config, question, how)
        return answer.predicted(given)

    def _settings(self, how: Plan) -> Any:
        """A `GenerationConfig`: the checkpoint's own, over it what was logged, over that `how`."""
        model = self._loaded()
        config = copy.deepcopy(model.weights.generation_config)
        config.update(**model.model_config)
        config.update(
            **how.generation_settings(), max_length=None, num_beams=1, num_return_sequences=1
        )
        if config.pad_token_id is None:
            config.pad_token_id = model.tokenizer.pad_token_id
        return config

    def _loaded(self) -> LoadedModel:
        if self._model is None:
            raise WrapperError("usage", "No model is loaded.", "Load one first.")
        return self._model

    def _cache(self) -> PromptCache:
        if self._prompt_cache is None:
            raise WrapperError("usage", "No model is loaded.", "Load one first.")
        return self._prompt_cache


class _Answer:
    """One answer as it grows, and when its parts came."""

    def __init__(
        self, request_id: int, prompt: str, prompt_ids: list[int], *, load_s: float | None
    ) -> None:
        self.id = request_id
        self.prompt = prompt
        self.prompt_ids = prompt_ids
        self.token_ids: list[int] = []
        self.reused = 0
        self._load_s = load_s
        self._text: list[str] = []
        self._told = 0
        self._started = time.perf_counter()
        self._first_s: float | None = None
        self._last_s = 0.0

    def token(self, token: int) -> None:
        self.token_ids.append(token)
        self._last_s = self._elapsed()
        if self._first_s is None:
            self._first_s = self._last_s

    def piece(self, text: str) -> TextPiece:
        self._text.append(text)
        token_ids = tuple(self.token_ids[self._told :])
        self._told = len(self.token_ids)
        return TextPiece(id=self.id, text=text, token_ids=token_ids)

    def finished(self, stop_reason: StopReason | None) -> Finished:
        prompt_tokens, completion_tokens = len(self.prompt_ids), len(self.token_ids)
        return Finished(
            id=self.id,
            text="".join(self._text),
            prompt=self.prompt,
            prompt_token_ids=tuple(self.prompt_ids),
            token_ids=tuple(self.token_ids),
            stop_reason=stop_reason,
            usage=Usage(prompt_tokens, completion_tokens, prompt_tokens + completion_tokens),
            timings=self._timings(),
            peak_memory_bytes=peak_resident_bytes(),
        )

    def predicted(self, given: Answer) -> Finished:
        return Finished(
            id=self.id,
            text=given.text,
            prompt=self.prompt,
            prompt_token_ids=tuple(self.prompt_ids),
            stop_reason=given.stop_reason,
            usage=given.usage,
            timings=Timings(load_s=self._load_s, total_s=self._elapsed()),
            through_predict=True,
            peak_memory_bytes=peak_resident_bytes(),
            payload=given.payload,
            returned=given.returned,
        )

    def _timings(self) -> Timings:
        read = len(self.prompt_ids) - self.reused
        later = len(self.token_ids) - 1
        decode_s = self._last_s - (self._first_s or 0.0)
        return Timings(
            load_s=self._load_s,
            time_to_first_token_s=self._first_s,
            prefill_tokens_per_s=read / self._first_s if self._first_s else None,
            decode_tokens_per_s=later / decode_s if later > 0 and decode_s > 0 else None,
            reused_prompt_tokens=self.reused,
            total_s=self._elapsed(),
        )

    def _elapsed(self) -> float:
        return time.perf_counter() - self._started
