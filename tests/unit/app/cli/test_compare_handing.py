"""``parley compare --report --log`` on a host that plays both models and their registry."""

import json
from pathlib import Path

import pytest

from app.cli.arguments import parse
from app.cli.main import run_command
from tests.support.two_models import TwoModels, says
from wrappers.contract import Failed


class Shell:
    """Types ``parley compare first second hello …``, and looks at what is printed."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.models = TwoModels()
        self.models.events = lambda name, _: says(f"{name} speaks", 5, 6)
        self._home = home
        self._capsys = capsys

    def run(self, *arguments: str) -> tuple[int, str, str]:
        line = ["--in-process", "--home", str(self._home), "compare", "first", "second", "hello"]
        code = run_command(parse([*line, *arguments]), in_process_host=self.models.serve)
        out, err = self._capsys.readouterr()
        return code, out, err


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path / "home", capsys)


@pytest.mark.parametrize(("name", "begins"), [("r.html", "<!DOCTYPE html>"), ("R.MD", "# first/1")])
def test_that_a_report_is_written_in_the_format_of_its_ending(
    shell: Shell, tmp_path: Path, name: str, begins: str
) -> None:
    file = tmp_path / name
    code, out, err = shell.run("--report", str(file))
    assert (code, err) == (0, "")
    assert out.endswith(f"\nThe report is in {file}.\n")
    text = file.read_text("utf-8")
    assert text.startswith(begins)
    assert " speaks" in text


def test_that_a_run_is_logged_and_its_id_printed(shell: Shell) -> None:
    code, out, _ = shell.run("--log")
    assert code == 0
    assert out.endswith("\nLogged as run run-1 in the experiment parley.\n")
    (run,) = shell.models.runs
    assert run.name == "first/1 and second/1"
    assert run.metrics["turn_1/first/total_s"] == (1.0, 1.0, 1.0)


def test_that_json_tells_of_both_before_it_ends_with_the_comparison(
    shell: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "r.html"
    code, out, _ = shell.run("--json", "--log", "--report", str(file))
    assert code == 0
    *_, report, run, last = [json.loads(line) for line in out.splitlines()]
    assert report == {"event": "report", "file": str(file)}
    assert (run["event"], run["run_id"], run["experiment"]) == ("run", "run-1", "parley")
    assert last["event"] == "comparison"


def test_that_what_cannot_be_logged_is_said_and_the_report_is_there_all_the_same(
    shell: Shell, tmp_path: Path
) -> None:
    full = Failed(kind="disk", message="The disk is full.", advice="Make room.")
    shell.models.run_failure = full
    file = tmp_path / "r.html"
    code, out, err = shell.run("--json", "--log", "--report", str(file))
    assert code == 1
    assert "The disk is full. Make room." in err
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["event"] for line in lines[-3:]] == ["report", "error", "comparison"]
    assert file.exists()


@pytest.mark.parametrize("name", ["r.pdf", "r"])
def test_that_another_ending_is_wrong_usage(
    shell: Shell, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        shell.run("--report", name)
    assert caught.value.code == 2
    assert "must end in .html or .md" in capsys.readouterr().err


def test_that_a_folder_that_is_not_there_is_said_before_anything_is_asked(
    shell: Shell, tmp_path: Path
) -> None:
    code, out, err = shell.run("--report", str(tmp_path / "nowhere" / "r.html"))
    assert (code, out) == (2, "")
    assert "There is no folder" in err
    assert shell.models.asked == []
