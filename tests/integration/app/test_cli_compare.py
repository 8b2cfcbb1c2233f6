"""``parley compare`` as a program of its own, on real models."""

import json
import os
import signal
import statistics
import subprocess
import sys
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from tests.integration.app.test_cli import objects, parley, running, trusting_home, until_text
from tests.support.demo_models import ONNX, TRANSFORMERS, DemoModels, copy_home, demo_models

__all__ = ["trusting_home"]

QUESTION = "What is the capital of Spain?"
SYSTEM = "Be brief."
RATES = ("time_to_first_token_s", "prefill_tokens_per_s", "decode_tokens_per_s")

_RENDER = """
import json, sys
from transformers import AutoTokenizer
messages = json.loads(sys.argv[1])
told = []
for folder in sys.argv[2:]:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    ids = tokenizer(text, add_special_tokens=False).input_ids
    told.append([text, ids])
print(json.dumps(told))
"""


def test_that_ctrl_c_ends_a_comparison_with_what_there_is(trusting_home: Path) -> None:
    with running(trusting_home, "compare", "unruly", "unruly", "endless", "--json") as program:
        shown = until_text(program)
        program.send_signal(signal.SIGINT)
        out, _ = program.communicate(timeout=60)

    assert program.returncode == 130
    last = json.loads(out.splitlines()[-1])
    assert last["event"] == "comparison"
    assert last["phase"] == "stopped"
    first, second = last["sides"]
    assert shown
    assert first["text"].startswith(shown)
    assert first["stop_reason"] == "cancelled"
    assert first["repeats"] == []
    assert second["text"] == ""


def test_that_a_model_that_is_none_of_the_registry_s_is_told_in_a_sentence(
    trusting_home: Path,
) -> None:
    done = parley(trusting_home, "compare", "unruly", "unrly", "hello")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "unruly" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def rendered(*folders: Path) -> list[tuple[str, list[int]]]:
    """What each folder's own tokenizer makes of the conversation, by transformers alone."""
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": QUESTION}]
    done = subprocess.run(
        [sys.executable, "-c", _RENDER, json.dumps(messages), *map(str, folders)],
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return [(text, ids) for text, ids in json.loads(done.stdout)]


@pytest.fixture(scope="module")
def demo() -> DemoModels:
    return demo_models()


@pytest.fixture(scope="module")
def lines(demo: DemoModels, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """One comparison of both demo models, for all that is looked at in it."""
    home = copy_home(demo, tmp_path_factory.mktemp("compared") / "home")
    options = ["--temperature", "0", "--max-tokens", "16", "--repeats", "3", "--json"]
    line = ["compare", TRANSFORMERS, ONNX, QUESTION, "--system", SYSTEM, *options]
    done = parley(home, *line)
    assert done.returncode == 0, done.stderr
    return objects(done)


@pytest.mark.demo
def test_that_both_read_what_their_own_tokenizers_render(
    demo: DemoModels, lines: list[dict[str, Any]]
) -> None:
    sides = lines[-1]["sides"]
    for side, (text, ids) in zip(sides, rendered(demo.checkpoint, demo.onnx), strict=True):
        assert side["prompt"].encode() == text.encode()
        assert side["prompt_token_ids"] == ids
        assert side["usage"]["prompt_tokens"] == len(ids)


@pytest.mark.demo
def test_that_the_medians_are_those_of_the_repeats(lines: list[dict[str, Any]]) -> None:
    for side in lines[-1]["sides"]:
        assert len(side["repeats"]) == 3
        for name in RATES:
            values = [one[name] for one in side["repeats"]]
            assert all(value > 0 for value in values)
            assert side["median"][name] == statistics.median(values)
        assert [one["reused_prompt_tokens"] for one in side["repeats"]] == [0] * 3
        assert {one["same_answer"] for one in side["repeats"]} == {True}, "it is greedy"
        assert side["peak_memory_bytes"] > 100_000_000
        assert side["load_s"] > 0
    firsts = [[one["went_first"] for one in side["repeats"]] for side in lines[-1]["sides"]]
    assert firsts == [[True, False, True], [False, True, False]]


@pytest.mark.demo
def test_that_the_first_difference_is_where_the_tokens_part_and_both_tell_what_they_thought(
    lines: list[dict[str, Any]],
) -> None:
    last = lines[-1]
    first, second = (side["token_ids"] for side in last["sides"])
    common = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))))
    assert last["first_difference"] == (None if first == second else common)
    assert last["tokens_in_common"] == common
    assert last["same_vocabulary"] is True
    assert first != second, "int4 and float32 weights part somewhere"
    assert last["parting"]["index"] == common
    for ids, chances in zip((first, second), last["parting"]["chances"], strict=True):
        assert chances[0]["token"]["id"] == ids[common], "greedy takes the likeliest"
        by_id = {one["token"]["id"]: one["probability"] for one in chances}
        assert {first[common], second[common]} <= set(by_id)
        assert sum(by_id.values()) <= 1 + 1e-6


@pytest.mark.demo
def test_that_each_contract_is_what_mlflow_s_predict_took_and_gave(
    lines: list[dict[str, Any]],
) -> None:
    first, second = (side["contract"] for side in lines[-1]["sides"])
    assert (first["same_text"], second["same_text"]) == (True, True)
    messages = json.loads(first["payload"])["messages"]
    assert [one["content"] for one in messages] == [SYSTEM, QUESTION]
    assert "chat.completion" in first["returned"]
    shown = lines[-1]["sides"][1]
    assert json.loads(second["payload"])["inputs"] == {"prompt": [shown["prompt"]]}
    assert json.loads(second["returned"]) == [shown["text"]]
