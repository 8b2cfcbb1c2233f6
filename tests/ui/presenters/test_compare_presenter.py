"""The Compare pane on real services, whose hosts follow a script."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget

from app.domain.comparison.record import Comparison, Phase, Vote
from app.domain.memory import MemoryForecast
from app.infra.program import build_services
from app.infra.settings import Settings
from app.services.catalog import CatalogState
from app.services.program import Services
from app.services.sessions import NeedsMemory, Sessions
from app.ui.dialogs.consent import TrustDialog
from app.ui.dialogs.opener import Dialogs
from app.ui.dialogs.palette import PaletteDialog
from app.ui.dialogs.values import MemoryAnswer
from app.ui.panes.compare_pane import ComparePane
from app.ui.presenters.compare_presenter import ComparePresenter
from app.ui.presenters.load_asking import LoadAsking
from app.ui.presenters.presets_presenter import PresetsPresenter
from app.ui.presenters.undo_presenter import UndoPresenter
from app.ui.tasks import Tasks
from app.ui.widgets.text_view import TextView
from app.ui.widgets.undo_bar import UndoBar
from tests.support.scripted_host import ScriptedHost, version
from tests.support.waiting import until
from tests.ui.presenters.conftest import dialog_named, press
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    CountTokens,
    Described,
    DescribeModel,
    Failed,
    Fetched,
    FetchModel,
    Generate,
    Load,
    LoadOptions,
    ModelCard,
    ModelVersion,
    Sampling,
    Trust,
)

Script = Callable[[AnyRequest], Iterable[AnyEvent] | None]
VERSIONS = (version("phi3"), version("phi3-onnx", mode="template"), version("other", "2"))


@dataclass
class Desk:
    """The pane in a window's surroundings."""

    window: QWidget
    host: ScriptedHost
    services: Services
    tasks: Tasks
    pane: ComparePane
    compare: ComparePresenter
    logs: list[str]
    told: list[Failed]
    undo: list[Callable[[], None]] = field(default_factory=list)
    is_closed: bool = False

    @property
    def comparison(self) -> Comparison:
        assert self.compare.comparison is not None
        return self.compare.comparison

    def models(self) -> list[str]:
        return [slot.name for slot in self.comparison.slots]

    def answers(self, turn: int = -1) -> list[str]:
        """As both cards show them."""
        if not self.pane.cards.cards[0].blocks():
            return ["", ""]
        found = []
        for card in self.pane.cards.cards:
            view = card.blocks()[turn].findChild(TextView, "compareAnswer")
            assert view is not None
            found.append(view.text())
        return found

    def line(self, name: str) -> str:
        label = self.pane.findChild(QLabel, name)
        assert label is not None
        return label.text()

    def button(self, name: str) -> QPushButton:
        found = self.pane.findChild(QPushButton, name) or self.pane.header.findChild(
            QPushButton, name
        )
        assert found is not None, name
        return found

    def generated(self) -> list[Generate]:
        return [one for one in self.host.requests if isinstance(one, Generate)]

    def repeats(self, count: int) -> None:
        """Few of them: what is tested is not how often."""
        plan = replace(self.pane.plan.plan(), repeats=count, warm_up=False, through_predict=False)
        self.pane.plan.show_plan(plan)
        self.pane.plan.plan_changed.emit()

    def begin(self, text: str) -> None:
        self.pane.composer.set_draft(text)
        self.button("compareSendButton").click()

    async def ask(self, text: str) -> None:
        self.begin(text)
        await until(lambda: not self.compare.is_running)

    async def close(self) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        self.compare.close()
        await self.tasks.cancel_all()
        await self.services.close()
        for widget in (self.pane.header, self.window):
            widget.hide()
            widget.deleteLater()


OpenDesk = Callable[..., Awaitable[Desk]]


