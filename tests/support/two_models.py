"""A host that plays the registry of two models, and either of them, for comparisons.

Use it as `build_services`' ``in_process_host``.
"""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from app.domain.comparison.record import Slot
from app.services.ports import Role
from tests.support.scripted_host import STREAMING, ScriptedHost, version
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Capabilities,
    Described,
    DescribeModel,
    Failed,
    Fetched,
    FetchModel,
    Finished,
    Generate,
    ListModels,
    Load,
    LogRun,
    LogTrace,
    LogVote,
    ModelCard,
    ModelPage,
    NextTokens,
    RunLogged,
    Sampling,
    TextPiece,
    Timings,
    Trust,
    Usage,
)

FIRST, SECOND = version("first"), version("second")
SLOTS = (
    Slot(FIRST.uri, "first/1", sampling=Sampling(seed=7)),
    Slot(SECOND.uri, "second/1", sampling=Sampling(seed=7)),
)

Events = Callable[[str, Generate], Iterable[AnyEvent] | None]
"""What the model of that name does with a request; ``None`` leaves it to the scripted host."""


class TwoModels:
    """Each child knows which of the two it is by the folder that it is told to load."""

    def __init__(self) -> None:
        self.events: Events = lambda _name, _request: None
        self.capabilities: Capabilities = STREAMING
        self.trust = Trust(runs_code=False)
        self.fails_to_load: set[str] = set()
        self.never_loads: set[str] = set()
        """Whose load goes on until it is ended."""
        self.loaded: list[str] = []
        self.asked: list[tuple[str, Generate]] = []
        """Who was asked what, in order."""
        self.looked: list[tuple[str, NextTokens]] = []
        """Who was asked what could come next."""
        self.traces: list[LogTrace] = []
        self.runs: list[LogRun] = []
        self.run_failure: Failed | None = None
        """Why no run can be logged."""
        self.votes: list[LogVote] = []

    @property
    def order(self) -> list[str]:
        """Who was asked, in order."""
        return [name for name, _ in self.asked]

    def card(self, model: str) -> ModelCard:
        return ModelCard(version=FIRST if "first" in model else SECOND, trust=self.trust)

    def serve(self, role: Role, lines: Iterable[bytes], send_line: Callable[[bytes], None]) -> None:
        name = ""

        def script(request: AnyRequest) -> Iterable[AnyEvent] | None:
            nonlocal name
            match request:
                case Load():
                    name = request.model_dir.removeprefix("/")
                    self.loaded.append(name)
                    host.loads = name not in self.never_loads
                    if name in self.fails_to_load:
                        return [Failed(kind="bad_model", message=f"{name} is broken.")]
                case Generate():
                    self.asked.append((name, request))
                    return self.events(name, request)
                case NextTokens():
                    self.looked.append((name, request))
                case LogTrace():
                    self.traces.append(request)
                case LogRun():
                    self.runs.append(request)
                    if self.run_failure is not None:
                        return [self.run_failure]
                    return [RunLogged(run_id=f"run-{len(self.runs)}", experiment_id="1")]
                case LogVote():
                    self.votes.append(request)
                case ListModels():
                    return [ModelPage(versions=(FIRST, SECOND), last=True)]
                case DescribeModel() | FetchModel():
                    return [self._found(request)]
                case _:
                    pass
            return None

        host = ScriptedHost(script)
        host.capabilities = self.capabilities
        host.serve(role, lines, send_line)

    def _found(self, request: DescribeModel | FetchModel) -> AnyEvent:
        if "first" not in request.model and "second" not in request.model:
            return Failed(kind="not_found", message="No such model.")
        card = self.card(request.model)
        if isinstance(request, DescribeModel):
            return Described(card=card)
        return Fetched(card=card, model_dir=f"/{card.version.name}")


def says(text: str, *ids: int, first_s: float = 0.5, **more: object) -> list[AnyEvent]:
    """An answer in pieces of a word, with its numbers; `more` of what ends it."""
    words = [one if number == 0 else f" {one}" for number, one in enumerate(text.split())]
    finished = Finished(
        text=text,
        prompt="p",
        prompt_token_ids=(1,),
        token_ids=ids or None,
        stop_reason="end_of_turn",
        usage=Usage(1, len(ids), 1 + len(ids)),
        timings=Timings(time_to_first_token_s=first_s, total_s=1.0),
        peak_memory_bytes=1000,
    )
    return [*(TextPiece(text=word) for word in words), replace(finished, **more)]
