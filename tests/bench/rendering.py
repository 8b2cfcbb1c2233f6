"""What a token costs the window's thread as an answer grows: ``… rendering`` tells both ends."""

import sys
import time

from msgspec.structs import replace
from PySide6.QtWidgets import QApplication

from app.ui.theme import apply_theme
from app.ui.widgets.transcript import Transcript
from app.ui.widgets.views import MessageView
from tests.bench.figures import Figure, ratio
from tests.bench.partner import partner
from tests.bench.telling import tell

_TOKENS = 64
"""Measured at either length."""

_PARAGRAPH = (
    "The lighthouse stood on the **northern cape**, and its keeper wrote `each ship` into a book "
    "of grey paper. Nobody had asked him to; he liked to see the names in a row.\n\n"
    "- one of them came twice\n- another never again\n\n"
)


async def render_growth(count: int) -> Figure:
    """The time per token at 32,000 characters, against that at 1,000, in one process each."""
    ours, floor = [], []
    for _ in range(count):
        async with partner("tests.bench.rendering") as process:
            told = await process.told()
        ours.append(told["at_32000_s"])
        floor.append(told["at_1000_s"])
    return ratio(ours, floor)


def _per_token(app: QApplication, transcript: Transcript, length: int) -> float:
    """Seconds of this thread for each of some tokens that come one by one, painting and all."""
    text = (_PARAGRAPH * (length // len(_PARAGRAPH) + 1))[:length]
    more = _PARAGRAPH * 4

    def show(shown: str) -> None:
        transcript.update_message("a", replace(answer, text=shown))
        app.processEvents()

    question = MessageView("q", "user", "You", "Tell me of the lighthouse.")
    answer = MessageView("a", "model", "demo-onnx · v1", "", is_live=True)
    transcript.set_messages([question, answer])
    # As it would have come: settled but for its end.
    for end in range(400, length, 400):
        show(text[:end])
    show(text)
    started = time.thread_time()
    for token in range(1, _TOKENS + 1):
        show(text + more[: token * 4])
    took = time.thread_time() - started
    transcript.set_messages([])
    return took / _TOKENS


def main() -> None:
    app = QApplication(sys.argv[:1])
    apply_theme(app, "light")
    transcript = Transcript()
    transcript.resize(760, 800)
    transcript.show()
    _per_token(app, transcript, 1000)  # fonts, styles, parsers
    short = _per_token(app, transcript, 1000)
    tell(at_1000_s=short, at_32000_s=_per_token(app, transcript, 32_000))


if __name__ == "__main__":
    main()
