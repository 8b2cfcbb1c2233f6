"""Any other MLflow chat model, asked through ``mlflow.pyfunc``.

ChatModel, ChatAgent and ResponsesAgent, models whose signature takes messages, and models that
take one string. Their own ``predict_stream`` streams where they have one; the others give their
answers whole.
"""

import contextlib
import gc
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from msgspec.structs import replace

from wrappers import chat_template
from wrappers.base import ReportStage, ShouldStop, WrapperError
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
    StopReason,
    TextPiece,
    Timings,
    Token,
    Tokenize,
    Usage,
)
from wrappers.detect import Detection, detect, named_columns, named_params
from wrappers.exchange import as_json, payload_json
from wrappers.isolation import ModelPackages, shipped_packages
from wrappers.mlmodel import flavor, mapping, read_mlmodel, string
from wrappers.process_memory import peak_resident_bytes, resident_bytes
from wrappers.pyfunc_answers import Answer, AnswerReader, read_answer
from wrappers.pyfunc_artifacts import (
    Template,
    artifacts_of,
    check_files,
    requirements_of,
    template_among,
)
from wrappers.pyfunc_faults import Phase, explain
from wrappers.pyfunc_payloads import Inputs, bare_text, build_request, defaults_of, inputs_of

_END = object()

_STEP_S = 0.02
"""How long pieces without a text are read on before anybody looks whether to stop."""


