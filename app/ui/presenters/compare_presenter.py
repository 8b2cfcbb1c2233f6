"""What happens in the Compare pane: one question goes to two models, and both are shown."""

import asyncio
import time
import uuid
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

from msgspec.structs import replace

from app.domain.comparison.choice import default_pair, slot_of
from app.domain.comparison.record import Comparison, Plan, Slot, Turn
from app.domain.comparison.schedule import history
from app.services.engines import Engine
from app.services.program import Services
from app.services.signal import Signal
from app.ui.coalesce import Coalescer
from app.ui.panes.compare_pane import ComparePane
from app.ui.presenters.compare_counter import CompareCounter
from app.ui.presenters.compare_drawing import Drawing, log_of
from app.ui.presenters.compare_kept import CompareKept
from app.ui.presenters.compare_parameters import FAIR, CompareParameters
from app.ui.presenters.compare_scene import CompareScene
from app.ui.presenters.compare_slots import CompareSlots
from app.ui.presenters.compare_tokens import CompareTokens
from app.ui.presenters.compare_words import slot_label
from app.ui.presenters.load_asking import LoadAsking
from app.ui.presenters.model_choice import choose_version
from app.ui.tasks import Tasks
from app.ui.translation import tr
from wrappers.contract import Failed, LoadOptions, Message, ModelVersion, Sampling

Slots = tuple[Slot, Slot]


