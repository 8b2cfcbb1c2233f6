"""Votes, recordings and the stage, with their keys."""

from functools import partial
from typing import TYPE_CHECKING

from app.later import Later
from app.ui.actions import Actions
from app.ui.main_window import MainWindow
from app.ui.presenters.pressing import press, pressable
from app.ui.presenters.stage_presenter import StagePresenter
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.domain.comparison.votes import Seen
    from app.ui.presenters.compare_parts import CompareParts


def add_stage_actions(
    actions: Actions,
    window: MainWindow,
    parts: "Later[CompareParts]",
    stage: StagePresenter,
) -> None:
    """All of it."""

    def is_shown() -> bool:
        return window.page == "compare"

    def can_vote(name: str) -> bool:
        if not is_shown():
            return False
        bar = parts().votes.bar
        return pressable(bar, name) is not None and bar.view is not None

    def vote(seen: "Seen") -> None:
        parts().votes.vote(seen)

    def press_replay(name: str) -> None:
        press(parts().replay.bar, name)

    def can_press_replay(name: str) -> bool:
        if not is_shown():
            return False
        replay = parts().replay
        return replay.is_open and pressable(replay.bar, name) is not None

    def can_load_both() -> bool:
        if parts.made is None:
            return window.page != "start"
        compare = parts.made.compare
        return compare.comparison is not None and not compare.is_running

    offers: tuple[tuple[Seen, str, str], ...] = (
        ("left", "voteLeftButton", tr("Vote: the answer on the left is better")),
        ("tie", "voteTieButton", tr("Vote: a tie")),
        ("both_bad", "voteBothBadButton", tr("Vote: both are bad")),
        ("right", "voteRightButton", tr("Vote: the answer on the right is better")),
    )
    for seen, name, text in offers:
        actions.add(
            f"vote_{seen}",
            "compare",
            text,
            partial(vote, seen),
            is_possible=partial(can_vote, name),
        )
    actions.add(
        "vote_back",
        "compare",
        tr("Take the vote back, or show which side is which"),
        lambda: parts().votes.back(),
        is_possible=partial(can_vote, "voteBackButton"),
    )
    actions.add(
        "vote_results", "compare", tr("Votes by pair of models"), lambda: parts().results.open()
    )
    actions.add(
        "replay",
        "compare",
        tr("Replay the comparison at its recorded pace, or rest"),
        lambda: parts().replay.start_or_toggle(),
        is_possible=lambda: is_shown() and parts().replay.can_start,
    )
    for key, text, button in (
        ("replay_restart", tr("Replay from the start"), "replayRestartButton"),
        ("replay_speed", tr("Another speed of the recording"), "replaySpeedButton"),
        ("replay_together", tr("Replay both sides at once"), "replayTogetherButton"),
        ("replay_close", tr("Close the recording"), "replayCloseButton"),
    ):
        actions.add(
            key,
            "compare",
            text,
            partial(press_replay, button),
            is_possible=partial(can_press_replay, button),
        )
    actions.add(
        "compare_load_both",
        "compare",
        tr("Load both models to compare"),
        lambda: parts().compare.load_both(),
        is_possible=can_load_both,
    )
    actions.add(
        "stage",
        "view",
        tr("Presentation mode"),
        stage.toggle,
        is_possible=lambda: window.page != "start" or stage.is_on,
    )
    actions.note("view", tr("Leave the presentation mode"), "Esc")
