"""What is known against certain models, found by their shape and not by their name."""

from wrappers.contract import Weakness

_PHI3_MINI_4K = Weakness(
    model="Phi-3 mini 4k",
    past_tokens=2_000,
    source="https://github.com/microsoft/onnxruntime-genai/issues/552",
)
"""Users report nonsense past about half of its context."""


def weakness_of(
    model_type: object, *, context_length: object, hidden_size: object, layers: object
) -> Weakness | None:
    """What is known against a model with these values in its own configuration.

    Phi-3 mini with a longer context, Phi-3 medium, and other models of the same architecture differ
    in one of the four.
    """
    shape = (model_type, context_length, hidden_size, layers)
    return _PHI3_MINI_4K if shape == ("phi3", 4096, 3072, 32) else None
