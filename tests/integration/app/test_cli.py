"""The command line as its users run it: a program of its own, on a real registry."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.leaks import outlived

ROOT = Path(__file__).parents[3]
Lines = list[dict[str, Any]]


def command(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "app", "--home", str(home), *arguments]


def environment() -> dict[str, str]:
    """Without a registry or a home of the user's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("MLFLOW_TRACKING_URI", "PARLEY_HOME", "PYTHONDONTWRITEBYTECODE")
    }
    return kept | {"PYTHONPATH": str(ROOT)}


def parley(
    home: Path, *arguments: str, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(home, *arguments),
        env=environment(),
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@contextmanager
def running(home: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """The program, with pipes; ended with all its children in the end."""
    program = subprocess.Popen(
        command(home, *arguments),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield program
    finally:
        program.kill()
        program.communicate()


def until_text(program: subprocess.Popen[bytes]) -> str:
    """The first piece of text, once its JSON line has come."""
    assert program.stdout is not None
    for line in program.stdout:
        event = json.loads(line)
        if event["event"] == "text":
            return str(event["text"])
    assert program.stderr is not None
    raise AssertionError(program.stderr.read().decode())


def on_terminal(home: Path, *arguments: str) -> tuple[int, str]:
    """Its exit code, and all that it writes where both of its outputs are a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command(home, *arguments), env=environment(), stdout=theirs, stderr=theirs
    ) as program:
        os.close(theirs)
        seen = b""
        while piece := _read(ours):
            seen += piece
    os.close(ours)
    return program.returncode, seen.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # the other end is closed
        return b""


def objects(done: subprocess.CompletedProcess[str]) -> Lines:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="session")
def trusting_home(unruly_home: Path) -> Path:
    """A home whose model ``unruly`` is trusted."""
    assert parley(unruly_home, "ask", "unruly", "once", "--trust").returncode == 0
    return unruly_home


def test_that_foreign_code_is_refused_until_it_is_trusted_and_then_not_asked_about(
    unruly_home: Path,
) -> None:
    (unruly_home / "trusted.json").unlink(missing_ok=True)
    refused = parley(unruly_home, "ask", "unruly", "once")
    trusted = parley(unruly_home, "ask", "unruly", "once", "--trust")
    again = parley(unruly_home, "ask", "unruly", "once")

    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "unruly.py" in refused.stderr
    assert "--trust" in refused.stderr
    assert (trusted.returncode, trusted.stdout) == (0, "once \n")
    assert (again.returncode, again.stdout) == (0, "once \n")


def test_that_json_prints_the_events_of_an_answer_and_nothing_else(trusting_home: Path) -> None:
    done = parley(trusting_home, "ask", "unruly", "print", "--json")
    lines = objects(done)

    assert done.returncode == 0
    assert {line["event"] for line in lines} == {"load", "text", "finished"}
    finished = lines[-1]
    assert finished["text"] == "printed"
    assert finished["timings"]["load_s"] > 0
    assert set(finished) >= {"prompt", "prompt_token_ids", "token_ids", "stop_reason", "usage"}
    assert finished["token_ids"] is None


def test_that_a_prompt_file_is_sent_byte_for_byte(trusting_home: Path, tmp_path: Path) -> None:
    file = tmp_path / "prompt.txt"
    file.write_bytes("<|user|>\r\nשלום 🙂 \n".encode())
    done = parley(trusting_home, "complete", "unruly", "--prompt-file", str(file), "--json")

    assert done.returncode == 0
    assert objects(done)[-1]["prompt"].encode() == file.read_bytes()


def test_that_ctrl_c_keeps_the_text_and_exits_as_interrupted(trusting_home: Path) -> None:
    with running(trusting_home, "ask", "unruly", "endless", "--json") as program:
        shown = until_text(program)
        program.send_signal(signal.SIGINT)
        out, _ = program.communicate(timeout=60)

    finished = json.loads(out.splitlines()[-1])
    assert finished["event"] == "finished"
    assert finished["stop_reason"] == "cancelled"
    assert finished["text"].startswith(shown)
    assert shown
    assert program.returncode == 130


def test_that_killing_the_program_leaves_no_process(trusting_home: Path) -> None:
    with running(trusting_home, "ask", "unruly", "endless", "--json") as program:
        until_text(program)
        children = psutil.Process(program.pid).children(recursive=True)
        assert len(children) == 2
        program.kill()
        assert outlived(children) == []


def test_that_a_reader_who_leaves_ends_the_program(trusting_home: Path) -> None:
    with running(trusting_home, "ask", "unruly", "endless", "--json") as program:
        until_text(program)
        assert program.stdout is not None
        program.stdout.close()
        assert program.wait(60) == 1
        assert program.stderr is not None
        assert b"Traceback" not in program.stderr.read()


def test_that_models_are_listed_with_what_they_take(unruly_home: Path) -> None:
    lines = {line["name"]: line for line in objects(parley(unruly_home, "models", "--json"))}

    assert set(lines) == {"unruly", "loads-forever"}
    assert lines["unruly"]["mode"] == "template"
    assert lines["unruly"]["streams"] is True
    assert lines["loads-forever"]["streams"] is False


def test_that_an_unknown_model_says_what_there_is(unruly_home: Path) -> None:
    done = parley(unruly_home, "ask", "unrly", "hello", "--json")

    assert done.returncode == 1
    (error,) = objects(done)
    assert error["event"] == "error"
    assert error["kind"] == "not_found"
    assert "unruly" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_that_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    done = parley(tmp_path, "models", "--tracking-uri", "http://127.0.0.1:9")

    assert done.returncode == 1
    assert "http://127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr


def test_that_a_folder_of_the_current_place_shadows_nothing(
    unruly_home: Path, tmp_path: Path
) -> None:
    for name in ("app", "wrappers", "mlflow"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('shadowed')\n")

    assert parley(unruly_home, "models", cwd=tmp_path).returncode == 0


def test_that_a_home_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = parley(tmp_path / "file" / "home", "models")

    assert done.returncode == 1
    assert "--home" in done.stderr
    assert "Traceback" not in done.stderr


_WINDOWS_PROCESS = """
import asyncio, json, sys
from pathlib import Path
from app.infra.program import build_services
from app.infra.settings import Settings
from wrappers.contract import Generate

async def main():
    services = build_services(Settings(home=Path(sys.argv[1])))
    card = await services.catalog.describe("unruly")
    engine = services.pool.get(card.version)
    async for batch in engine.generate(Generate(id=0, prompt="once")):
        last = batch[-1]
    await services.close()
    print(json.dumps([last.text, sorted(name.partition(".")[0] for name in sys.modules)]))

asyncio.run(main())
"""


def test_that_the_windows_process_imports_no_engine_and_no_mlflow(trusting_home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", _WINDOWS_PROCESS, str(trusting_home)],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    text, modules = json.loads(done.stdout)

    assert text == "once "
    heavy = {"mlflow", "torch", "transformers", "onnxruntime", "onnxruntime_genai", "numpy"}
    assert not heavy & set(modules)


_CARELESS_PROCESS = """
import asyncio, json, sys
from pathlib import Path
import psutil
from app.infra.program import build_services
from app.infra.settings import Settings

async def main():
    services = build_services(Settings(home=Path(sys.argv[1])))
    card = await services.catalog.describe("unruly")
    await services.pool.get(card.version).load()
    print(json.dumps([child.pid for child in psutil.Process().children()]))

asyncio.run(main())
"""


def test_that_a_program_that_forgets_to_close_leaves_no_process(trusting_home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", _CARELESS_PROCESS, str(trusting_home)],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    pids = json.loads(done.stdout)
    ending = []
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            ending.append(psutil.Process(pid))

    assert len(pids) == 2
    assert outlived(ending) == []
    assert not list((trusting_home / "cache" / "tmp").iterdir())
