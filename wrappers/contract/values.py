"""What is said of a model and of an answer."""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

Mode = Literal["messages", "template"]
"""What a model takes: a list of messages, or one string with the special tokens written out."""

StopReason = Literal["end_of_turn", "stop_string", "length", "cancelled", "context_full"]

ErrorKind = Literal[
    "artifacts_missing",  # files that MLmodel names are absent or cut short
    "bad_model",  # MLmodel does not parse, or what it names cannot be loaded
    "broken_file",  # a file that was to be imported is damaged, or is of something else
    "cancelled",  # the user ended it
    "context_too_long",  # the prompt alone is longer than the model's context
    "database_newer",  # the registry's database was written by a newer MLflow
    "died",  # the child process ended
    "disk",  # not enough room, or not writable
    "empty_prompt",
    "engine_missing",  # a package that this wrapper needs is not installed
    "internal",  # a fault of Parley itself
    "model_raised",  # the wrapper's own code raised
    "not_a_chat_model",
    "not_found",  # no such model, version, alias, folder
    "out_of_memory",
    "removed_api",  # the logged code calls what its engine has since removed
    "template_failed",  # the chat template raised
    "unreachable",  # the tracking server does not answer
    "unsupported",  # this model cannot do what was asked
    "untrusted",  # loading would run code that nobody has agreed to
    "usage",  # the request itself is wrong
]


class Message(Struct, frozen=True):
    """One turn of a conversation; `role` is ``system``, ``user`` or ``assistant``."""

    role: str
    content: str


class Sampling(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How to pick tokens. A knob left at ``None`` is left to the model's own default."""

    temperature: float | None = None
    """0 is greedy."""
    top_p: float | None = None
    top_k: int | None = None
    """0 is off."""
    max_tokens: int | None = None
    """New tokens, the end token included."""
    stop: tuple[str, ...] = ()
    """Generation ends before the first of these strings; it is not part of the text."""
    seed: int | None = None


KNOB_NAMES: Final[Mapping[str, str]] = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_tokens": "max_tokens",
    "max_new_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "stop": "stop",
    "seed": "seed",
    "random_seed": "seed",
}
"""Names of columns and params in the wild, and the knob of `Sampling` that each of them is."""


class LoadOptions(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How to load a model. Two loads with equal options of one version are the same engine."""

    threads: int | None = None
    """``None``: as many as this process may run on."""
    dtype: str | None = None
    """``float32``, ``bfloat16``, ``float16`` or ``int8``; ``None``: the one the model was logged
    with."""
    device: str | None = None
    """As PyTorch names it, such as ``cpu`` or ``cuda:0``; ``None``: the wrapper's own choice."""


class Weakness(Struct, frozen=True, kw_only=True):
    """A length past which a model is known to answer badly, though its context is longer."""

    model: str
    """What people call the model: ``Phi-3 mini 4k``."""
    past_tokens: int
    source: str
    """Where it is reported: a link."""


class Capabilities(Struct, frozen=True, kw_only=True):
    """What is true of a loaded model; the window shows it and offers nothing beyond it."""

    mode: Mode
    """What its logged contract takes."""
    accepts: tuple[Mode, ...]
    """What Parley can send it: messages (with a template of its own or by contract), a prompt."""
    streams: bool
    stop: Literal["step", "process"]
    """``step``: Stop takes effect at the next token or prefill chunk; ``process``: only by ending
    the process."""
    template: Literal["model", "wrapper", "none"]
    """Who turns messages into the prompt: the model's own chat template rendered by Parley
    (``model``), the wrapper's code, unseen (``wrapper``), or nobody (``none``)."""
    parameters: tuple[str, ...]
    """The names of `Sampling`'s knobs that it honours."""
    engine: str
    """Package and version, such as ``transformers 5.23.0``."""
    defaults: Sampling = Sampling()
    """What the model does where a knob is left alone, as far as it is known."""
    context_length: int | None = None
    weakness: Weakness | None = None
    chat_template: str | None = None
    """The Jinja source of the model's own chat template."""
    special_tokens: tuple[str, ...] = ()
    counts_tokens: bool = False
    prompt_progress: bool = False
    prompt_reuse: bool = False
    next_token_probabilities: bool = False
    through_predict: bool = True
    """Whether MLflow's ``predict`` can be asked instead of the streaming path."""
    device: str | None = None
    devices: tuple[str, ...] = ()
    """Those that it could be loaded on, as `LoadOptions` names them; empty where there is no
    choice."""
    dtype: str | None = None
    """``int8`` where weights were quantized to it as they were loaded."""
    threads: int | None = None
    memory_bytes: int | None = None
    """Resident memory of the process after the load."""
    notes: tuple[str, ...] = ()
    """Sentences for the user about what this model cannot do, and why."""


class Usage(Struct, frozen=True):
    """Token counts. `completion_tokens` includes the end token where the model produced one."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None


class Timings(Struct, frozen=True, kw_only=True):
    """Durations in seconds, rates in tokens per second, measured beside the model."""

    load_s: float | None = None
    time_to_first_token_s: float | None = None
    prefill_tokens_per_s: float | None = None
    decode_tokens_per_s: float | None = None
    """Tokens after the first, over the time since the first."""
    reused_prompt_tokens: int | None = None
    total_s: float | None = None


class Token(Struct, frozen=True):
    """One token of a text."""

    id: int
    text: str
    """What it stands for by itself, a special one written out; U+FFFD for part of a character."""
    is_special: bool = False


class TokenChance(Struct, frozen=True):
    """A token that could come next."""

    token: Token
    probability: float
    """Of the model's own distribution: the softmax of its logits as they are."""
    sampled: float | None = None
    """Once temperature, top-k and top-p have been applied: 0 for what they rule out. ``None``
    where the wrapper cannot tell."""
