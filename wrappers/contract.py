"""The language that the window's process and its children speak.

Requests go down a child's standard input, events come up its standard output: one JSON object a
line, told apart by the tags ``request`` and ``event``. ``parley … --json`` prints the same events.

Each request is answered by any number of progress events and then by exactly one *closing* event
(`is_closing`), all carrying the request's ``id``. Requests are served one at a time in the order
they came, but for `Stop` and the small questions (`SMALL_QUESTIONS`), which are answered between
two steps of what runs.

A number that is not known is ``None``, never 0. Durations are seconds, sizes are bytes, rates are
tokens per second, time stamps are milliseconds since the Unix epoch (as MLflow keeps them).

Nothing heavy may be imported here: both sides of the pipe load this module first.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

PROTOCOL_VERSION = 1

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


# --------------------------------------------------------------------------------------------
# Plain values


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
    """``None``: the one the model was logged with."""
    device: str | None = None
    """``None``: the wrapper's own choice."""


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
    dtype: str | None = None
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


class ModelVersion(Struct, frozen=True, kw_only=True):
    """One version in the registry, as its row and its MLmodel file tell, nothing of it run."""

    name: str
    version: str
    aliases: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    description: str = ""
    mode: Mode | None = None
    reason: str | None = None
    """Why `mode` is ``None``: one sentence."""
    streams: bool | None = None
    flavors: tuple[str, ...] = ()
    size_bytes: int | None = None
    model_id: str | None = None
    created_ms: int | None = None
    run_id: str | None = None
    source: str = ""
    wrapper: str | None = None
    """Which of our wrappers opens it: ``transformers``, ``onnx_genai`` or ``pyfunc``."""
    detected: bool = True
    """False while its MLmodel has not been read yet (a page of a remote registry)."""

    @property
    def uri(self) -> str:
        return f"models:/{self.name}/{self.version}"


class Trust(Struct, frozen=True, kw_only=True):
    """What loading a model would run."""

    runs_code: bool
    """False only for weights that a known library loads."""
    loader: str = ""
    """The module that MLmodel names as its loader."""
    files: tuple[str, ...] = ()
    """Code and pickles that would be run, relative to the model's folder."""
    requirements: tuple[str, ...] = ()
    registered_by: str | None = None
    registered_here: bool = False
    """Whether Parley registered it, on this machine."""


class ModelCard(Struct, frozen=True, kw_only=True):
    """Everything MLmodel and the registry tell of one version."""

    version: ModelVersion
    signature_inputs: list[dict[str, Any]] | None = None
    """MLflow's own JSON of the schema; ``None`` where the model has no signature."""
    signature_outputs: list[dict[str, Any]] | None = None
    signature_params: list[dict[str, Any]] | None = None
    signature_text: str | None = None
    """MLflow's own text form."""
    logged_versions: dict[str, str] = {}
    """Package to version, as logged with the model; ``python`` and ``mlflow`` among them."""
    installed_versions: dict[str, str | None] = {}
    """The same packages here; ``None`` where one is not installed."""
    run_name: str | None = None
    experiment: str | None = None
    dtype: str | None = None
    source_model: str | None = None
    model_config: dict[str, Any] = {}
    trust: Trust = Trust(runs_code=True)


class Preset(Struct, frozen=True, kw_only=True):
    """A system prompt with parameters, by a name."""

    name: str
    """Of the prompt in the registry; "" for one that comes with Parley."""
    version: str = ""
    title: str
    """What it is called for people."""
    system: str
    sampling: Sampling = Sampling()
    is_own: bool = False
    """Whether Parley saved it; others are another tool's to change."""
    variables: tuple[str, ...] = ()
    """Places in `system` that are to be filled in, such as ``language`` for ``{{language}}``."""


class PromptCopy(Struct, frozen=True, kw_only=True):
    """All there is to one version of a prompt, to make it again."""

    template: str | list[dict[str, Any]]
    description: str | None = None
    tags: dict[str, str] = {}
    model_config: dict[str, Any] = {}
    aliases: tuple[str, ...] = ()


# --------------------------------------------------------------------------------------------
# Requests


class Request(Struct, frozen=True, kw_only=True, tag_field="request"):
    """Anything that goes down the pipe."""

    id: int


