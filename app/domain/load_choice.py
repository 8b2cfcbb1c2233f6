"""How a model is to be loaded: what can be chosen, what a model takes of it, how it is told."""

from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from wrappers.contract import Failed, LoadOptions, ModelVersion

DTYPES: Final = ("float32", "bfloat16", "float16", "int8")
"""What a transformers model can be loaded in, whatever it was logged with."""

AS_LOGGED: Final = LoadOptions()

Option = Literal["dtype", "device", "threads"]

_TAKEN: Final[dict[str, tuple[Option, ...]]] = {
    "transformers": ("dtype", "device", "threads"),
    "onnx_genai": ("threads",),
    "pyfunc": (),
}
"""By wrapper. An ONNX model's precision and device are in its files; a foreign model's code
decides for itself."""

_REASONS: Final = {
    "onnx_genai": "the precision and the device of an ONNX model are in its files",
    "pyfunc": "its own code decides how it is loaded",
}


class LoadChoice(Struct, frozen=True, kw_only=True):
    """What there is to choose for one model."""

    chosen: LoadOptions
    taken: tuple[Option, ...]
    """Empty where there is nothing to choose."""
    logged_dtype: str | None = None
    devices: tuple[str, ...] = ()
    """Empty where there is but one, or none to choose."""
    cores: int = 1
    """How many threads ``None`` stands for."""
    can_change: bool = True
    """Whether it can be chosen otherwise now."""


def taken(version: ModelVersion) -> tuple[Option, ...]:
    """The options that `version` can be loaded with; all where nobody has looked at it yet."""
    return _TAKEN.get(version.wrapper or "transformers", ())


def fitting(options: LoadOptions, version: ModelVersion) -> LoadOptions:
    """`options` without what `version` does not take, or nothing could."""
    lacking = {name: None for name in ("dtype", "device", "threads") if name not in taken(version)}
    if options.threads is not None and options.threads < 1:
        lacking["threads"] = None
    return replace(options, **lacking) if lacking else options


def refusal(options: LoadOptions, version: ModelVersion, name: str) -> Failed | None:
    """Why `version`, which is called `name`, cannot be loaded with `options`; ``None`` where it
    can, as far as that is known without its process."""
    if options.dtype is not None and options.dtype not in DTYPES:
        return Failed(
            kind="usage",
            message=f"There is no dtype {options.dtype} here.",
            advice=f"Use {', '.join(DTYPES)}.",
        )
    for option in ("dtype", "device", "threads"):
        if getattr(options, option) is not None and option not in taken(version):
            reason = _REASONS.get(version.wrapper or "", "it takes none")
            return Failed(
                kind="usage",
                message=f"{name} cannot be loaded with another {option}: {reason}."
                if option != "threads"
                else f"{name} takes no number of threads: {reason}.",
                advice=f"Leave --{option} out for this model.",
            )
    return None


def settled(options: LoadOptions, logged_dtype: str | None) -> LoadOptions:
    """`options` with the dtype that the model was logged with as what it is: no choice at all, so
    that both are the same engine."""
    if logged_dtype is not None and options.dtype == plain_dtype(logged_dtype):
        return replace(options, dtype=None)
    return options


def plain_dtype(dtype: str) -> str:
    """``torch.bfloat16`` as ``bfloat16``."""
    return dtype.rpartition(".")[2].lower()


def load_words(options: LoadOptions) -> str:
    """``bfloat16, cpu, 2 threads`` in plain English; empty for a model as it was logged."""
    parts = [part for part in (options.dtype, options.device) if part is not None]
    if options.threads is not None:
        parts.append("1 thread" if options.threads == 1 else f"{options.threads} threads")
    return ", ".join(parts)


def name_as_loaded(name: str, options: LoadOptions) -> str:
    """``phi3-mini/3 (bfloat16)``, or `name` alone for a model as it was logged."""
    words = load_words(options)
    return f"{name} ({words})" if words else name
