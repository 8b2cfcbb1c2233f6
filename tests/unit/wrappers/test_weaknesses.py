"""Models that something is known against."""

import pytest

from wrappers.weaknesses import weakness_of

PHI3_MINI_4K = {"context_length": 4096, "hidden_size": 3072, "layers": 32}


def test_that_phi3_mini_4k_is_known_by_its_shape() -> None:
    found = weakness_of("phi3", **PHI3_MINI_4K)
    assert found is not None
    assert (found.model, found.past_tokens) == ("Phi-3 mini 4k", 2_000)
    assert found.source.endswith("onnxruntime-genai/issues/552")


@pytest.mark.parametrize(
    ("model_type", "other"),
    [
        ("llama", {}),
        ("phi3", {"context_length": 131_072}),
        ("phi3", {"context_length": 8192, "hidden_size": 576, "layers": 30}),
        ("phi3", {"hidden_size": 5120, "layers": 40}),
        ("phi3", {"hidden_size": None}),
    ],
    ids=["another architecture", "128k", "the demo", "medium", "not known"],
)
def test_that_nothing_is_said_against_others(model_type: str, other: dict[str, int | None]) -> None:
    assert weakness_of(model_type, **(PHI3_MINI_4K | other)) is None
