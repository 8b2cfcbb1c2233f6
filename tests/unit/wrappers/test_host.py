"""The serving loop, over queues in this process and over real pipes in another."""

import itertools
import os
import queue
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from wrappers.base import WrapperError
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Counted,
    CountTokens,
    Event,
    Failed,
    Finished,
    Generate,
    NextTokens,
    NextTokensFound,
    Ready,
    Stop,
    TextPiece,
    Token,
    Tokenize,
    Tokenized,
    decode_event,
    encode_line,
)
from wrappers.host import Host, ModelServer, Server, failure

ROOT = Path(__file__).resolve().parents[3]


class Counter:
    """A server that says numbers until it is told to stop, asking between any two."""

    def __init__(self) -> None:
        self.closed = False

    def handle(self, request: AnyRequest, should_stop: Callable[[], bool]) -> Iterator[Event]:
        if isinstance(request, CountTokens):
            yield Counted(id=request.id, tokens=len(request.text or ""))
            return
        assert isinstance(request, Generate)
        if request.prompt == "raise":
            raise WrapperError("model_raised", "It raised.", "Try another.")
        if request.prompt == "crash":
            raise ZeroDivisionError("first line\nsecond line")
        if request.prompt == "unfinished":
            return
        said = ""
        for number in itertools.count():
            if should_stop():
                yield Finished(id=request.id, text=said, stop_reason="cancelled")
                return
            said += str(number)
            yield TextPiece(id=request.id, text=str(number))

    def close(self) -> None:
        self.closed = True


class Talk:
    """Both ends of a host that runs in a thread."""

    def __init__(self, server: Server) -> None:
        self._requests: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._events: queue.SimpleQueue[AnyEvent] = queue.SimpleQueue()
        self._host = Host(server, iter(self._requests.get, None), self._receive)
        self._thread = threading.Thread(target=self._host.run)
        self._thread.start()
        assert isinstance(self.next(), Ready)

    def _receive(self, line: bytes) -> None:
        self._events.put(decode_event(line))

    def say(self, request: AnyRequest) -> None:
        self._requests.put(encode_line(request))

    def say_line(self, line: bytes) -> None:
        self._requests.put(line)

    def next(self) -> AnyEvent:
        return self._events.get(timeout=10)

    def close(self) -> None:
        self._requests.put(None)
        self._thread.join(timeout=10)
        assert not self._thread.is_alive()


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def talk(counter: Counter) -> Iterator[Talk]:
    conversation = Talk(counter)
    yield conversation
    conversation.close()
    assert counter.closed


def test_that_stop_ends_a_generation_with_the_text_so_far(talk: Talk) -> None:
    talk.say(Generate(id=1, prompt="go"))
    said = ""
    first = talk.next()
    assert isinstance(first, TextPiece)
    said += first.text
    talk.say(Stop(id=2, target=1))
    while isinstance(event := talk.next(), TextPiece):
        said += event.text
    assert isinstance(event, Finished)
    assert event.stop_reason == "cancelled"
    assert event.text == said


def test_that_a_small_question_is_answered_within_a_running_generation(talk: Talk) -> None:
    talk.say(Generate(id=1, prompt="go"))
    talk.next()
    talk.say(CountTokens(id=2, text="four"))
    while isinstance(event := talk.next(), TextPiece):
        pass
    assert event == Counted(id=2, tokens=4)
    assert isinstance(talk.next(), TextPiece), "the generation goes on"
    talk.say(Stop(id=3, target=1))
    while not isinstance(talk.next(), Finished):
        pass


def test_that_a_request_stopped_while_it_waits_is_never_begun(talk: Talk) -> None:
    talk.say(Generate(id=1, prompt="go"))
    talk.next()
    talk.say(Generate(id=2, prompt="go"))
    talk.say(Stop(id=3, target=2))
    talk.say(Stop(id=4, target=1))
    while (event := talk.next()).id == 1:
        pass
    assert event == Finished(id=2, text="", stop_reason="cancelled")


