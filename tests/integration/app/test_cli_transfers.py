"""``parley export`` and ``parley import`` as their users run them."""

import json
from pathlib import Path

from tests.integration.app.test_cli import parley

LINE = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}'


def test_that_conversations_go_from_one_home_to_another(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(f"{LINE}\n{LINE.replace('Hi', 'Hello')}\n")
    whole = tmp_path / "all.json"

    came = parley(tmp_path / "a", "import", "in.jsonl", "--json", cwd=tmp_path)
    assert json.loads(came.stdout) | {"file": ""} == {
        "event": "imported",
        "file": "",
        "new": 2,
        "known": 0,
    }
    went = parley(tmp_path / "a", "export", str(whole))
    assert went.stdout == f"2 conversations exported to {whole}.\n"
    again = parley(tmp_path / "b", "import", str(whole))
    assert again.stdout.startswith("2 conversations imported")
    assert parley(tmp_path / "b", "export", "x", "--format", "jsonl", cwd=tmp_path).returncode == 0
    lines = (tmp_path / "x").read_text().splitlines()
    assert [json.loads(one) for one in lines] == [
        json.loads(LINE),
        json.loads(LINE.replace("Hi", "Hello")),
    ]


def test_that_a_broken_file_and_wrong_usage_are_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(f"{LINE}\n{LINE[:-5]}\n")
    broken = parley(tmp_path / "a", "import", str(tmp_path / "in.jsonl"))
    assert broken.returncode == 1
    assert broken.stderr.startswith("parley: Nothing was imported from in.jsonl. Line 2, column")
    assert parley(tmp_path / "a", "export", "conversations").returncode == 2
    nothing = parley(tmp_path / "a", "export", "all.md", cwd=tmp_path)
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert "no conversation to export" in nothing.stderr