def _described(request: AnyRequest, script: Script | None = None) -> Iterable[AnyEvent] | None:
    """Each version has a card of its own."""
    told = None if script is None else script(request)
    if told is None and isinstance(request, DescribeModel | FetchModel):
        found = next(one for one in VERSIONS if one.uri == request.model)
        card = ModelCard(version=found, trust=Trust(runs_code=False))
        if isinstance(request, FetchModel):
            return [Fetched(card=card, model_dir="/somewhere")]
        return [Described(card=card)]
    return told


async def open_desk(
    home: Path,
    script: Script | None = None,
    pages: list[tuple[ModelVersion, ...]] | None = None,
) -> Desk:
    host = ScriptedHost(lambda request: _described(request, script))
    host.pages = [VERSIONS] if pages is None else pages
    services = build_services(Settings(home=home, in_process=True), in_process_host=host.serve)
    await services.catalog.open()
    await services.catalog.refresh()
    assert services.catalog.state is CatalogState.READY
    window = QWidget()
    window.resize(1100, 800)
    pane = ComparePane()
    pane.setParent(window)
    pane.resize(1100, 800)
    window.show()
    window.activateWindow()
    tasks = Tasks()
    logs: list[str] = []
    told: list[Failed] = []
    undo: list[Callable[[], None]] = []
    compare = ComparePresenter(
        services,
        pane,
        tasks,
        LoadAsking(services.sessions, services.pool, Dialogs(window)),
        show_log=lambda title, _path, text: logs.append(f"{title}: {text}"),
        offer_undo=lambda _text, back: undo.append(back),
        tell=told.append,
    )
    desk = Desk(window, host, services, tasks, pane, compare, logs, told, undo)
    await until(lambda: desk.compare.comparison is not None)
    desk.repeats(1)
    return desk


@pytest.fixture
async def opened(qapp: QApplication, tmp_path: Path) -> AsyncIterator[OpenDesk]:
    """Opens a `Desk` on the same folder each time; all are closed at the end."""
    desks: list[Desk] = []

    async def open_another(
        script: Script | None = None, pages: list[tuple[ModelVersion, ...]] | None = None
    ) -> Desk:
        desks.append(await open_desk(tmp_path, script, pages))
        return desks[-1]

    yield open_another
    for one in desks:
        await one.close()


@pytest.fixture
async def desk(opened: OpenDesk) -> Desk:
    return await opened()


# -- asking


async def test_that_the_wrappers_that_look_alike_are_there_at_once(desk: Desk) -> None:
    assert desk.models() == ["phi3/1", "phi3-onnx/1"]
    assert desk.button("compareLeftModel").text() == "phi3 · v1 ▾"
    assert desk.comparison.slots[0].sampling == desk.comparison.slots[1].sampling


async def test_that_one_question_goes_to_both_and_both_answers_are_shown(desk: Desk) -> None:
    await desk.ask("Hello both")
    assert desk.answers() == ["Hello both ", "Hello both "]
    assert desk.comparison.turns[0].phase is Phase.DONE
    assert desk.pane.composer.draft() == ""
    assert "2 + 2 = 4" in desk.pane.cards.cards[0].facts.value("usage")


async def test_that_a_follow_up_continues_both_sides_with_their_own_answers(desk: Desk) -> None:
    await desk.ask("One")
    await desk.ask("Two")
    asked = desk.generated()[-1].messages
    assert asked is not None
    assert [one.content for one in asked] == ["One", "One ", "Two"]
    assert desk.answers() == ["Two ", "Two "]
    assert desk.answers(0) == ["One ", "One "]


async def test_that_the_system_prompt_and_the_same_parameters_go_to_both(desk: Desk) -> None:
    desk.pane.composer.set_system("Be brief.")
    desk.compare.set_sampling(Sampling(temperature=0.5, max_tokens=9))
    await desk.ask("Hello")
    first, second = desk.generated()
    for one in (first, second):
        assert one.messages is not None
        assert one.messages[0].content == "Be brief."
        assert one.sampling.max_tokens == 9