class Looker:
    """A wrapper that looks for what comes next, or writes, until it is stopped."""

    def next_tokens(
        self, request: NextTokens, should_stop: Callable[[], bool]
    ) -> NextTokensFound | None:
        if request.prompt == "short":
            return NextTokensFound(id=request.id, chances=(), prompt_tokens=1)
        while not should_stop():
            pass
        return None

    def tokenize(self, request: Tokenize) -> tuple[Token, ...]:
        return (Token(1, request.text),)

    def close(self) -> None:
        pass


@pytest.fixture
def looker() -> Iterator[Talk]:
    server = ModelServer()
    server._wrapper = Looker()  # type: ignore[assignment]  # it is asked for no more than it has
    conversation = Talk(server)
    yield conversation
    conversation.close()


def test_that_a_look_at_what_comes_next_closes_also_where_it_is_stopped(looker: Talk) -> None:
    looker.say(NextTokens(id=1, prompt="long"))
    looker.say(Stop(id=2, target=1))
    event = looker.next()
    assert isinstance(event, Failed)
    assert (event.id, event.kind, event.detail) == (1, "cancelled", "")
    looker.say(NextTokens(id=3, prompt="short"))
    assert looker.next() == NextTokensFound(id=3, chances=(), prompt_tokens=1)


def test_that_a_text_is_cut_into_tokens_while_something_runs(looker: Talk) -> None:
    looker.say(NextTokens(id=1, prompt="long"))
    looker.say(Tokenize(id=2, text="a"))
    assert looker.next() == Tokenized(id=2, tokens=(Token(1, "a"),))
    looker.say(Stop(id=3, target=1))
    assert isinstance(looker.next(), Failed)


def test_that_a_wrappers_error_reaches_the_user_and_the_host_serves_on(talk: Talk) -> None:
    talk.say(Generate(id=1, prompt="raise"))
    event = talk.next()
    assert isinstance(event, Failed)
    assert (event.kind, event.message, event.advice) == (
        "model_raised",
        "It raised.",
        "Try another.",
    )
    talk.say(CountTokens(id=2, text="ab"))
    assert talk.next() == Counted(id=2, tokens=2)


def test_that_a_package_that_is_not_installed_is_named_with_its_remedy() -> None:
    missing = ModuleNotFoundError("No module named 'onnxruntime_genai.models'")
    missing.name = "onnxruntime_genai.models"
    told = failure(7, missing)
    assert (told.id, told.kind) == (7, "engine_missing")
    assert "pip install onnxruntime-genai" in told.advice


def test_that_an_unforeseen_error_is_one_sentence_with_the_traceback_apart(talk: Talk) -> None:
    talk.say(Generate(id=1, prompt="crash"))
    event = talk.next()
    assert isinstance(event, Failed)
    assert event.kind == "internal"
    assert "ZeroDivisionError: first line" in event.message
    assert "second line" not in event.message
    assert "Traceback" in event.detail


def test_that_an_answer_without_an_end_is_a_failure(talk: Talk) -> None:
    talk.say(Generate(id=1, prompt="unfinished"))
    event = talk.next()
    assert isinstance(event, Failed)
    assert "was not answered to its end" in event.message


def test_that_a_line_that_is_no_request_is_passed_over(
    talk: Talk, capfd: pytest.CaptureFixture[str]
) -> None:
    talk.say_line(b'{"request": "dance"}\n')
    talk.say_line(b"\xff\xfe not json\n")
    talk.say(CountTokens(id=1, text="x"))
    assert talk.next() == Counted(id=1, tokens=1)
    assert capfd.readouterr().err.count("not a request") == 2


NOISY_HOST = textwrap.dedent(
    """
    import os, sys
    from wrappers import host
    from wrappers.contract import Counted
    class Noisy:
        def handle(self, request, should_stop):
            print("printed by Python")
            os.write(1, b"\\xff\\x00written by a library\\n")
            os.system("echo printed by a command")
            print("printed, and no line yet", end="")
            assert sys.stdin.read() == ""
            yield Counted(id=request.id, tokens=1)
        def close(self): pass
    host.server_for = lambda role: Noisy()
    host.main("model")
    """
)