class PyfuncWrapper:
    """One model that MLflow's pyfunc loads; see `wrappers.base.Wrapper`.

    MLflow's tracing is off while the model's code runs: agents trace themselves, and would write
    to a registry of their own in the current folder.
    """

    def __init__(self) -> None:
        self._model: Any = None
        self._detection = Detection()
        self._inputs = Inputs()
        self._packages = ModelPackages(frozenset())
        self._artifacts: dict[str, Path] = {}
        self._requirements: dict[str, str] = {}
        self._template: Template | None = None
        self._streams = False
        self._load_s: float | None = None

    # -- the Wrapper protocol

    def load(self, model_dir: Path, options: LoadOptions, report: ReportStage) -> Capabilities:
        """Load the model; runs its code. Raises `WrapperError`, for any of `options` as well."""
        started = time.monotonic()
        if options != LoadOptions():
            raise WrapperError(
                "unsupported",
                "This model's own code decides how it is loaded.",
                "Load it without options.",
            )
        mlmodel = read_mlmodel(model_dir / "MLmodel")
        self._detection = detect(mlmodel)
        if self._detection.mode is None:
            raise WrapperError(
                "not_a_chat_model",
                self._detection.reason or "This model does not chat.",
                "Choose a model that takes messages or a prompt.",
            )
        pyfunc = flavor(mlmodel, "python_function") or {}
        self._artifacts = artifacts_of(pyfunc, model_dir)
        check_files(pyfunc, model_dir, self._artifacts)
        if self._takes_string:
            self._template = template_among(self._artifacts)
        self._requirements = requirements_of(model_dir)
        report("Importing MLflow")
        mlflow = _import_mlflow()
        report("Loading the model's code and artifacts")
        code = string(pyfunc.get("code"))
        self._packages = ModelPackages(shipped_packages(model_dir / code) if code else frozenset())
        self._model = self._call(
            "loading", lambda: mlflow.pyfunc.load_model(str(model_dir), suppress_warnings=True)
        )
        self._streams = bool(self._detection.streams) and _overrides_stream(self._model)
        self._inputs = inputs_of(
            self._detection,
            named_columns(mlmodel),
            named_params(mlmodel),
            _example(self._model),
        )
        self._load_s = time.monotonic() - started
        return self._capabilities(mlflow.__version__)

    def generate(self, request: Generate, should_stop: ShouldStop) -> Iterator[GenerationEvent]:
        """Yield the answer as it comes; a model that does not stream gives one piece."""
        content = self._content(request)
        data, params = build_request(self._detection, self._inputs, request.sampling, content)
        run = _Run(request, content, self._load_s)
        if self._streams and not request.through_predict:
            yield from self._stream(data, params, run, should_stop)
            return
        if should_stop():
            yield run.finished(cancelled=True)
            return
        payload = payload_json(data, params) if request.through_predict else None
        answer, returned = self._call("answering", lambda: self._predict(data, params))
        yield from run.show(answer.text)
        run.usage, run.stop_reason = answer.usage, answer.stop_reason
        yield replace(
            run.finished(),
            payload=payload,
            returned=as_json(returned) if request.through_predict else None,
        )

    def next_tokens(self, request: NextTokens, should_stop: ShouldStop) -> NextTokensFound | None:  # noqa: ARG002 - it has none to tell
        """Raises `WrapperError`: MLflow's contract carries text, and no probabilities."""
        raise WrapperError(
            "unsupported",
            "This model gives its answers as text, and no probabilities with them.",
            "Choose a transformers or ONNX model to see what could come next.",
        )

    def count(self, request: CountTokens) -> int | None:  # noqa: ARG002 - it has no tokenizer to ask
        """``None``: MLflow's contract has no tokenizer."""
        return None

    def decode(self, request: DecodeTokens) -> tuple[str, ...] | None:  # noqa: ARG002 - nor here
        """``None``, for the same reason."""
        return None

    def tokenize(self, request: Tokenize) -> tuple[Token, ...] | None:  # noqa: ARG002 - nor here
        """``None``, for the same reason."""
        return None

    def render(self, messages: tuple[Message, ...]) -> str:
        """The prompt by the template among the model's artifacts. Raises `WrapperError` where
        there is none: what its code makes of messages cannot be seen."""
        if self._template is None:
            raise WrapperError(
                "unsupported",
                "This model has no chat template of its own that Parley could render.",
                "Write the prompt out, special tokens and all.",
            )
        return chat_template.render(self._template.source, messages, self._template.tokens)

    def close(self) -> None:
        """Let go of the model."""
        self._model = None
        gc.collect()

    # -- within

    def _capabilities(self, mlflow_version: str) -> Capabilities:
        detection = self._detection
        notes = [detection.note] if detection.note else []
        if not self._streams:
            notes.append("It gives its answers whole: its wrapper does not stream.")
        template = self._template
        if self._takes_string and template is None:
            notes.append(
                "It takes one string and has no chat template: of a conversation it reads the "
                "last message alone, after the system prompt."
            )
        renderer: Literal["model", "wrapper", "none"] = "wrapper"
        if self._takes_string:
            renderer = "none" if template is None else "model"
        return Capabilities(
            mode="template" if self._takes_string else "messages",
            accepts=("template", "messages") if self._takes_string else ("messages",),
            streams=self._streams,
            stop="step" if self._streams else "process",
            template=renderer,
            parameters=self._inputs.knobs,
            engine=f"mlflow {mlflow_version}",
            defaults=defaults_of(detection, self._inputs),
            chat_template=template.source if template else None,
            special_tokens=template.special_tokens if template else (),
            memory_bytes=resident_bytes(),
            notes=tuple(notes),
        )

    @property
    def _takes_string(self) -> bool:
        return self._detection.payload == "string"

    def _content(self, request: Generate) -> tuple[Message, ...] | str:
        """The messages or the string to ask with. Raises `WrapperError`."""
        messages, prompt = request.messages, request.prompt
        if (messages is None) == (prompt is None):
            raise WrapperError("usage", "Either messages or a prompt must be given.")
        if prompt is not None and not self._takes_string:
            raise WrapperError(
                "unsupported",
                "This model takes messages, and no prompt written out.",
                "Ask it in the chat pane, or with: parley ask",
            )
        asked = prompt if messages is None else messages[-1].content if messages else ""
        if not (asked or "").strip():
            raise WrapperError("empty_prompt", "There is nothing to answer.", "Write something.")
        if messages is None:
            return prompt or ""
        if not self._takes_string:
            return messages
        return bare_text(messages) if self._template is None else self.render(messages)

    def _predict(self, data: Any, params: dict[str, Any] | None) -> tuple[Answer, Any]:
        """What ``predict`` says, and what it returned; of a generator, the pieces."""
        returned = self._model.predict(data, params=params)
        if not isinstance(returned, Iterator):
            return read_answer(returned), returned
        pieces = list(returned)
        return read_answer(iter(pieces)), pieces

    def _stream(
        self, data: Any, params: dict[str, Any] | None, run: "_Run", should_stop: ShouldStop
    ) -> Iterator[GenerationEvent]:
        reader = AnswerReader()
        stream = self._call(
            "answering", lambda: iter(self._model.predict_stream(data, params=params))
        )

        def read_piece() -> str | None:
            """The next text; empty where there was none in a while."""
            until = time.monotonic() + _STEP_S
            while (piece := next(stream, _END)) is not _END:
                if (text := reader.read(piece)) or time.monotonic() > until:
                    return text
            return None

        try:
            while not (cancelled := should_stop()):
                if (text := self._call("answering", read_piece)) is None:
                    break
                yield from run.show(text)
        finally:
            self._close_stream(stream)
        yield from run.show(reader.end())
        run.usage, run.stop_reason = reader.usage, reader.stop_reason
        yield run.finished(cancelled=cancelled)

    def _close_stream(self, stream: Any) -> None:
        """End the model's generator where it stands; what it raises then changes nothing."""
        if callable(close := getattr(stream, "close", None)):
            with self._packages, contextlib.suppress(Exception):
                close()

    def _call[T](self, phase: Phase, call: Callable[[], T]) -> T:
        """Call into the model: its packages in place, its traces off, its errors explained."""
        from mlflow.tracing.provider import trace_disabled

        # Not mlflow.tracing.disable(): with it, loading a model hangs where its flavor hides its
        # own traces while MLflow does (a lock that is taken twice, in 3.17).
        untraced: Callable[[], T] = trace_disabled(call)
        try:
            with self._packages:
                return untraced()
        except (WrapperError, MemoryError):
            raise
        except (Exception, SystemExit) as error:
            raise explain(
                error, phase, artifacts=self._artifacts, requirements=self._requirements
            ) from error


