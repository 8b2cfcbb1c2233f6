"""Wrapper 2: a folder in ONNX Runtime GenAI's format as an MLflow model: log it, answer with it.

How it answers stands in `wrappers.onnx_genai_model`, the file that MLflow keeps with the model.
Here that file's own object, as MLflow loaded it, is asked: what was logged is what runs.
"""

import contextlib
import time
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from wrappers.base import ReportStage, ShouldStop, WrapperError
from wrappers.chances import chances, check_tokens
from wrappers.chat_template import render
from wrappers.contract import (
    Capabilities,
    CountTokens,
    DecodeTokens,
    ErrorKind,
    Finished,
    Generate,
    GenerationEvent,
    LoadOptions,
    Message,
    NextTokens,
    NextTokensFound,
    PromptProgress,
    Sampling,
    TextPiece,
    Timings,
    Token,
    Tokenize,
    Usage,
)
from wrappers.exchange import as_json, payload_json
from wrappers.mlmodel import read_mlmodel
from wrappers.onnx_folder import OnnxFolder, check_folder
from wrappers.onnx_log import ARTIFACT, DEFAULT_MAX_TOKENS, log_model
from wrappers.process_memory import peak_resident_bytes, resident_bytes

__all__ = ["OnnxGenaiWrapper", "check_folder", "log_model"]

PROTOCOL = 1
"""The version of ``generate_events`` that is spoken here."""

KNOBS = ("max_tokens", "temperature", "top_p", "top_k", "stop", "seed")

_NOT_INSTALLED = WrapperError(
    "engine_missing",
    "The engine of this model, onnxruntime-genai, is not installed.",
    "Install it with `pip install onnxruntime-genai`, then load the model again.",
)


