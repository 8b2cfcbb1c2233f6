"""What the Prompt tab is made of: its pane, tabs, versions, tokens, what could come next."""

from collections.abc import Callable

from app.services.program import Services
from app.ui.panes.prompt_pane import PromptPane
from app.ui.presenters.answering import EnsureReady
from app.ui.presenters.chat_presenter import ShowLog
from app.ui.presenters.next_tokens_presenter import NextTokensPresenter
from app.ui.presenters.prompt_presenter import PromptPresenter
from app.ui.presenters.prompt_sheets import PromptSheets
from app.ui.presenters.prompt_versions import PromptVersions
from app.ui.presenters.token_view_presenter import TokenViewPresenter
from app.ui.presenters.undo_presenter import UndoPresenter
from app.ui.tasks import Tasks
from wrappers.contract import Message, Sampling


class PromptParts:
    """Makes them in the order that they need, and ends them together."""

    def __init__(
        self,
        services: Services,
        undo: UndoPresenter,
        tasks: Tasks,
        *,
        ensure_ready: EnsureReady,
        show_log: ShowLog,
        sampling: Callable[[], Sampling],
        through_predict: Callable[[], bool],
        conversation: Callable[[], tuple[Message, ...]],
    ) -> None:
        """`conversation` gives the messages that "From conversation" renders."""
        self.pane = pane = PromptPane()
        self.prompt = prompt = PromptPresenter(
            services,
            pane,
            tasks,
            ensure_ready=ensure_ready,
            show_log=show_log,
            sampling=sampling,
            through_predict=through_predict,
            conversation=conversation,
        )
        self.versions = PromptVersions(prompt, pane)
        self.sheets = PromptSheets(services.conversations, prompt, pane, undo, tasks)
        self.next_tokens = NextTokensPresenter(
            services.sessions, prompt, pane, tasks, ensure_ready=ensure_ready, sampling=sampling
        )
        self.tokens = TokenViewPresenter(services.sessions, prompt, pane, tasks)

    def close(self) -> None:
        """Keep the prompts, and listen no more."""
        self.prompt.close()
        self.sheets.close()
        self.next_tokens.close()
        self.tokens.close()
