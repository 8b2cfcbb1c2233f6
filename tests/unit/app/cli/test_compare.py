"""``parley compare`` on a host that plays both models."""

import json
import statistics
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as with_changes

from app.cli.arguments import parse
from app.cli.main import run_command
from app.domain.comparison.record import Plan
from tests.support.two_models import TwoModels, says
from wrappers.contract import AnyEvent, Failed, Finished, Generate, Sampling, Timings, Trust

Lines = list[dict[str, Any]]


class Shell:
    """Types ``parley compare first second …``, and looks at what is printed."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.models = TwoModels()
        self.models.events = speak
        self._home = home
        self._capsys = capsys

    def run(self, *arguments: str, models: tuple[str, str] = ("first", "second")) -> int:
        line = ["--in-process", "--home", str(self._home), "compare", *models, *arguments]
        return run_command(parse(line), in_process_host=self.models.serve)

    def printed(self) -> tuple[str, str]:
        out, err = self._capsys.readouterr()
        return out, err

    def objects(self, *arguments: str) -> Lines:
        self.code = self.run(*arguments, "--json")
        return [json.loads(line) for line in self.printed()[0].splitlines()]


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, capsys)


def speak(name: str, _: Generate) -> list[AnyEvent]:
    ids = (5, 6, 7) if name == "first" else (5, 6, 8, 9)
    return says(f"{name} speaks", *ids, first_s=0.5 if name == "first" else 0.25)


def test_that_both_answers_are_printed_under_their_names_then_the_numbers(shell: Shell) -> None:
    assert shell.run("hello there") == 0
    out, err = shell.printed()
    assert out.startswith("=== first/1 ===\nfirst speaks\n\n=== second/1 ===\nsecond speaks\n\n")
    lines = out.splitlines()
    (row,) = [line for line in lines if line.startswith("first token")]
    assert row.count("0.50 s (0.50 s to 0.50 s)") == row.count("0.25 s (0.25 s to 0.25 s)") == 1
    assert "second/1 is 2.00 times as fast as first/1 to the first token." in lines
    assert "The answers part at token 3: first/1 wrote token 7; second/1 wrote token 8." in lines
    assert err == ""


def test_that_json_ends_with_the_comparison_whose_medians_are_of_its_repeats(
    shell: Shell,
) -> None:
    numbers = iter((9.0, 9.0, 1.0, 10.0, 20.0, 2.0, 3.0, 30.0, 40.0, 4.0))

    def events(name: str, request: Generate) -> list[AnyEvent]:
        *pieces, finished = speak(name, request)
        assert isinstance(finished, Finished)
        value = next(numbers)
        timings = Timings(time_to_first_token_s=value, decode_tokens_per_s=value, total_s=value)
        return [*pieces, with_changes(finished, timings=timings)]

    shell.models.events = events
    lines = shell.objects("hello", "--repeats", "4", "--no-predict", "--seed", "3")
    assert shell.code == 0
    last = lines[-1]
    assert [line["event"] for line in lines].count("comparison") == 1
    assert last["event"] == "comparison"
    assert last["first_difference"] == 2
    first, second = last["sides"]
    assert [one["time_to_first_token_s"] for one in first["repeats"]] == [1, 2, 3, 4]
    assert [one["time_to_first_token_s"] for one in second["repeats"]] == [10, 20, 30, 40]
    for side in (first, second):
        for name in ("time_to_first_token_s", "decode_tokens_per_s"):
            values = [one[name] for one in side["repeats"]]
            assert side["median"][name] == statistics.median(values)
        assert side["median"]["prefill_tokens_per_s"] is None
    assert (first["model"], first["text"], first["token_ids"]) == (
        "first/1",
        "first speaks",
        [5, 6, 7],
    )
    assert first["peak_memory_bytes"] == 1000
    assert first["load_s"] == 1.5
    assert first["lacking"] == ["seed"]
    assert second["usage"] == {"prompt_tokens": 1, "completion_tokens": 4, "total_tokens": 5}


def test_that_every_event_before_says_which_side_and_which_run_it_is_of(shell: Shell) -> None:
    lines = shell.objects("hello", "--repeats", "2", "--no-predict")
    told = [(line["event"], line["side"], line.get("run")) for line in lines[:-1]]
    assert [one for one in told if one[0] == "finished"] == [
        ("finished", 0, 0),
        ("finished", 1, 0),
        ("finished", 0, 1),
        ("finished", 1, 1),
        ("finished", 1, 2),
        ("finished", 0, 2),
    ]
    for side, name in enumerate(("first", "second")):
        text = "".join(
            line["text"] for line in lines if line["event"] == "text" and line["side"] == side
        )
        assert text == f"{name} speaks"
        (whole,) = [one for one in lines if one["event"] == "finished" and "text" in one][
            side : side + 1
        ]
        assert whole["text"] == text
        assert whole["prompt"] == "p"


def test_that_the_first_counted_run_is_run_1_where_nothing_warms_up(shell: Shell) -> None:
    lines = shell.objects("hello", "--repeats", "1", "--no-warm-up", "--no-predict")
    ends = [(one["side"], one["run"]) for one in lines if one["event"] == "finished"]
    assert ends == [(0, 1), (1, 1)]
    assert [len(side["repeats"]) for side in lines[-1]["sides"]] == [1, 1]


def test_that_options_make_the_plan_and_the_parameters(shell: Shell) -> None:
    assert shell.run("hello", "--system", "Be brief.", "--parallel", "--temperature", "0") == 0
    requests = [request for _, request in shell.models.asked]
    assert len(requests) == 10, "a warm-up, three runs, and predict, of each"
    assert {request.sampling for request in requests} == {Sampling(temperature=0)}
    messages = requests[0].messages
    assert messages is not None
    assert [one.role for one in messages] == ["system", "user"]
    assert "shared the machine" in shell.printed()[0]
    plan = parse(["compare", "a", "b", "t"]).options
    assert plan.repeats == Plan().repeats


def test_that_in_parallel_the_answers_are_printed_one_after_the_other(shell: Shell) -> None:
    assert shell.run("hello", "--parallel", "--repeats", "1") == 0
    out, _ = shell.printed()
    assert out.index("first speaks") < out.index("=== second/1 ===") < out.index("second speaks")


def test_that_one_side_that_fails_is_said_and_the_other_one_measured(shell: Shell) -> None:
    def events(name: str, request: Generate) -> list[AnyEvent]:
        if name == "first":
            return [Failed(kind="model_raised", message="It raised.", advice="See the log.")]
        return speak(name, request)

    shell.models.events = events
    assert shell.run("hello") == 1
    out, err = shell.printed()
    assert err == "parley: It raised. See the log.\n"
    assert "=== second/1 ===\nsecond speaks\n" in out
    assert "first/1 has no answer. It raised." in out
    lines = shell.objects("hello")
    assert shell.code == 1
    (error,) = [line for line in lines if line["event"] == "error"]
    assert (error["side"], error["run"], error["kind"]) == (0, 0, "model_raised")
    assert lines[-1]["event"] == "comparison"
    assert lines[-1]["sides"][0]["failure"]["message"] == "It raised."
    assert len(lines[-1]["sides"][1]["repeats"]) == 3


def test_that_one_model_can_be_compared_with_itself(shell: Shell) -> None:
    shell.code = shell.run("hello", "--parallel", models=("first", "first"))
    out, _ = shell.printed()
    assert shell.code == 0
    assert "=== first/1 (A) ===" in out
    assert "=== first/1 (B) ===" in out
    assert "one after the other, not in parallel" in out
    assert "Both wrote the same 3 tokens." in out


@pytest.mark.parametrize("text", ["", "  "])
def test_that_an_empty_question_is_refused_before_anything_is_loaded(
    shell: Shell, text: str
) -> None:
    assert shell.run(text) == 1
    out, err = shell.printed()
    assert out == ""
    assert err == "parley: The message is empty. Write something first.\n"
    assert shell.models.loaded == []


def test_that_an_unknown_model_is_told_before_the_other_one_is_loaded(shell: Shell) -> None:
    assert shell.run("hello", models=("first", "nothing")) == 1
    assert shell.printed() == ("", "parley: No such model.\n")
    assert shell.models.loaded == []


def test_that_foreign_code_is_not_run_without_a_yes(shell: Shell) -> None:
    shell.models.trust = Trust(runs_code=True, loader="strange.py", fingerprint="f1")
    assert shell.run("hello") == 1
    out, err = shell.printed()
    assert out == ""
    assert "strange.py" in err
    assert "--trust" in err
    assert len(err.splitlines()) == 1
    assert shell.models.loaded == []
    assert shell.run("hello", "--trust") == 0


@pytest.mark.parametrize("line", [["--repeats", "0"], ["--repeats", "x"], ["--through-predict"]])
def test_that_what_makes_no_sense_is_refused(
    line: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        parse(["compare", "a", "b", "hello", *line])
    assert left.value.code == 2
    assert line[0] in capsys.readouterr().err


def test_that_there_is_no_table_where_neither_has_answered(shell: Shell) -> None:
    shell.models.fails_to_load.update(("first", "second"))
    assert shell.run("hello") == 1
    assert shell.printed() == ("", "parley: first is broken.\nparley: second is broken.\n")


def test_that_one_version_loaded_in_two_ways_is_compared_under_two_names(shell: Shell) -> None:
    options = ("--dtype", "logged,bfloat16", "--repeats", "1")
    assert shell.run("hello", *options, models=("first", "first")) == 0
    out = shell.printed()[0]
    assert "=== first/1 ===" in out
    assert "=== first/1 (bfloat16) ===" in out
    shell.run("hello", *options, "--json", models=("first", "first"))
    sides = json.loads(shell.printed()[0].splitlines()[-1])["sides"]
    assert [side["options"] for side in sides] == [{}, {"dtype": "bfloat16"}]
