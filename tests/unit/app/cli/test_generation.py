"""``parley ask`` on a host that follows a script."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from app.cli.arguments import parse
from app.cli.main import run_command
from tests.support.scripted_host import ScriptedHost, version
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Finished,
    Generate,
    Load,
    LoadOptions,
    ModelCard,
    Trust,
)


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


def test_that_the_model_is_loaded_as_it_was_asked_for(tmp_path: Path) -> None:
    host = ScriptedHost(answer_whole)
    line = ["--in-process", "--home", str(tmp_path), "ask", "tiny", "hi", "--dtype", "bfloat16"]

    assert run_command(parse(line), in_process_host=host.serve) == 0
    (load,) = [request for request in host.requests if isinstance(request, Load)]
    assert load.options == LoadOptions(dtype="bfloat16")


def test_that_an_option_that_a_model_does_not_take_is_refused_before_it_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host = ScriptedHost(answer_whole)
    host.card = ModelCard(version=version(wrapper="onnx_genai"), trust=Trust(runs_code=False))
    line = ["--in-process", "--home", str(tmp_path), "ask", "tiny", "hi", "--dtype", "int8"]

    assert run_command(parse(line), in_process_host=host.serve) == 2
    assert "are in its files" in capsys.readouterr().err
    assert not any(isinstance(request, Load) for request in host.requests)
