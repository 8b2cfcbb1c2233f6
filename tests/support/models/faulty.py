# ruff: noqa: ARG002 - MLflow gives the arguments
"""A PythonModel of one string that fails in whatever way its prompt names."""

import ctypes
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import mlflow

PRINTED_BYTES = 8_000_000
EMPTY_PIECES = 1_000_000


def well() -> Iterator[Any]:
    yield from ("all ", "is ", "well")


def endless() -> Iterator[Any]:
    yield "once "
    while True:
        time.sleep(0.002)  # as long as a token takes
        yield "more "


def raises() -> Iterator[Any]:
    yield "almost "
    raise ValueError("the tokenizer has no such word")


def prints_megabytes() -> Iterator[Any]:
    for _ in range(PRINTED_BYTES // 80):
        print("x" * 79)  # noqa: T201 - as wrappers in the wild do
    yield "printed"


def writes_binary() -> Iterator[Any]:
    os.write(1, bytes(range(256)) * 64)
    sys.stdout.buffer.write(b'{"type": "text"}\n\xff\x00\n')
    sys.stdout.flush()
    yield "written"


def wrong_type() -> Iterator[Any]:
    yield "almost "
    yield 42


def nothing() -> Iterator[Any]:
    yield from ()


def empty_pieces() -> Iterator[Any]:
    for _ in range(EMPTY_PIECES):
        yield ""
    yield "the end"


def runs_out_of_memory() -> Iterator[Any]:
    """As on a machine that has no more; Python is told so."""
    yield "almost "
    _limit_memory()
    held = []
    while True:
        held.append(bytearray(16_000_000))


def runs_out_of_native_memory() -> Iterator[Any]:
    """The same in C++, which ends the process."""
    yield "almost "
    _limit_memory()
    new = ctypes.CDLL("libstdc++.so.6")._Znwm  # operator new
    new.argtypes = [ctypes.c_size_t]
    while True:
        new(16_000_000)


def is_killed() -> Iterator[Any]:
    yield "almost "
    os.kill(os.getpid(), signal.SIGKILL)


def crashes() -> Iterator[Any]:
    yield "almost "
    ctypes.string_at(0)


def closes_its_pipe() -> Iterator[Any]:
    yield "almost "
    os.closerange(3, 256)
    threading.Event().wait()


def hangs_at_once() -> Iterator[Any]:
    threading.Event().wait()
    yield ""


def hangs_midway() -> Iterator[Any]:
    yield "almost "
    threading.Event().wait()


def _limit_memory() -> None:
    now = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()  # noqa: PTH123, SIM115
    resource.setrlimit(resource.RLIMIT_AS, (now + 200_000_000, resource.RLIM_INFINITY))


FAULTS: dict[str, Callable[[], Iterator[Any]]] = {
    one.__name__: one
    for one in (
        well,
        endless,
        raises,
        prints_megabytes,
        writes_binary,
        wrong_type,
        nothing,
        empty_pieces,
        runs_out_of_memory,
        runs_out_of_native_memory,
        is_killed,
        crashes,
        closes_its_pipe,
        hangs_at_once,
        hangs_midway,
    )
}


class Model(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        return None

    def predict_stream(self, context: Any, model_input: Any, params: Any = None) -> Iterator[Any]:
        return FAULTS.get(model_input["prompt"], well)()


mlflow.models.set_model(Model())
