"""Behind each answer: its details, and the code that asks for it again."""

from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from app.domain.answer import Answer
from app.domain.call_code import Call
from app.domain.conversation import Conversation, Node
from app.domain.turn_code import sent_messages, turn_call, turn_code
from app.services.engines import Engine
from app.services.errors import ServiceError
from app.services.program import Services
from app.ui.dialogs.opener import Dialogs
from app.ui.presenters.answer_details import answer_details
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.widgets.composer import Composer
from wrappers.contract import Message, ModelCard

if TYPE_CHECKING:
    from app.ui.dialogs.answer_details import AnswerDetailsDialog


class AnswerActions:
    """Adds its actions to the messages' menu. What went well or wrong is said in the composer."""

    def __init__(
        self,
        services: Services,
        chat: ChatPresenter,
        composer: Composer,
        dialogs: Dialogs,
        tasks: Tasks,
    ) -> None:
        self._services = services
        self._chat = chat
        self._composer = composer
        self._dialogs = dialogs
        self._tasks = tasks
        chat.actions.add("details", self.show_details, applies=_is_over, quick=True)
        chat.actions.add("copy_code", self.copy_code, applies=_is_over)

    def show_details(self, node_id: str) -> None:
        """Open the prompt, the tokens, the parameters and the numbers of an answer."""
        answer = self._chat.conversation.nodes[node_id].answer
        if answer is None:
            return
        engine = self._engine_of(answer)
        capabilities = None if engine is None else engine.capabilities
        dialog = self._dialogs.show_details(answer_details(answer, capabilities))
        if engine is not None:
            asking = self._tasks.start(_tell_tokens(engine, answer, dialog), "decode the tokens")
            dialog.finished.connect(lambda _: asking.cancel())

    def copy_code(self, node_id: str) -> None:
        """Put Python that asks for the same answer on the clipboard."""
        conversation = self._chat.conversation
        node = conversation.nodes[node_id]
        if node.answer is not None:
            self._tasks.start(self._copy(conversation, node, node.answer), "copy as MLflow code")

    async def _copy(self, conversation: Conversation, node: Node, answer: Answer) -> None:
        tracking_uri = self._services.catalog.tracking_uri
        if answer.tracking_uri not in (None, tracking_uri):
            self._composer.show_hint(
                tr("This answer is of a model in another registry. Open {uri} first.").format(
                    uri=answer.tracking_uri
                )
            )
            return
        engine = self._engine_of(answer)
        try:
            card = None if engine is None else engine.card
            if card is None:
                card = await self._services.catalog.describe(answer.model)
            call = await self._call(card, engine, answer, sent_messages(conversation, node))
        except ServiceError as error:
            told = f"{error.failed.message} {error.failed.advice}".strip()
            self._composer.show_hint(told)
            return
        capabilities = None if engine is None else engine.capabilities
        code = turn_code(card, tracking_uri, call, answer, capabilities)
        QGuiApplication.clipboard().setText(code)
        self._composer.show_done(tr("Copied as MLflow code"))

    async def _call(
        self,
        card: ModelCard,
        engine: Engine | None,
        answer: Answer,
        messages: tuple[Message, ...],
    ) -> Call:
        """Raises `ServiceError` where nobody can tell what the model was sent."""
        call = turn_call(card, answer, messages)
        if call is not None:
            return call
        capabilities = None if engine is None else engine.capabilities
        has_template = capabilities is not None and capabilities.template == "model"
        if engine is not None and engine.is_loaded and has_template:
            return Call(prompt=await engine.render(messages))
        if len(messages) == 1:
            return Call(prompt=messages[0].content)
        raise ServiceError.of(
            "usage",
            "The prompt of this answer is not known.",
            "Load its model first: its chat template makes the prompt again.",
        )

    def _engine_of(self, answer: Answer) -> Engine | None:
        """The current model, where it is the one that gave `answer`."""
        engine = self._services.sessions.current
        is_here = answer.tracking_uri in (None, self._services.catalog.tracking_uri)
        return engine if engine is not None and engine.name == answer.model and is_here else None


def _is_over(node: Node) -> bool:
    return node.answer is not None and node.answer.state.is_final


async def _tell_tokens(engine: Engine, answer: Answer, dialog: "AnswerDetailsDialog") -> None:
    """Add what the tokens stand for, once the model has told."""
    texts = await engine.decode((answer.prompt_token_ids or ()) + (answer.token_ids or ()))
    if texts is not None:
        dialog.show_token_texts(texts)
