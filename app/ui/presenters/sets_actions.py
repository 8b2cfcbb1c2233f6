"""What can be done with prompt sets, with its keys."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.later import Later
from app.ui.actions import Actions
from app.ui.main_window import MainWindow
from app.ui.presenters.pressing import press, pressable
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.ui.panes.set_view import SetView
    from app.ui.presenters.compare_parts import CompareParts


def add_sets_actions(actions: Actions, window: MainWindow, parts: "Later[CompareParts]") -> None:
    """All of them stand with those of comparisons."""

    def show() -> None:
        window.show_page("compare")
        parts().sets.show(True)

    def shown() -> "SetView | None":
        """Where it is."""
        made = parts.made
        return made.sets.view if made is not None and made.sets.view.isVisible() else None

    actions.add("sets", "compare", tr("Prompt sets"), show)
    for key, text, names in (
        ("set_file", tr("Open a file of prompts"), ("setOpenFile",)),
        ("set_dataset", tr("Choose a dataset of prompts"), ("setChooseDataset",)),
        ("set_run", tr("Run the prompt set"), ("setRun",)),
        ("set_retry", tr("Run the failed prompts again"), ("setRetry",)),
        ("set_pause", tr("Pause the prompt set, or go on"), ("setPause", "setGoOn")),
        ("set_stop", tr("Stop the prompt set"), ("setStop",)),
        ("set_export", tr("Export the results of the set"), ("setExport",)),
        ("set_back", tr("Back from a row or a set"), ("setBack",)),
        ("set_next", tr("Next row of the set"), ("setNext",)),
        ("set_previous", tr("Previous row of the set"), ("setPrevious",)),
    ):
        _add_press(actions, shown, key, text, names)

    def other_page() -> None:
        view = parts().sets.view
        press(view, "setRows" if view.shows_figures else "setDistributions")

    def has_pages() -> bool:
        view = shown()
        return view is not None and pressable(view, "setRows") is not None

    actions.add(
        "set_page",
        "compare",
        tr("Rows or distributions of the set"),
        other_page,
        is_possible=has_pages,
    )


def _add_press(
    actions: Actions,
    shown: Callable[[], "SetView | None"],
    key: str,
    text: str,
    names: tuple[str, ...],
) -> None:
    def run() -> None:
        view = shown()
        if view is not None:
            press(view, *names)

    def is_possible() -> bool:
        view = shown()
        return view is not None and pressable(view, *names) is not None

    actions.add(key, "compare", text, run, is_possible=is_possible)
