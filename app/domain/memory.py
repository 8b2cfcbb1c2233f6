"""Whether a model will fit into memory, told before it is loaded."""

from msgspec import Struct

from app.domain.load_choice import plain_dtype
from app.domain.model_names import title
from wrappers.contract import LoadOptions, ModelCard

_GIB = 1024**3

_BYTES_PER_WEIGHT = {
    "float64": 8.0,
    "float32": 4.0,
    "float16": 2.0,
    "bfloat16": 2.0,
    "float8": 1.0,
    "int8": 1.0,
    "int4": 0.5,
}
"""Of a model whose files are of that dtype."""

_QUANTIZED_BYTES_PER_WEIGHT = 1.25
"""Of one that is quantized to int8 as it is loaded: its embeddings stay as they were logged."""

_RUNTIME_BYTES = {
    "transformers": int(0.9 * _GIB),
    "onnx_genai": int(0.4 * _GIB),
}
"""What the libraries and the key-value cache take beside the weights."""

_UNKNOWN_RUNTIME_BYTES = int(0.7 * _GIB)

_WEIGHTS_FACTOR = 1.1
"""Buffers, repacked weights and the tokenizer, over the size of the files."""


class MemoryForecast(Struct, frozen=True):
    """What a load is expected to take against what is free, in bytes."""

    model: str
    needed_bytes: int
    available_bytes: int

    @property
    def fits(self) -> bool:
        return self.needed_bytes <= self.available_bytes


def forecast(card: ModelCard, options: LoadOptions, available_bytes: int) -> MemoryForecast | None:
    """What loading `card`'s model takes; ``None`` where its size is not known."""
    version = card.version
    if version.size_bytes is None:
        return None
    weights = version.size_bytes * dtype_ratio(card.dtype, options.dtype) * _WEIGHTS_FACTOR
    runtime = _RUNTIME_BYTES.get(version.wrapper or "", _UNKNOWN_RUNTIME_BYTES)
    return MemoryForecast(
        model=title(version),
        needed_bytes=int(weights) + runtime,
        available_bytes=available_bytes,
    )


def dtype_ratio(logged: str | None, wanted: str | None) -> float:
    """How much larger weights get when loaded as `wanted`; 1.0 where either is not known."""
    if logged is None or wanted is None:
        return 1.0
    before = _BYTES_PER_WEIGHT.get(plain_dtype(logged))
    after = _BYTES_PER_WEIGHT.get(plain_dtype(wanted))
    if wanted == "int8":
        after = _QUANTIZED_BYTES_PER_WEIGHT
    return 1.0 if before is None or after is None else after / before
