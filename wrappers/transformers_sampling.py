"""How a request's knobs and a model's own defaults become one way to pick tokens (pure)."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from msgspec import Struct

from wrappers.base import WrapperError
from wrappers.contract import Sampling

PIPELINE_NEW_TOKENS = 256
"""What a text-generation pipeline, and so MLflow's ``predict``, stops at where nothing is set."""

_TOP_K = 50
"""What transformers samples from where nothing is set."""


class Plan(Struct, frozen=True, kw_only=True):
    """How one answer is generated; every knob decided."""

    do_sample: bool
    temperature: float
    top_p: float
    top_k: int
    """0 is off."""
    max_new_tokens: int
    at_limit: Literal["length", "context_full"]
    """The stop reason if `max_new_tokens` ends the answer."""
    stop: tuple[str, ...] = ()
    seed: int | None = None

    def generation_settings(self) -> dict[str, Any]:
        """In the names of `transformers.GenerationConfig`. Greedy gets the neutral values, for
        which transformers does not warn that they go unused."""
        return {
            "do_sample": self.do_sample,
            "temperature": self.temperature if self.do_sample else 1.0,
            "top_p": self.top_p if self.do_sample else 1.0,
            "top_k": self.top_k if self.do_sample else _TOP_K,
            "max_new_tokens": self.max_new_tokens,
        }


def model_defaults(
    generation_config: Mapping[str, Any], model_config: Mapping[str, Any]
) -> dict[str, Any]:
    """What the model does by itself: the checkpoint's generation config, over which stands what
    was logged with the model. ``None`` counts as not set."""
    merged = {**generation_config, **model_config}
    return {name: value for name, value in merged.items() if value is not None}


def default_sampling(defaults: Mapping[str, Any]) -> Sampling:
    """`defaults` in the contract's words. A model that does not ask to be sampled is greedy."""
    max_tokens = defaults.get("max_new_tokens")
    if max_tokens is None and "max_length" not in defaults:
        max_tokens = PIPELINE_NEW_TOKENS
    if defaults.get("do_sample") is not True:
        return Sampling(temperature=0.0, max_tokens=max_tokens)
    return Sampling(
        temperature=float(defaults.get("temperature", 1.0)),
        top_p=float(defaults.get("top_p", 1.0)),
        top_k=int(defaults.get("top_k", _TOP_K)),
        max_tokens=max_tokens,
    )


def plan(
    sampling: Sampling,
    defaults: Mapping[str, Any],
    *,
    prompt_tokens: int,
    context_length: int | None,
) -> Plan:
    """Decide every knob for a prompt of `prompt_tokens`.

    Raises `WrapperError`: ``context_too_long`` where the prompt leaves the context no room for an
    answer, ``usage`` for a value that means nothing.
    """
    _check(sampling)
    wanted = _wanted_tokens(sampling, defaults, prompt_tokens)
    room = wanted if context_length is None else context_length - prompt_tokens
    if room < 1:
        raise WrapperError(
            "context_too_long",
            f"The prompt has {prompt_tokens:,} tokens, {1 - room:,} more than this model can read "
            f"and still answer (its context is {context_length:,}).",
            "Shorten it, or start a new conversation.",
        )
    default = default_sampling(defaults)
    temperature = default.temperature if sampling.temperature is None else sampling.temperature
    top_p = _first(sampling.top_p, defaults.get("top_p"), 1.0)
    top_k = _first(sampling.top_k, defaults.get("top_k"), _TOP_K)
    return Plan(
        do_sample=bool(temperature),
        temperature=float(temperature or 1.0),
        top_p=float(top_p),
        top_k=int(top_k),
        max_new_tokens=min(wanted, room),
        at_limit="length" if wanted <= room else "context_full",
        stop=tuple(one for one in sampling.stop if one),
        seed=sampling.seed,
    )


def _wanted_tokens(sampling: Sampling, defaults: Mapping[str, Any], prompt_tokens: int) -> int:
    """`max_length` counts the prompt too. Once a conversation has outgrown it, the pipeline's own
    limit stands in, for nothing else would let the conversation go on."""
    if sampling.max_tokens is not None:
        return sampling.max_tokens
    if "max_new_tokens" in defaults:
        return int(defaults["max_new_tokens"])
    left = int(defaults.get("max_length", 0)) - prompt_tokens
    return left if left > 0 else PIPELINE_NEW_TOKENS


def _first(*values: Any) -> Any:
    return next(value for value in values if value is not None)


def _check(sampling: Sampling) -> None:
    checks: tuple[tuple[float | None, Callable[[float], bool], str, str], ...] = (
        (sampling.temperature, lambda value: value >= 0, "Temperature", "0 or more"),
        (sampling.top_p, lambda value: 0 <= value <= 1, "Top-p", "from 0 to 1"),
        (sampling.top_k, lambda value: value >= 0, "Top-k", "0 (off) or more"),
        (sampling.max_tokens, lambda value: value >= 1, "Max tokens", "1 or more"),
    )
    for value, is_right, name, range_ in checks:
        if value is not None and not is_right(value):
            raise WrapperError("usage", f"{name} is {value}.", f"Give a value that is {range_}.")
