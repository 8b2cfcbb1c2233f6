"""A comparison as it is kept: what was asked of both, and everything that came of it.

All of it is JSON by `msgspec`: a field that is added with a default reads older records.
"""

from enum import StrEnum
from typing import Any, Final, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from app.domain.answer import Answer, AnswerState
from app.domain.load_choice import name_as_loaded
from app.domain.plain_text import one_line
from wrappers.contract import (
    Failed,
    LoadOptions,
    Mode,
    Sampling,
    StopReason,
    Timings,
    TokenChance,
    Usage,
    VoteChoice,
)

Kind = Literal["messages", "prompt"]
"""What both are given: a conversation, or one text with the special tokens written out."""


NotParallel = Literal["same_model"]
"""``same_model``: both slots are one loaded model, which does one thing at a time."""


class Slot(Struct, frozen=True):
    """One of the two: a model version, and the parameters that it is asked with."""

    reference: str
    """``models:/name/3``, what the registry finds it by."""
    name: str
    """``name/3``."""
    model_id: str | None = None
    mode: Mode | None = None
    sampling: Sampling = Sampling()
    options: LoadOptions = LoadOptions()

    @property
    def called(self) -> str:
        """`name`, and how it is loaded where that is not as it was logged."""
        return name_as_loaded(self.name, self.options)

    @property
    def shown_name(self) -> str:
        """`called`, fit to be shown: it is whatever somebody wrote into a registry."""
        return one_line(self.called)


class Plan(Struct, frozen=True):
    """How both are asked. Fair by default: one after the other, the first one alternating."""

    repeats: int = 3
    """Measured runs of each side, at least 1."""
    warm_up: bool = True
    """Whether one run of each side comes before, and is not counted."""
    parallel: bool = False
    """Both at the same time, sharing the machine: what is measured then is not either's own."""
    through_predict: bool = True
    """Whether MLflow's ``predict`` is asked once at the end, for its payload and return."""
    chances: bool = True
    """Whether both are asked what they thought could come where the answers part."""


SET_PLAN: Final = Plan(repeats=1, warm_up=True, through_predict=False, chances=False)
"""How a set is asked: each row once, after one warm-up for all of them."""


class SideFacts(Struct, frozen=True):
    """What was true of one side's model when it was asked."""

    engine: str | None = None
    device: str | None = None
    dtype: str | None = None
    threads: int | None = None
    parameters: tuple[str, ...] = ()
    """The knobs that it honours."""
    defaults: Sampling = Sampling()
    context_length: int | None = None
    special_tokens: tuple[str, ...] = ()
    has_probabilities: bool = False
    load_s: float | None = None
    memory_bytes: int | None = None
    """Resident memory of its process after the load."""
    size_bytes: int | None = None
    """Of its artifacts."""
    signature_inputs: list[dict[str, Any]] | None = None
    """MLflow's own JSON of the schema, as in `wrappers.contract.ModelCard`; so the next two."""
    signature_outputs: list[dict[str, Any]] | None = None
    signature_params: list[dict[str, Any]] | None = None
    versions: dict[str, str | None] = field(default_factory=dict)
    """Package to version, as installed here."""


class Piece(Struct, frozen=True):
    """A piece of text as it came."""

    at_s: float
    """Since the run began, in the window's clock."""
    text: str


class Run(Struct, frozen=True):
    """One run of one side: what it cost. Its text is that of the side's answer or not."""

    went_first: bool
    """False where the other side was asked before it in this round, or at the same time."""
    timings: Timings = Timings()
    usage: Usage = Usage()
    stop_reason: StopReason | None = None
    peak_memory_bytes: int | None = None
    """Highest resident memory of its process until the run's end."""
    same_answer: bool | None = None
    """Whether it wrote the same tokens (or text, where no tokens are told) as the answer that is
    shown; ``None`` for a run that did not come to its end."""
    failure: Failed | None = None


class Contract(Struct, frozen=True):
    """What MLflow's ``predict`` took and gave, or why it could not be asked."""

    payload: str | None = None
    """JSON."""
    returned: str | None = None
    """JSON."""
    same_text: bool | None = None
    """Whether the text in it is that of the streamed answer."""
    failure: Failed | None = None


class Side(Struct, frozen=True):
    """One side of one turn."""

    answer: Answer
    """That of the first run, the warm-up where there is one: it is what is shown."""
    pieces: tuple[Piece, ...] = ()
    """The answer as it came, for a replay at its pace."""
    reading_s: float | None = None
    """When its first piece came, or its end without one, since the run began."""
    warm_up: Run | None = None
    runs: tuple[Run, ...] = ()
    """The measured ones, in order."""
    contract: Contract | None = None


class Parting(Struct, frozen=True):
    """The first token at which the two answers differ."""

    index: int
    """Among the completion's tokens, from 0."""
    chances: tuple[tuple[TokenChance, ...] | None, tuple[TokenChance, ...] | None] = (None, None)
    """Per side what it thought could come there, most likely first; ``None`` where it cannot
    tell."""


