"""What goes down the pipe."""

from typing import Any, Literal

from msgspec import Struct

from wrappers.contract.registry_values import PromptCopy, VoteChoice
from wrappers.contract.values import LoadOptions, Message, Sampling, StopReason, Timings, Usage


class Request(Struct, frozen=True, kw_only=True, tag_field="request"):
    """Anything that goes down the pipe."""

    id: int


class Load(Request, frozen=True, kw_only=True, tag="load"):
    """Load the model in `model_dir`. Closes with `Loaded`."""

    model_dir: str
    """A local folder with an MLmodel file."""
    options: LoadOptions = LoadOptions()
    fingerprint: str = ""
    """What the folder must hold (`Trust.fingerprint`), or it is not loaded; "" checks nothing."""
    may_run_code: bool = True
    """False for a model that is to be weights alone: where the folder would run code or unpickle
    anything, it is not loaded."""


class Generate(Request, frozen=True, kw_only=True, tag="generate"):
    """Answer `messages`, or continue `prompt`; exactly one is given. Closes with `Finished`."""

    messages: tuple[Message, ...] | None = None
    prompt: str | None = None
    sampling: Sampling = Sampling()
    through_predict: bool = False
    """Ask MLflow's ``predict`` of the logged wrapper: the whole answer at once."""
    reuse_prompt: bool = True
    """False: read the whole prompt anew, whatever was read before, as a measurement wants it."""


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


class Tokenize(Request, frozen=True, kw_only=True, tag="tokenize"):
    """The tokens of `text` as the model would read it. Closes with `Tokenized`."""

    text: str


class NextTokens(Request, frozen=True, kw_only=True, tag="next_tokens"):
    """What the model thinks could come next after `messages`, or `prompt`; exactly one is given.
    Closes with `NextTokensFound`. Reads the prompt like a generation, and stops like one."""

    messages: tuple[Message, ...] | None = None
    prompt: str | None = None
    continuation: tuple[int, ...] = ()
    """Tokens that have been generated since: what follows them is asked for."""
    sampling: Sampling = Sampling()
    count: int = 20
    """How many tokens to tell of, most likely first."""
    also: tuple[int, ...] = ()
    """Tokens to tell of wherever they stand."""


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
    fingerprint: bool = False
    """Tell its fingerprint, whatever that takes: gigabytes of pickled weights are read for it, or
    fetched."""


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


class LogRun(Request, frozen=True, kw_only=True, tag="log_run"):
    """Make one finished run in Parley's experiment. Closes with `RunLogged`, once all of it is
    stored; where that fails nothing of it stays."""

    name: str
    params: dict[str, str] = {}
    metrics: dict[str, tuple[float | None, ...]] = {}
    """By their names: the values of each step, from step 0; ``None`` for a step without one."""
    tags: dict[str, str] = {}
    tables: dict[str, dict[str, list[Any]]] = {}
    """By their file names (``answers.json``): column to values, as ``log_table`` takes them."""
    files: dict[str, str] = {}
    """By their paths: text files."""
    models: tuple[str, ...] = ()
    """The ids of the logged models that the run is of (``m-…``)."""
    traces: tuple[str, ...] = ()
    """The ids of the traces of its answers."""


class LogVote(Request, frozen=True, kw_only=True, tag="log_vote"):
    """Put a vote between two answers on both of their traces, in place of an earlier one of the
    same user. Closes with `Done`."""

    comparison: str
    """The comparison's turn that was voted on."""
    traces: tuple[str, str]
    versions: tuple[str, str]
    """The two as people call them (``name/3``), in the traces' order."""
    choice: VoteChoice | None
    """``None`` takes the vote back."""
    is_blind: bool


class ListVotes(Request, frozen=True, kw_only=True, tag="list_votes"):
    """All votes on answers of the registry's traces. Closes with `VotesListed`."""


class ListDatasets(Request, frozen=True, kw_only=True, tag="list_datasets"):
    """The evaluation datasets of the registry. Closes with `DatasetsListed`."""


class ReadDataset(Request, frozen=True, kw_only=True, tag="read_dataset"):
    """The records of an evaluation dataset, by its id or name. Closes with `DatasetRead`."""

    name: str


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
    | Tokenize
    | NextTokens
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
    | LogRun
    | LogVote
    | ListVotes
    | ListDatasets
    | ReadDataset
    | CleanUp
    | Diagnose
)

SMALL_QUESTIONS = (
    CountTokens,
    DecodeTokens,
    Tokenize,
    RenderTemplate,
    LogTrace,
    LogFeedback,
    LogVote,
)
"""Answered between two steps of a running generation, or between two pages of a listing."""
