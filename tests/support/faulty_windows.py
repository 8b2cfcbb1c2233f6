"""The real window on models that fail, and what it tells of that."""

from PySide6.QtWidgets import QDialog, QLabel, QPlainTextEdit, QPushButton, QWidget

from app.domain.answer import Answer, AnswerState
from tests.support.windows import Driver

MODEL = "faulty"


class FaultDriver(Driver):
    """A `Driver` for whom every model is trusted."""

    async def ask(self, text: str) -> Answer:
        """Say `text` and wait for the answer's end."""
        self.say(text)
        await self.begun()
        return await self.answered()

    async def begun(self) -> None:
        """Wait until what was just said is under way, and agree to the model's code."""

        def is_asked() -> bool:
            dialog = self.window.findChild(QDialog, "trustDialog")
            if dialog is not None and dialog.isVisible():
                button = dialog.findChild(QPushButton, "trustButton")
                assert button is not None
                button.click()
            return self.program.chat.is_answering

        await self.until(is_asked, "the answer to begin")
        current = self.program.services.sessions.current
        assert current is not None

        def is_loading() -> bool:
            is_over = not is_asked()  # it may have failed meanwhile, load and all
            return is_over or current.loading_since is not None or current.is_loaded

        await self.until(is_loading, "the load to begin")

    def band(self, pane: str = "chatPane") -> str:
        """What the last band in `pane` says; empty where none is shown."""
        bands = [
            one
            for one in self.find(QWidget, pane).findChildren(QWidget, "failureBand")
            if one.isVisible()
        ]
        return f"{bands[-1].accessibleName()} {bands[-1].accessibleDescription()}" if bands else ""

    def status(self) -> str:
        """What the Chat pane says of what goes on."""
        lines = self.find(QWidget, "chatPane").findChildren(QLabel, "statusLine")
        return " ".join(line.text() for line in lines if line.isVisible())

    async def is_well(self) -> None:
        """See that the model answers in either pane, loaded again where it has to be."""
        answer = await self.ask("well")
        assert answer.state is AnswerState.DONE, answer.failure
        assert answer.text == "all is well"
        await self.prompt_is_well()

    async def prompt_is_well(self) -> None:
        self.window.show_page("prompt")
        self.write_prompt("well")
        self.press("generateButton")
        prompt = self.program.prompt
        await self.until(lambda: not prompt.is_generating, "the completion's end")
        editor = self.find(QPlainTextEdit, "promptEditor")
        assert editor.toPlainText() == "wellall is well"
        self.window.show_page("chat")
