"""One prompt of the Prompt pane while the program runs."""

from pathlib import Path

from msgspec import Struct, field

from app.domain.answer import Answer
from app.domain.prompt_page import Completion, PromptPage, Versions, title_of, versions_of
from app.ui.presenters.talk import new_id
from app.ui.widgets.prompt_editor import PromptEditor
from wrappers.contract import Failed


class Sheet(Struct, eq=False):
    """Its text is the editor's, which stays its own while another one is shown."""

    editor: PromptEditor
    id: str = field(default_factory=new_id)
    title: str = ""
    """As the user named it."""
    completions: list[Completion] = field(default_factory=list)
    """All that models have written for it, oldest first."""
    chosen: str = ""
    """The id of the completion that was written, or stepped to, last."""
    last: Answer | None = None
    """The generation whose numbers are shown, while they hold."""
    asked: str = ""
    """The prompt that it completed."""
    failure: Failed | None = None
    log_path: Path | None = None

    @property
    def name(self) -> str:
        """Empty where nobody has named it or written anything."""
        return title_of(self.title, self.editor.prompt())

    @property
    def is_untouched(self) -> bool:
        return not (self.title or self.completions or self.editor.prompt())

    def versions(self) -> Versions:
        """Of what the text ends with."""
        return versions_of(self.editor.prompt(), self.completions, self.chosen)

    def page(self, closed_ms: int | None = None) -> PromptPage:
        """To be kept."""
        editor = self.editor
        return PromptPage(
            self.id, self.title, editor.prompt(), editor.marks, closed_ms, tuple(self.completions)
        )

    def take_up(self, page: PromptPage) -> None:
        """Be what was kept."""
        self.id, self.title = page.id, page.title
        self.completions = list(page.completions)
        self.editor.restore(page.text, page.marks)
