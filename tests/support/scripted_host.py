"""A host that plays a model and a registry from a script, in a thread.

It stands in for nothing of MLflow or an engine: it is the other end of the pipe, for tests of what
the window's process does with what comes up it. Use it as `build_services`' ``in_process_host``.
"""

from collections.abc import Callable, Generator, Iterable, Iterator

from msgspec.structs import replace

from app.services.ports import Role
from wrappers.contract import (
    SMALL_QUESTIONS,
    AnyEvent,
    AnyRequest,
    Capabilities,
    CleanUp,
    Connect,
    Connected,
    Counted,
    CountTokens,
    Decoded,
    DecodeTokens,
    DeletePreset,
    Described,
    DescribeModel,
    Done,
    Failed,
    Fetched,
    FetchModel,
    Finished,
    Generate,
    JobProgress,
    ListModels,
    ListPresets,
    ListVotes,
    Load,
    Loaded,
    LoadProgress,
    LogFeedback,
    LogTrace,
    LogVote,
    MakeDemo,
    Message,
    ModelCard,
    ModelPage,
    ModelReady,
    ModelVersion,
    NextTokens,
    NextTokensFound,
    Preset,
    PresetDeleted,
    PresetSaved,
    PresetsListed,
    PromptCopy,
    Ready,
    Registered,
    RegisterModel,
    RestorePreset,
    SavePreset,
    Stop,
    StoredVote,
    TextPiece,
    Token,
    TokenChance,
    Tokenize,
    Tokenized,
    TraceLogged,
    Trust,
    Usage,
    VotesListed,
    decode_request,
    encode_line,
)

STREAMING = Capabilities(
    mode="messages",
    accepts=("messages", "template"),
    streams=True,
    stop="step",
    template="model",
    parameters=("max_tokens",),
    engine="scripted 1",
)

Script = Callable[[AnyRequest], Iterable[AnyEvent] | None]
"""A test's own events for a request; ``None`` leaves it to the host's usual ones."""


def version(name: str = "tiny", number: str = "1", **known: object) -> ModelVersion:
    values: dict[str, object] = {"mode": "messages", "model_id": f"m-{name}-{number}"} | known
    return ModelVersion(name=name, version=number, **values)  # type: ignore[arg-type]