def start_host(code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # With it nothing that is printed is ever held back.
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        start_new_session=True,
    )


def test_that_what_a_wrapper_prints_goes_to_the_log_and_not_into_the_stream() -> None:
    process = start_host(NOISY_HOST)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(encode_line(CountTokens(id=1, text="x")))
    process.stdin.flush()
    first, second = process.stdout.readline(), process.stdout.readline()
    rest, log = process.communicate(timeout=30)
    assert isinstance(decode_event(first), Ready)
    assert decode_event(second) == Counted(id=1, tokens=1)
    assert rest == b""
    for noise in (
        b"printed by Python",
        b"written by a library",
        b"printed by a command",
        b"printed, and no line yet",
    ):
        assert noise in log
    assert process.returncode == 0


CRASHING_HOST = textwrap.dedent(
    """
    import os
    from wrappers import host
    class Crashing:
        def handle(self, request, should_stop):
            print("printed before the end")
            os.abort()
        def close(self): pass
    host.server_for = lambda role: Crashing()
    host.main("model")
    """
)


def test_that_what_was_printed_before_a_crash_is_in_the_log() -> None:
    process = start_host(CRASHING_HOST)
    assert process.stdin is not None
    process.stdin.write(encode_line(CountTokens(id=1, text="x")))
    process.stdin.flush()
    process.wait(60)  # before its input ends, at which it would leave without serving anything
    _, log = process.communicate(timeout=30)
    assert process.returncode != 0
    assert b"printed before the end" in log


HUNG_HOST = textwrap.dedent(
    """
    import threading
    from wrappers import host
    host.LEAVE_GRACE_S = 0.1
    class Hung:
        def handle(self, request, should_stop):
            threading.Event().wait()
            yield
        def close(self): pass
    host.server_for = lambda role: Hung()
    host.main("model")
    """
)


def test_that_a_hung_host_leaves_when_the_pipe_ends() -> None:
    process = start_host(HUNG_HOST)
    process.communicate(encode_line(CountTokens(id=1, text="x")), timeout=30)
    assert process.returncode == 0


@pytest.mark.skipif(os.name != "posix", reason="a signal ends the parent")
def test_that_a_host_dies_with_the_process_that_started_it() -> None:
    """The parent is killed while somebody else still holds its end of the pipe open."""
    parent_code = textwrap.dedent(
        f"""
        import subprocess, sys, threading
        child = subprocess.Popen(
            [sys.executable, "-c", {HUNG_HOST!r}], stdin=0, stdout=1, start_new_session=True)
        print(child.pid, file=sys.stderr, flush=True)
        threading.Event().wait()
        """
    )
    parent = start_host(parent_code)
    assert parent.stdout is not None
    assert parent.stderr is not None
    child = psutil.Process(int(parent.stderr.readline()))
    assert isinstance(decode_event(parent.stdout.readline()), Ready)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait(timeout=10)
    assert psutil.wait_procs([child], timeout=10)[1] == []
    for stream in (parent.stdin, parent.stdout, parent.stderr):
        assert stream is not None
        stream.close()


def test_that_half_a_character_is_sent_as_a_sign_in_its_place() -> None:
    sent = encode_line(TextPiece(id=3, text="a\ud83db", token_ids=(1, 2)))
    assert decode_event(sent) == TextPiece(id=3, text="a\ufffdb", token_ids=(1, 2))
    whole = encode_line(TextPiece(id=3, text="a\U0001f642"))
    assert decode_event(whole) == TextPiece(id=3, text="a\U0001f642")


def test_that_an_error_of_any_length_is_told_in_bounds() -> None:
    told = failure(1, ValueError("x" * 50_000_000))
    assert len(told.message) < 500
    assert len(told.detail) < 50_000
    assert told.detail.startswith("ValueError: xxx")
    assert told.detail.endswith("xxx\n")