class ComparePresenter:
    """Keeps the pane up to date with one comparison and with what its models do.

    Signals: `changed`, the comparison is in another state, or is another one; `turn_changed`,
    another turn is in view.

    `next_blind` says, when a question is asked, whether it is blind and which side stands where:
    ``(is_blind, is_swapped)``.
    """

    def __init__(
        self,
        services: Services,
        pane: ComparePane,
        tasks: Tasks,
        asking: LoadAsking,
        *,
        show_log: Callable[[str, Path | None, str], None],
        offer_undo: Callable[[str, Callable[[], None]], None],
        tell: Callable[[Failed], None],
    ) -> None:
        self.changed: Signal[()] = Signal()
        self.turn_changed: Signal[()] = Signal()
        self.next_blind: Callable[[], tuple[bool, bool]] = lambda: (False, False)
        self._services = services
        self._pane = pane
        self._tasks = tasks
        self._show_log = show_log
        self._comparison: Comparison | None = None
        self._recording: Comparison | None = None
        """What is drawn in its place."""
        self._task: asyncio.Task[None] | None = None
        self._is_chosen = False
        """Whether the user has said which models, or kept comparisons have; else they follow the
        registry."""
        self._asked_at: float | None = None
        self._turn = ""
        """The one in view."""
        self._is_choosing = False
        self._is_closed = False
        self._drawing = Drawing()
        self._frames = Coalescer(self._draw, parent=pane)
        self.slots = CompareSlots(
            services,
            asking,
            tasks,
            slots=lambda: None if self._comparison is None else self._comparison.slots,
            changed=self._frames.request,
            show_log=show_log,
        )
        self._scene = CompareScene(pane, services.catalog, self.slots, self._drawing, self.names)
        self.parameters = CompareParameters(
            pane,
            slots=lambda: None if self._comparison is None else self._comparison.slots,
            engines=self.slots.engines,
            names=self.names,
            change_slots=self._put_slots,
            plan_changed=self._plan_changed,
        )
        self.kept = CompareKept(
            services.comparisons,
            services.conversations,
            pane,
            tasks,
            current=lambda: self._comparison,
            is_busy=lambda: self._task is not None,
            show=self._show_kept,
            offer_undo=offer_undo,
            tell=tell,
        )
        self._counter = CompareCounter(
            pane.composer,
            tasks,
            engines=self.slots.engines,
            messages=self._messages,
            completes=lambda: self._comparison is not None and self._comparison.kind == "prompt",
        )
        self._tokens = CompareTokens(self._drawing, tasks, changed=self._frames.request)
        self._known: object = None
        """What the parameters were shown for."""
        self._disconnects = (
            services.catalog.changed.connect(self._catalog_changed),
            services.pool.changed.connect(self._frames.request),
            services.sessions.changed.connect(self._session_changed),
        )
        self._connect()
        self.parameters.show()
        self._catalog_changed()
        self._frames.flush()
        tasks.start(self.kept.restore(), "show the last comparison")

    # -- for others

    @property
    def comparison(self) -> Comparison | None:
        """``None`` until there are models to compare."""
        return self._comparison

    @property
    def conversation(self) -> Comparison:
        """What a preset is put into."""
        return self._comparison or Comparison("", (_NOBODY, _NOBODY))

    @property
    def turn(self) -> Turn | None:
        """The one in view."""
        shown = self._recording or self._comparison
        if shown is None:
            return None
        found = [one for one in shown.turns if one.id == self._turn]
        return found[0] if found else (shown.turns or (None,))[-1]

    @property
    def is_recording(self) -> bool:
        """Whether a recording is shown in the place of the comparison."""
        return self._recording is not None

    def show_recording(self, state: Comparison | None) -> None:
        """Draw `state` of a recording and keep nothing of it; ``None``: the comparison again."""
        self._recording = state
        self._drawing.is_recording = state is not None
        self._draw()

    @property
    def is_running(self) -> bool:
        return self._task is not None

    def names(self) -> tuple[str, str]:
        """What the slots are called; told apart where both are the same version."""
        if self._comparison is None:
            return tr("First model"), tr("Second model")
        first, second = (slot_label(slot) for slot in self._comparison.slots)
        if first != second:
            return first, second
        return tr("{name} (A)").format(name=first), tr("{name} (B)").format(name=second)

    def put(self, comparison: Comparison) -> None:
        """Keep and show a changed state of the comparison that is shown, such as a vote in it. Of
        one that runs, only what the run itself knows: its next state takes the place of this."""
        if self._comparison is not None and comparison.id == self._comparison.id:
            self._services.comparisons.save(comparison)
            self._become(comparison)

    def sampling(self) -> Sampling:
        """The parameters of the first side."""
        return Sampling() if self._comparison is None else self._comparison.slots[0].sampling

    def kept_sampling(self) -> Sampling:
        return self.sampling()

    def set_sampling(self, sampling: Sampling) -> tuple[str, ...] | None:
        """For both. Gives what neither has."""
        return self.parameters.set_both(sampling)

    def close(self) -> None:
        """Listen no more, and keep what is typed. Tasks are ended by whoever owns `Tasks`."""
        self._is_closed = True
        for disconnect in self._disconnects:
            disconnect()
        self.kept.close()
        self._counter.close()
        self._frames.stop()

    # -- what the user does

    def send(self) -> None:
        """Ask both what stands in the composer."""
        composer = self._pane.composer
        text = composer.draft().strip()
        if not text:
            return
        if self._task is not None:
            composer.show_hint(tr("Both are still answering. Stop them first."))
        elif self._comparison is None:
            composer.show_hint(tr("Choose two models first."))
        elif self._services.sets.running_id is not None:
            composer.show_hint(tr("A prompt set is running: wait for it, or stop it."))
        else:
            self.ask(text)

    def compare_prompt(self, prompt: str) -> None:
        """Have both complete `prompt` as it stands, in a comparison of its own."""
        before = self._comparison
        if self._task is not None:
            self._pane.composer.show_hint(tr("Both are still answering."))
        elif before is None:
            self._pane.composer.show_hint(tr("Choose two models first."))
        else:
            self._become(replace(_begun(before.slots, plan=before.plan), kind="prompt"))
            self.ask(prompt)

    def ask(self, text: str) -> None:
        """Ask both `text`, as the next turn."""
        if self._task is not None or self._comparison is None:
            return
        self._asked_at = time.monotonic()
        self._task = self._tasks.start(self._carry_out(text), "compare")
        # Not in the task itself: one that is cancelled before its first step runs nothing.
        self._task.add_done_callback(lambda _: self._end())
        self._draw()

    def stop(self) -> None:
        """End what runs, or the load before it; what was written and measured stays."""
        if self._comparison is not None and self._comparison.is_running and self._task is not None:
            self._services.comparing.stop()
        elif self._task is not None or self.slots.is_loading:
            self.slots.cancel_all()

    def load_both(self) -> None:
        """Make both models ready ahead of the first question, one after the other."""
        if self._task is None and self._comparison is not None:
            self._tasks.start(self._load_both(), "load both models to compare")

    async def _load_both(self) -> None:
        if await self.slots.make_ready() and None not in self.slots.engines():
            self._pane.composer.show_done(tr("Both models are loaded."))

    def choose(self, at: int) -> None:
        """Ask which model a slot is to have."""
        if self._task is None and not self._is_choosing:
            self._is_choosing = True
            self._tasks.start(self._choose(at), "choose a model to compare")

    def compare_with(self, version: ModelVersion) -> None:
        """Put `version` on the first side, and ask for the second."""
        if self._task is None:
            self.set_version(0, version)
            self.choose(1)

    def set_version(self, at: int, version: ModelVersion) -> None:
        """Put `version` into a slot. What was asked of another is a comparison of its own."""
        if self._task is not None:
            return
        self._is_chosen = True
        old = self._comparison
        sampling = FAIR if old is None else old.slots[at].sampling
        slot = slot_of(version, sampling, self._services.sessions.options_for(version))
        if old is None:
            self._become(_begun((slot, slot)))
            return
        if old.slots[at].reference == slot.reference:
            return
        self._change_slot(old, at, slot)

    def set_options(self, at: int, options: LoadOptions) -> None:
        """Have the model of a slot loaded with `options`. What was asked of it loaded otherwise is
        a comparison of its own."""
        old = self._comparison
        if self._task is not None or old is None or old.slots[at].options == options:
            return
        self._is_chosen = True
        before = self.slots.engines()[at]
        self._change_slot(old, at, replace(old.slots[at], options=options))
        is_used = before in (*self.slots.engines(), self._services.sessions.current)
        if before is not None and before.is_loaded and not is_used:
            # Nothing that is shown would lead to it any more.
            self._tasks.start(before.unload(), "unload a model that is loaded otherwise")

    def _change_slot(self, old: Comparison, at: int, slot: Slot) -> None:
        slots = (slot, old.slots[1]) if at == 0 else (old.slots[0], slot)
        if old.turns:
            self._pane.composer.show_done(tr("A new comparison. The one before is kept."))
            self._become(_begun(slots, plan=old.plan))
        else:
            self._become(replace(old, slots=slots, facts=(None, None)))

    def show_tokens(self, shown: bool) -> None:
        """Prompts and answers as tokens with their ids."""
        self._drawing.shown.tokens = shown
        self._draw()

    def show_contract(self, shown: bool) -> None:
        self._drawing.shown.contract = shown
        self._draw()

    # -- a question on its way

    async def _carry_out(self, text: str) -> None:
        composer = self._pane.composer
        is_typed = composer.draft().strip() == text
        if not await self.slots.make_ready() or self._comparison is None:
            composer.show_hint(tr("Nothing was asked: both models have to be loaded."))
            return
        comparison = replace(
            self._comparison,
            slots=self.parameters.seeded(self._comparison.slots),
            plan=self._pane.plan.plan(),
            system=composer.system().strip(),
        )
        if is_typed and composer.draft().strip() == text:
            composer.set_draft("")
        is_blind, is_swapped = self.next_blind()
        states = self._services.comparing.ask(
            comparison, text, is_blind=is_blind, is_swapped=is_swapped
        )
        async with aclosing(states):
            async for state in states:
                self._comparison = state
                self._drawing.follow(state.turns[-1])
                self._frames.request()
        composer.forget_hint()  # that it has to be waited for

    def _end(self) -> None:
        self._task = None
        self._asked_at = None
        if self._is_closed:
            return
        self._frames.stop()
        self._draw()
        self._counter.request()
        self.kept.refresh()

    # -- models

    async def _choose(self, at: int) -> None:
        first = () if self._comparison is None else tuple(
            slot.reference for slot in self._comparison.slots
        )  # fmt: skip
        title = tr("The first model to compare") if at == 0 else tr("The second model to compare")
        try:
            found = await choose_version(
                self._pane, self._services.catalog, self._services.pool, title, first
            )
        finally:
            self._is_choosing = False
        if found is not None:
            self.set_version(at, found)

    def _catalog_changed(self) -> None:
        """The models that go together best, until others are chosen."""
        catalog = self._services.catalog
        if not self._has_models() and not catalog.listing:
            current = self._services.sessions.current
            pair = default_pair(
                catalog.versions.values(), None if current is None else current.version
            )
            if pair is not None:
                options_for = self._services.sessions.options_for
                first, second = (slot_of(one, FAIR, options_for(one)) for one in pair)
                slots = (first, second)
                shown = () if self._comparison is None else self._comparison.slots
                if [one.reference for one in slots] != [one.reference for one in shown]:
                    self._become(_begun(slots))
                    return
        self._frames.request()

    def _session_changed(self) -> None:
        """Another model elsewhere is no reason to take those away that are shown here."""
        if self._comparison is None:
            self._catalog_changed()
        else:
            self._frames.request()

    def _has_models(self) -> bool:
        """Whether what is shown is to stay as it is in this registry."""
        shown = self._comparison
        if shown is None:
            return False
        if shown.turns or self._task is not None:
            return True
        return self._is_chosen and None not in self.slots.engines()

    def _put_slots(self, slots: Slots) -> None:
        if self._comparison is not None:
            self._is_chosen |= slots != self._comparison.slots
            self._comparison = replace(self._comparison, slots=slots)
            self._frames.request()

    def _plan_changed(self) -> None:
        if self._comparison is not None and self._task is None:
            self._comparison = replace(self._comparison, plan=self._pane.plan.plan())

    def _show_kept(self, comparison: Comparison | None) -> None:
        if self._task is not None:
            return
        if comparison is not None:
            self._pane.composer.set_system(comparison.system)
        elif self._comparison is not None:
            comparison = _begun(self._comparison.slots, plan=self._comparison.plan)
        if comparison is not None:
            self._is_chosen = True
            self._become(comparison)

    def _become(self, comparison: Comparison) -> None:
        """Show `comparison`, maybe another one."""
        before, self._comparison = self._comparison, comparison
        if before is None or before.id != comparison.id or before.slots != comparison.slots:
            self._pane.plan.show_plan(comparison.plan)
            self._known = None
            self.parameters.take(comparison.slots)
            self._counter.request()
        self._draw()

    def _messages(self, at: int, text: str) -> tuple[Message, ...]:
        if self._comparison is None:
            return ()
        asked = replace(self._comparison, system=self._pane.composer.system().strip())
        return (*history(asked, at), Message("user", text))

    # -- drawing

    def _draw(self) -> None:
        """What has changed: whatever is shown the same does nothing."""
        if self._is_closed:
            return
        comparison, is_running = self._recording or self._comparison, self._task is not None
        self._scene.show_composer(comparison, is_running=is_running)
        if comparison is None:
            self._scene.show_start()
            self.changed.emit()
            return
        self._scene.show(comparison, is_running=is_running, since=self._asked_at)
        self._draw_numbers()
        self._draw_parameters()
        if self._drawing.shown.tokens:
            self._tokens.request(comparison, self.slots.engines())
        self.changed.emit()

    def _draw_numbers(self) -> None:
        self._scene.show_numbers(self._recording or self._comparison, self.turn)

    def _draw_parameters(self) -> None:
        """The knobs of a model are known once it is loaded."""
        known = (
            self._comparison and self._comparison.kind,
            *(
                None if engine is None else (engine.card, engine.capabilities)
                for engine in self.slots.engines()
            ),
        )
        if known != self._known:
            self._known = known
            self.parameters.show()
            self._counter.request()

    def _turn_in_view(self, turn_id: str) -> None:
        self._turn = turn_id
        self._draw_numbers()
        self.turn_changed.emit()

    def _show_turn_log(self, at: int, turn_id: str) -> None:
        if not turn_id or self._comparison is None:
            self.slots.show_log(at)
            return
        turn = next((one for one in self._comparison.turns if one.id == turn_id), None)
        if turn is None or turn.is_hidden:
            return
        engine: Engine | None = self.slots.engines()[at]
        path, text = log_of(turn.sides[at].answer.failure, engine)
        self._show_log(self.names()[at], path, text)

    def _connect(self) -> None:
        pane, cards = self._pane, self._pane.cards
        pane.composer.send_requested.connect(self.send)
        pane.composer.system_changed.connect(self._counter.request)
        pane.stop_requested.connect(self.stop)
        pane.start.choose_requested.connect(self.choose)
        pane.report.tokens_toggled.connect(self.show_tokens)
        pane.report.contract_toggled.connect(self.show_contract)
        cards.choose_requested.connect(self.choose)
        cards.load_requested.connect(self.slots.load)
        cards.unload_requested.connect(self.slots.unload)
        cards.cancel_requested.connect(self.slots.cancel)
        cards.log_requested.connect(self._show_turn_log)
        cards.reload_requested.connect(self.slots.load)
        cards.options_chosen.connect(self.set_options)
        cards.turn_in_view.connect(self._turn_in_view)


_NOBODY = Slot("", "")
_FAIR_PLAN = Plan()


def _begun(slots: Slots, plan: Plan = _FAIR_PLAN) -> Comparison:
    return Comparison(
        id=uuid.uuid4().hex,
        slots=slots,
        plan=plan,
        created_ms=time.time_ns() // 1_000_000,
    )
