"""What comes up the pipe."""

from msgspec import Struct

from wrappers.contract.registry_values import (
    Dataset,
    DatasetRecord,
    ModelCard,
    ModelVersion,
    Preset,
    PromptCopy,
    StoredVote,
)
from wrappers.contract.values import (
    Capabilities,
    ErrorKind,
    StopReason,
    Timings,
    Token,
    TokenChance,
    Usage,
)

PROTOCOL_VERSION = 1


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
    """`done` of `total` tokens of the prompt are read (reused ones count as read). A first one
    without a total says that the request has its turn."""

    done: int = 0
    total: int | None = None


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
    payload: str | None = None
    """What MLflow's ``predict`` was given, as JSON; only of an answer through it. Where it was
    given params beside the input, an object of both, ``inputs`` and ``params``."""
    returned: str | None = None
    """What MLflow's ``predict`` gave back, as JSON; only of an answer through it."""


class Counted(Event, frozen=True, kw_only=True, tag="counted"):
    tokens: int | None
    """``None`` where the model has no tokenizer that Parley can ask."""


class Decoded(Event, frozen=True, kw_only=True, tag="decoded"):
    texts: tuple[str, ...] | None
    """One for each token, a special one written out; U+FFFD for a part of a character. ``None``
    where the model has no tokenizer that Parley can ask."""


class Tokenized(Event, frozen=True, kw_only=True, tag="tokenized"):
    tokens: tuple[Token, ...] | None
    """``None`` where the model has no tokenizer that Parley can ask."""


class NextTokensFound(Event, frozen=True, kw_only=True, tag="next_tokens"):
    chances: tuple[TokenChance, ...]
    """Most likely first by `TokenChance.probability`; those of `NextTokens.also` among them."""
    prompt_tokens: int
    """How many tokens stand before, the continuation's among them."""


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


class RunLogged(Event, frozen=True, kw_only=True, tag="run_logged"):
    run_id: str
    experiment_id: str


class VotesListed(Event, frozen=True, kw_only=True, tag="votes"):
    votes: tuple[StoredVote, ...]
    """The oldest first."""


class DatasetsListed(Event, frozen=True, kw_only=True, tag="datasets"):
    datasets: tuple[Dataset, ...]


class DatasetRead(Event, frozen=True, kw_only=True, tag="dataset"):
    records: tuple[DatasetRecord, ...]


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
    | Tokenized
    | NextTokensFound
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
    | RunLogged
    | VotesListed
    | DatasetsListed
    | DatasetRead
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
    Tokenized,
    NextTokensFound,
    Rendered,
    Connected,
    Described,
    Fetched,
    Registered,
    TraceLogged,
    PresetsListed,
    PresetSaved,
    PresetDeleted,
    RunLogged,
    VotesListed,
    DatasetsListed,
    DatasetRead,
    Done,
    Diagnosed,
    Failed,
)


def is_closing(event: Event) -> bool:
    """Whether no further event of the same request follows `event`."""
    return isinstance(event, _CLOSING) or (isinstance(event, ModelPage) and event.last)