class Phase(StrEnum):
    """What a turn has come to."""

    WAITING = "waiting"
    LOADING = "loading"
    WARMING_UP = "warming_up"
    MEASURING = "measuring"
    PARTING = "parting"
    """The probabilities are asked for."""
    CONTRACT = "contract"
    """MLflow's ``predict`` is asked."""
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    """Neither side has an answer; one that has none says so itself."""

    @property
    def is_final(self) -> bool:
        return self in (Phase.DONE, Phase.STOPPED, Phase.FAILED)


class Vote(Struct, frozen=True):
    """Which answer is the better one: ``first`` is that of the first slot, wherever it stood."""

    choice: VoteChoice
    is_blind: bool
    at_ms: int


class Turn(Struct, frozen=True):
    """One question to both."""

    id: str
    text: str
    """The user's message; in a comparison of prompts, the whole prompt."""
    sides: tuple[Side, Side]
    phase: Phase = Phase.WAITING
    step: int = 0
    """While measuring: which run of `Plan.repeats`, from 1."""
    asking: tuple[bool, bool] = (False, False)
    """Which sides are being asked right now."""
    parting: Parting | None = None
    same_vocabulary: bool | None = None
    """Whether both count in the same tokens; where they do not, no token is the first that
    differs. ``None`` where nobody can tell, or nobody asked."""
    not_parallel: NotParallel | None = None
    """Why one side was asked after the other though `Plan.parallel` wants both at once."""
    is_blind: bool = False
    """Whether what tells the sides apart is held back until the vote."""
    is_swapped: bool = False
    """Whether the second slot is shown on the left; drawn by lot for a blind turn."""
    vote: Vote | None = None
    noted: Vote | None = None
    """One that was given while something was still measured: at the end it becomes `vote`. It also
    stands here until MLflow has been told."""
    created_ms: int = 0

    @property
    def is_hidden(self) -> bool:
        """Whether which side is which must not be told yet."""
        return self.is_blind and self.vote is None


class Comparison(Struct, frozen=True):
    """Two models, and what both were asked, turn by turn. The turns of `messages` build on each
    other, each side with its own answers; those of `prompt` stand by themselves."""

    id: str
    slots: tuple[Slot, Slot]
    kind: Kind = "messages"
    system: str = ""
    plan: Plan = Plan()
    facts: tuple[SideFacts | None, SideFacts | None] = (None, None)
    turns: tuple[Turn, ...] = ()
    title: str | None = None
    created_ms: int = 0

    @property
    def is_running(self) -> bool:
        return bool(self.turns) and not self.turns[-1].phase.is_final


class ComparisonSummary(Struct, frozen=True):
    """What a list needs."""

    id: str
    title: str
    """Its own, or how its first turn begins."""
    slots: tuple[str, str]
    """``name/3`` of both."""
    turns: int
    updated_ms: int


class SetPrompt(Struct, frozen=True):
    """One row of a prompt set: messages, or a prompt."""

    id: str
    """As the file names it, or its number from 1."""
    text: str
    """The last user message, or the prompt."""
    messages: tuple[tuple[str, str], ...] = ()
    """Role and content of what comes before `text`, a system prompt first."""
    expected: str | None = None
    """What the file says a good answer is, shown beside the answers and never judged."""


class PromptSet(Struct, frozen=True):
    """A file of prompts that is run through both. Rows that are done are in `results`."""

    id: str
    name: str
    """Of the file or the dataset."""
    slots: tuple[Slot, Slot]
    kind: Kind
    plan: Plan
    prompts: tuple[SetPrompt, ...]
    facts: tuple[SideFacts | None, SideFacts | None] = (None, None)
    results: dict[int, Turn] = field(default_factory=dict)
    """By the prompt's index: a turn that came to its end."""
    source: str = ""
    """Where it was read from."""
    created_ms: int = 0

    @property
    def is_done(self) -> bool:
        return len(self.results) == len(self.prompts)


class PromptSetSummary(Struct, frozen=True):
    """What a list needs."""

    id: str
    name: str
    slots: tuple[str, str]
    prompts: int
    done: int
    updated_ms: int


def settled(turn: Turn) -> Turn:
    """`turn` as one that is not run any more: what never came to its end was stopped, and a vote
    that was noted counts."""
    if turn.phase.is_final:
        return turn
    first, second = (_settled_side(side) for side in turn.sides)
    vote = turn.vote or turn.noted
    return replace(
        turn,
        sides=(first, second),
        phase=Phase.STOPPED,
        asking=(False, False),
        vote=vote,
        is_blind=turn.is_blind if vote is None else vote.is_blind,
    )


def _settled_side(side: Side) -> Side:
    if side.answer.state.is_final:
        return side
    return replace(side, answer=replace(side.answer, state=AnswerState.STOPPED))
