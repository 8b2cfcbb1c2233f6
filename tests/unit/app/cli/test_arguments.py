"""What the command line takes, and what it refuses."""

from pathlib import Path

import pytest

from app.cli.arguments import parse
from wrappers.contract import LoadOptions, Sampling


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


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("compare a b", "either TEXT or --prompts FILE"),
        ("compare a b hello --prompts f", "either TEXT or --prompts FILE"),
        ("compare a b hello --resume", "--resume belongs to --prompts FILE"),
        ("compare a b hello --retry-failed", "--retry-failed belongs to --prompts FILE"),
        ("compare a b --prompts f --resume --again", "not allowed with"),
        ("compare a b --prompts f --kind chat", "invalid choice"),
    ],
)
def test_that_a_text_and_a_file_of_prompts_exclude_each_other(
    line: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(line.split())
    said = capsys.readouterr().err
    assert told in said
    assert said.startswith("usage: parley compare ")


def test_that_how_a_model_is_loaded_can_be_said() -> None:
    asked = parse(["ask", "m", "hello", "--dtype", "int8", "--device", "cuda:1", "--threads", "3"])

    assert asked.load_options[0] == LoadOptions(dtype="int8", device="cuda:1", threads=3)
    assert parse(["ask", "m", "hello"]).load_options == (LoadOptions(), LoadOptions())


def test_that_of_two_models_each_can_be_loaded_in_its_own_way() -> None:
    both = parse(_words("compare a b hello --dtype bfloat16 --threads 1,2")).load_options
    one = parse(_words("compare a a hello --dtype logged,int8 --threads automatic")).load_options

    assert both == (
        LoadOptions(dtype="bfloat16", threads=1),
        LoadOptions(dtype="bfloat16", threads=2),
    )
    assert one == (LoadOptions(), LoadOptions(dtype="int8"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ask m hello --dtype int3", "must be logged, or one of float32"),
        ("ask m hello --dtype int8,int8", "has more than one value"),
        ("ask m hello --threads 0", "at least 1"),
        ("ask m hello --device ../x", "must be a device such as cpu"),
        ("compare a b hello --threads 1,2,3", "has more than two values"),
    ],
)
def test_that_a_load_that_makes_no_sense_is_refused(
    line: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        parse(line.split())

    assert left.value.code == 2
    assert words in capsys.readouterr().err


def _words(line: str) -> list[str]:
    return line.split()