class OnnxGenaiWrapper:
    """One loaded model; implements `wrappers.base.Wrapper`."""

    def __init__(self) -> None:
        self._pyfunc: Any = None
        self._model: Any = None
        self._folder: OnnxFolder | None = None
        self._special: dict[int, str] = {}
        """The special tokens as they are written out."""
        self._load_s: float | None = None

    def load(self, model_dir: Path, options: LoadOptions, report: ReportStage) -> Capabilities:
        started = time.perf_counter()
        _refuse_other(options)
        report("Checking the files")
        folder = check_folder(_artifact_folder(model_dir))
        report("Starting MLflow")
        try:
            import mlflow.pyfunc
            import onnxruntime_genai
        except ImportError as error:
            raise _NOT_INSTALLED from error
        report("Reading the weights")
        with _told_plainly("bad_model", "The model could not be loaded"):
            self._pyfunc = mlflow.pyfunc.load_model(
                str(model_dir), model_config={"threads": options.threads or 0}
            )
            self._model = self._pyfunc.unwrap_python_model()
        spoken = getattr(self._model, "PROTOCOL", None)
        if spoken != PROTOCOL:
            raise WrapperError(
                "unsupported",
                f"This model was logged with another version of its wrapper ({spoken}).",
                "Register its folder anew with `parley register onnx`.",
            )
        self._folder = folder
        self._special = {
            ids[0]: special
            for special in folder.special_tokens
            if len(ids := self._model.encode(special)) == 1
        }
        self._load_s = time.perf_counter() - started
        return self._capabilities(folder, onnxruntime_genai.__version__)

    def generate(self, request: Generate, should_stop: ShouldStop) -> Iterator[GenerationEvent]:
        prompt = self._prompt(request)
        params = _params(request.sampling)
        if not request.reuse_prompt:
            self._forget()
        with _told_plainly("model_raised", "The model failed to answer"):
            if request.through_predict:
                yield self._predict(request, prompt, params, should_stop)
                return
            for event in self._model.generate_events(prompt, params, should_stop):
                yield self._translate(request, prompt, event)

    def next_tokens(self, request: NextTokens, should_stop: ShouldStop) -> NextTokensFound | None:
        """Reads the prompt like an answer does, and what is common with the last one not again."""
        if not self._tells_next_tokens:
            raise WrapperError(
                "unsupported",
                "This model was logged before its wrapper could tell what could come next.",
                "Register its folder anew with `parley register onnx`.",
            )
        prompt = self._prompt(request)
        check_tokens(request, self._loaded().vocabulary)
        with _told_plainly("model_raised", "The model failed to read the prompt"):
            found = self._model.next_tokens(
                prompt, request.continuation, _params(request.sampling), should_stop
            )
        if found is None:
            return None
        return NextTokensFound(
            id=request.id,
            chances=chances(request, found["probabilities"], found["sampled"], self._tokens),
            prompt_tokens=found["prompt_tokens"],
        )

    def count(self, request: CountTokens) -> int | None:
        if request.messages is not None:
            return len(self._model.encode(self.render(request.messages)))
        return len(self._model.encode(request.text or ""))

    def decode(self, request: DecodeTokens) -> tuple[str, ...] | None:
        """What each token stands for by itself; ``None`` of a model that was logged before its file
        could tell."""
        if not self._decodes:
            return None
        return tuple(one.text for one in self._tokens(request.token_ids))

    def tokenize(self, request: Tokenize) -> tuple[Token, ...] | None:
        """The tokens of the text; ``None`` of such a model, too."""
        return self._tokens(self._model.encode(request.text)) if self._decodes else None

    def render(self, messages: tuple[Message, ...]) -> str:
        folder = self._loaded()
        if folder.chat_template is None:
            raise WrapperError(
                "unsupported",
                "This model has no chat template, so it takes no messages.",
                "Write the prompt out in the Prompt pane.",
            )
        return render(folder.chat_template, messages, folder.template_tokens)

    def close(self) -> None:
        if self._model is not None:
            self._model.close()
        self._model = self._pyfunc = None

    @property
    def _decodes(self) -> bool:
        return hasattr(self._model, "decode")

    @property
    def _tells_next_tokens(self) -> bool:
        return hasattr(self._model, "next_tokens")

    def _tokens(self, token_ids: Iterable[int]) -> tuple[Token, ...]:
        return tuple(
            Token(one, self._special[one], is_special=True)
            if one in self._special
            else Token(one, str(self._model.decode([one])))
            for one in token_ids
        )

    def _forget(self) -> None:
        """Have the next prompt read from its first token on."""
        if hasattr(self._model, "forget"):
            self._model.forget()
        else:  # a file logged before it had a word for it
            getattr(self._model, "_kept", deque()).clear()

    def _loaded(self) -> OnnxFolder:
        if self._folder is None:
            raise WrapperError("usage", "No model is loaded.", "Load one first.")
        return self._folder

    def _prompt(self, request: Generate | NextTokens) -> str:
        if (request.messages is None) == (request.prompt is None):
            raise WrapperError(
                "usage", "A request has either messages or a prompt.", "Give exactly one of them."
            )
        if request.messages is None:
            return request.prompt or ""
        return self.render(request.messages)

    def _predict(
        self, request: Generate, prompt: str, params: dict[str, Any], should_stop: ShouldStop
    ) -> Finished:
        """The answer of MLflow's ``predict``. Its text is the string that comes back; what a
        string cannot tell is what the model's own object remembers of that very answer."""
        import pandas as pd

        data = pd.DataFrame({"prompt": [prompt]})
        uninterrupted, self._model.should_stop = self._model.should_stop, should_stop
        try:
            returned = self._pyfunc.predict(data, params=params)
        finally:
            self._model.should_stop = uninterrupted
        (text,), (answer,) = returned, self._model.last_answers
        return replace(
            self._finished(request, prompt, {**answer, "text": text}),
            payload=payload_json(data, params),
            returned=as_json(returned),
        )

    def _translate(self, request: Generate, prompt: str, event: dict[str, Any]) -> GenerationEvent:
        match event["event"]:
            case "prompt":
                return PromptProgress(id=request.id, done=event["done"], total=event["total"])
            case "text":
                ids = tuple(event["token_ids"])
                return TextPiece(id=request.id, text=event["text"], token_ids=ids)
            case _:
                return self._finished(request, prompt, event)

    def _finished(self, request: Generate, prompt: str, event: dict[str, Any]) -> Finished:
        read, written = tuple(event["prompt_token_ids"]), tuple(event["token_ids"])
        return Finished(
            id=request.id,
            text=event["text"],
            prompt=prompt,
            prompt_token_ids=read,
            token_ids=written,
            stop_reason=event["stop_reason"],
            usage=Usage(len(read), len(written), len(read) + len(written)),
            timings=Timings(
                load_s=self._load_s,
                reused_prompt_tokens=event["reused_prompt_tokens"],
                **event["timings"],
            ),
            through_predict=request.through_predict,
            peak_memory_bytes=peak_resident_bytes(),
        )

    def _capabilities(self, folder: OnnxFolder, version: str) -> Capabilities:
        chats = folder.chat_template is not None
        notes: tuple[str, ...] = ()
        if not chats:
            notes = ("It has no chat template, so it takes written-out prompts only.",)
        # A file that was logged before it could tell reads no more than this in pieces.
        longest = getattr(self._model, "longest_in_pieces", self._model.stable_length)
        if 0 < longest < folder.context_length:
            notes += (
                f"A prompt of more than {longest:,} tokens is read in one piece: Stop takes effect "
                "after it, and Stop again ends the model's process.",
            )
        return Capabilities(
            mode="template",
            accepts=("template", "messages") if chats else ("template",),
            streams=True,
            stop="step",
            template="model" if chats else "none",
            parameters=KNOBS,
            engine=f"onnxruntime-genai {version}",
            defaults=_with_max_tokens(folder.defaults),
            context_length=folder.context_length,
            weakness=folder.weakness,
            chat_template=folder.chat_template,
            special_tokens=folder.special_tokens,
            counts_tokens=True,
            prompt_progress=self._model.stable_length > 0,
            prompt_reuse=self._model.stable_length > 0,
            next_token_probabilities=self._tells_next_tokens,
            device=str(self._model.device).lower(),
            dtype=folder.dtype,
            threads=self._model.threads,
            memory_bytes=resident_bytes(),
            notes=notes,
        )


