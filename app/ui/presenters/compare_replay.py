"""A recorded turn in the Compare pane, played at its pace."""

import time
from collections.abc import Callable

from msgspec.structs import replace
from PySide6.QtCore import QDateTime, QLocale
from PySide6.QtWidgets import QPushButton, QWidget

from app.domain.comparison.record import Comparison, Turn
from app.domain.comparison.replay import (
    Recording,
    at,
    can_be_replayed,
    facts_line,
    recording,
    together,
)
from app.domain.quantities import seconds_text
from app.ui.panes.compare_pane import ComparePane
from app.ui.presenters.compare_presenter import ComparePresenter
from app.ui.presenters.player import Player
from app.ui.theme import set_look
from app.ui.translation import tr
from app.ui.widgets.replay_bar import ReplayBar, ReplayView
from app.ui.widgets.tab_order import put_before
from app.ui.wording import SEPARATOR


class CompareReplay:
    """Shows a recording in the place of the comparison, and labels it from its begin until it is
    closed. It ends by itself when something is asked or another comparison is shown."""

    def __init__(
        self,
        compare: ComparePresenter,
        pane: ComparePane,
        *,
        is_busy: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`is_busy` says whether any model runs: a recording beside that would pass for it."""
        self.bar = ReplayBar()
        self._compare = compare
        self._pane = pane
        self._is_busy = is_busy
        self._player = Player(self.bar, clock=clock)
        self._player.moved.connect(self._moved)
        self._comparison: Comparison | None = None
        """What the recording is of."""
        self._recording: Recording | None = None
        pane.add_strip(self.bar)
        put_before(pane.cards, self.bar.tab_stops())
        self._button = QPushButton(tr("Replay"))
        self._button.setObjectName("replayButton")
        self._button.setAccessibleName(tr("Replay at the recorded pace"))
        self._button.setToolTip(self._button.accessibleName())
        set_look(self._button, look="quiet")
        self._button.clicked.connect(self.start)
        pane.report.add_button(self._button)
        QWidget.setTabOrder(pane.report.contract, self._button)
        self.bar.play_toggled.connect(self.toggle)
        self.bar.restart_requested.connect(self.restart)
        self.bar.speed_requested.connect(self._player.next_speed)
        self.bar.together_toggled.connect(self._set_together)
        self.bar.close_requested.connect(self.end)
        self._disconnects = (
            compare.changed.connect(self._follow),
            compare.turn_changed.connect(self._offer),
        )
        self._offer()

    def close(self) -> None:
        self._player.stop()
        for disconnect in self._disconnects:
            disconnect()

    @property
    def is_open(self) -> bool:
        return self._recording is not None

    @property
    def can_start(self) -> bool:
        """Whether the turn in view can be replayed now."""
        turn = self._compare.turn
        if turn is None or self._compare.is_running or self._is_busy():
            return False
        return self.is_open or can_be_replayed(turn)

    def start_or_toggle(self) -> None:
        """Replay the turn in view; where a recording is open, play or rest."""
        if self.is_open:
            self.toggle()
        else:
            self.start()

    def start(self) -> None:
        """Replay the turn in view, as it was asked."""
        comparison, turn = self._compare.comparison, self._compare.turn
        if comparison is None or turn is None or self.is_open:
            return
        if self._is_busy():
            self._pane.composer.show_hint(tr("A model is answering: replay once it has ended."))
            return
        if not self.can_start:
            return
        self._comparison = comparison
        self._play(recording(turn))

    def toggle(self) -> None:
        if self.is_open:
            self._player.toggle()

    def restart(self) -> None:
        if self.is_open:
            self._player.restart()

    def end(self) -> None:
        """Show the comparison itself again."""
        if not self.is_open:
            return
        self._player.stop()
        self._recording = self._comparison = None
        self.bar.show_view(None)
        self._compare.show_recording(None)
        self._pane.composer.setFocus()

    # -- playing

    def _play(self, recorded: Recording) -> None:
        self._recording = recorded
        self._player.start(recorded.length_s)

    def _set_together(self, both: bool) -> None:
        if self._recording is not None:
            turn = self._recording.turn
            self._play(together(turn) if both else recording(turn))

    def _moved(self) -> None:
        recorded, comparison = self._recording, self._comparison
        if recorded is None or comparison is None:
            return
        position = self._player.position_s
        self.bar.show_view(self._view(recorded, comparison, position))
        self._compare.show_recording(_until(comparison, at(recorded, position)))

    def _follow(self) -> None:
        """A recording is of what is shown: of nothing else, and of nothing that runs."""
        self._offer()
        if self._comparison is None:
            return
        now = self._compare.comparison
        is_other = now is None or now.turns is not self._comparison.turns
        if is_other or self._compare.is_running:
            self.end()

    def _offer(self) -> None:
        turn = self._compare.turn
        can = turn is not None and not self._compare.is_running and can_be_replayed(turn)
        self._button.setVisible(can and not self.is_open)

    def _view(self, recorded: Recording, comparison: Comparison, position: float) -> ReplayView:
        length = recorded.length_s
        as_asked = recording(recorded.turn)
        return ReplayView(
            told=SEPARATOR.join(
                part for part in (_date(recorded.turn), *facts_line(comparison)) if part
            ),
            time=tr("{position} of {length}").format(
                position=seconds_text(position), length=seconds_text(length)
            ),
            fraction=position / length if length else 1.0,
            is_playing=self._player.is_playing,
            is_over=self._player.is_over,
            speed=f"{self._player.speed:.0f}×",
            together=recorded.is_together,
            can_change_order=not as_asked.is_together,
        )


def _until(comparison: Comparison, turn: Turn) -> Comparison:
    """The comparison as it was while `turn` was run: without what came later."""
    ids = [one.id for one in comparison.turns]
    return replace(comparison, turns=(*comparison.turns[: ids.index(turn.id)], turn))


def _date(turn: Turn) -> str:
    if not turn.created_ms:
        return ""
    when = QDateTime.fromMSecsSinceEpoch(turn.created_ms)
    return QLocale().toString(when, QLocale.FormatType.ShortFormat)
