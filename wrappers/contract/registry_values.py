"""What a registry keeps: versions, their cards, prompts."""

from typing import Any, Literal

from msgspec import Struct

from wrappers.contract.values import Mode, Sampling


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
    """As the registry says: a claim, and nobody checks it."""
    registered_here: bool = False
    """Whether Parley registered it on this machine, and nothing that can run has changed since."""
    fingerprint: str = ""
    """The hash of all that can run (`wrappers.fingerprint`); "" where it was not asked for and
    would have taken a while."""
    source: str = ""
    """Where its files are; without credentials."""
    registry: str = ""
    """The tracking URI that it was found through; without credentials."""


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


VoteChoice = Literal["first", "second", "tie", "both_bad"]
"""Which of two answers is the better one, in the order in which they are named."""


class StoredVote(Struct, frozen=True, kw_only=True):
    """A vote as the registry has it."""

    comparison: str
    traces: tuple[str, str]
    versions: tuple[str, str]
    choice: VoteChoice
    is_blind: bool
    voter: str = ""
    voted_ms: int | None = None


class Dataset(Struct, frozen=True, kw_only=True):
    """An evaluation dataset of the registry."""

    id: str
    name: str
    records: int | None = None


class DatasetRecord(Struct, frozen=True, kw_only=True):
    """One row of an evaluation dataset."""

    id: str
    inputs: dict[str, Any]
    expectations: dict[str, Any] = {}