class _Run:
    """One answer in the making: its text, and what is measured of it."""

    def __init__(
        self, request: Generate, content: tuple[Message, ...] | str, load_s: float | None
    ) -> None:
        self._request = request
        self._prompt = content if isinstance(content, str) else None
        self._load_s = load_s
        self._started = time.monotonic()
        self._first: float | None = None
        self._text: list[str] = []
        self.usage: Usage | None = None
        self.stop_reason: StopReason | None = None

    def show(self, text: str) -> Iterator[TextPiece]:
        """The event for `text`, unless it is empty."""
        if not text:
            return
        if self._first is None:
            self._first = time.monotonic()
        self._text.append(text)
        yield TextPiece(id=self._request.id, text=text)

    def finished(self, *, cancelled: bool = False) -> Finished:
        now = time.monotonic()
        usage = self.usage or Usage()
        streamed = len(self._text) > 1
        first = self._first if streamed else None
        rate = None
        if first is not None and now > first and (usage.completion_tokens or 0) > 1:
            rate = ((usage.completion_tokens or 0) - 1) / (now - first)
        reason: StopReason | None = "cancelled" if cancelled else self.stop_reason
        if reason == "end_of_turn" and self._request.sampling.stop:
            reason = None  # "stop" is said of a stop string, too
        return Finished(
            id=self._request.id,
            text="".join(self._text),
            prompt=self._prompt,
            stop_reason=reason,
            usage=usage,
            timings=Timings(
                load_s=self._load_s,
                time_to_first_token_s=None if first is None else first - self._started,
                decode_tokens_per_s=rate,
                total_s=now - self._started,
            ),
            through_predict=self._request.through_predict,
            peak_memory_bytes=peak_resident_bytes(),
        )


def _import_mlflow() -> Any:
    try:
        import mlflow
        import mlflow.pyfunc
    except ImportError as error:
        raise WrapperError(
            "engine_missing",
            f"MLflow cannot be imported ({error}).",
            "Install it with: uv pip install mlflow",
        ) from error
    return mlflow


def _overrides_stream(model: Any) -> bool:
    """Whether the model's class has a ``predict_stream`` of its own.

    MLflow marks every ChatAgent and ChatModel as streamable, also where only the base class's
    method is there, which raises.
    """
    from mlflow.exceptions import MlflowException
    from mlflow.pyfunc import PythonModel

    raw = None
    for unwrap in (model.get_raw_model, model.unwrap_python_model):  # each knows some loaders
        if not isinstance(raw, PythonModel):
            with contextlib.suppress(MlflowException, NotImplementedError):
                raw = unwrap()
    if not isinstance(raw, PythonModel):
        return True  # another flavor: MLmodel is all there is to go by
    method = getattr(type(raw), "predict_stream", None)
    return bool(getattr(method, "__module__", "") != PythonModel.__module__)


def _example(model: Any) -> dict[str, Any]:
    """The model's input example as columns and their values; empty where it has none."""
    example = model.input_example
    if hasattr(example, "to_dict"):  # a DataFrame
        example = example.to_dict(orient="records")
    if isinstance(example, list) and example:
        example = example[0]
    return mapping(example)
