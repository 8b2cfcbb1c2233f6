"""Which models' code the user has agreed to run."""

from pathlib import Path

import pytest

from app.infra.trust_store import FileTrustStore


def test_that_a_yes_is_kept_for_that_model_alone(tmp_path: Path) -> None:
    FileTrustStore(tmp_path / "trusted.json").trust("m-1")

    again = FileTrustStore(tmp_path / "trusted.json")
    assert again.is_trusted("m-1")
    assert not again.is_trusted("m-2")


def test_that_the_models_are_told_in_the_order_of_their_yes(tmp_path: Path) -> None:
    store = FileTrustStore(tmp_path / "trusted.json")
    for model_id in ("m-2", "m-1", "m-2"):
        store.trust(model_id)

    assert store.trusted() == ("m-2", "m-1")


@pytest.mark.expects_log("cannot be read")
def test_that_a_broken_file_trusts_nothing_and_is_set_aside(tmp_path: Path) -> None:
    file = tmp_path / "trusted.json"
    file.write_text('["m-1"', encoding="utf-8")

    assert not FileTrustStore(file).is_trusted("m-1")
    assert [one.name.startswith("trusted.json.broken-") for one in tmp_path.iterdir()] == [True]
