"""What can be done in the Compare pane, with its keys."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.later import Later
from app.services.sessions import Sessions
from app.ui.actions import Actions
from app.ui.main_window import MainWindow
from app.ui.presenters.pressing import press, pressable
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.ui.presenters.compare_parts import CompareParts


def add_compare_actions(
    actions: Actions, window: MainWindow, parts: "Later[CompareParts]", sessions: Sessions
) -> None:
    """All but going there, which stands with the other panes. What is possible in the pane alone
    finds its parts made."""

    def is_shown() -> bool:
        return window.page == "compare"

    def is_running() -> bool:
        return parts.made is not None and parts.made.compare.is_running

    def is_idle() -> bool:
        return is_shown() and not is_running()

    def compare_current() -> None:
        engine = sessions.current
        if engine is not None:
            window.show_page("compare")
            parts().compare.compare_with(engine.version)

    def other_side() -> None:
        is_first_shown = not parts().pane.cards.cards[0].isHidden()
        press(parts().pane, "compareShowRight" if is_first_shown else "compareShowLeft")

    actions.add(
        "compare_with",
        "compare",
        tr("Compare the current model with…"),
        compare_current,
        is_possible=lambda: sessions.current is not None and not is_running(),
    )
    actions.add(
        "compare_first",
        "compare",
        tr("Choose the first model to compare"),
        lambda: parts().compare.choose(0),
        is_possible=is_idle,
    )
    actions.add(
        "compare_second",
        "compare",
        tr("Choose the second model to compare"),
        lambda: parts().compare.choose(1),
        is_possible=is_idle,
    )
    actions.add(
        "compare_load_first",
        "compare",
        tr("Load or unload the first of both models"),
        lambda: parts().compare.slots.toggle(0),
        is_possible=is_idle,
    )
    actions.add(
        "compare_load_second",
        "compare",
        tr("Load or unload the second of both models"),
        lambda: parts().compare.slots.toggle(1),
        is_possible=is_idle,
    )
    actions.add(
        "compare_new",
        "compare",
        tr("New comparison"),
        lambda: parts().compare.kept.new(),
        is_possible=is_idle,
    )
    actions.add(
        "compare_other_side",
        "compare",
        tr("Show the other side"),
        other_side,
        is_possible=lambda: is_shown() and parts().pane.cards.is_single,
    )
    for key, text, name in (
        (
            "compare_load_as_first",
            tr("Choose how the first of both models is loaded"),
            "compareLeftLoadOptions",
        ),
        (
            "compare_load_as_second",
            tr("Choose how the second of both models is loaded"),
            "compareRightLoadOptions",
        ),
        ("compare_plan", tr("How both are asked"), "comparePlan"),
        ("compare_kept", tr("Kept comparisons"), "compareKept"),
        ("compare_blind", tr("Ask blind"), "compareBlind"),
        ("compare_export", tr("Export the comparison"), "compareExport"),
        ("compare_log", tr("Log the comparison to MLflow"), "compareLog"),
        ("compare_differences", tr("Mark how the answers differ"), "compareDifferences"),
        ("compare_tokens", tr("Show the tokens of both"), "compareTokens"),
        ("compare_contract", tr("Show the contract of both"), "compareContract"),
        ("compare_more", tr("Say all about the comparison"), "compareMore"),
        ("compare_earlier", tr("Show earlier turns of the comparison"), "compareLeftEarlier"),
        ("copy_run", tr("Copy the id of the run that was logged"), "copyRunButton"),
        ("open_run", tr("Open the page of the run that was logged"), "openRunButton"),
    ):
        _add_press(actions, window, parts, key, text, name)


def _add_press(
    actions: Actions,
    window: MainWindow,
    parts: "Later[CompareParts]",
    key: str,
    text: str,
    name: str,
) -> None:
    def place() -> QWidget:
        """Of the header, which is not seen on stage, too."""
        if window.is_on_stage and window.page == "compare":
            header = parts().pane.header
            if pressable(header, name) is not None:
                return header
        return window

    actions.add(
        key,
        "compare",
        text,
        lambda: press(place(), name),
        is_possible=lambda: pressable(place(), name) is not None,
    )