async def test_that_both_draw_with_one_seed_where_nobody_gave_any(desk: Desk) -> None:
    desk.compare.set_sampling(Sampling(temperature=0.5))
    await desk.ask("Hello")
    seeds = {slot.sampling.seed for slot in desk.comparison.slots}
    assert len(seeds) == 1
    assert None not in seeds


async def test_that_stop_ends_it_and_what_was_written_stays(desk: Desk) -> None:
    desk.begin("endless words")
    await until(lambda: desk.comparison.turns and desk.answers()[0] == "endless words ")
    desk.pane.composer.setFocus()
    QTest.keyClick(QApplication.focusWidget() or desk.pane, Qt.Key.Key_Escape)
    await until(lambda: not desk.compare.is_running)
    assert desk.answers()[0] == "endless words "
    assert desk.comparison.turns[0].phase is Phase.STOPPED
    view = desk.pane.cards.cards[0].blocks()[0].view
    assert view is not None
    assert view.note == "Cut: it was stopped."


async def test_that_nothing_is_sent_without_words_and_nothing_twice(desk: Desk) -> None:
    desk.begin("   ")
    assert not desk.compare.is_running
    desk.begin("endless")
    await until(lambda: desk.comparison.turns)
    assert not desk.button("compareSendButton").isEnabled()
    desk.compare.send()
    desk.compare.stop()
    await until(lambda: not desk.compare.is_running)
    assert len(desk.comparison.turns) == 1