class ScriptedHost:
    """Answers every request at once.

    A question that says ``endless`` is answered until its `Stop` comes; one that says ``die``
    ends the host in the midst of its answer.
    """

    def __init__(self, script: Script | None = None) -> None:
        self.capabilities = STREAMING
        self.card = ModelCard(version=version(), trust=Trust(runs_code=False))
        self.pages: list[tuple[ModelVersion, ...]] = [(version(),)]
        self.loads = True
        """Whether a load ends; one that does not goes on until the host is killed."""
        self.lists_slowly = False
        """Whether the next listing has only its first page, and lasts until it is stopped."""
        self.presets: dict[str, Preset] = {}
        """What its prompt registry holds, by name."""
        self.votes: list[StoredVote] = []
        """What its traces say of comparisons."""
        self.requests: list[AnyRequest] = []
        """All that came, in order."""
        self.started: list[Role] = []
        """The role of each host that was started."""
        self._script = script
        self._postponed: list[AnyRequest] = []

    def serve(self, role: Role, lines: Iterable[bytes], send_line: Callable[[bytes], None]) -> None:
        self.started.append(role)
        send_line(encode_line(Ready(pid=1)))
        more = map(decode_request, lines)
        while (request := self._next(more)) is not None:
            self.requests.append(request)
            for event in self._answer(request, more):
                if isinstance(event, Death):
                    return
                send_line(encode_line(_with_id(event, request.id)))

    def _next(self, more: Iterator[AnyRequest]) -> AnyRequest | None:
        return self._postponed.pop(0) if self._postponed else next(more, None)

    def _until_stopped(
        self, request: AnyRequest, more: Iterator[AnyRequest]
    ) -> Generator[AnyEvent, None, bool]:
        """Whether the `Stop` of `request` has come. Small questions are answered meanwhile, as the
        real host does; other requests are kept for later."""
        for later in more:
            if isinstance(later, Stop) and later.target == request.id:
                self.requests.append(later)
                return True
            if isinstance(later, SMALL_QUESTIONS):
                self.requests.append(later)
                for event in self._answer(later, more):
                    yield _with_id(event, later.id)
            else:
                self._postponed.append(later)
        return False

    def _answer(self, request: AnyRequest, more: Iterator[AnyRequest]) -> Iterator[AnyEvent]:
        scripted = self._script(request) if self._script is not None else None
        if scripted is not None:
            yield from scripted
            return
        match request:
            case Connect():
                yield Connected(
                    tracking_uri=request.tracking_uri, label="scripted", mlflow_version="3.17"
                )
            case DescribeModel():
                yield Described(card=self.card)
            case FetchModel():
                yield Fetched(card=self.card, model_dir="/somewhere")
            case ListModels() if self.lists_slowly:
                self.lists_slowly = False
                yield ModelPage(versions=self.pages[0])
                yield from self._until_stopped(request, more)
                yield ModelPage(versions=(), last=True)
            case ListModels():
                for number, page in enumerate(self.pages, 1):
                    yield ModelPage(versions=page, last=number == len(self.pages))
            case Load():
                yield LoadProgress(stage="Reading the weights", elapsed_s=0.1)
                if not self.loads:
                    yield from self._until_stopped(request, more)
                    return
                yield Loaded(capabilities=self.capabilities, load_s=1.5)
            case Generate():
                yield from self._generate(request, more)
            case CountTokens(messages=None):
                yield Counted(tokens=len((request.text or "").split()))
            case CountTokens():
                yield Counted(tokens=rendered_tokens(request.messages or ()))
            case Tokenize():
                yield Tokenized(tokens=tokens_of(request.text))
            case NextTokens():
                yield from self._next_tokens(request, more)
            case DecodeTokens():
                yield Decoded(texts=tuple(f"t{one}" for one in request.token_ids))
            case MakeDemo() | RegisterModel():
                yield JobProgress(stage="Writing", step=1, steps=2)
                yield ModelReady(name="first", version="1")
                yield Registered(name="second", version="1")
            case LogTrace():
                yield TraceLogged(trace_id=request.trace_id)
            case ListVotes():
                yield VotesListed(votes=tuple(self.votes))
            case LogFeedback() | LogVote() | CleanUp():
                yield Done()
            case ListPresets() | SavePreset() | DeletePreset() | RestorePreset():
                yield self._keep_preset(request)
            case Stop():
                return
            case _:
                yield Failed(kind="unsupported", message="Not in the script.")

    def _keep_preset(
        self, request: ListPresets | SavePreset | DeletePreset | RestorePreset
    ) -> AnyEvent:
        """One version of each, named like its title."""
        match request:
            case ListPresets():
                return PresetsListed(presets=tuple(self.presets.values()))
            case SavePreset(title=title):
                before = self.presets.get(title)
                number = 1 if before is None else int(before.version) + 1
                saved = Preset(
                    name=title,
                    version=str(number),
                    title=title,
                    system=request.system,
                    sampling=request.sampling,
                    is_own=True,
                )
                self.presets[title] = saved
                return PresetSaved(preset=saved)
            case DeletePreset(name=name):
                gone = self.presets.pop(name)
                return PresetDeleted(name=name, versions=(PromptCopy(template=gone.system),))
            case RestorePreset(name=name):
                text = str(request.versions[-1].template)
                self.presets[name] = Preset(
                    name=name, version="1", title=name, system=text, is_own=True
                )
                return Done()

    def _next_tokens(self, request: NextTokens, more: Iterator[AnyRequest]) -> Iterator[AnyEvent]:
        """The words of the question, each half as likely as the one before it; after words that
        say so, a `Death`, or nothing until the `Stop`."""
        asked = request.prompt if request.messages is None else request.messages[-1].content
        words = (asked or "").split()
        if "die" in words:
            yield Death()
        if "endless" in words:
            was_stopped = yield from self._until_stopped(request, more)
            yield Failed(kind="cancelled", message="Stopped.") if was_stopped else Death()
            return
        yield NextTokensFound(
            chances=tuple(
                TokenChance(token, 0.5**place, 0.5**place)
                for place, token in enumerate(tokens_of(asked or ""), 1)
                if place <= request.count or token.id in request.also
            ),
            prompt_tokens=len(words) + len(request.continuation),
        )

    def _generate(self, request: Generate, more: Iterator[AnyRequest]) -> Iterator[AnyEvent]:
        asked = request.prompt if request.messages is None else request.messages[-1].content
        words = (asked or "").split()
        for word in words:
            yield TextPiece(text=f"{word} ", token_ids=(1,))
        text = "".join(f"{word} " for word in words)
        if "die" in words:
            yield Death()
        if "endless" in words:
            was_stopped = yield from self._until_stopped(request, more)
            if was_stopped:
                yield Finished(text=text, stop_reason="cancelled")
            else:
                yield Death()
            return
        count = len(words)
        yield Finished(text=text, stop_reason="end_of_turn", usage=Usage(count, count, 2 * count))


def tokens_of(text: str) -> tuple[Token, ...]:
    """A word is a token, its place its id; one in angle brackets is special."""
    return tuple(
        Token(place, word, is_special=word.startswith("<|") and word.endswith("|>"))
        for place, word in enumerate(text.split())
    )


def rendered_tokens(messages: tuple[Message, ...]) -> int:
    """As the script's chat template has it: each message between two special tokens, and the one
    that begins the answer. A word is a token."""
    return sum(2 + len(one.content.split()) for one in messages) + 1


class Death(Done, frozen=True, kw_only=True, tag="death"):
    """The host's thread ends here."""


def _with_id(event: AnyEvent, request_id: int) -> AnyEvent:
    """One that answers another request already says so."""
    return event if event.id else replace(event, id=request_id)
