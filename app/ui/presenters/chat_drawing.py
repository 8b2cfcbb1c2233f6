"""Keeps the Chat pane showing what there is to show."""

from collections.abc import Callable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from app.domain.answer import Answer
from app.domain.conversation import Conversation, Node
from app.services.engines import Engine, EngineState
from app.ui import wording
from app.ui.panes.chat_pane import ChatPane
from app.ui.presenters import chat_views
from app.ui.presenters.chat_run import Run
from app.ui.presenters.continuing import Continuing
from app.ui.presenters.message_menu import MessageMenu
from app.ui.translation import tr
from app.ui.widgets.message_actions import Action
from app.ui.widgets.views import ActivityView, BandView, MessageView
from wrappers.contract import Failed

EXAMPLE = "What is the capital of Spain?"


class Scene(Struct, frozen=True):
    """All that the pane shows."""

    conversation: Conversation
    run: Run | None
    engine: Engine | None
    """The current one."""
    failure: Failed | None = None
    """Of a load that no message waited for."""
    edits: Mapping[str, str] = field(default_factory=dict)
    """What is being typed into messages."""


class ChatDrawing:
    """Draws a `Scene` into the pane: all of it, or only the answer that is being written."""

    _scene: Scene
    """As it was drawn last: a message that comes into view is drawn in it."""

    def __init__(
        self,
        pane: ChatPane,
        continuing: Continuing,
        actions: MessageMenu,
        above: Callable[[Conversation], tuple[str, str] | None] = lambda _: None,
    ) -> None:
        """`above` gives a message and a line to show above it."""
        self._pane = pane
        self._continuing = continuing
        self._actions = actions
        self._above = above
        self._line: tuple[str, str] | None = None
        """As it was drawn last."""

    def draw(self, scene: Scene) -> None:
        """Everything."""
        self._line = self._above(scene.conversation)
        self._scene = scene
        outlines = [chat_views.outline(node) for node in scene.conversation.branch()]
        self._pane.transcript.set_messages(outlines, self._whole)
        self.draw_surroundings(scene)

    def draw_last(self, scene: Scene) -> None:
        """The last message and what stands around, after a change of the session."""
        if scene.conversation.leaf is not None:
            self.draw_message(scene, scene.conversation.leaf)
        self.draw_surroundings(scene)

    def draw_message(self, scene: Scene, node_id: str) -> None:
        """One message. Raises `KeyError` for one that is not shown."""
        self._scene = scene
        self._pane.transcript.update_message(node_id, self._whole(node_id))

    def draw_surroundings(self, scene: Scene) -> None:
        """All but the messages."""
        run, engine = scene.run, scene.engine
        activity, notice = self._activity(scene), self._notice(scene)
        self._pane.transcript.set_activity(activity)
        self._pane.transcript.set_notice(notice)
        if scene.conversation.leaf is not None or activity is not None or notice is not None:
            self._pane.show_transcript()
        else:
            self._pane.show_empty(*_first_step(engine))
        composer = self._pane.composer
        composer.set_placeholder(_placeholder(engine))
        composer.set_can_send(run is None, "" if run is None else tr("An answer is being written"))

    def _whole(self, node_id: str) -> MessageView:
        """Of thousands of messages only those near the view are asked for."""
        return self._view(self._scene, self._scene.conversation.nodes[node_id])

    def _view(self, scene: Scene, node: Node) -> MessageView:
        answer = node.answer
        offers: tuple[Action, ...] = ()
        can_reload = False
        if node.id == scene.conversation.leaf and scene.run is None:
            offers = self._offers(scene, node)
            can_reload = answer is not None and _is_dead(scene.engine, answer)
        above = self._line[1] if self._line is not None and self._line[0] == node.id else ""
        version, edit = scene.conversation.version_of(node.id), scene.edits.get(node.id)
        return replace(
            chat_views.message_view(node, offers=offers, can_reload=can_reload),
            quick=tuple(one for one in self._actions.quick(node) if one not in offers),
            pressed=self._actions.pressed(node),
            menu=self._actions.menu(node),
            version=version,
            edit=edit,
            above=above,
        )

    def _offers(self, scene: Scene, last: Node) -> tuple[Action, ...]:
        """The ways on from a last message that is no whole answer."""
        answer = last.answer
        if answer is None:
            return ("answer",) if last.role == "user" else ()
        can_continue = self._continuing.can_continue(answer, scene.engine)
        offers: tuple[Action, ...] = ("continue",) if can_continue else ()
        return (*offers, "regenerate") if answer.is_cut else offers

    def _activity(self, scene: Scene) -> ActivityView | None:
        run = scene.run
        if run is None:
            return None if scene.engine is None else chat_views.load_activity(scene.engine)
        answer = scene.conversation.nodes[run.node_id].answer
        if answer is None or answer.state.is_final:
            return None
        return chat_views.answer_activity(answer, run.pace, run.engine or scene.engine)

    def _notice(self, scene: Scene) -> BandView | None:
        """A failure that no message tells of."""
        engine = scene.engine
        if scene.run is not None or engine is None or engine.state is EngineState.LOADING:
            return None
        failure = engine.failure if engine.state is EngineState.FAILED else scene.failure
        if failure is None or failure.kind == "cancelled":
            return None
        branch = scene.conversation.branch()
        last = branch[-1].answer if branch else None
        # A death in the midst of an answer is told there, in other words than here.
        told = None if last is None or last.called != engine.called else last.failure
        if told is not None and told.kind == failure.kind:
            return None
        return chat_views.band_view(failure, kept=False, can_reload=True)


def _is_dead(engine: Engine | None, answer: Answer) -> bool:
    """Whether the very engine that gave `answer` has died."""
    return (
        engine is not None and engine.called == answer.called and engine.state is EngineState.FAILED
    )


def is_unfit(engine: Engine) -> bool:
    """Whether it is known that this version is no model to chat with."""
    return engine.version.detected and engine.version.mode is None


def _first_step(engine: Engine | None) -> tuple[str, str, str]:
    """Title, text and button of a pane without messages."""
    if engine is None:
        return (
            tr("Nothing said yet"),
            tr("Choose a model in the registry to talk to it."),
            tr("Choose a model"),
        )
    name = wording.version_label(engine.name, engine.options)
    if is_unfit(engine):
        reason = engine.version.reason or tr("This is not a model to chat with.")
        return name, reason, tr("Choose another model")
    if engine.is_loaded:
        return (
            name,
            tr("It is loaded. Ask it something below."),
            tr("Try: {question}").format(question=EXAMPLE),
        )
    return (
        name,
        tr("Ask it something below. It is loaded for the first message, or now."),
        tr("Load it now"),
    )


def _placeholder(engine: Engine | None) -> str:
    if engine is None or is_unfit(engine):
        return tr("Message")
    return tr("Message to {model}").format(model=wording.version_label(engine.name, engine.options))
