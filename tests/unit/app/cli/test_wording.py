"""Numbers and tables as people read them."""

import pytest

from app.cli.models import as_object
from app.cli.wording import model_row, numbers, size, table
from wrappers.contract import Finished, ModelVersion, Timings, Usage


def test_that_the_line_below_an_answer_adds_up() -> None:
    finished = Finished(
        text="x",
        stop_reason="end_of_turn",
        usage=Usage(12, 8, 20),
        timings=Timings(time_to_first_token_s=0.214, decode_tokens_per_s=33.96, load_s=2.0),
    )

    assert numbers(finished) == (
        "12 + 8 = 20 tokens · first token 0.21 s · 34.0 tokens/s · loaded in 2.0 s · end of turn"
    )


def test_that_unknown_numbers_are_left_out_rather_than_zero() -> None:
    assert "0" not in numbers(Finished(text="x"))


@pytest.mark.parametrize(
    ("n_bytes", "words"),
    [(None, "–"), (0, "0 B"), (999, "999 B"), (112_000_000, "112 MB"), (7_600_000_000, "7.6 GB")],
)
def test_that_sizes_are_short(n_bytes: int | None, words: str) -> None:
    assert size(n_bytes) == words


def test_that_columns_are_as_wide_as_their_widest_cell() -> None:
    assert table([("a", "bb"), ("ccc", "d")]) == ["a    bb", "ccc  d"]


def test_that_a_version_that_does_not_chat_says_so() -> None:
    sorter = ModelVersion(name="m", version="1", flavors=("sklearn",))
    assert "not a chat model" in model_row(sorter)


def test_that_a_version_whose_mlmodel_is_damaged_is_not_taken_for_another_kind() -> None:
    assert "unreadable" in model_row(ModelVersion(name="m", version="1", reason="Not YAML."))


def test_that_the_reason_is_told_only_where_there_is_no_mode() -> None:
    silent = as_object(ModelVersion(name="m", version="1", reason="It sorts flowers."))

    assert silent["mode"] is None
    assert silent["reason"] == "It sorts flowers."
    assert "reason" not in as_object(ModelVersion(name="m", version="1", mode="messages"))
