"""A language model in ONNX Runtime GenAI's format, as MLflow logs it: a prompt in, a text out.

MLflow keeps this very file with the model ("models from code") and runs it at every load, also
where the project it comes from is not installed: it imports nothing of that project. Needs
``onnxruntime-genai``; the folder with ``genai_config.json`` is the artifact ``phi3-mini-onnx``.

    model = mlflow.pyfunc.load_model("models:/name/1")
    model.predict(pandas.DataFrame({"prompt": ["<|user|>Hi<|end|><|assistant|>"]}))

One loop, `OnnxGenaiModel.generate_events`, serves ``predict``, ``predict_stream`` and whoever wants
more than text. The engine keeps Python's global lock during every call (a load, a chunk of the
prompt, a token), so it can only be told to stop between two of them.
"""

import json
import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

ARTIFACT = "phi3-mini-onnx"
INPUT_COLUMN = "prompt"
DEFAULT_MAX_TOKENS = 300

CHUNK_TOKENS = 64
"""The prompt is read in pieces of so many tokens: small enough to stop soon, large enough to cost
no time. Pieces of 16 and fewer have been seen to change a greedy answer; 32 and 64 have not."""

CAPACITY_STEP = 512
"""A generator's memory is allocated for its whole capacity at once; rounding the capacity up to
such steps leaves room for the next turn."""

FACTOR_SWITCH = {"phi3": 4096, "phimoe": 4096, "phi3small": 8192}
"""Per model type, the sequence length past which the engine reads everything anew with Phi-3's
long RoPE factors, where the model has them."""

TWO_ROPES = (b'"\x02If', b"cache_large", b"block_table")
"""Signs, in an ONNX graph, of factors that are chosen by the sequence's length while it runs: the
operator ``If``, and names that the model builder gives."""

LARGEST_GRAPH = 512 << 20
"""Bytes of a graph that are looked through for such signs; weights of that size are beside it."""

CONTINUING_DEVICES = ("CPU", "CUDA", "WebGPU")
"""Devices on which a prompt may be read in more than one piece."""


class RequestError(ValueError):
    """A request that cannot be carried out, in words for the user: `message` says what is wrong,
    `advice` what to do about it. `kind` is ``empty_prompt``, ``context_too_long`` or ``usage``."""

    def __init__(self, kind: str, message: str, advice: str) -> None:
        super().__init__(f"{message} {advice}")
        self.kind = kind
        self.message = message
        self.advice = advice


class HeldBackText:
    """Passes text on while it cannot be part of a stop string."""

    def __init__(self, stop: Iterable[str] = ()) -> None:
        self._stop = tuple(filter(None, stop))
        self._held = ""

    def feed(self, piece: str) -> tuple[str, bool]:
        """The text that may be shown now, and whether a stop string is complete: then that is all
        the text there is, and nothing more must be fed."""
        text = self._held + piece
        found = [at for stop in self._stop if (at := text.find(stop)) >= 0]
        if found:
            self._held = ""
            return text[: min(found)], True
        keep = max((_overlap(text, stop) for stop in self._stop), default=0)
        shown, self._held = text[: len(text) - keep], text[len(text) - keep :]
        return shown, False

    def flush(self) -> str:
        """What is still held back, to be shown when no more text comes."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of `text` could be the beginning of `stop`."""
    longest = min(len(text), len(stop) - 1)
    return next((n for n in range(longest, 0, -1) if stop.startswith(text[-n:])), 0)


