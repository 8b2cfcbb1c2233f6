"""``parley ask`` on a host that follows a script."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from app.cli.arguments import parse
from app.cli.main import run_command
from tests.support.scripted_host import ScriptedHost
from wrappers.contract import AnyEvent, AnyRequest, Finished, Generate


def answer_whole(request: AnyRequest) -> Iterable[AnyEvent] | None:
    return [Finished(text="the whole answer")] if isinstance(request, Generate) else None


@pytest.mark.parametrize("host", [ScriptedHost(answer_whole), ScriptedHost()])
def test_that_an_answer_is_printed_once_in_pieces_or_whole(
    host: ScriptedHost,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = parse(["--in-process", "--home", str(tmp_path), "ask", "tiny", "the whole answer"])

    assert run_command(asked, in_process_host=host.serve) == 0
    assert capsys.readouterr().out.split() == ["the", "whole", "answer"]
