"""The loop that serves one model, or the registry, over a pipe.

The window starts this in a child process (``parley --host model``) and speaks `wrappers.contract`
with it. For debugging it runs `serve` in a thread of its own instead; the code is one.

Two threads: a *reader* takes requests off the pipe, so that a `Stop` is noticed while the engine
works; the *serving* thread, the one that called `serve`, carries them out one by one and is the
only one that sends. Nothing here takes hold of the interpreter for long, so the reader needs only
the moments between two steps of an engine that keeps Python's global lock.
"""

import contextlib
import ctypes
import faulthandler
import gc
import io
import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal, Protocol, assert_never

import msgspec

from wrappers.base import Wrapper, WrapperError
from wrappers.contract import (
    SMALL_QUESTIONS,
    AnyRequest,
    Counted,
    CountTokens,
    Decoded,
    DecodeTokens,
    Event,
    Failed,
    Finished,
    Generate,
    Load,
    Loaded,
    LoadProgress,
    NextTokens,
    PromptProgress,
    Ready,
    Rendered,
    RenderTemplate,
    Request,
    Stop,
    Timings,
    Tokenize,
    Tokenized,
    decode_request,
    encode_line,
    is_closing,
)

Role = Literal["model", "registry"]

DETAIL_LENGTH = 20_000
"""Characters of a traceback that go along with a failure."""

LEAVE_GRACE_S = 2.0
"""How long a request may go on once the window is gone, before the process ends under it."""


class Server(Protocol):
    """What carries out the requests of one role."""

    def handle(self, request: AnyRequest, should_stop: Callable[[], bool]) -> Iterator[Event]:
        """Yield the answer's events, the closing one last. Raises `WrapperError`."""

    def close(self) -> None:
        """Let go of everything; nothing is asked afterwards."""


class ModelServer:
    """Serves one model: whichever wrapper its MLmodel file calls for."""

    def __init__(self) -> None:
        self._wrapper: Wrapper | None = None

    def handle(self, request: AnyRequest, should_stop: Callable[[], bool]) -> Iterator[Event]:
        match request:
            case Load():
                raise AssertionError("the host loads through `load`, which can report stages")
            case Generate():
                wrapper = self._loaded()
                yield PromptProgress(id=request.id)
                yield from wrapper.generate(request, should_stop)
            case NextTokens():
                found = self._loaded().next_tokens(request, should_stop)
                yield _cancelled(request) if found is None else found
            case CountTokens():
                yield Counted(id=request.id, tokens=self._loaded().count(request))
            case DecodeTokens():
                yield Decoded(id=request.id, texts=self._loaded().decode(request))
            case Tokenize():
                yield Tokenized(id=request.id, tokens=self._loaded().tokenize(request))
            case RenderTemplate():
                yield Rendered(id=request.id, prompt=self._loaded().render(request.messages))
            case _:
                raise WrapperError("usage", "A model cannot answer a question for the registry.")

    def load(self, request: Load, send: Callable[[Event], None]) -> None:
        """Load the model, telling each stage as it begins."""
        started = time.monotonic()

        def report(stage: str) -> None:
            elapsed = time.monotonic() - started
            send(LoadProgress(id=request.id, stage=stage, elapsed_s=elapsed))

        if self._wrapper is not None:
            raise WrapperError("usage", "This process already holds a model.")
        from wrappers.compiled import ignore_in
        from wrappers.mlmodel import read_mlmodel
        from wrappers.trust import check_unchanged

        report("Reading MLmodel")
        model_dir = Path(request.model_dir)
        wrapper = _wrapper_for(model_dir)
        ignore_in(model_dir)
        if request.fingerprint:
            report("Checking what would run")
            check_unchanged(
                model_dir,
                read_mlmodel(model_dir / "MLmodel"),
                request.fingerprint,
                may_run_code=request.may_run_code,
            )
        capabilities = wrapper.load(model_dir, request.options, report)
        self._wrapper = wrapper
        elapsed = time.monotonic() - started
        send(Loaded(id=request.id, capabilities=capabilities, load_s=elapsed))

    def close(self) -> None:
        if self._wrapper is not None:
            self._wrapper.close()
            self._wrapper = None

    def _loaded(self) -> Wrapper:
        if self._wrapper is None:
            raise WrapperError("usage", "No model is loaded in this process.", "Load one first.")
        return self._wrapper


