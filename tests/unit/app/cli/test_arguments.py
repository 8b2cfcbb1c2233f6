"""What the command line takes, and what it refuses."""

from pathlib import Path

import pytest

from app.cli.arguments import parse
from wrappers.contract import Sampling


def test_that_without_a_command_the_window_is_meant() -> None:
    asked = parse(["--demo", "--home", "/h"])

    assert asked.command is None
    assert asked.demo
    assert asked.settings.home == Path("/h")


@pytest.mark.parametrize(
    "line",
    [
        ["--home", "/h", "--tracking-uri", "http://x", "--in-process", "models"],
        ["models", "--home", "/h", "--tracking-uri", "http://x", "--in-process"],
    ],
)
def test_that_common_options_stand_before_or_after_the_command(line: list[str]) -> None:
    settings = parse(line).settings

    assert settings.home == Path("/h")
    assert settings.tracking_uri == "http://x"
    assert settings.in_process


def test_that_every_generation_option_reaches_the_sampling() -> None:
    line = "ask m hello --temperature 0 --top-p 0.9 --top-k 0 --max-tokens 8 --seed 7"

    assert parse([*line.split(), "--stop", "a", "--stop", "b"]).sampling == Sampling(
        temperature=0.0, top_p=0.9, top_k=0, max_tokens=8, seed=7, stop=("a", "b")
    )


def test_that_what_is_not_said_is_left_to_the_model() -> None:
    assert parse(["ask", "m", "hello"]).sampling == Sampling()


@pytest.mark.parametrize(
    "line",
    [
        "ask m",
        "complete m",
        "register keras folder --name n",
        "register onnx folder",
        "ask m hello --temperature -1",
        "ask m hello --top-p 0",
        "ask m hello --max-tokens 0",
        "ask m hello --seed one",
        "export",
        "import",
        "export f --format html",
        "nonsense",
    ],
)
def test_that_wrong_usage_leaves_with_two(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parse(line.split())

    assert left.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "parley" in printed.err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["ask", "m", "hi", "--temperature", "warm"], "'warm' must be a number, at least 0"),
        (["ask", "m", "hi", "--top-p", "2"], "'2' must be a number above 0 and at most 1"),
        (["ask", " ", "hi"], "name a model; `parley models` lists them"),
        (["complete", "", "--prompt-file", "f"], "name a model; `parley models` lists them"),
    ],
)
def test_that_wrong_usage_says_what_is_wanted(
    line: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(line)

    assert told in capsys.readouterr().err


def test_that_the_hidden_option_is_told_to_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])

    assert "--host" not in capsys.readouterr().out


def test_that_an_export_takes_a_file_and_a_format() -> None:
    options = parse(["export", "all.txt", "--format", "jsonl", "--json"]).options
    assert (options.file, options.format, options.json) == ("all.txt", "jsonl", True)
    assert parse(["import", "all.json"]).options.file == "all.json"
