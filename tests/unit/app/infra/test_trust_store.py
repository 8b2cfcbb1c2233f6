"""What the user has allowed which model to do."""

from pathlib import Path

import pytest

from app.domain.grants import Grant
from app.infra.trust_store import FileTrustStore

FIRST = Grant(model="m-1", fingerprint="f1", name="tiny/1", granted_ms=5, runs_code=True)


def test_that_a_yes_is_kept(tmp_path: Path) -> None:
    FileTrustStore(tmp_path / "trusted.json").put(FIRST)

    assert FileTrustStore(tmp_path / "trusted.json").grants() == (FIRST,)


def test_that_another_content_of_the_same_model_has_a_grant_of_its_own(tmp_path: Path) -> None:
    store = FileTrustStore(tmp_path / "trusted.json")
    other = Grant(model="m-1", fingerprint="f2", asks_hub=True)
    store.put(FIRST)
    store.put(other)
    changed = Grant(model="m-1", fingerprint="f1", runs_code=True, asks_hub=True)
    store.put(changed)

    assert store.grants() == (other, changed)


def test_that_a_grant_that_allows_nothing_takes_the_former_away(tmp_path: Path) -> None:
    store = FileTrustStore(tmp_path / "trusted.json")
    store.put(FIRST)
    store.put(Grant(model="m-1", fingerprint="f1"))

    assert store.grants() == ()


def test_that_a_list_of_ids_of_an_earlier_version_grants_nothing_and_gives_way(
    tmp_path: Path,
) -> None:
    file = tmp_path / "trusted.json"
    file.write_text('[\n  "m-1"\n]\n', encoding="utf-8")
    store = FileTrustStore(file)

    assert store.grants() == ()
    store.put(FIRST)
    assert store.grants() == (FIRST,)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.expects_log("cannot be read")
@pytest.mark.parametrize("content", ['["m-1"', "{}}", '{"version": 2, "grants": [{"model": 3}]}'])
def test_that_a_broken_file_grants_nothing_and_is_set_aside(tmp_path: Path, content: str) -> None:
    file = tmp_path / "trusted.json"
    file.write_text(content, encoding="utf-8")

    assert FileTrustStore(file).grants() == ()
    assert [one.name.startswith("trusted.json.broken-") for one in tmp_path.iterdir()] == [True]


def test_that_no_grant_is_for_a_content_that_is_not_known() -> None:
    assert not Grant(model="m-1", fingerprint="", runs_code=True).is_for("m-1", "")
    assert FIRST.is_for("m-1", "f1")
    assert not FIRST.is_for("m-1", "f2")
