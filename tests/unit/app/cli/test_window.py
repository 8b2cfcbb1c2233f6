"""What asks for the window is understood at once, and as the whole parser understands it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.arguments import parse
from app.cli.window import asked_window
from app.infra.settings import Settings

WORDS = [
    "--demo",
    "--in-process",
    "--home",
    "--home=/h",
    "--home=",
    "--home=-x",
    "--tracking-uri",
    "--tracking-uri=a=b",
    "--tracking-uri=",
    "--ho",
    "--demo=1",
    "--version",
    "--help",
    "-h",
    "--",
    "-",
    "-x",
    "-1",
    "/h",
    "http://x",
    "demo",
    "models",
    "ask",
]


def understood(line: list[str]) -> tuple[Settings, bool] | None:
    """What the whole parser makes of `line`, where that is a window."""
    try:
        asked = parse(line)
    except SystemExit:
        return None
    return None if asked.command is not None else (asked.settings, asked.demo)


@pytest.mark.parametrize(
    "line",
    [
        [],
        ["--demo"],
        ["--home", "/h"],
        ["--home=/h", "--demo"],
        ["--tracking-uri", "sqlite:///a.db", "--in-process"],
        ["--tracking-uri=http://x/?a=b", "--home", "a folder"],
        ["--home", "/h", "--home", "/other"],
    ],
)
def test_that_the_windows_own_options_need_no_whole_parser(line: list[str]) -> None:
    asked = asked_window(line)
    assert asked is not None
    assert asked == understood(line)


@pytest.mark.parametrize(
    "line",
    [
        ["models"],
        ["--home", "/h", "models"],
        ["--help"],
        ["--version"],
        ["--home"],
        ["--home", "--demo"],
        ["--demo=1"],
        ["--dem"],
        ["--nonsense"],
        ["nonsense"],
    ],
)
def test_that_a_command_a_question_and_a_mistake_are_left_to_the_whole_parser(
    line: list[str],
) -> None:
    assert asked_window(line) is None


@given(st.lists(st.sampled_from(WORDS), max_size=5))
def test_that_both_never_understand_another_thing(line: list[str]) -> None:
    asked = asked_window(line)
    assert asked is None or asked == understood(line)