class Load(Request, frozen=True, kw_only=True, tag="load"):
    """Load the model in `model_dir`. Closes with `Loaded`."""

    model_dir: str
    """A local folder with an MLmodel file."""
    options: LoadOptions = LoadOptions()


class Generate(Request, frozen=True, kw_only=True, tag="generate"):
    """Answer `messages`, or continue `prompt`; exactly one is given. Closes with `Finished`."""

    messages: tuple[Message, ...] | None = None
    prompt: str | None = None
    sampling: Sampling = Sampling()
    through_predict: bool = False
    """Ask MLflow's ``predict`` of the logged wrapper: the whole answer at once."""


class Stop(Request, frozen=True, kw_only=True, tag="stop"):
    """End request `target` at its next step. Has no answer of its own."""

    target: int


class CountTokens(Request, frozen=True, kw_only=True, tag="count_tokens"):
    """How many tokens `text` is, or `messages` once rendered. Closes with `Counted`."""

    text: str | None = None
    messages: tuple[Message, ...] | None = None


class DecodeTokens(Request, frozen=True, kw_only=True, tag="decode_tokens"):
    """What each of `token_ids` stands for. Closes with `Decoded`."""

    token_ids: tuple[int, ...]


class RenderTemplate(Request, frozen=True, kw_only=True, tag="render_template"):
    """Render `messages` with the model's own chat template. Closes with `Rendered`."""

    messages: tuple[Message, ...]


class Connect(Request, frozen=True, kw_only=True, tag="connect"):
    """Open a registry; the first request of a registry child. Closes with `Connected`.

    Nothing is migrated: a database of another MLflow is refused.
    """

    tracking_uri: str
    artifact_root: str | None = None
    """Where a new local registry keeps its artifacts; ``None`` for one that exists elsewhere."""
    cache_dir: str = ""
    """For what is downloaded or made: model folders, the demo's weights."""


class ListModels(Request, frozen=True, kw_only=True, tag="list_models"):
    """All versions of all models. `ModelPage` events, the last one closing."""


class DescribeModel(Request, frozen=True, kw_only=True, tag="describe_model"):
    """Resolve `model` and read its card. Closes with `Described`.

    `model` is ``name``, ``name/3``, ``name@alias`` or any MLflow model URI.
    """

    model: str


class FetchModel(Request, frozen=True, kw_only=True, tag="fetch_model"):
    """Make `model` a local folder: where it is, else in the cache. Closes with `Fetched`."""

    model: str


class RegisterModel(Request, frozen=True, kw_only=True, tag="register_model"):
    """Log a model folder with one of our wrappers and register it. Closes with `Registered`."""

    wrapper: Literal["transformers", "onnx"]
    source: str
    """A folder, or for transformers a name on the hub."""
    name: str
    check_only: bool = False
    """Check the folder, the name and the disk, and register nothing (`version` comes back "")."""


class MakeDemo(Request, frozen=True, kw_only=True, tag="make_demo"):
    """Make and register what is missing of the two demo models. Closes with `Registered` of the
    last; each model that becomes ready before is told by a `ModelReady`."""


class LogTrace(Request, frozen=True, kw_only=True, tag="log_trace"):
    """Record one finished turn as an MLflow trace. Closes with `TraceLogged`, once it is stored.

    Exactly one of `messages` and `prompt` is given. The same trace may be sent again, and is then
    there once.
    """

    trace_id: str
    """``tr-`` and 32 hexadecimal digits, drawn by whoever asks."""
    session: str | None = None
    """The conversation that the turn belongs to."""
    message: str | None = None
    """The answer's id there."""
    pane: str = ""
    model: str
    """What the registry finds the version by: ``models:/name/3``."""
    name: str
    """The version as people call it: ``name/3``."""
    model_id: str | None = None
    messages: tuple[Message, ...] | None = None
    prompt: str | None = None
    text: str
    sampling: Sampling = Sampling()
    usage: Usage = Usage()
    timings: Timings = Timings()
    stop_reason: StopReason | None = None
    through_predict: bool = False
    status: Literal["done", "stopped", "failed"]
    error: str = ""
    """Why it failed: one sentence."""
    started_ms: int
    ended_ms: int


class LogFeedback(Request, frozen=True, kw_only=True, tag="log_feedback"):
    """Make the user's assessments of a trace say this and nothing else. Closes with `Done`.

    A `good` of ``None`` without a `comment` takes them back. Assessments of others stay.
    """

    trace_id: str
    good: bool | None = None
    comment: str = ""


