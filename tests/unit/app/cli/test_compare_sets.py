"""``parley compare A B --prompts FILE`` on a host that plays both models."""

import json
import os
import signal
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from app.cli.arguments import parse
from app.cli.compare_sets import progress_text
from app.cli.main import run_command
from app.domain.comparison.record import SET_PLAN, PromptSet, Slot
from app.services.prompt_set_run import Progress, RunState
from tests.support.paired_host import PairedHost, question_of
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    DatasetRead,
    DatasetRecord,
    Generate,
    ReadDataset,
)

Lines = list[dict[str, Any]]


class Shell:
    """Types ``parley compare first second --prompts …``, and looks at what is printed."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.models = PairedHost()
        self.file = home / "asked.jsonl"
        self.err = ""
        self.code = 0
        self._home = home
        self._capsys = capsys

    def write(self, *texts: str) -> None:
        self.file.write_text("\n".join(json.dumps({"question": text}) for text in texts))

    def run(self, *arguments: str, prompts: str = "") -> str:
        """What is printed."""
        line = ["--in-process", "--home", str(self._home), "compare", "first", "second"]
        line += ["--prompts", prompts or str(self.file), *arguments]
        self.models.asked.clear()
        self.code = run_command(parse(line), in_process_host=self.models.serve)
        out, self.err = self._capsys.readouterr()
        return str(out)

    def objects(self, *arguments: str, prompts: str = "") -> Lines:
        printed = self.run(*arguments, "--json", prompts=prompts)
        return [json.loads(line) for line in printed.splitlines()]

    @property
    def asked(self) -> list[str]:
        """What was asked, each once."""
        return list(dict.fromkeys(question for _, question in self.models.asked))


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, capsys)


def rows(lines: Lines) -> Lines:
    return [line for line in lines if line["event"] == "row"]


def test_that_json_has_an_object_a_row_and_then_the_summary(shell: Shell) -> None:
    shell.write("say a", "differ b", "")
    lines = shell.objects("--max-tokens", "4")
    assert shell.code == 0
    begun, first, second, summary = lines
    assert (begun["event"], begun["prompts"], begun["kind"]) == ("set", 2, "messages")
    assert begun["models"] == ["first/1", "second/1"]
    assert begun["notes"] == ["1 row is left out. Line 3: it asks nothing."]
    assert (first["number"], first["prompt"], first["same"]) == (1, "say a", True)
    assert [side["text"] for side in second["sides"]] == ["b.", "b!"]
    assert second["same"] is False
    assert summary["event"] == "summary"
    assert (summary["state"], summary["done"], summary["same"]) == ("done", 2, 1)
    assert [side["median"]["time_to_first_token_s"] for side in summary["sides"]] == [0.2, 0.1]
    assert shell.models.requests[0].sampling.max_tokens == 4


def test_that_people_get_a_table_and_the_medians(shell: Shell) -> None:
    shell.write("say a", "differ b")
    lines = shell.run().splitlines()
    assert shell.code == 0
    assert lines[0].split() == ["answer", "tokens", "first", "token", "tokens/s"]
    assert lines[1] == "1  say a · same"
    assert lines[2].split()[:2] == ["first/1", "a."]
    assert lines[4] == "2  differ b · differ"
    assert [line.split()[:2] for line in lines[5:7]] == [["first/1", "b."], ["second/1", "b!"]]
    (median,) = [line for line in lines if line.startswith("first token, median")]
    assert median.split()[-4:] == ["200", "ms", "100", "ms"]
    assert lines[-1] == "1 of 2 answers are the same on both sides."


def test_that_the_table_fits_the_terminal(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shell.write("say " + "a long answer " * 20, "say b")
    lines = shell.run().splitlines()
    assert 70 < max(map(len, lines)) <= 80


def test_that_ctrl_c_says_how_to_go_on_and_the_same_command_does(shell: Shell) -> None:
    shell.write("say a", "endless", "say c")

    def script(_name: str, request: Generate) -> Iterable[AnyEvent] | None:
        if question_of(request) == "endless":
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        return None

    shell.models.script = script
    stopped = shell.objects()
    assert shell.code == 130
    assert stopped[-1]["state"] == "stopped"
    assert [row["prompt"] for row in rows(stopped)] == ["say a"]
    assert "Stopped after 1 of 3 prompts. The same command goes on where it was." in shell.err

    shell.models.script = lambda name, _: shell.models._answer(name, "say b")
    resumed = shell.objects()
    assert shell.code == 0
    assert "Going on with asked.jsonl: 1 of 3 prompts are done." in shell.err
    assert shell.asked == ["endless", "say c"]
    assert [(row["number"], row["was_kept"]) for row in rows(resumed)] == [
        (1, True),
        (2, False),
        (3, False),
    ]
    assert rows(resumed)[0] == rows(stopped)[0] | {"was_kept": True}
    assert resumed[-1]["id"] == stopped[-1]["id"]


def test_that_what_is_through_is_begun_anew_or_shown_again(shell: Shell) -> None:
    shell.write("say a")
    first = shell.objects()
    shown = shell.objects("--resume")
    assert (shell.asked, shown[-1]["ran"], shown[-1]["id"]) == ([], 0, first[-1]["id"])
    anew = shell.objects()
    assert shell.asked == ["say a"]
    assert anew[-1]["id"] != first[-1]["id"]


def test_that_again_leaves_what_was_interrupted(shell: Shell) -> None:
    shell.write("say a", "say b")
    shell.models.fails_to_load.add("second")
    broken = shell.objects()
    assert shell.code == 1
    assert broken[-1]["kind"] == "bad_model"
    assert "second is broken." in shell.err
    shell.models.fails_to_load.clear()
    anew = shell.objects("--again")
    assert anew[-1]["done"] == 2
    assert anew[-1]["id"] != broken[-2]["id"]


def test_that_resume_needs_something_to_go_on_with(shell: Shell) -> None:
    shell.write("say a")
    shell.run("--resume")
    assert shell.code == 2
    assert "No run of asked.jsonl with these two models and these parameters" in shell.err
    shell.run("--seed", "1")
    shell.run("--resume", "--seed", "2")
    assert shell.code == 2


def test_that_failed_prompts_are_told_and_run_again_on_request(shell: Shell) -> None:
    shell.write("say a", "too long")
    failed = shell.objects()
    assert shell.code == 1
    assert (failed[-1]["done"], failed[-1]["failed"]) == (1, 1)
    assert "1 prompt has no answer of both. --retry-failed runs such prompts again." in shell.err
    shell.models.script = lambda name, _: shell.models._answer(name, "say b")
    again = shell.objects("--retry-failed")
    assert (shell.code, shell.asked) == (0, ["too long"])
    assert again[-1]["done"] == 2
    assert sorted(row["number"] for row in rows(again)) == [1, 2]


def test_that_a_dataset_is_run_by_its_name(shell: Shell) -> None:
    def other(request: AnyRequest) -> list[AnyEvent] | None:
        if isinstance(request, ReadDataset):
            record = DatasetRecord(id="r", inputs={"question": f"say {request.name}"})
            return [DatasetRead(records=(record,))]
        return None

    shell.models.other = other
    lines = shell.objects(prompts="dataset:qa")
    assert (lines[0]["name"], shell.asked) == ("qa", ["say qa"])


def test_that_a_system_prompt_goes_before_each_message_and_no_prompt(shell: Shell) -> None:
    own = [{"role": "system", "content": "Mine."}, {"role": "user", "content": "say b"}]
    shell.file.write_text('{"question": "say a"}\n' + json.dumps({"messages": own}))
    shell.run("--system", "Yours.")
    said = {
        question_of(one): one.messages[0].content for one in shell.models.requests if one.messages
    }
    assert said == {"say a": "Yours.", "say b": "Mine."}
    shell.write("<|user|>say a")
    shell.run("--kind", "prompt", "--system", "Yours.")
    assert shell.code == 2
    shell.run("--kind", "prompt")
    assert shell.models.requests[-1].prompt == "<|user|>say a"


def test_that_a_file_that_cannot_be_read_is_told_in_a_sentence(shell: Shell) -> None:
    shell.run(prompts="nowhere.csv")
    assert shell.code == 2
    assert "nowhere.csv cannot be read" in shell.err
    shell.file.write_bytes(b"\xff")
    shell.run()
    assert shell.code == 1
    assert "is not UTF-8" in shell.err


@pytest.mark.parametrize(
    ("remaining_s", "told"),
    [(None, "2 of 3 · 4.0 s"), (0.0, "2 of 3 · 4.0 s"), (7.0, "2 of 3 · 4.0 s · about 7.0 s left")],
)
def test_that_no_time_is_left_where_a_row_takes_longer_than_the_rest(
    remaining_s: float | None, told: str
) -> None:
    slots = (Slot("models:/a/1", "a/1"), Slot("models:/b/1", "b/1"))
    empty = PromptSet("an id", "a name", slots, "messages", SET_PLAN, ())
    moment = Progress(
        empty, RunState.RUNNING, ran=1, to_run=3, elapsed_s=4.0, remaining_s=remaining_s
    )
    assert progress_text(moment) == told
