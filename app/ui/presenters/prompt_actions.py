"""What the Prompt pane can be asked to do, beside what its presenter does."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint

from app.later import Later
from app.ui.actions import Actions
from app.ui.translation import tr
from app.ui.widgets.version_switcher import STEP_KEYS

if TYPE_CHECKING:
    from app.ui.presenters.prompt_parts import PromptParts
    from app.ui.widgets.prompt_views import Shown


def add_prompt_actions(
    actions: Actions, parts: "Later[PromptParts]", *, is_shown: Callable[[], bool]
) -> None:
    """`is_shown` says whether the pane is; what is possible then alone finds it made."""

    def has_several() -> bool:
        return is_shown() and parts().sheets.count > 1

    def toggle(view: "Shown") -> None:
        views = parts().pane.views
        views.show_view("" if views.shown == view else view)

    def follow() -> None:
        views = parts().pane.views
        views.show_view("chances")
        views.toggle_follow()

    def has_history() -> bool:
        return is_shown() and parts().pane.history.isVisible() and parts().pane.history.isEnabled()

    def open_history() -> None:
        button = parts().pane.history
        menu = button.menu()
        menu.popup(button.mapToGlobal(QPoint(0, -menu.sizeHint().height())))

    def add(
        key: str, text: str, run: Callable[[], object], when: Callable[[], bool] = is_shown
    ) -> None:
        actions.add(key, "prompt", text, run, is_possible=when)

    add("new_prompt", tr("New prompt"), lambda: parts().sheets.new())
    add("close_prompt", tr("Close this prompt"), lambda: parts().sheets.close_shown())
    for key, text, run in (
        ("rename_prompt", tr("Rename this prompt"), lambda: parts().sheets.rename_shown()),
        ("next_prompt", tr("The next prompt"), lambda: parts().sheets.step(1)),
        ("previous_prompt", tr("The prompt before"), lambda: parts().sheets.step(-1)),
        ("prompt_right", tr("Put this prompt further on"), lambda: parts().sheets.move(1)),
        ("prompt_left", tr("Put this prompt further back"), lambda: parts().sheets.move(-1)),
    ):
        add(key, text, run, has_several)
    add("prompt_history", tr("All that models have written here"), open_history, has_history)
    add(
        "next_tokens",
        tr("What could come next at the cursor"),
        lambda: parts().next_tokens.ask(),
    )
    add("follow_cursor", tr("Follow the cursor with what could come next"), follow)
    add("tokens", tr("Show or hide the prompt's tokens"), lambda: toggle("tokens"))
    add("probabilities", tr("Show or hide the next token"), lambda: toggle("chances"))
    add(
        "compare_completions",
        tr("Compare two models' completions"),
        lambda: parts().sheets.compare(),
    )
    actions.note("prompt", tr("Rename or close a prompt, on its tab"), "F2", "Del")
    actions.note("prompt", tr("Insert a token at the cursor, in its list"), "Return")
    actions.note(
        "prompt", tr("Earlier or later version of a completion"), STEP_KEYS[-1], STEP_KEYS[1]
    )