class ListPresets(Request, frozen=True, kw_only=True, tag="list_presets"):
    """The prompts of the registry that can be a system prompt. Closes with `PresetsListed`."""


class SavePreset(Request, frozen=True, kw_only=True, tag="save_preset"):
    """Register a system prompt and its parameters, as a new version where there is a prompt of
    that name. Closes with `PresetSaved`."""

    title: str
    system: str
    sampling: Sampling = Sampling()


class DeletePreset(Request, frozen=True, kw_only=True, tag="delete_preset"):
    """Delete a prompt with all its versions. Closes with `PresetDeleted`."""

    name: str


class RestorePreset(Request, frozen=True, kw_only=True, tag="restore_preset"):
    """Register again what a `PresetDeleted` told of. Closes with `Done`."""

    name: str
    versions: tuple[PromptCopy, ...]


class CleanUp(Request, frozen=True, kw_only=True, tag="clean_up"):
    """Take back what an interrupted registration has left. Closes with `Done`."""


class Diagnose(Request, frozen=True, kw_only=True, tag="diagnose"):
    """What ``parley doctor`` tells of this environment and registry. Closes with `Diagnosed`."""


AnyRequest = (
    Load
    | Generate
    | Stop
    | CountTokens
    | DecodeTokens
    | RenderTemplate
    | Connect
    | ListModels
    | DescribeModel
    | FetchModel
    | RegisterModel
    | MakeDemo
    | LogTrace
    | LogFeedback
    | ListPresets
    | SavePreset
    | DeletePreset
    | RestorePreset
    | CleanUp
    | Diagnose
)

SMALL_QUESTIONS = (CountTokens, DecodeTokens, RenderTemplate, LogTrace, LogFeedback)
"""Answered between two steps of a running generation, or between two pages of a listing."""


# --------------------------------------------------------------------------------------------
# Events


class Event(Struct, frozen=True, kw_only=True, tag_field="event"):
    """Anything that comes up the pipe; `id` is that of the request it answers, 0 for `Ready`."""

    id: int = 0


class Ready(Event, frozen=True, kw_only=True, tag="ready"):
    """The child runs and listens; sent once, before any request is answered."""

    pid: int
    protocol: int = PROTOCOL_VERSION


class LoadProgress(Event, frozen=True, kw_only=True, tag="load"):
    """A load has come to `stage`, named for the user (such as ``Reading the weights``)."""

    stage: str
    elapsed_s: float


class Loaded(Event, frozen=True, kw_only=True, tag="loaded"):
    capabilities: Capabilities
    load_s: float


class PromptProgress(Event, frozen=True, kw_only=True, tag="prompt"):
    """`done` of `total` tokens of the prompt are read (reused ones count as read)."""

    done: int
    total: int


class TextPiece(Event, frozen=True, kw_only=True, tag="text"):
    """The next piece of the answer. `token_ids` are those whose text it completes, held-back ones
    included; ``None`` where the wrapper does not tell."""

    text: str
    token_ids: tuple[int, ...] | None = None


class Finished(Event, frozen=True, kw_only=True, tag="finished"):
    """An answer is complete, also one that was stopped: `text` is all of it."""

    text: str
    prompt: str | None = None
    """Exactly what the model read."""
    prompt_token_ids: tuple[int, ...] | None = None
    token_ids: tuple[int, ...] | None = None
    """The end token included where the model produced one."""
    stop_reason: StopReason | None = None
    usage: Usage = Usage()
    timings: Timings = Timings()
    through_predict: bool = False
    peak_memory_bytes: int | None = None
    """Highest resident memory of the process so far."""


class Counted(Event, frozen=True, kw_only=True, tag="counted"):
    tokens: int | None
    """``None`` where the model has no tokenizer that Parley can ask."""


class Decoded(Event, frozen=True, kw_only=True, tag="decoded"):
    texts: tuple[str, ...] | None
    """One for each token, a special one written out; U+FFFD for a part of a character. ``None``
    where the model has no tokenizer that Parley can ask."""


class Rendered(Event, frozen=True, kw_only=True, tag="rendered"):
    prompt: str


