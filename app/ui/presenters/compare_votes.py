"""Votes in the Compare pane: the lot of a blind turn, the question under it, and what was said."""

import random
import time
from typing import Final

from msgspec.structs import replace

from app.domain.comparison.record import Turn, Vote
from app.domain.comparison.votes import (
    Cover,
    Seen,
    as_chosen,
    as_seen,
    cover_of,
    draw_sides,
    hides_sides,
    revealed,
    standing,
    voted,
    with_turn,
)
from app.services.comparing import Comparing
from app.services.votes import Kept, Votes
from app.ui.panes.compare_pane import ComparePane
from app.ui.presenters.compare_presenter import ComparePresenter
from app.ui.translation import tr
from app.ui.widgets.tab_order import put_before
from app.ui.widgets.vote_bar import Choice, VoteBar, VoteView
from wrappers.contract import VoteChoice

_SEEN: Final[tuple[Seen, ...]] = ("left", "tie", "both_bad", "right")


class CompareVotes:
    """Owns the bar under the cards, which speaks of the turn in view.

    A vote that is given while something runs is noted in the turn, and kept with it at once; it
    counts when the run ends, or has ended in whatever way.
    """

    def __init__(
        self,
        compare: ComparePresenter,
        votes: Votes,
        comparing: Comparing,
        pane: ComparePane,
        *,
        lot: random.Random | None = None,
    ) -> None:
        """`lot` draws who stands where."""
        self.bar = VoteBar()
        self._compare = compare
        self._votes = votes
        self._comparing = comparing
        self._pane = pane
        self._lot = lot or random.SystemRandom()
        self._kept: dict[str, Kept] = {}
        """Where the votes of this session are."""
        self._taken_back: set[str] = set()
        pane.vote_place.addWidget(self.bar)
        put_before(pane.report, self.bar.tab_stops())
        self.bar.voted.connect(self._voted)
        self.bar.back_requested.connect(self.back)
        pane.blind_toggled.connect(self._blind_toggled)
        compare.next_blind = self._next_blind
        self._disconnects = (
            compare.changed.connect(self._follow),
            compare.turn_changed.connect(self._show),
        )
        self._show()

    def close(self) -> None:
        for disconnect in self._disconnects:
            disconnect()

    # -- what the user does

    def vote(self, seen: Seen) -> None:
        """On the turn in view, where it can be voted on."""
        turn = self._compare.turn
        if turn is None or self._compare.is_recording or cover_of(turn) is not Cover.READY:
            return
        if self._is_held_back(turn):
            return
        choice = as_chosen(seen, is_swapped=_stands_swapped(turn))
        if self._compare.is_running:
            self._note(turn, voted(turn, choice, _now_ms()).vote)
        else:
            self._put(turn, choice)

    def back(self) -> None:
        """Take the vote back, or tell the sides without one."""
        turn, comparison = self._compare.turn, self._compare.comparison
        if turn is None or comparison is None or self._is_held_back(turn):
            return
        if self._compare.is_running and turn.noted is not None:
            self._note(turn, None)
            return
        if self._compare.is_running or not (turn.is_hidden or turn.vote is not None):
            return
        after = revealed(turn)
        self._kept.pop(turn.id, None)
        if turn.vote is not None:
            self._taken_back.add(turn.id)
            self._votes.keep(comparison, after)
        self._compare.put(with_turn(comparison, after))

    def _voted(self, choice: Choice) -> None:
        self.vote(choice)

    def _next_blind(self) -> tuple[bool, bool]:
        is_blind = self._pane.header.is_blind
        return is_blind, is_blind and draw_sides(self._lot)

    def _blind_toggled(self, is_blind: bool) -> None:
        if is_blind:
            self._pane.composer.show_done(
                tr("The next answers come without names and numbers, until you have voted.")
            )

    # -- keeping

    def _put(self, turn: Turn, choice: VoteChoice) -> None:
        comparison = self._compare.comparison
        if comparison is None:
            return
        after = voted(turn, choice, _now_ms())
        self._taken_back.discard(turn.id)
        self._kept[turn.id] = self._votes.keep(comparison, after)
        self._compare.put(with_turn(comparison, after))

    def _note(self, turn: Turn, vote: Vote | None) -> None:
        comparison = self._compare.comparison
        if comparison is not None:
            self._comparing.note(turn.id, vote)
            self._compare.put(with_turn(comparison, replace(turn, noted=vote)))

    def _follow(self) -> None:
        """The comparison is in another state: what was noted may count by now. Also what an
        earlier run of the program could not tell any more, which ended before its run did."""
        comparison = self._compare.comparison
        if comparison is not None and not self._compare.is_running:
            noted = [turn for turn in comparison.turns if turn.noted is not None]
            for turn in noted:
                self._kept[turn.id] = self._votes.keep(comparison, turn)
                comparison = with_turn(comparison, replace(turn, noted=None))
            if noted:
                self._compare.put(comparison)
        self._show()

    # -- showing

    def _show(self) -> None:
        turn = None if self._compare.is_recording else self._compare.turn
        self.bar.show_view(None if turn is None else self._view(turn))

    def _is_held_back(self, turn: Turn) -> bool:
        """Whether `turn` is an open one beside one that is not: its vote would name the sides."""
        comparison = self._compare.comparison
        return not turn.is_hidden and comparison is not None and hides_sides(comparison)

    def _view(self, turn: Turn) -> VoteView | None:
        if self._is_held_back(turn):
            return None
        cover = cover_of(turn)
        is_running = self._compare.is_running
        if cover is Cover.WRITING:
            return None
        if cover is Cover.VOID:
            if not turn.is_hidden or is_running:
                return None
            return VoteView(
                tr("At least one of the two gave no answer, so there is nothing to vote on."),
                back=tr("Show which is which"),
            )
        offers = tuple((seen, self._words(turn, seen)) for seen in _SEEN)
        if turn.noted is not None and turn.vote is None:
            return VoteView(
                tr("Noted. It counts, and all is shown, once both are measured."),
                offers,
                as_seen(turn.noted.choice, is_swapped=_stands_swapped(turn)),
                tr("Take the vote back"),
            )
        if turn.vote is not None:
            back = tr("Take the vote back")
            if turn.vote.is_blind:
                # The sides may have changed places since: A and B are nobody's names any more.
                return VoteView(self._told(turn), back=back, has_results=True)
            given = as_seen(turn.vote.choice, is_swapped=False)
            return VoteView(self._told(turn), offers, given, back, has_results=True)
        if turn.is_hidden:
            return VoteView(
                tr("Which answer is better?"),
                offers,
                back="" if is_running else tr("Show which is which"),
            )
        text = ""
        if turn.id in self._taken_back:
            text = tr("Taken back. Another vote on this one counts as an open one.")
        return VoteView(text, offers)

    def _words(self, turn: Turn, seen: Seen) -> str:
        """A vote in full."""
        match seen:
            case "tie":
                return tr("Both answers are equally good")
            case "both_bad":
                return tr("Neither answer is good")
        if turn.is_hidden:
            return tr("The answer of A is better") if seen == "left" else tr(
                "The answer of B is better"
            )  # fmt: skip
        name = self._compare.names()[0 if seen == "left" else 1]
        return tr("The answer of {name} is better").format(name=name)

    def _told(self, turn: Turn) -> str:
        """What was voted, on whom, and where it is kept."""
        vote = turn.vote
        if vote is None:
            return ""
        names = self._compare.names()
        match vote.choice:
            case "first":
                parts = [tr("You preferred {name}.").format(name=names[0])]
            case "second":
                parts = [tr("You preferred {name}.").format(name=names[1])]
            case "tie":
                parts = [tr("You found both equally good.")]
            case "both_bad":
                parts = [tr("You found neither good.")]
        if vote.is_blind:
            left, right = standing(turn)
            parts.append(
                tr("A was {left}, B was {right}.").format(left=names[left], right=names[right])
            )
        parts.append(_where(self._kept.get(turn.id)))
        return " ".join(part for part in parts if part)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _stands_swapped(turn: Turn) -> bool:
    """Whether the second slot stands on the left now: the cards of a turn that is no secret any
    more stand in the slots' order."""
    return turn.is_hidden and turn.is_swapped


def _where(kept: Kept | None) -> str:
    match kept:
        case Kept.IN_MLFLOW:
            return tr("The vote goes onto the MLflow traces of both answers.")
        case Kept.LATER:
            return tr("The vote goes onto the traces once their registry is open again.")
        case Kept.TRACES_OFF:
            return tr("Traces are off: the vote is kept here, and not in MLflow.")
        case Kept.NO_TRACE:
            return tr("Not both answers have a trace: the vote is kept here, and not in MLflow.")
        case None:
            return ""