@dataclass(frozen=True)
class Settings:
    """How to answer; what is ``None`` is left to the model's own ``genai_config.json``."""

    max_tokens: int = DEFAULT_MAX_TOKENS
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None

    @classmethod
    def of(cls, params: dict[str, Any] | None) -> "Settings":
        """Raises `RequestError` (``usage``). Names that are not known are passed over, as MLflow
        does."""
        given = {name: value for name, value in (params or {}).items() if value is not None}
        stop = given.get("stop", ())
        settings = cls(
            max_tokens=int(given.get("max_tokens", DEFAULT_MAX_TOKENS)),
            temperature=float(given["temperature"]) if "temperature" in given else None,
            top_p=float(given["top_p"]) if "top_p" in given else None,
            top_k=int(given["top_k"]) if "top_k" in given else None,
            stop=(stop,) if isinstance(stop, str) else tuple(map(str, stop)),
            seed=int(given["seed"]) if "seed" in given else None,
        )
        _demand(settings.max_tokens >= 1, "max_tokens", "at least 1", settings.max_tokens)
        _demand(not (settings.temperature or 0) < 0, "temperature", "0 or more", given)
        _demand(0 <= (settings.top_p or 0) <= 1, "top_p", "from 0 to 1", given)
        _demand((settings.top_k or 0) >= 0, "top_k", "0 (off) or more", given)
        return settings

    def search_options(self, vocabulary: int) -> dict[str, Any]:
        """The engine's words for these settings, its ``max_length`` left out."""
        options: dict[str, Any] = {"num_beams": 1}
        if self.temperature is not None:
            options["do_sample"] = self.temperature > 0
            if self.temperature > 0:
                options["temperature"] = self.temperature
        if self.top_p is not None:
            options["top_p"] = self.top_p
        if self.top_k is not None:
            options["top_k"] = min(self.top_k, vocabulary)
        if self.seed is not None:
            options["random_seed"] = self.seed % 2**31
        return options


def _demand(holds: bool, name: str, wanted: str, given: Any) -> None:
    if not holds:
        value = given.get(name) if isinstance(given, dict) else given
        raise RequestError("usage", f"{name} is {value}.", f"It has to be {wanted}.")


@dataclass
class Session:
    """A generator of the engine, and the tokens of the prompt that it has read."""

    generator: Any
    options: dict[str, Any]
    capacity: int
    read: list[int]

    def append(self, token_ids: list[int]) -> None:
        self.generator.append_tokens(token_ids)
        self.read += token_ids

    def next_token(self) -> int:
        self.generator.generate_next_token()
        return int(self.generator.get_next_tokens()[0])

    def rewind(self, length: int) -> None:
        self.generator.rewind_to(length)
        del self.read[length:]


