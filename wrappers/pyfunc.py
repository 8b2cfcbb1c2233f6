"""Any other MLflow chat model, asked through ``mlflow.pyfunc``.

ChatModel, ChatAgent and ResponsesAgent, models whose signature takes messages, and models that
take one string. Their own ``predict_stream`` streams where they have one; the others give their
answers whole.
"""

import contextlib
import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wrappers.base import ReportStage, ShouldStop, WrapperError
from wrappers.contract import (
    Capabilities,
    CountTokens,
    Finished,
    Generate,
    GenerationEvent,
    LoadOptions,
    Message,
    StopReason,
    TextPiece,
    Timings,
    Usage,
)
from wrappers.detect import Detection, detect, named_columns, named_params
from wrappers.isolation import ModelPackages, shipped_packages
from wrappers.mlmodel import flavor, mapping, parse_requirements, read_mlmodel, string
from wrappers.pyfunc_answers import AnswerReader, read_answer
from wrappers.pyfunc_faults import Phase, explain
from wrappers.pyfunc_payloads import Inputs, bare_text, build_request, defaults_of, inputs_of

_END = object()


class PyfuncWrapper:
    """One model that MLflow's pyfunc loads; see `wrappers.base.Wrapper`.

    MLflow's tracing is off in this process: agents trace themselves, and would write to a
    registry of their own in the current folder.
    """

    def __init__(self) -> None:
        self._model: Any = None
        self._detection = Detection()
        self._inputs = Inputs()
        self._packages = ModelPackages(frozenset())
        self._artifacts: dict[str, Path] = {}
        self._requirements: dict[str, str] = {}
        self._streams = False
        self._load_s: float | None = None

    # -- the Wrapper protocol

    def load(self, model_dir: Path, options: LoadOptions, report: ReportStage) -> Capabilities:  # noqa: ARG002 - a foreign model takes none
        """Load the model; runs its code. Raises `WrapperError`."""
        started = time.monotonic()
        mlmodel = read_mlmodel(model_dir / "MLmodel")
        self._detection = detect(mlmodel)
        if self._detection.mode is None:
            raise WrapperError(
                "not_a_chat_model",
                self._detection.reason or "This model does not chat.",
                "Choose a model that takes messages or a prompt.",
            )
        pyfunc = flavor(mlmodel, "python_function") or {}
        self._artifacts = _artifacts(pyfunc, model_dir)
        _check_files(pyfunc, model_dir, self._artifacts)
        self._requirements = _requirements(model_dir)
        report("Importing MLflow")
        mlflow = _import_mlflow()
        report("Loading the model's code and artifacts")
        code = string(pyfunc.get("code"))
        self._packages = ModelPackages(shipped_packages(model_dir / code) if code else frozenset())
        with self._model_code("loading"):
            self._model = mlflow.pyfunc.load_model(str(model_dir), suppress_warnings=True)
            self._streams = bool(self._detection.streams) and _overrides_stream(self._model)
            example = _example(self._model)
        self._inputs = inputs_of(
            self._detection, named_columns(mlmodel), named_params(mlmodel), example
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
        with self._model_code("answering"):
            answer = read_answer(self._model.predict(data, params=params))
        yield from run.show(answer.text)
        run.usage, run.stop_reason = answer.usage, answer.stop_reason
        yield run.finished()

    def count(self, request: CountTokens) -> int | None:  # noqa: ARG002 - it has no tokenizer to ask
        """``None``: MLflow's contract has no tokenizer."""
        return None

    def render(self, messages: tuple[Message, ...]) -> str:  # noqa: ARG002 - there is no template
        """Raises `WrapperError`: what its code makes of messages cannot be seen."""
        raise WrapperError(
            "unsupported",
            "This model has no chat template of its own that Parley could render.",
            "Write the prompt out, special tokens and all.",
        )

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
        takes_string = detection.payload == "string"
        if takes_string:
            notes.append(
                "It takes one string and has no chat template: of a conversation it reads the "
                "last message alone, after the system prompt."
            )
        return Capabilities(
            mode="template" if takes_string else "messages",
            accepts=("template", "messages") if takes_string else ("messages",),
            streams=self._streams,
            stop="step" if self._streams else "process",
            template="none" if takes_string else "wrapper",
            parameters=self._inputs.knobs,
            engine=f"mlflow {mlflow_version}",
            defaults=defaults_of(detection, self._inputs),
            memory_bytes=_memory(),
            notes=tuple(notes),
        )

    def _content(self, request: Generate) -> tuple[Message, ...] | str:
        """The messages or the string to ask with. Raises `WrapperError`."""
        takes_string = self._detection.payload == "string"
        if (request.messages is None) == (request.prompt is None):
            raise WrapperError("usage", "Either messages or a prompt must be given.")
        if request.prompt is not None and not takes_string:
            raise WrapperError(
                "unsupported",
                "This model takes messages, and no prompt written out.",
                "Ask it in the chat pane, or with: parley ask",
            )
        last = request.prompt if request.messages is None else _last_text(request.messages)
        if not (last or "").strip():
            raise WrapperError("empty_prompt", "There is nothing to answer.", "Write something.")
        if request.messages is None:
            return request.prompt or ""
        return bare_text(request.messages) if takes_string else request.messages

    def _stream(
        self, data: Any, params: dict[str, Any] | None, run: "_Run", should_stop: ShouldStop
    ) -> Iterator[GenerationEvent]:
        reader = AnswerReader()
        with self._model_code("answering"):
            stream = iter(self._model.predict_stream(data, params=params))
        try:
            while not (cancelled := should_stop()):
                with self._model_code("answering"):
                    piece = next(stream, _END)
                    text = "" if piece is _END else reader.read(piece)
                if piece is _END:
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

    @contextlib.contextmanager
    def _model_code(self, phase: Phase) -> Iterator[None]:
        """Around every call into the model: its packages in place, its errors explained."""
        try:
            with self._packages:
                yield
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
            peak_memory_bytes=_peak_memory(),
        )