def _with_max_tokens(sampling: Sampling) -> Sampling:
    return Sampling(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        max_tokens=DEFAULT_MAX_TOKENS,
    )


def _params(sampling: Sampling) -> dict[str, Any]:
    """MLflow's params: only what is asked for, since MLflow fills in the rest."""
    values = {name: getattr(sampling, name) for name in KNOBS}
    values["stop"] = list(sampling.stop) or None
    return {name: value for name, value in values.items() if value is not None}


def _artifact_folder(model_dir: Path) -> Path:
    mlmodel = read_mlmodel(model_dir / "MLmodel")
    try:
        relative = mlmodel["flavors"]["python_function"]["artifacts"][ARTIFACT]["path"]
        folder = model_dir / str(relative)
    except (KeyError, TypeError) as error:
        raise WrapperError(
            "bad_model",
            f"The MLmodel file names no artifact {ARTIFACT}.",
            "Register the model's folder anew with `parley register onnx`.",
        ) from error
    if not folder.is_dir():
        raise WrapperError(
            "artifacts_missing",
            f"The model's files are missing: there is no {relative} in {model_dir}.",
            "Restore the artifacts, or register the model again.",
        )
    return folder


def _refuse_other(options: LoadOptions) -> None:
    if options.dtype is not None:
        raise WrapperError(
            "unsupported",
            f"An ONNX model cannot be loaded as {options.dtype}.",
            "Build it with that precision, and register that folder.",
        )
    if options.device not in (None, "cpu"):
        raise WrapperError(
            "unsupported",
            f"This model cannot be moved to {options.device}.",
            "The device of an ONNX model is chosen when it is built.",
        )


@contextlib.contextmanager
def _told_plainly(kind: ErrorKind, what: str) -> Iterator[None]:
    """Turn what the engine, MLflow or the logged file raises into a `WrapperError`."""
    try:
        yield
    except (WrapperError, MemoryError, BrokenPipeError):
        raise  # the last comes from `should_stop`: the window is gone
    except ImportError as error:
        raise _NOT_INSTALLED from error
    except Exception as error:
        gone = error.__cause__  # MLflow wraps what the logged file raises, or that it is not there
        if kind == "bad_model" and isinstance(gone, FileNotFoundError):
            raise WrapperError(
                "artifacts_missing",
                f"A file that the model needs is missing: {gone.filename or gone}.",
                "Restore the model's artifacts, or register it again.",
            ) from error
        raise _plain(error, kind, what) from error


def _plain(error: Exception, kind: ErrorKind, what: str) -> WrapperError:
    # Errors of the logged file carry these themselves; its classes are not ours to name.
    told = getattr(error, "kind", None), getattr(error, "message", ""), getattr(error, "advice", "")
    match told[0]:
        case "empty_prompt" | "context_too_long" | "usage" as own:
            return WrapperError(own, told[1], told[2])
    text = " ".join(str(error).split())
    if "bad_alloc" in text or "Failed to allocate" in text or "out of memory" in text.lower():
        return WrapperError(
            "out_of_memory",
            "There was not enough memory for the model.",
            "Close other programs, unload another model, or ask for fewer tokens.",
        )
    return WrapperError(
        kind,
        f"{what}: {text[:300]}",
        "Its log tells more; if it does not go away, register the model's folder anew.",
    )