def _wrapper_for(model_dir: Path) -> Wrapper:
    """The wrapper that opens the model in `model_dir`, by its MLmodel file alone."""
    from wrappers.detect import detect
    from wrappers.mlmodel import check_signature, read_mlmodel

    mlmodel = read_mlmodel(model_dir / "MLmodel")
    check_signature(mlmodel)
    detection = detect(mlmodel)
    match detection.wrapper:
        case "transformers":
            from wrappers.transformers_chat import TransformersWrapper

            return TransformersWrapper()
        case "onnx_genai":
            from wrappers.onnx_genai import OnnxGenaiWrapper

            return OnnxGenaiWrapper()
        case "pyfunc":
            from wrappers.pyfunc import PyfuncWrapper

            return PyfuncWrapper()
        case None:
            raise WrapperError(
                "not_a_chat_model",
                detection.reason or "This model does not chat.",
                "Choose a model that takes messages or a prompt.",
            )
        case _:
            assert_never(detection.wrapper)


class Host:
    """One serving loop: requests in from `lines`, events out through `send_line`."""

    def __init__(
        self,
        server: Server,
        lines: Iterable[bytes],
        send_line: Callable[[bytes], None],
        settled: Callable[[], None] = lambda: None,
    ) -> None:
        """`settled` is called once the first request was served, for which nearly everything is
        imported: the registry is open, or the model loaded."""
        self._settled = settled
        self._server = server
        self._lines = lines
        self._send_line = send_line
        self._waiting: deque[AnyRequest] = deque()
        self._changed = threading.Condition()
        self._stopped: set[int] = set()
        self._gone = False
        self.idle = threading.Event()
        """Set once the serving loop has ended."""

    def run(self) -> None:
        """Serve until the requests end. Returns with the server closed."""
        threading.Thread(target=self._read, name="parley-host-reader", daemon=True).start()
        self._send(Ready(pid=os.getpid()))
        try:
            is_first = True
            while (request := self._next()) is not None:
                self._serve(request)
                self._stopped.discard(request.id)
                if is_first:
                    self._settled()
                is_first = False
        except BrokenPipeError:
            pass  # nobody listens any more: leave as at the end of the requests
        finally:
            try:
                self._server.close()
            finally:
                self.idle.set()

    def wait_until_gone(self) -> None:
        """Return once the window has closed its end."""
        with self._changed:
            self._changed.wait_for(lambda: self._gone)

    # -- reading

    def _read(self) -> None:
        try:
            for line in self._lines:
                self._take(line)
        except OSError as error:  # the model's code has closed what is not its own
            sys.stderr.write(f"parley: the window cannot be heard any more: {error}\n")
        finally:
            with self._changed:
                self._gone = True
                self._changed.notify_all()

    def _take(self, line: bytes) -> None:
        try:
            request = decode_request(line)
        except msgspec.DecodeError as error:
            sys.stderr.write(f"parley: not a request, passed over: {error}\n")
            return
        with self._changed:
            if isinstance(request, Stop):
                self._stopped.add(request.target)
            else:
                self._waiting.append(request)
            self._changed.notify_all()

    def _next(self) -> AnyRequest | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._gone)
            if self._gone:
                return None
            return self._waiting.popleft()

    # -- serving

    def _serve(self, request: AnyRequest) -> None:
        if request.id in self._stopped:
            self._send(_cancelled(request))
            return

        def should_stop() -> bool:
            self._answer_small_questions()
            return self._gone or request.id in self._stopped

        closed = False
        try:
            if isinstance(request, Load) and isinstance(self._server, ModelServer):
                self._server.load(request, self._send)
                return
            for event in self._server.handle(request, should_stop):
                closed = is_closing(event)
                self._send(event)
            if not closed:
                raise RuntimeError(f"{type(request).__name__} was not answered to its end")
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - a wrapper may raise anything; the user reads it
            traceback.print_exc()
            self._send(failure(request.id, error))

    def _answer_small_questions(self) -> None:
        with self._changed:
            questions = [one for one in self._waiting if isinstance(one, SMALL_QUESTIONS)]
            for question in questions:
                self._waiting.remove(question)
        for question in questions:
            self._serve(question)

    def _send(self, event: Event) -> None:
        self._send_line(encode_line(event))


