"""What a model says and a registry holds, on a terminal: read, not obeyed. A pipe gets it raw."""

import json
import sys
from pathlib import Path

import msgspec
import pytest

from app.domain.grants import Grant
from app.infra.trust_store import FileTrustStore
from tests.integration.app.test_cli import objects, on_terminal, parley, trusting_home
from tests.support.models.unruly import HOSTILE_PIECES

__all__ = ["trusting_home"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its terminals are none of POSIX's")

ANSWER = "".join(HOSTILE_PIECES)
OBEYED = "\x1b\x07\x08\x00\x9b\u202e\u200b"


def test_that_an_answer_can_do_nothing_to_a_terminal_and_a_pipe_gets_it_as_it_is(
    trusting_home: Path,
) -> None:
    code, seen = on_terminal(trusting_home, "ask", "unruly", "hostile")
    assert code == 0
    assert not set(OBEYED) & set(seen)
    assert "one <U+001B>[31mred <U+202E>txt<U+0007> <U+009B>2J <b>" in seen
    piped = parley(trusting_home, "ask", "unruly", "hostile")
    assert piped.stdout == f"{ANSWER}\n".replace("\r\n", "\n")  # text mode reads it so


def test_that_json_on_a_terminal_is_the_same_json_without_what_is_obeyed(
    trusting_home: Path,
) -> None:
    _, seen = on_terminal(trusting_home, "ask", "unruly", "hostile", "--json")
    assert not set(OBEYED) & set(seen)
    told = [json.loads(line) for line in seen.splitlines() if line.startswith("{")]
    assert [one["text"] for one in told if one["event"] == "finished"] == [ANSWER]
    piped = parley(trusting_home, "ask", "unruly", "hostile", "--json")
    assert "\u202e" in piped.stdout


def test_that_two_answers_can_do_nothing_to_a_terminal(trusting_home: Path) -> None:
    arguments = ("compare", "unruly", "unruly", "hostile", "--repeats", "1", "--no-warm-up")
    code, seen = on_terminal(trusting_home, *arguments)
    assert code == 0
    assert not set(OBEYED) & set(seen)
    assert seen.count("<U+001B>[31mred") >= 2
    piped = parley(trusting_home, *arguments)
    assert piped.stdout.count("one \x1b[31mred \u202e") == 2


def test_that_what_is_trusted_is_told_without_its_names_being_obeyed(tmp_path: Path) -> None:
    name = "\x1b]0;title\x07\u202eevil\x9b"
    grant = Grant(model=name, fingerprint=name, name=name, granted_ms=1, runs_code=True)
    FileTrustStore(tmp_path / "trusted.json").put(grant)
    code, seen = on_terminal(tmp_path, "doctor")
    assert code == 0
    assert not set(OBEYED) & set(seen)
    assert "<U+001B>]0;title<U+0007><U+202E>evil<U+009B>" in seen
    (told,) = objects(parley(tmp_path, "doctor", "--json"))
    assert told["trusted"] == [msgspec.to_builtins(grant)]


def test_that_bytes_which_are_no_text_are_asked_all_the_same(trusting_home: Path) -> None:
    done = parley(trusting_home, "ask", "unruly", "half \udcff")
    assert (done.returncode, done.stdout) == (0, "once \n"), done.stderr
