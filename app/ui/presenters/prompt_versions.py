"""All that models have written for the prompt that is shown, to be stepped and gone back to."""

from app.domain.prompt_page import Completion, written_spans
from app.ui import wording
from app.ui.panes.prompt_pane import PromptPane
from app.ui.presenters.prompt_presenter import PromptPresenter
from app.ui.presenters.prompt_sheet import Sheet

_SHORT = 48
"""Characters of a completion that tell which one it is."""


class PromptVersions:
    """Shows which version the text ends with, and puts another in its place."""

    def __init__(self, prompt: PromptPresenter, pane: PromptPane) -> None:
        self._prompt = prompt
        self._pane = pane
        pane.prompt_changed.connect(self._draw)
        pane.version_step_requested.connect(self.step)
        pane.history.set_source(self._entries)
        pane.history.chosen.connect(self.show)
        prompt.changed.connect(self._draw)
        self._draw()

    @property
    def _is_writing_here(self) -> bool:
        running = self._prompt.running
        return running is not None and running[0] is self._prompt.sheet

    def step(self, step: int) -> None:
        """Show the version after, or before, the one that the text ends with."""
        if self._is_writing_here:
            return
        other = self._prompt.sheet.versions().beside(step)
        if other is not None:
            self._put(other)

    def show(self, completion_id: str) -> None:
        """Show one of all that were ever written, with the prompt that it was written for."""
        for one in self._prompt.sheet.completions:
            if one.id == completion_id and not self._is_writing_here:
                self._put(one)

    def _put(self, completion: Completion) -> None:
        sheet = self._prompt.sheet
        spans = written_spans(completion.prompt, sheet.completions)
        sheet.chosen = completion.id
        sheet.editor.show_version(completion.prompt, completion.text, spans)

    def _draw(self) -> None:
        sheet = self._prompt.sheet
        if self._is_writing_here:
            self._pane.versions.show_version(1, 1)
            return
        versions = sheet.versions()
        number = None if versions.shown is None else versions.shown + 1
        self._pane.versions.show_version(number, len(versions.all))
        self._pane.history.setVisible(bool(sheet.completions))

    def _entries(self) -> list[tuple[str, str]]:
        """The latest first."""
        return [(one.id, _told(self._prompt.sheet, one)) for one in self._prompt.sheet.completions][
            ::-1
        ]


def _told(sheet: Sheet, completion: Completion) -> str:
    words = " ".join(completion.text[: 4 * _SHORT].split()) or "⏎"
    words = words if len(words) <= _SHORT else words[: _SHORT - 1] + "…"
    facts = [words, wording.version_label(completion.answer.model, completion.answer.options)]
    tokens = completion.answer.usage.completion_tokens
    if tokens is not None:
        facts.append(wording.tokens(tokens))
    if len(sheet.completions) > 1:
        facts.append(f"{sheet.completions.index(completion) + 1}/{len(sheet.completions)}")
    return wording.SEPARATOR.join(facts)
