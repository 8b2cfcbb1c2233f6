"""How a model is to be loaded: what it takes, and how that is told."""

import pytest

from app.domain.load_choice import fitting, load_words, name_as_loaded, refusal, settled
from wrappers.contract import LoadOptions, ModelVersion

ALL = LoadOptions(dtype="bfloat16", device="cpu", threads=2)


def version(wrapper: str | None) -> ModelVersion:
    return ModelVersion(name="m", version="3", wrapper=wrapper)


@pytest.mark.parametrize(
    ("wrapper", "left"),
    [
        ("transformers", ALL),
        (None, ALL),
        ("onnx_genai", LoadOptions(threads=2)),
        ("pyfunc", LoadOptions()),
    ],
)
def test_that_a_version_keeps_what_it_takes(wrapper: str | None, left: LoadOptions) -> None:
    assert fitting(ALL, version(wrapper)) == left
    assert refusal(left, version(wrapper), "m/3") is None


@pytest.mark.parametrize(
    ("wrapper", "options", "words"),
    [
        ("onnx_genai", LoadOptions(dtype="int8"), "another dtype: the precision and the device"),
        ("onnx_genai", LoadOptions(device="cpu"), "another device"),
        ("pyfunc", LoadOptions(threads=2), "takes no number of threads: its own code decides"),
        ("transformers", LoadOptions(dtype="int3"), "There is no dtype int3 here."),
    ],
)
def test_that_what_does_not_apply_is_refused_with_the_reason(
    wrapper: str, options: LoadOptions, words: str
) -> None:
    refused = refusal(options, version(wrapper), "m/3")

    assert refused is not None
    assert refused.kind == "usage"
    assert words in refused.message
    assert refused.advice


def test_that_the_logged_dtype_is_no_other_engine() -> None:
    chosen = LoadOptions(dtype="bfloat16", threads=1)

    assert settled(chosen, "torch.bfloat16") == LoadOptions(threads=1)
    assert settled(chosen, "float32") == chosen
    assert settled(chosen, None) == chosen


def test_that_a_name_says_how_it_is_loaded_only_where_that_is_not_as_logged() -> None:
    assert name_as_loaded("m/3", LoadOptions()) == "m/3"
    assert name_as_loaded("m/3", ALL) == "m/3 (bfloat16, cpu, 2 threads)"
    assert load_words(LoadOptions(threads=1)) == "1 thread"


def test_that_a_number_of_threads_from_an_edited_file_that_makes_no_sense_is_left_out() -> None:
    assert fitting(LoadOptions(threads=-2), version("transformers")) == LoadOptions()
