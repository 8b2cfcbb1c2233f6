"""The forecast of what a load takes."""

import pytest

from app.domain.memory import dtype_ratio, forecast
from wrappers.contract import LoadOptions, ModelCard, ModelVersion

GB = 10**9


def card(size_bytes: int | None, dtype: str | None = "bfloat16") -> ModelCard:
    version = ModelVersion(name="m", version="3", size_bytes=size_bytes, wrapper="transformers")
    return ModelCard(version=version, dtype=dtype)


def test_that_a_model_needs_more_than_its_files() -> None:
    expected = forecast(card(2 * GB), LoadOptions(), 64 * GB)

    assert expected is not None
    assert expected.model == "m/3"
    assert expected.needed_bytes > 2 * GB
    assert expected.fits


def test_that_a_model_larger_than_what_is_free_does_not_fit() -> None:
    expected = forecast(card(8 * GB), LoadOptions(), 4 * GB)

    assert expected is not None
    assert not expected.fits
    assert expected.needed_bytes > 8 * GB


def test_that_a_wider_dtype_is_reckoned_with() -> None:
    narrow = forecast(card(2 * GB), LoadOptions(), 4 * GB)
    wide = forecast(card(2 * GB), LoadOptions(dtype="float32"), 4 * GB)

    assert narrow is not None
    assert wide is not None
    assert wide.needed_bytes - narrow.needed_bytes == pytest.approx(2.2 * GB, rel=0.01)


def test_that_an_unknown_size_is_not_guessed() -> None:
    assert forecast(card(None), LoadOptions(), 4 * GB) is None


@pytest.mark.parametrize(
    ("logged", "wanted", "ratio"),
    [
        ("torch.bfloat16", "float32", 2.0),
        ("float32", "float16", 0.5),
        (None, "float32", 1.0),
        ("float32", None, 1.0),
        ("something", "float32", 1.0),
    ],
)
def test_that_the_ratio_of_dtypes_is_one_where_either_is_unknown(
    logged: str | None, wanted: str | None, ratio: float
) -> None:
    assert dtype_ratio(logged, wanted) == ratio


def test_that_int8_is_reckoned_smaller_than_bfloat16_and_larger_than_a_byte_a_weight() -> None:
    # Embeddings and head are not quantized.
    assert 0.5 < dtype_ratio("bfloat16", "int8") < 1.0
    assert dtype_ratio("torch.float32", "int8") == pytest.approx(
        dtype_ratio("bfloat16", "int8") / 2
    )