async def test_that_a_side_that_dies_says_so_and_the_other_answers(
    opened: OpenDesk,
) -> None:
    seen: list[AnyRequest] = []

    def script(request: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(request, Generate) and not seen:
            seen.append(request)
            return [Failed(kind="model_raised", message="It raised.", advice="Look at it.")]
        return None

    desk = await opened(script)
    await desk.ask("Hello")
    first, second = (card.blocks()[0].view for card in desk.pane.cards.cards)
    assert first is not None
    assert second is not None
    assert first.band is not None
    assert first.band.message == "It raised."
    assert second.answer == "Hello "


# -- loading


async def test_that_a_load_that_fails_is_told_in_its_card_and_the_draft_stays(
    desk: Desk,
) -> None:
    failed = Failed(kind="artifacts_missing", message="A file is missing.", advice="Get it.")
    desk.host._script = lambda request: (
        [failed] if isinstance(request, Load) else _described(request)
    )
    await desk.ask("Hello")
    assert desk.comparison.turns == ()
    assert desk.pane.composer.draft() == "Hello"
    shown = [one.text() for one in desk.pane.cards.findChildren(QLabel) if one.isVisible()]
    assert "A file is missing." in shown
    desk.host._script = _described
    await desk.ask("Hello")
    assert desk.answers() == ["Hello ", "Hello "]


async def test_that_a_model_with_code_of_its_own_is_asked_about_first(desk: Desk) -> None:
    card = ModelCard(
        version=version("phi3"), trust=Trust(runs_code=True, loader="a.py", registered_here=False)
    )
    desk.host._script = lambda request: (
        [Described(card=card)] if isinstance(request, DescribeModel) else None
    )
    desk.begin("Hello")
    dialog = await dialog_named(desk.window, TrustDialog, "trustDialog")
    dialog.reject()
    await until(lambda: not desk.compare.is_running)
    assert desk.comparison.turns == ()
    assert desk.pane.composer.draft() == "Hello"


async def test_that_a_model_is_loaded_and_unloaded_from_its_card(desk: Desk) -> None:
    desk.button("compareRightLoad").click()
    await until(lambda: desk.button("compareRightUnload").isVisible())
    assert [one.name for one in desk.services.pool.loaded()] == ["phi3-onnx/1"]
    desk.button("compareRightUnload").click()
    await until(lambda: desk.button("compareRightLoad").isVisible())
    assert desk.services.pool.loaded() == ()


# -- which models


async def test_that_another_model_is_chosen_by_typing_some_of_its_name(desk: Desk) -> None:
    desk.button("compareRightModel").click()
    palette = await dialog_named(desk.window, PaletteDialog, "commandPalette")
    edit = palette.findChild(QLineEdit, "paletteField")
    assert edit is not None
    QTest.keyClicks(edit, "oth")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    await until(lambda: desk.models() == ["phi3/1", "other/2"])


async def test_that_a_model_that_comes_later_takes_its_place_until_models_were_chosen(
    opened: OpenDesk,
) -> None:
    desk = await opened(pages=[VERSIONS[:1]])
    assert desk.models() == ["phi3/1", "phi3/1"]
    desk.host.pages = [VERSIONS]
    await desk.services.catalog.refresh()
    await until(lambda: desk.models() == ["phi3/1", "phi3-onnx/1"])
    desk.compare.set_version(1, VERSIONS[0])
    await desk.services.catalog.refresh()
    desk.services.sessions.select(VERSIONS[2])
    await until(lambda: not desk.services.catalog.listing)
    assert desk.models() == ["phi3/1", "phi3/1"]


async def test_that_other_models_begin_a_comparison_of_their_own(desk: Desk) -> None:
    await desk.ask("Hello")
    before = desk.comparison
    desk.compare.set_version(1, VERSIONS[2])
    assert desk.comparison.id != before.id
    assert desk.comparison.turns == ()
    await until(lambda: desk.services.comparisons is not None)
    assert await desk.services.comparisons.load(before.id) is not None


async def test_that_one_version_is_compared_in_two_dtypes(desk: Desk) -> None:
    int8 = LoadOptions(dtype="int8")
    desk.compare.set_version(1, VERSIONS[0])
    desk.compare.set_version(0, VERSIONS[0])
    desk.pane.cards.options_chosen.emit(1, int8)

    assert [slot.options for slot in desk.comparison.slots] == [LoadOptions(), int8]
    assert desk.compare.names() == ("phi3 · v1", "phi3 · v1 · int8")
    assert desk.button("compareRightLoadOptions").text() == "int8 ▾"
    # What it is called stands once: the button says the rest.
    assert desk.button("compareRightModel").text() == "phi3 · v1 ▾"
    desk.repeats(1)
    await desk.ask("hello")
    loads = [one.options for one in desk.host.requests if isinstance(one, Load)]
    assert loads == [LoadOptions(), int8]
    assert [side.answer.called for side in desk.comparison.turns[-1].sides] == [
        "phi3/1",
        "phi3/1 (int8)",
    ]
    # What was asked in another dtype is a comparison of its own, and leaves no engine behind.
    before = desk.comparison
    desk.compare.set_options(1, LoadOptions(threads=1))
    assert desk.comparison.id != before.id
    assert desk.comparison.turns == ()
    await until(lambda: int8 not in [one.options for one in desk.services.pool.loaded()])
    assert len(desk.services.pool.loaded()) == 1


async def test_that_one_version_is_compared_with_itself_under_two_names(desk: Desk) -> None:
    desk.compare.set_version(1, VERSIONS[0])
    assert desk.compare.names() == ("phi3 · v1 (A)", "phi3 · v1 (B)")
    desk.pane.plan.set_own(True)
    await desk.ask("Hello")
    assert desk.answers() == ["Hello ", "Hello "]


# -- parameters and the plan


async def test_that_a_changed_plan_stands_in_the_header_and_is_kept(desk: Desk) -> None:
    assert desk.button("comparePlan").text() == "one after the other, 1 repeat"
    desk.button("comparePlan").click()
    assert desk.pane.plan.isVisible()
    desk.pane.plan.show_plan(replace(desk.pane.plan.plan(), parallel=True, warm_up=True))
    desk.pane.plan.plan_changed.emit()
    assert desk.button("comparePlan").text().startswith("in parallel, sharing the machine")
    await desk.ask("Hello")
    assert desk.comparison.plan.parallel
    assert "shared the machine" in desk.pane.report.text()


async def test_that_each_side_can_have_parameters_of_its_own(desk: Desk) -> None:
    await desk.ask("Hello")  # its models are loaded, so that their knobs are known
    desk.pane.plan.set_own(True)
    desk.pane.plan.parameters_changed.emit()
    for form, value in zip(desk.pane.plan.forms, ("5", "7"), strict=True):
        form.field("max_tokens").setText(value)
    assert [slot.sampling.max_tokens for slot in desk.comparison.slots] == [5, 7]
    assert "own parameters" in desk.button("comparePlan").text()
    desk.pane.plan.set_own(False)
    desk.pane.plan.parameters_changed.emit()
    assert [slot.sampling.max_tokens for slot in desk.comparison.slots] == [5, 5]


# -- what is kept


async def test_that_the_last_comparison_and_the_draft_are_there_after_a_restart(
    opened: OpenDesk,
) -> None:
    desk = await opened()
    await desk.ask("Hello both")
    desk.pane.composer.set_draft("And now")
    await desk.close()
    again = await opened()
    await until(lambda: again.comparison.turns)
    assert again.answers() == ["Hello both ", "Hello both "]
    assert again.pane.composer.draft() == "And now"
    await again.ask("More")
    assert again.answers(0) == ["Hello both ", "Hello both "]


async def test_that_closing_ends_what_runs_and_keeps_what_there_is(
    opened: OpenDesk,
) -> None:
    desk = await opened()
    desk.begin("endless words")
    await until(lambda: desk.comparison.turns and desk.answers()[0] == "endless words ")
    await desk.close()
    again = await opened()
    await until(lambda: again.comparison.turns)
    assert again.answers()[0] == "endless words "
    assert again.comparison.turns[0].phase is Phase.STOPPED


async def test_that_a_deleted_comparison_can_be_had_back(desk: Desk) -> None:
    await desk.ask("Hello both")
    kept = desk.comparison
    desk.compare.kept.delete(kept.id)
    assert desk.comparison.turns == ()
    assert desk.models() == ["phi3/1", "phi3-onnx/1"]
    desk.undo[-1]()
    await until(lambda: desk.comparison.id == kept.id)
    assert desk.answers() == ["Hello both ", "Hello both "]


async def test_that_a_new_comparison_has_the_same_models_and_leaves_the_old_one(
    desk: Desk,
) -> None:
    await desk.ask("Hello both")
    before = desk.comparison
    desk.compare.kept.new()
    assert desk.comparison.id != before.id
    assert desk.models() == ["phi3/1", "phi3-onnx/1"]
    desk.compare.kept.open(before.id)
    await until(lambda: desk.comparison.id == before.id)


# -- for others


async def test_that_a_blind_turn_hides_names_loads_and_numbers_until_the_vote(
    desk: Desk,
) -> None:
    desk.compare.next_blind = lambda: (True, True)
    await desk.ask("Hello")
    heads = [card.head for card in desk.pane.cards.cards]
    shown = [one.text() for head in heads for one in head.findChildren(QLabel) if one.isVisible()]
    assert shown == ["A", "B"]
    assert not any(one.isVisible() for head in heads for one in head.findChildren(QPushButton))
    assert desk.pane.cards.cards[0].facts.value("usage") == ""
    assert not desk.button("compareExport").isEnabled()
    assert desk.answers() == ["Hello", "Hello"]  # without the space that would tell its wrapper
    turn = replace(desk.comparison.turns[0], vote=Vote("tie", True, 1))
    desk.compare.put(replace(desk.comparison, turns=(turn,)))
    assert desk.button("compareLeftModel").isVisible()
    assert desk.pane.cards.cards[0].facts.value("usage") != ""
    assert desk.button("compareExport").isEnabled()
    kept = await desk.services.comparisons.load(desk.comparison.id)
    assert kept is not None
    assert kept.turns[0].vote == Vote("tie", True, 1)


async def test_that_others_hear_of_every_state(desk: Desk) -> None:
    phases: list[Phase] = []
    desk.compare.changed.connect(
        lambda: phases.append(desk.comparison.turns[-1].phase) if desk.comparison.turns else None
    )
    await desk.ask("Hello")
    assert phases[-1] is Phase.DONE


async def test_that_tokens_are_decoded_once_they_are_wanted(desk: Desk) -> None:
    await desk.ask("Hello both")
    press(desk.pane, "compareTokens")
    await until(lambda: desk.comparison is not None)
    view = desk.pane.cards.cards[0].blocks()[0].view
    assert view is not None
    # The scripted model tells no ids, so the text stays.
    assert view.prompt_tokens is None


async def test_that_what_runs_stays_until_it_is_stopped(desk: Desk) -> None:
    desk.begin("endless words")
    await until(lambda: desk.answers()[0] == "endless words ")
    running = desk.comparison.id
    desk.compare.kept.new()
    desk.compare.kept.open("another")
    desk.compare.kept.delete(running)
    desk.compare.set_version(1, VERSIONS[2])
    desk.compare.choose(0)
    assert desk.comparison.id == running
    assert desk.line("draftLine") == "Both are still answering. Stop them first."
    desk.compare.stop()
    await until(lambda: not desk.compare.is_running)
    assert desk.line("draftLine") != "Both are still answering. Stop them first."
    assert await desk.services.comparisons.load(running) is not None


async def test_that_a_registry_without_the_models_offers_its_own(desk: Desk) -> None:
    desk.host.pages = [(version("one"), version("one-onnx", "4", mode="template"))]
    await desk.services.catalog.refresh()
    await until(lambda: desk.models() == ["one/1", "one-onnx/4"])


async def test_that_memory_is_not_made_at_the_cost_of_the_other_side(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.button("compareLeftLoad").click()
    await until(lambda: desk.button("compareLeftUnload").isVisible())
    asked: list[tuple[str, ...]] = []

    async def refuse(_dialogs: Dialogs, _forecast: object, others: Iterable[str]) -> MemoryAnswer:
        asked.append(tuple(others))
        return MemoryAnswer.CANCEL

    async def ask(*_: object, **__: object) -> None:
        raise NeedsMemory(MemoryForecast("phi3-onnx/1", 9, 1))

    monkeypatch.setattr(Dialogs, "ask_memory", refuse)
    monkeypatch.setattr(Sessions, "consent_for", ask)
    await desk.ask("Hello")
    assert asked == [()]
    assert desk.line("draftLine") == "Nothing was asked: both models have to be loaded."
    assert desk.pane.composer.draft() == "Hello"


async def test_that_a_preset_gives_both_its_system_prompt_and_its_parameters(desk: Desk) -> None:
    presets = desk.services.presets
    presenter = PresetsPresenter(
        presets,
        desk.services.catalog,
        desk.pane.composer,
        desk.compare,
        desk.compare,
        Dialogs(desk.window),
        UndoPresenter(UndoBar(desk.window)),
        desk.tasks,
        tell=desk.told.append,
        lists_first=False,
    )
    with_parameters = next(one for one in presets.shipped if one.sampling != Sampling())
    presenter.apply(f"shipped:{with_parameters.title}")
    presenter.close()
    assert desk.pane.composer.system() == with_parameters.system
    for slot in desk.comparison.slots:
        assert slot.sampling == with_parameters.sampling


async def test_that_a_prompt_to_complete_is_counted_by_itself(desk: Desk) -> None:
    await until(lambda: desk.line("draftLine") == "The same conversation goes to both")
    desk.compare.compare_prompt("Once upon")
    await until(lambda: bool(desk.comparison.turns) and not desk.compare.is_running)
    await until(lambda: desk.line("draftLine") == "The same prompt goes to both")
    counted = len(desk.host.requests)
    desk.pane.composer.set_draft("Another one")
    await until(lambda: desk.line("draftLine").endswith("tokens · the same prompt goes to both"))
    asked = [one for one in desk.host.requests[counted:] if isinstance(one, CountTokens)]
    assert asked
    assert {(one.text, one.messages) for one in asked} == {("Another one", None)}
    desk.compare.kept.new()
    await until(lambda: desk.line("draftLine").endswith("the same conversation goes to both"))