class Connected(Event, frozen=True, kw_only=True, tag="connected"):
    tracking_uri: str
    label: str
    """Short, for the sidebar: ``sqlite · local`` or ``http · host:5000``."""
    mlflow_version: str


class ModelPage(Event, frozen=True, kw_only=True, tag="models"):
    """Some versions. Later pages may repeat a version, with more known of it; the last wins."""

    versions: tuple[ModelVersion, ...]
    last: bool = False


class Described(Event, frozen=True, kw_only=True, tag="described"):
    card: ModelCard


class Fetched(Event, frozen=True, kw_only=True, tag="fetched"):
    card: ModelCard
    model_dir: str


class JobProgress(Event, frozen=True, kw_only=True, tag="progress"):
    """A long job (register, demo, download) has come to `stage`, named for the user."""

    stage: str
    step: int | None = None
    """Which of `steps`, counted from 1."""
    steps: int | None = None
    fraction: float | None = None
    """Of the whole job, 0 to 1, where it is known."""


class ModelReady(Event, frozen=True, kw_only=True, tag="model_ready"):
    """A model of a job that goes on is registered and can be used."""

    name: str
    version: str


class Registered(Event, frozen=True, kw_only=True, tag="registered"):
    name: str
    version: str
    model_id: str | None = None


class TraceLogged(Event, frozen=True, kw_only=True, tag="trace_logged"):
    trace_id: str


class PresetsListed(Event, frozen=True, kw_only=True, tag="presets"):
    presets: tuple[Preset, ...]
    """By their titles; of each prompt its latest version."""


class PresetSaved(Event, frozen=True, kw_only=True, tag="preset_saved"):
    preset: Preset


class PresetDeleted(Event, frozen=True, kw_only=True, tag="preset_deleted"):
    name: str
    versions: tuple[PromptCopy, ...]
    """What is gone, first version first."""


class Done(Event, frozen=True, kw_only=True, tag="done"):
    """The request is carried out; there is nothing more to tell."""


class Diagnosed(Event, frozen=True, kw_only=True, tag="diagnosed"):
    versions: dict[str, str | None]
    """Package to installed version; ``None`` where missing."""
    facts: dict[str, str]
    """Name to finding, in the order to print them."""
    problems: tuple[str, ...] = ()
    """One sentence each, with what to do."""


class Failed(Event, frozen=True, kw_only=True, tag="error"):
    """The request could not be carried out. `message` and `advice` are one sentence each, for the
    user; `detail` (a traceback, the tail of a log) is for the log."""

    kind: ErrorKind
    message: str
    advice: str = ""
    detail: str = ""


AnyEvent = (
    Ready
    | LoadProgress
    | Loaded
    | PromptProgress
    | TextPiece
    | Finished
    | Counted
    | Decoded
    | Rendered
    | Connected
    | ModelPage
    | Described
    | Fetched
    | JobProgress
    | ModelReady
    | Registered
    | TraceLogged
    | PresetsListed
    | PresetSaved
    | PresetDeleted
    | Done
    | Diagnosed
    | Failed
)

GenerationEvent = PromptProgress | TextPiece | Finished
"""What a wrapper's ``generate`` yields; `Finished` last."""

_CLOSING = (
    Loaded,
    Finished,
    Counted,
    Decoded,
    Rendered,
    Connected,
    Described,
    Fetched,
    Registered,
    TraceLogged,
    PresetsListed,
    PresetSaved,
    PresetDeleted,
    Done,
    Diagnosed,
    Failed,
)


def is_closing(event: Event) -> bool:
    """Whether no further event of the same request follows `event`."""
    return isinstance(event, _CLOSING) or (isinstance(event, ModelPage) and event.last)


# --------------------------------------------------------------------------------------------
# Lines

_encoder = msgspec.json.Encoder()
_request_decoder: msgspec.json.Decoder[AnyRequest] = msgspec.json.Decoder(AnyRequest)
_event_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode_line(value: Request | Event) -> bytes:
    """One line of JSON with its line feed; JSON escapes any within strings."""
    return _encoder.encode(value) + b"\n"


def decode_request(line: bytes) -> AnyRequest:
    """Raises `msgspec.DecodeError` for a line that is no request."""
    return _request_decoder.decode(line)


def decode_event(line: bytes) -> AnyEvent:
    """Raises `msgspec.DecodeError` for a line that is no event."""
    return _event_decoder.decode(line)
