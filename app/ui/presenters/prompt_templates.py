"""What can be put into a prompt: presets, the model's own template, the conversation."""

from collections.abc import Callable

from app.services.engines import Engine
from app.services.errors import ServiceError
from app.ui.panes.prompt_pane import PromptPane, TemplateEntry
from app.ui.presenters.answering import EnsureReady
from app.ui.prompt_presets import outlines, presets
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.widgets.prompt_editor import PromptEditor
from wrappers.contract import Failed, Message


class PromptTemplates:
    """Renders into the editor that was shown when it was asked for."""

    def __init__(
        self,
        pane: PromptPane,
        tasks: Tasks,
        *,
        ensure_ready: EnsureReady,
        conversation: Callable[[], tuple[Message, ...]],
        tell: Callable[[Failed | None], None],
    ) -> None:
        """`conversation` gives the messages that "From conversation" renders; `tell` is told what
        went wrong, or that nothing did."""
        self._pane = pane
        self._tasks = tasks
        self._ensure_ready = ensure_ready
        self._conversation = conversation
        self._tell = tell
        self._outlines = {outline.key: outline for outline in outlines()}
        self._presets = {preset.key: preset for preset in presets()}
        pane.template_chosen.connect(self.insert)
        pane.from_conversation_requested.connect(self.insert_conversation)

    def insert(self, key: str) -> None:
        """Insert a preset, or an outline as the model's own template renders it."""
        if (preset := self._presets.get(key)) is not None:
            self._pane.editor.insert_prompt(preset.text, "")
        elif (outline := self._outlines.get(key)) is not None:
            self._tasks.start(
                self._render(outline.messages, outline.placeholder), "render the template"
            )

    def insert_conversation(self) -> None:
        """Put the conversation in the text's place, as the model would read it."""
        messages = self._conversation()
        if not messages:
            self._pane.show_hint(tr("There is no conversation yet. Begin one in Chat."))
        else:
            self._tasks.start(self._render(messages, whole=True), "render the conversation")

    def entries(self, engine: Engine | None) -> list[TemplateEntry]:
        """The model's own template first, which can be asked once it is loaded or loadable."""
        capabilities = None if engine is None else engine.capabilities
        has_template = engine is not None and (
            capabilities is None or capabilities.template == "model"
        )
        entries = [
            TemplateEntry(
                one.key, tr("This model's template: {title}").format(title=one.title), has_template
            )
            for one in self._outlines.values()
        ]
        entries += [
            TemplateEntry(one.key, one.title, begins_group=at == 0)
            for at, one in enumerate(self._presets.values())
        ]
        return entries

    async def _render(
        self, messages: tuple[Message, ...], select: str = "", *, whole: bool = False
    ) -> None:
        editor = self._pane.editor
        try:
            engine = await self._ensure_ready()
            if engine is None:
                return
            prompt = await engine.render(messages)
        except ServiceError as error:
            if error.failed.kind != "cancelled":
                self._tell(error.failed)
            return
        if not editor.is_generating:
            _put(editor, prompt, select, whole=whole)
            self._tell(None)


def _put(editor: PromptEditor, prompt: str, select: str, *, whole: bool) -> None:
    if whole:
        editor.set_prompt(prompt)
    else:
        editor.insert_prompt(prompt, select)