class OnnxGenaiModel(PythonModel):  # type: ignore[misc]  # MLflow is untyped
    """Answers prompts one after another. What was read for the last prompt is kept, so that one
    that begins alike is read only from where it differs; this never changes an answer."""

    PROTOCOL = 1
    """Version of `generate_events`: its arguments and the dicts that it yields. `next_tokens`,
    `forget` and `decode` came later, and an older file has none of them."""

    def __init__(self) -> None:
        self._model: Any = None
        self._tokenizer: Any = None
        # Whoever takes a session out of here is its only user: a second, interleaved answer
        # finds none and makes its own.
        self._kept: deque[Session] = deque(maxlen=1)
        self.context_length = 0
        self.threads = 0
        self.device = ""
        self.stable_length = 0
        """The longest sequence whose beginning may be read in pieces and kept for later."""
        self.longest_in_pieces = 0
        """The longest prompt that is read in pieces: one that is longer can't be stopped in it."""
        self.should_stop: Callable[[], bool] = _never
        """Asked by ``predict`` and ``predict_stream`` between two steps."""
        self.last_answers: list[dict[str, Any]] = []
        """The ``finished`` events behind the strings of the last ``predict``, row by row."""

    def load_context(self, context: Any) -> None:
        """Load the artifact. The model_config's ``threads`` is 0 for as many as this process may
        run on: the engine's own choice is half of the machine's."""
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read when the engine is imported
        import onnxruntime_genai as og

        folder = Path(context.artifacts[ARTIFACT])
        declared = json.loads((folder / "genai_config.json").read_text(encoding="utf-8"))
        self.context_length = int(declared["model"]["context_length"])
        self._vocabulary = int(declared["model"]["vocab_size"])
        self._own_search: dict[str, Any] = declared.get("search", {})
        self.threads = int((context.model_config or {}).get("threads") or 0) or _usable_cores()
        session_options = {
            "intra_op_num_threads": self.threads,
            # Threads that spin while they wait slow each other down on a busy machine.
            "session.intra_op.allow_spinning": "0",
        }
        config = og.Config(str(folder))
        overlay = {"model": {"decoder": {"session_options": session_options}}}
        config.overlay(json.dumps(overlay))
        self._engine = og
        self._model = og.Model(config)
        self._tokenizer = og.Tokenizer(self._model)
        self._end_ids = _end_ids(self._tokenizer)
        self.device = str(self._model.device_type)
        self.stable_length = self._find_stable_length()
        self.longest_in_pieces = self.stable_length
        graph = folder / declared["model"]["decoder"]["filename"]
        if 0 < self.stable_length < self.context_length and _has_one_rope(graph):
            self.longest_in_pieces = self.context_length

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> list[str]:
        """One answer per row; a dict, a string or a list of either is taken as well."""
        del context
        answers = [self._answer(prompt, params) for prompt in prompts_of(model_input)]
        self.last_answers = answers
        return [answer["text"] for answer in answers]

    def predict_stream(
        self, context: Any, model_input: Any, params: dict[str, Any] | None = None
    ) -> Iterator[str]:
        """The answer to one prompt, piece by piece."""
        del context
        prompts = prompts_of(model_input)
        if len(prompts) != 1:
            raise RequestError(
                "usage", f"{len(prompts)} prompts were given.", "A stream answers exactly one."
            )
        for event in self.generate_events(prompts[0], params, self.should_stop):
            if event["event"] == "text":
                yield event["text"]

    def generate_events(
        self,
        prompt: str,
        params: dict[str, Any] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Continue `prompt`; each dict's ``event`` tells what it is.

        - ``prompt``: ``done`` of ``total`` tokens of the prompt are read.
        - ``text``: the next piece, and the ``token_ids`` up to it since the last one.
        - ``finished``: the whole ``text``, ``prompt_token_ids``, ``token_ids`` (the end token
          among them), ``stop_reason`` (``end_of_turn``, ``stop_string``, ``length``,
          ``context_full``, ``cancelled``), ``reused_prompt_tokens`` and ``timings`` (seconds and
          tokens per second; ``None`` where there is nothing to measure).

        `params` are those of ``predict``: temperature 0 is greedy, without one the model's own
        ``genai_config.json`` decides; ``top_k`` 0 is off. `should_stop` is asked before each piece
        of the prompt and before each token. Raises `RequestError` before anything is generated.
        """
        should_stop = should_stop or _never
        clock = _Clock()
        settings = Settings.of(params)
        prompt_ids = self._checked_prompt(prompt)
        budget = min(settings.max_tokens, self.context_length - len(prompt_ids))
        session, reused = self._session_for(prompt_ids, budget, settings)
        answer = _Answer(settings.stop)
        whole = False
        try:
            yield {"event": "prompt", "done": reused, "total": len(prompt_ids)}
            yield from self._read_prompt(session, prompt_ids, should_stop)
            stop_reason = "cancelled"
            if len(session.read) == len(prompt_ids):
                clock.prompt_read(len(prompt_ids) - reused)
                stop_reason = yield from self._write(session, answer, budget, should_stop, clock)
            if stop_reason == "length" and budget < settings.max_tokens:
                stop_reason = "context_full"
            whole = True
            yield {
                "event": "finished",
                "text": "".join(answer.shown),
                "prompt_token_ids": prompt_ids,
                "token_ids": answer.token_ids,
                "stop_reason": stop_reason,
                "reused_prompt_tokens": reused,
                "timings": clock.timings(),
            }
        except GeneratorExit:
            whole = True  # the reader left between two steps of the engine
            raise
        finally:
            self._keep(session, whole=whole)

    def next_tokens(
        self,
        prompt: str,
        continuation: Iterable[int] = (),
        params: dict[str, Any] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> dict[str, Any] | None:
        """What could come after `prompt` and the tokens of `continuation`; ``None`` where
        `should_stop` ended it, which is asked before each piece.

        ``probabilities`` is the softmax of the model's logits, ``sampled`` what the engine picks
        from with `params` (``None`` where that is not known): arrays over the vocabulary.
        ``prompt_tokens`` says how many tokens stand before. Raises `RequestError`.
        """
        should_stop = should_stop or _never
        settings = Settings.of(params)
        prompt_ids = self._checked_prompt(prompt, continuation)
        budget = min(settings.max_tokens, self.context_length - len(prompt_ids))
        session, _ = self._session_for(prompt_ids, budget, settings, generates=False)
        whole = False
        try:
            for _ in self._read_prompt(session, prompt_ids, should_stop):
                pass
            stopped = len(session.read) < len(prompt_ids)
            logits = None if stopped else np.array(session.generator.get_logits(), np.float32)
            whole = True
        finally:
            self._keep(session, whole=whole)
        if logits is None:
            return None
        search = self._generator_params(settings).get_search_options()
        return {
            "probabilities": _softmax(logits.ravel()),
            "sampled": sampled_distribution(logits.ravel(), search),
            "prompt_tokens": len(prompt_ids),
        }

    def forget(self) -> None:
        """Keep nothing of what was read: the next prompt is read from its first token on."""
        self._kept.clear()

    def _read_prompt(
        self, session: Session, prompt_ids: list[int], should_stop: Callable[[], bool]
    ) -> Iterator[dict[str, Any]]:
        total = len(prompt_ids)
        size = CHUNK_TOKENS if total <= self.longest_in_pieces else total
        for start in range(len(session.read), total, size):
            if should_stop():
                return
            session.append(prompt_ids[start : start + size])
            yield {"event": "prompt", "done": len(session.read), "total": total}

    def _write(
        self,
        session: Session,
        answer: "_Answer",
        budget: int,
        should_stop: Callable[[], bool],
        clock: "_Clock",
    ) -> Generator[dict[str, Any], None, str]:
        """Yields the text as it comes, and returns why it ended."""
        stream = self._tokenizer.create_stream()
        stop_reason = "length"
        while len(answer.token_ids) < budget:
            if should_stop():
                stop_reason = "cancelled"
                break
            token = session.next_token()
            clock.token()
            answer.token_ids.append(token)
            if token in self._end_ids:
                stop_reason = "end_of_turn"
                break
            text, hit = answer.held.feed(stream.decode(token))
            if text:
                yield answer.show(text)
            if hit:
                return "stop_string"
        # Nothing more comes: what was held back, and half a character if there is one.
        text, _ = answer.held.feed(self._unfinished_character(stream))
        if text := text + answer.held.flush():
            yield answer.show(text)
        return stop_reason

    def encode(self, text: str) -> list[int]:
        """The tokens of `text` as the model reads it, special ones by their written-out names."""
        return [int(token) for token in self._tokenizer.encode(text)]

    def decode(self, token_ids: list[int]) -> str:
        """The text of `token_ids`. What the engine gives for special ones differs by version."""
        return str(self._tokenizer.decode(token_ids))

    def close(self) -> None:
        """Free the engine's memory: what is kept for reuse first, the weights last."""
        self._kept.clear()
        self._tokenizer = None
        self._model = None

    def _answer(self, prompt: str, params: dict[str, Any] | None) -> dict[str, Any]:
        *_, finished = self.generate_events(prompt, params, self.should_stop)
        return finished

    def _checked_prompt(self, prompt: str, continuation: Iterable[int] = ()) -> list[int]:
        prompt_ids = self.encode(prompt) if prompt.strip() else []
        if not prompt_ids:
            raise RequestError("empty_prompt", "The prompt is empty.", "Write something first.")
        prompt_ids += continuation
        room = self.context_length - 1
        if len(prompt_ids) > room:
            raise RequestError(
                "context_too_long",
                f"The prompt has {len(prompt_ids):,} tokens, {len(prompt_ids) - room:,} more than "
                f"this model can read and still answer (its context is {self.context_length:,}).",
                "Shorten it, or start a new conversation.",
            )
        return prompt_ids

    def _session_for(
        self, prompt_ids: list[int], budget: int, settings: Settings, *, generates: bool = True
    ) -> tuple[Session, int]:
        """A session to read the rest of the prompt with, and how much it has read already.

        A multiple of the chunk's length is kept, so that the rest is cut into the same pieces as
        in a fresh reading: other pieces round differently, which can change an answer. Where
        nothing is generated, it does not matter how the session would.
        """
        needed = len(prompt_ids) + budget
        least = needed if generates else len(prompt_ids) + 1
        options = settings.search_options(self._vocabulary)
        try:
            kept = self._kept.pop()
        except IndexError:
            kept = None
        if kept and self._suits(kept, least, options if generates else None):
            shared = _common_prefix(kept.read, prompt_ids[:-1])
            kept.rewind(shared - shared % CHUNK_TOKENS)
            return kept, len(kept.read)
        del kept  # its memory must be free before as much is taken anew
        capacity = min(-(-needed // CAPACITY_STEP) * CAPACITY_STEP, self.context_length)
        params = self._generator_params(settings)
        params.set_search_options(max_length=capacity)
        return Session(self._engine.Generator(self._model, params), options, capacity, []), 0

    def _generator_params(self, settings: Settings) -> Any:
        params = self._engine.GeneratorParams(self._model)
        params.set_search_options(**settings.search_options(self._vocabulary))
        return params

    def _keep(self, session: Session, *, whole: bool) -> None:
        """Keep what is `whole`, not left by the engine in the midst of a step."""
        if whole and session.generator.token_count() <= self.stable_length:
            self._kept.append(session)

    def _suits(self, kept: Session, needed: int, options: dict[str, Any] | None) -> bool:
        if options is None:
            return needed <= kept.capacity and needed <= self.stable_length
        search = self._own_search | options
        # A seed stands for the engine's random numbers from their beginning on.
        seeded = bool(search.get("do_sample")) and int(search.get("random_seed", -1)) >= 0
        fits = needed <= kept.capacity and needed <= self.stable_length
        return fits and options == kept.options and not seeded

    def _find_stable_length(self) -> int:
        if self.device not in CONTINUING_DEVICES:
            return 0
        switch = FACTOR_SWITCH.get(str(self._model.type), self.context_length)
        return min(switch, self.context_length)

    def _unfinished_character(self, stream: Any) -> str:
        """What stands for the bytes that `stream` waits to complete; it is of no use afterwards.

        The engine does not tell whether it waits, but text that is fed to it then does not come
        out unharmed.
        """
        probe = [stream.decode(token) for token in self.encode("!")]
        return "" if "".join(probe) == "!" else "\N{REPLACEMENT CHARACTER}"


class _Answer:
    """What has been answered so far."""

    def __init__(self, stop: Iterable[str]) -> None:
        self.token_ids: list[int] = []
        self.shown: list[str] = []
        self.held = HeldBackText(stop)
        self._told = 0

    def show(self, text: str) -> dict[str, Any]:
        """The event for a piece of text: its tokens are those that no piece before has told."""
        self.shown.append(text)
        told, self._told = self._told, len(self.token_ids)
        return {"event": "text", "text": text, "token_ids": self.token_ids[told:]}


class _Clock:
    """When an answer's parts came, in seconds since it was asked for."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._prompt_s: float | None = None
        self._prompt_tokens = 0
        self._token_times: list[float] = []

    def prompt_read(self, tokens: int) -> None:
        self._prompt_s = self._elapsed()
        self._prompt_tokens = tokens

    def token(self) -> None:
        self._token_times.append(self._elapsed())

    def timings(self) -> dict[str, float | None]:
        first = self._token_times[0] if self._token_times else None
        later = len(self._token_times) - 1
        return {
            "time_to_first_token_s": first,
            "prefill_tokens_per_s": _rate(self._prompt_tokens, self._prompt_s),
            "decode_tokens_per_s": (
                _rate(later, self._token_times[-1] - self._token_times[0]) if later > 0 else None
            ),
            "total_s": self._elapsed(),
        }

    def _elapsed(self) -> float:
        return time.perf_counter() - self._started


def sampled_distribution(logits: Any, search: dict[str, Any]) -> Any:
    """The probabilities that the engine picks the next token by, an array over the vocabulary;
    ``None`` where more is done to the `logits` than this knows of.

    It keeps the top-k logits, divides by the temperature, keeps the fewest that together come to
    top-p, and lets what is left sum up to 1: so its ``sampling_distribution.h`` has it, and so it
    was measured with logits of known probabilities. ``top_k`` 1 is greedy; beside another top-k
    a top-p of 0 does nothing.
    """
    changes = ("repetition_penalty", 1), ("min_length", 0), ("no_repeat_ngram_size", 0)
    if any(search.get(name, neutral) != neutral for name, neutral in changes):
        return None
    sampled = np.zeros_like(logits)
    top_k, top_p = int(search["top_k"]), float(search["top_p"])
    if not search["do_sample"] or top_k == 1 or search["temperature"] == 0:
        sampled[logits.argmax()] = 1
        return sampled
    order = (-logits).argsort(kind="stable")[: top_k or None]
    shares = np.exp((logits[order] - logits[order[0]]) / np.float32(search["temperature"]))
    if top_k == 0:
        kept = _nucleus_of_all(shares, top_p)
    elif 0 < top_p < 1:
        kept = int(np.searchsorted(np.cumsum(shares / shares.sum()), np.float32(top_p))) + 1
    else:
        kept = len(order)
    sampled[order[:kept]] = shares[:kept] / shares[:kept].sum()
    return sampled


def _nucleus_of_all(shares: Any, top_p: float) -> int:
    """How many of the whole vocabulary the engine keeps, the likeliest first.

    It does not sum all of them up, but takes those that it has not looked at to be as likely as
    the last that it has: so it keeps some more than top-p asks for. It looks at 16, then at four
    times as many, and so on, and passes over a nucleus that ends with such a part.
    """
    size = len(shares)
    read: Any = np.cumsum(shares)
    if size <= 64:
        return int(np.searchsorted(read, np.float32(top_p) * read[-1])) + 1
    rest = shares * np.arange(size - 1, -1, -1, dtype=shares.dtype)
    enough = read >= np.float32(top_p) * (read + rest)
    part = 16
    while part < size:
        enough[part - 1] = False
        part *= 4
    return int(enough.argmax()) + 1 if enough.any() else size


def _softmax(logits: Any) -> Any:
    shares = np.exp(logits.astype(np.float64) - logits.max())
    return shares / shares.sum()


def prompts_of(model_input: Any) -> list[str]:
    """The prompts in whatever ``predict`` was given, in order. Raises `RequestError`."""
    if isinstance(model_input, str):
        return [model_input]
    if isinstance(model_input, pd.DataFrame):
        return prompts_of(list(model_input[_column(list(model_input.columns))]))
    if isinstance(model_input, dict):
        return prompts_of(model_input[_column(list(model_input))])
    if hasattr(model_input, "tolist"):  # a Series or an array
        return prompts_of(model_input.tolist())
    if isinstance(model_input, list | tuple):
        return [prompt for row in model_input for prompt in prompts_of(row)]
    raise RequestError(
        "usage", f"A prompt is a {type(model_input).__name__}.", "It has to be a string."
    )


def _column(names: list[Any]) -> Any:
    if INPUT_COLUMN in names:
        return INPUT_COLUMN
    if len(names) == 1:
        return names[0]
    raise RequestError(
        "usage", f"The input has no {INPUT_COLUMN!r} among {names}.", "Name that column so."
    )


def _has_one_rope(graph: Path) -> bool:
    """Whether positions are read alike at any length, so that a long prompt's beginning is the same
    whether the rest is known or not."""
    if graph.stat().st_size > LARGEST_GRAPH:
        return False
    found = graph.read_bytes()
    return not any(sign in found for sign in TWO_ROPES)


def _end_ids(tokenizer: Any) -> frozenset[int]:
    """The tokens that end a turn. Older folders of Phi-3 leave ``<|end|>`` out of theirs."""
    ends = {int(token) for token in tokenizer.eos_token_ids}
    end = int(tokenizer.to_token_id("<|end|>"))  # -1 where it is no single token
    return frozenset(ends | {end} if end >= 0 else ends)


def _common_prefix(one: list[int], other: list[int]) -> int:
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _rate(count: int, seconds: float | None) -> float | None:
    return count / seconds if count and seconds else None


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _never() -> bool:
    return False


if not __package__:  # MLflow runs it as a file of its own; an import from a package sets nothing
    set_model(OnnxGenaiModel())