def failure(request_id: int, error: Exception) -> Failed:
    """`error` as the user reads it; the traceback goes along for the log."""
    detail = _bounded("".join(traceback.format_exception(error)))
    if isinstance(error, WrapperError):
        return Failed(
            id=request_id,
            kind=error.kind,
            message=error.message,
            advice=error.advice,
            detail=detail,
        )
    if isinstance(error, MemoryError):
        return Failed(
            id=request_id,
            kind="out_of_memory",
            message="There was not enough memory for the model.",
            advice="Close other programs or unload another model, then try again.",
            detail=detail,
        )
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0].replace("_", "-")
        return Failed(
            id=request_id,
            kind="engine_missing",
            message=f"The package {package}, which this needs, is not installed here.",
            advice=f"Install it with `pip install {package}`, then try again.",
            detail=detail,
        )
    return Failed(
        id=request_id,
        kind="internal",
        message=f"Something unforeseen went wrong ({type(error).__name__}: {_first_line(error)}).",
        advice="Its log tells more; trying again is safe.",
        detail=detail,
    )


def _bounded(detail: str) -> str:
    """It is kept with the answer; an error may have a whole tensor in its words."""
    if len(detail) <= DETAIL_LENGTH:
        return detail
    half = DETAIL_LENGTH // 2
    return f"{detail[:half]}\n[… {len(detail) - 2 * half:,} characters …]\n{detail[-half:]}"


def _first_line(error: Exception, limit: int = 200) -> str:
    text = next(iter(str(error)[:10_000].splitlines()), "no message")
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _cancelled(request: Request) -> Event:
    if isinstance(request, Generate):
        return Finished(id=request.id, text="", stop_reason="cancelled", timings=Timings())
    return Failed(id=request.id, kind="cancelled", message="Stopped before it was done.")


# --------------------------------------------------------------------------------------------
# As a process


def server_for(role: Role) -> Server:
    if role == "model":
        return ModelServer()
    from wrappers.registry import RegistryServer

    return RegistryServer()


def serve(role: Role, lines: Iterable[bytes], send_line: Callable[[bytes], None]) -> None:
    """Serve `role` until `lines` ends; what ``--in-process`` runs in a thread."""
    set_environment()
    Host(server_for(role), lines, send_line).run()


def main(role: Role) -> int:
    """Serve `role` over this process's standard input and output."""
    # The cyclic collection would look through all that is imported again and again, and take a
    # fifth of the time that it takes to import MLflow.
    gc.disable()
    set_environment()
    faulthandler.enable()
    die_with_parent()
    lower_priority()
    incoming, outgoing = take_standard_streams()

    def send_line(line: bytes) -> None:
        outgoing.write(line)
        outgoing.flush()

    def settled() -> None:
        if role == "model":
            gc.collect()  # what a load leaves behind may hold weights
        gc.freeze()
        gc.enable()

    host = Host(server_for(role), incoming, send_line, settled)
    threading.Thread(target=_leave_with_window, args=(host,), daemon=True).start()
    host.run()
    with contextlib.suppress(BrokenPipeError):
        outgoing.close()
    for stream in (sys.stdout, sys.stderr):
        # The model's code may have closed it, or put another in its place.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    # Engines' threads and exit handlers have been seen to hang or crash a process that is done.
    os._exit(0)


def _leave_with_window(host: Host) -> None:
    """End the process when the window is gone, whatever the serving thread is busy with."""
    host.wait_until_gone()
    if host.idle.wait(LEAVE_GRACE_S):
        # It leaves by itself, once all that was printed is in the log.
        time.sleep(LEAVE_GRACE_S)
    os._exit(0)


def set_environment() -> None:
    """What must stand in the environment before MLflow or an engine is imported."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # MLflow would copy the pyproject.toml of whatever folder Parley runs in into logged models.
    os.environ.setdefault("MLFLOW_UV_AUTO_DETECT", "false")


def take_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Move the pipes of standard input and output to descriptors that only the host has.

    Afterwards standard input is empty and whatever is printed, by Python or by a native library,
    goes to standard error, which the window points at a log file; each line at once, so that what
    was printed before a crash is there.
    """
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    return incoming, outgoing


def die_with_parent() -> None:
    """Have the kernel end this process with the thread that started it (Linux), or watch for it."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL)
    elif sys.platform != "win32":
        threading.Thread(target=_watch_parent, args=(os.getppid(),), daemon=True).start()


def _watch_parent(parent: int, interval_s: float = 1.0) -> None:
    while os.getppid() == parent:
        time.sleep(interval_s)
    os._exit(0)


def lower_priority() -> None:
    """Let the window go first: its frames matter more than a token's few milliseconds."""
    import psutil

    process = psutil.Process()
    with contextlib.suppress(psutil.Error, OSError):
        if sys.platform == "win32":
            process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            process.nice(10)
