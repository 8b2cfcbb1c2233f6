"""How both are asked: the plan, and the parameters of each side."""

import random
from collections.abc import Callable, Mapping

import msgspec
from msgspec.structs import replace

from app.domain.comparison.record import Slot
from app.domain.parameters import Knob, knobs, sampling_of
from app.services.engines import Engine
from app.ui.panes.compare_pane import ComparePane
from app.ui.presenters.compare_words import plan_line
from app.ui.translation import tr
from app.ui.wording import SEPARATOR
from wrappers.contract import Sampling

Slots = tuple[Slot, Slot]

FAIR = Sampling(temperature=0, max_tokens=256)
"""What a first comparison asks with: greedy, so that only the wrappers differ."""

_HIGHEST_SEED = 2**31 - 1


class CompareParameters:
    """Joins the panel to the slots. Parameters are the same for both unless each has its own."""

    def __init__(
        self,
        pane: ComparePane,
        *,
        slots: Callable[[], Slots | None],
        engines: Callable[[], tuple[Engine | None, Engine | None]],
        names: Callable[[], tuple[str, str]],
        change_slots: Callable[[Slots], None],
        plan_changed: Callable[[], None],
    ) -> None:
        self._pane = pane
        self._slots = slots
        self._engines = engines
        self._names = names
        self._change_slots = change_slots
        self._plan_changed = plan_changed
        pane.plan.plan_changed.connect(self._plan_edited)
        pane.plan.parameters_changed.connect(self._edited)

    def show(self) -> None:
        """Another comparison, or what is known of its models is other."""
        slots = self._slots()
        if slots is not None:
            first, second = (msgspec.to_builtins(slot.sampling) for slot in slots)
            self._pane.plan.show_parameters(self._names(), self._knobs(), (first, second))
        self.show_line()

    def show_line(self) -> None:
        """The quiet words in the header."""
        parts = [plan_line(self._pane.plan.plan())]
        slots = self._slots()
        if slots is not None and slots[0].sampling != slots[1].sampling:
            parts.append(tr("own parameters"))
        self._pane.header.show_plan(SEPARATOR.join(parts))

    def take(self, slots: Slots) -> None:
        """The parameters of another comparison."""
        self._pane.plan.set_own(slots[0].sampling != slots[1].sampling)
        self.show()

    def set_both(self, sampling: Sampling) -> tuple[str, ...] | None:
        """Put `sampling` in the place of all that is set. Gives what neither model has; ``None``
        where there are no models."""
        slots = self._slots()
        if slots is None:
            return None
        self._change_slots(
            (replace(slots[0], sampling=sampling), replace(slots[1], sampling=sampling))
        )
        self._pane.plan.set_own(False)
        self.show()
        known = {knob.name for knob in self._knobs()[0]}
        return tuple(one for one in msgspec.to_builtins(sampling) if known and one not in known)

    def seeded(self, slots: Slots) -> Slots:
        """With one seed for both, where tokens are drawn and nobody has given any."""
        given = [slot.sampling for slot in slots]
        draws = any(one.temperature != 0 for one in given)
        if not draws or any(one.seed is not None for one in given):
            return slots
        seed = random.randint(0, _HIGHEST_SEED)  # noqa: S311 - no secret
        first, second = (
            replace(slot, sampling=msgspec.structs.replace(slot.sampling, seed=seed))
            for slot in slots
        )
        return first, second

    def _knobs(self) -> tuple[tuple[Knob, ...], tuple[Knob, ...]]:
        """Of each form: the first has those of both models, unless each has its own."""
        first, second = (
            () if engine is None else knobs(engine.card, engine.capabilities)
            for engine in self._engines()
        )
        if self._pane.plan.has_own:
            return first, second
        known = {knob.name for knob in first}
        return (*first, *(knob for knob in second if knob.name not in known)), second

    def _plan_edited(self) -> None:
        self.show_line()
        self._plan_changed()

    def _edited(self) -> None:
        slots = self._slots()
        if slots is None:
            return
        shown = self._knobs()
        if not self._pane.plan.has_own:
            shown = (shown[0], shown[0])
        given = tuple(
            _merged(slot.sampling, values, known)
            for slot, values, known in zip(slots, self._pane.plan.values(), shown, strict=True)
        )
        if not self._pane.plan.has_own:
            given = (given[0], given[0])
        self._change_slots(
            (replace(slots[0], sampling=given[0]), replace(slots[1], sampling=given[1]))
        )
        self.show()


def _merged(before: Sampling, values: Mapping[str, object], known: tuple[Knob, ...]) -> Sampling:
    """What the form says, with what was set for knobs that it does not show."""
    now = sampling_of(values, known)
    names = {knob.name for knob in known}
    return Sampling(
        **{
            name: getattr(now if name in names else before, name)
            for name in Sampling.__struct_fields__
        }
    )
