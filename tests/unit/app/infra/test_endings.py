"""How the end of a process is put to the user."""

from pathlib import Path

import pytest

from app.infra.endings import LOG_LINES, cancelled, died, how, log_tail
from wrappers.contract import CountTokens, Generate, Load


@pytest.mark.parametrize(
    ("returncode", "words"),
    [
        (-9, "killed, signal 9: it may have run out of memory"),
        (-11, "it crashed, signal 11: a fault in a native library"),
        (3, "exit code 3"),
        (-63, "signal 63"),
        (None, "its thread ended"),
    ],
)
def test_that_an_exit_code_is_named_in_words(returncode: int | None, words: str) -> None:
    assert words in how(returncode)


def test_that_a_death_says_what_it_interrupted_and_what_happens_next() -> None:
    failed = died("model", -9, Generate(id=3, prompt="x"), "last line")

    assert failed.kind == "died"
    assert failed.message == (
        "The model's process ended while it answered "
        "(killed, signal 9: it may have run out of memory)."
    )
    assert failed.advice == "Your next message loads it again."
    assert failed.detail == "last line"


def test_that_each_kind_of_request_is_interrupted_in_its_own_words() -> None:
    assert "while it loaded" in died("model", 1, Load(id=1, model_dir="/"), "").message
    assert "before it answered" in died("model", 1, CountTokens(id=1), "").message
    assert died("registry", 1, None, "").message == "The registry's process ended (exit code 1)."


def test_that_an_end_that_was_asked_for_is_no_fault() -> None:
    assert cancelled("model").kind == "cancelled"


def test_that_only_the_last_lines_of_a_log_are_shown(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    log.write_text("\n".join(f"line {n}" for n in range(100)), encoding="utf-8")

    lines = log_tail(log).splitlines()

    assert len(lines) == LOG_LINES
    assert lines[-1] == "line 99"


def test_that_a_log_that_cannot_be_read_is_empty(tmp_path: Path) -> None:
    assert log_tail(tmp_path) == ""


def test_that_of_a_crash_its_top_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    report = ["Fatal Python error: Segmentation fault", *(f"  File {n}" for n in range(100))]
    log.write_text("\n".join(["before", *report]), encoding="utf-8")

    assert log_tail(log).splitlines() == report[:LOG_LINES]