def _import_mlflow() -> Any:
    try:
        import mlflow
        import mlflow.pyfunc
        import mlflow.tracing
    except ImportError as error:
        raise WrapperError(
            "engine_missing",
            f"MLflow cannot be imported ({error}).",
            "Install it with: uv pip install mlflow",
        ) from error
    mlflow.tracing.disable()
    return mlflow


def _overrides_stream(model: Any) -> bool:
    """Whether the model's class has a ``predict_stream`` of its own.

    MLflow marks every ChatAgent and ChatModel as streamable, also where only the base class's
    method is there, which raises.
    """
    from mlflow.exceptions import MlflowException
    from mlflow.pyfunc import PythonModel

    raw = None
    with contextlib.suppress(MlflowException):
        raw = model.get_raw_model()
    if not isinstance(raw, PythonModel):
        with contextlib.suppress(MlflowException):
            raw = model.unwrap_python_model()
    if not isinstance(raw, PythonModel):
        return True  # another flavor, whose word MLmodel has
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


def _artifacts(pyfunc: dict[str, Any], model_dir: Path) -> dict[str, Path]:
    return {
        key: model_dir / path
        for key, one in mapping(pyfunc.get("artifacts")).items()
        if (path := string(mapping(one).get("path"))) is not None
    }


def _check_files(pyfunc: dict[str, Any], model_dir: Path, artifacts: dict[str, Path]) -> None:
    """Raises `WrapperError` where a file that MLmodel names is not there."""
    named = [
        model_dir / one for key in ("data", "python_model") if (one := string(pyfunc.get(key)))
    ]
    if code := string(pyfunc.get("model_code_path")):
        # MLflow keeps the path that the file had on its author's machine.
        named.append(model_dir / code.replace("\\", "/").rsplit("/", 1)[-1])
    missing = [path for path in (*named, *artifacts.values()) if not path.exists()]
    if missing:
        raise WrapperError(
            "artifacts_missing",
            f"A part of the model is missing: {missing[0].relative_to(model_dir)}.",
            "Restore the model's artifacts, or register it again.",
        )


def _requirements(model_dir: Path) -> dict[str, str]:
    try:
        return parse_requirements((model_dir / "requirements.txt").read_text("utf-8", "replace"))
    except OSError:
        return {}


def _last_text(messages: tuple[Message, ...]) -> str:
    return messages[-1].content if messages else ""


def _memory() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)


def _peak_memory() -> int | None:
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
