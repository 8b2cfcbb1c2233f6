"""A scripted host that is a registry of two models, and either of them, for prompt sets."""

from collections.abc import Callable, Iterable
from typing import Final

from msgspec.structs import replace

from app.domain.comparison.record import Slot
from app.services.ports import Role
from tests.support.scripted_host import STREAMING, Death, ScriptedHost, version
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Described,
    DescribeModel,
    Failed,
    Fetched,
    FetchModel,
    Finished,
    Generate,
    Load,
    ModelCard,
    Sampling,
    TextPiece,
    Timings,
    Trust,
    Usage,
)

NAMES: Final = ("first", "second")
VERSIONS: Final = tuple(version(name) for name in NAMES)
SLOTS: Final = (
    Slot(VERSIONS[0].uri, "first/1", "m-first-1", "messages", Sampling(max_tokens=4)),
    Slot(VERSIONS[1].uri, "second/1", "m-second-1", "messages", Sampling(max_tokens=4)),
)

Script = Callable[[str, Generate], Iterable[AnyEvent] | None]
"""What the model of a name does with a request; ``None`` leaves it to the host."""


class PairedHost:
    """Both models repeat the last word of a question with numbers, the second twice as quick."""

    def __init__(self) -> None:
        self.script: Script = lambda _name, _request: None
        self.asked: list[tuple[str, str]] = []
        """The model and the question of each generation, in order."""
        self.requests: list[Generate] = []
        self.loads: list[str] = []
        self.gone: set[str] = set()
        """Models that the registry does not have any more."""
        self.replaced: set[str] = set()
        """Models that are others than they were, under the same name."""
        self.fails_to_load: set[str] = set()
        self.other: Callable[[AnyRequest], Iterable[AnyEvent] | None] = lambda _request: None

    def serve(self, role: Role, lines: Iterable[bytes], send_line: Callable[[bytes], None]) -> None:
        name = ""

        def script(request: AnyRequest) -> Iterable[AnyEvent] | None:
            nonlocal name
            match request:
                case DescribeModel() | FetchModel():
                    asked = next(one for one in NAMES if one in request.model)
                    return [self._found(request, asked)]
                case Load():
                    name = request.model_dir
                    self.loads.append(name)
                    if name in self.fails_to_load:
                        return [Failed(kind="bad_model", message=f"{name} is broken.")]
                    return None
                case Generate():
                    question = question_of(request)
                    self.asked.append((name, question))
                    self.requests.append(request)
                    own = self.script(name, request)
                    return self._answer(name, question) if own is None else own
                case _:
                    return self.other(request)

        host = ScriptedHost(script)
        host.capabilities = replace(STREAMING, parameters=("max_tokens",))
        host.serve(role, lines, send_line)

    def _found(self, request: DescribeModel | FetchModel, name: str) -> AnyEvent:
        if name in self.gone:
            return Failed(kind="not_found", message=f"There is no {name}.")
        known = VERSIONS[NAMES.index(name)]
        if name in self.replaced:
            known = replace(known, model_id="m-another")
        card = ModelCard(version=known, trust=Trust(runs_code=False))
        if isinstance(request, DescribeModel):
            return Described(card=card)
        return Fetched(card=card, model_dir=name)

    @staticmethod
    def _answer(name: str, question: str) -> Iterable[AnyEvent] | None:
        words = question.split()
        if "endless" in words:
            return None
        if "die" in words:
            return [TextPiece(text="I "), Death()]
        if "long" in words:
            return [Failed(kind="context_too_long", message="It is too long.")]
        word = words[-1]
        same = "differ" not in words or name == "first"
        text = f"{word}." if same else f"{word}!"
        quick = 1 + NAMES.index(name)
        return [
            TextPiece(text=text, token_ids=(1, 2)),
            Finished(
                text=text,
                prompt=f"<{question}>",
                token_ids=(1, 2) if same else (1, 3),
                stop_reason="end_of_turn",
                usage=Usage(5, 2, 7),
                timings=Timings(
                    time_to_first_token_s=0.2 / quick,
                    decode_tokens_per_s=20.0 * quick,
                    total_s=0.3 / quick,
                ),
            ),
        ]


def question_of(request: Generate) -> str:
    """The text that was asked."""
    if request.messages is None:
        return request.prompt or ""
    return request.messages[-1].content
