"""The inspector on real services, whose hosts follow a script, and its widgets at any width."""

import ast
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QPushButton, QScrollArea
from pytestqt.qtbot import QtBot

from app.domain.call_code import Call
from app.domain.context_use import ContextUse
from app.domain.signature import as_json, signature_of
from app.services.program import Services
from app.ui import theme
from app.ui.panes.inspector import Inspector
from app.ui.presenters.inspector_presenter import InspectorPresenter
from app.ui.tasks import Tasks
from app.ui.widgets.signature_view import SignatureView
from tests.support.scripted_host import STREAMING, ScriptedHost, version
from tests.support.waiting import until
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    DescribeModel,
    Failed,
    Message,
    ModelCard,
    Rendered,
    RenderTemplate,
    Sampling,
    Trust,
    Weakness,
)

CHAT = ModelCard(
    version=version(wrapper="transformers", run_id="8f3c1a9c", size_bytes=512_000_000),
    signature_inputs=[
        {
            "name": "messages",
            "type": "array",
            "items": {"type": "object", "properties": {"role": {"type": "string"}}},
            "required": True,
        },
        {"name": "temperature", "type": "double", "required": False},
        {"name": "max_tokens", "type": "long", "required": False},
        {"name": "top_k", "type": "long", "required": False},
    ],
    signature_text="inputs: ['messages': Array({role: string (required)}) (required)]",
    logged_versions={"torch": "2.15.0", "mlflow": "3.16.0"},
    installed_versions={"torch": "2.15.0", "mlflow": "3.17.2"},
    trust=Trust(runs_code=False),
)
CAPABILITIES = msgspec.structs.replace(
    STREAMING,
    parameters=("temperature", "max_tokens", "seed"),
    defaults=Sampling(temperature=0.0, max_tokens=256),
    context_length=4096,
    device="cpu",
    dtype="float32",
    threads=2,
    notes=("It forgets.",),
)


class Desk:
    """The inspector with its presenter, and what a test looks at."""

    def __init__(self, services: Services, host: ScriptedHost, qtbot: QtBot) -> None:
        self.services = services
        self.host = host
        self.inspector = Inspector()
        qtbot.addWidget(self.inspector)
        self.inspector.resize(290, 800)
        self.inspector.show()
        self.tasks = Tasks()
        self.call: Call | None = None
        self.presenter = self.present()

    def present(self) -> InspectorPresenter:
        return InspectorPresenter(
            self.services,
            self.inspector,
            self.tasks,
            self.services.preferences,
            last_call=lambda: self.call,
        )

    def label(self, name: str) -> str:
        label = self.inspector.findChild(QLabel, name)
        assert label is not None
        return label.text() if label.isVisible() else ""

    def texts(self) -> list[str]:
        return [one.text() for one in self.inspector.findChildren(QLabel) if one.isVisible()]

    def columns(self) -> list[str]:
        model = self.inspector.signature.tree.model()
        section = model.index(0, 0)
        return [str(model.index(row, 0, section).data()) for row in range(model.rowCount(section))]

    async def select(self, *, load: bool = False) -> None:
        self.services.sessions.select(self.host.card.version)
        await until(lambda: bool(self.columns()))
        if load:
            await self.load()

    async def load(self) -> None:
        """Whatever room this machine has: the card tells of a size."""
        await self.services.sessions.load(past_memory=True)

    async def copied_call(self) -> str:
        QGuiApplication.clipboard().clear()
        button = self.inspector.findChild(QPushButton, "copyCallButton")
        assert button is not None
        button.click()
        await until(lambda: bool(QGuiApplication.clipboard().text()))
        return QGuiApplication.clipboard().text()


@pytest.fixture
def host() -> ScriptedHost:
    host = ScriptedHost()
    host.capabilities = CAPABILITIES
    host.card = CHAT
    return host


@pytest.fixture
async def desk(qtbot: QtBot, host: ScriptedHost, services: Services) -> AsyncIterator[Desk]:
    desk = Desk(services, host, qtbot)
    yield desk
    desk.presenter.close()
    await desk.tasks.cancel_all()


async def test_that_without_a_model_one_is_asked_for(desk: Desk) -> None:
    assert "Choose a model to see its signature." in desk.texts()
    assert desk.presenter.sampling() == Sampling()
    assert not desk.inspector.predict_switch.isEnabled()


async def test_that_a_selected_model_shows_its_card_before_it_is_loaded(desk: Desk) -> None:
    await desk.select()
    assert desk.columns() == ["messages", "temperature", "max_tokens", "top_k"]
    assert desk.inspector.form.names == ("temperature", "max_tokens", "top_k")
    assert "run 8f3c1a" in desk.label("runFacts")
    assert "512 MB" in desk.label("runFacts")


async def test_that_a_loaded_model_has_the_knobs_that_it_honours(desk: Desk) -> None:
    await desk.select(load=True)
    assert desk.inspector.form.names == ("temperature", "max_tokens", "seed")
    assert desk.inspector.form.field("max_tokens").placeholderText() == "256"
    assert "scripted 1\u00a0· float32\u00a0· CPU, 2 threads" in desk.label("runFacts")
    assert desk.label("modelNotes") == "It forgets."


async def test_that_the_form_s_values_are_what_the_panes_ask_with(desk: Desk) -> None:
    await desk.select(load=True)
    QTest.keyClicks(desk.inspector.form.field("temperature"), "0.2")
    desk.inspector.predict_switch.setChecked(True)
    assert desk.presenter.sampling() == Sampling(temperature=0.2)
    assert desk.presenter.through_predict()


async def test_that_parameters_are_kept_per_model(desk: Desk) -> None:
    await desk.select(load=True)
    QTest.keyClicks(desk.inspector.form.field("temperature"), "0.2")
    QTest.keyClicks(desk.inspector.form.field("seed"), "42")
    desk.presenter.close()
    assert desk.services.preferences.load().sampling == {"tiny": Sampling(temperature=0.2, seed=42)}
    desk.services.sessions.deselect()
    desk.presenter = desk.present()
    assert desk.presenter.sampling() == Sampling()
    await desk.select()
    assert desk.presenter.sampling() == Sampling(temperature=0.2, seed=42)


async def test_that_a_value_of_a_knob_not_shown_yet_is_not_lost(desk: Desk) -> None:
    await desk.select(load=True)
    QTest.keyClicks(desk.inspector.form.field("seed"), "42")
    desk.presenter.close()
    desk.services.sessions.deselect()
    await desk.services.pool.close()
    desk.presenter = desk.present()
    await desk.select()
    assert "seed" not in desk.inspector.form.names
    QTest.keyClicks(desk.inspector.form.field("temperature"), "1")
    await desk.load()
    assert desk.presenter.sampling() == Sampling(temperature=1.0, seed=42)


async def test_that_reset_leaves_nothing_kept(desk: Desk) -> None:
    await desk.select(load=True)
    QTest.keyClicks(desk.inspector.form.field("temperature"), "0.2")
    desk.inspector.reset_button.click()
    desk.presenter.close()
    assert desk.services.preferences.load().sampling == {}


async def test_that_a_card_that_cannot_be_read_says_why(desk: Desk) -> None:
    def fail(request: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(request, DescribeModel):
            return [Failed(kind="bad_model", message="MLmodel does not parse.", advice="Mend it.")]
        return None

    desk.host._script = fail
    desk.services.sessions.select(version())
    await until(lambda: "MLmodel does not parse. Mend it." in desk.texts())


async def test_that_a_load_brings_the_card_that_could_not_be_read_before(desk: Desk) -> None:
    away = [Failed(kind="unreachable", message="The server is away.")]

    def answer(request: AnyRequest) -> Iterable[AnyEvent] | None:
        return [away.pop()] if isinstance(request, DescribeModel) and away else None

    desk.host._script = answer
    desk.services.sessions.select(desk.host.card.version)
    await until(lambda: any("away" in text for text in desk.texts()))

    await desk.load()
    await until(lambda: "messages" in desk.columns())


async def test_that_differing_versions_are_marked_and_the_same_ones_folded(desk: Desk) -> None:
    await desk.select()
    assert "mlflow" in desk.texts()
    assert "torch" not in desk.texts()
    button = desk.inspector.findChild(QPushButton, "allVersionsButton")
    assert button is not None
    assert button.text() == "1 same"
    button.click()
    await until(lambda: "torch" in desk.texts())


async def test_that_context_in_use_is_shown_against_the_model_s(desk: Desk) -> None:
    await desk.select(load=True)
    desk.presenter.show_context(ContextUse(857))
    assert "857 of 4\u202f096 tokens" in desk.texts()
    assert not desk.inspector.context.bar.warns
    desk.presenter.show_context(ContextUse(4000, 4096))
    assert desk.inspector.context.bar.warns


async def test_that_what_a_draft_would_add_is_shown_beside_what_is_in_use(desk: Desk) -> None:
    await desk.select(load=True)
    desk.presenter.show_context(ContextUse(857, 4096, 864))
    assert "857 → 864 of 4\u202f096 tokens" in desk.texts()
    spoken = desk.inspector.context.accessibleName()
    assert spoken == "Context: 857 tokens, 864 once the draft is sent, of 4\u202f096"
    desk.presenter.show_context(ContextUse(857, 4096, 4000))
    assert desk.inspector.context.bar.warns


async def test_that_the_meter_warns_where_the_model_is_known_to_answer_badly(desk: Desk) -> None:
    weakness = Weakness(model="Phi-3 mini 4k", past_tokens=2_000, source="")
    desk.host.capabilities = msgspec.structs.replace(CAPABILITIES, weakness=weakness)
    await desk.select(load=True)
    warns = []
    for used in (1_000, 1_950):
        desk.presenter.show_context(ContextUse(used))
        warns.append(desk.inspector.context.bar.warns)
    assert warns == [False, True]
    assert "lose the thread past about 2\u202f000" in desk.inspector.context.toolTip()


async def test_that_an_unknown_context_is_called_so(desk: Desk) -> None:
    desk.presenter.show_context(ContextUse())
    assert "not known" in desk.texts()
    desk.presenter.show_context(ContextUse(12))
    assert "12 tokens, length not known" in desk.texts()


async def test_that_the_copied_call_asks_what_was_asked(desk: Desk) -> None:
    await desk.select(load=True)
    desk.call = Call(messages=(Message("user", "Why?"),))
    code = await desk.copied_call()
    ast.parse(code)
    assert '{"role": "user", "content": "Why?"}' in code
    assert desk.services.catalog.tracking_uri in code
    assert '"max_tokens": 256' in code
    assert desk.label("copyCallResult") == "Copied"


async def test_that_the_copied_call_of_a_template_model_has_the_rendered_prompt(
    desk: Desk,
) -> None:
    def render(request: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(request, RenderTemplate):
            return [Rendered(prompt=f"<|user|>{request.messages[0].content}<|end|>")]
        return None

    desk.host._script = render
    chosen = msgspec.structs.replace(CHAT.version, mode="template", wrapper="onnx_genai")
    column: dict[str, Any] = {"name": "prompt", "type": "string", "required": True}
    desk.host.card = msgspec.structs.replace(CHAT, version=chosen, signature_inputs=[column])
    await desk.select(load=True)
    desk.call = Call(messages=(Message("user", "Why?"),))
    assert 'prompt = "<|user|>Why?<|end|>"' in await desk.copied_call()


# --------------------------------------------------------------------------------------------
# Looks


@pytest.fixture(scope="module")
def chat_card() -> ModelCard:
    """MLflow's llm/v1/chat signature, as it writes it into MLmodel."""
    from mlflow.models import ModelSignature
    from mlflow.types.llm import CHAT_MODEL_INPUT_SCHEMA, CHAT_MODEL_OUTPUT_SCHEMA

    signature = ModelSignature(CHAT_MODEL_INPUT_SCHEMA, CHAT_MODEL_OUTPUT_SCHEMA)
    schemas = signature.to_dict()
    return ModelCard(
        version=version(),
        signature_inputs=json.loads(schemas["inputs"]),
        signature_outputs=json.loads(schemas["outputs"]),
        signature_text=str(signature),
    )


def view_of(qtbot: QtBot, card: ModelCard, width: int) -> SignatureView:
    view = SignatureView()
    qtbot.addWidget(view)
    view.show_signature(signature_of(card), as_json(card), card.signature_text)
    view.resize(width, 800)
    view.show()
    return view


def row(view: SignatureView, *path: int) -> QModelIndex:
    model = view.tree.model()
    index = QModelIndex()
    for at in path:
        index = model.index(at, 0, index)
    return index


def test_that_columns_are_open_and_their_fields_folded(qtbot: QtBot, chat_card: ModelCard) -> None:
    view = view_of(qtbot, chat_card, 290)
    assert view.tree.isExpanded(row(view, 0))
    assert not view.tree.isExpanded(row(view, 0, 0))


def test_that_a_row_gets_a_second_line_rather_than_a_cut_type(
    qtbot: QtBot, chat_card: ModelCard
) -> None:
    view = view_of(qtbot, chat_card, 500)
    stop = row(view, 0, 3)
    one_line = view.tree.rowHeight(stop)
    view.resize(150, 800)
    qtbot.waitUntil(lambda: view.tree.rowHeight(stop) > one_line)


def test_that_the_signature_is_shown_as_json_and_in_mlflow_s_own_form(
    qtbot: QtBot, chat_card: ModelCard
) -> None:
    view = view_of(qtbot, chat_card, 290)
    text = view.findChild(QPlainTextEdit, "signatureText")
    assert text is not None
    view.json_button.click()
    assert json.loads(text.toPlainText())["inputs"] == chat_card.signature_inputs
    view.mlflow_button.click()
    assert text.toPlainText() == chat_card.signature_text
    view.mlflow_button.click()
    assert view.form == "tree"
    assert view.tree.isVisible()


def test_that_ten_thousand_columns_can_be_scrolled_through(qtbot: QtBot) -> None:
    columns = [{"name": f"column_{at}", "type": "double"} for at in range(10_000)]
    card = ModelCard(version=version(), signature_inputs=columns)
    view = view_of(qtbot, card, 290)
    last = row(view, 0, 9_999)
    view.tree.scrollTo(last)
    assert view.tree.visualRect(last).intersects(view.tree.viewport().rect())
    assert view.tree.height() < 600


def test_that_another_signature_is_drawn_in_place_of_one_of_as_many_rows(qtbot: QtBot) -> None:
    cards = [
        ModelCard(version=version(), signature_inputs=[{"name": name, "type": kind}])
        for name, kind in (("prompt", "string"), ("number", "double"))
    ]
    view = view_of(qtbot, cards[0], 290)
    first = view.tree.grab().toImage()
    view.show_signature(signature_of(cards[1]), as_json(cards[1]), "")
    second = view.tree.grab().toImage()
    view.show_signature(signature_of(cards[0]), as_json(cards[0]), "")
    assert second != first
    assert view.tree.grab().toImage() == first


@pytest.mark.parametrize(("scheme", "zoom"), [("dark", 1.0), ("light", 1.5)])
def test_that_a_signature_is_drawn_anew_in_another_look(
    qtbot: QtBot, qapp: QApplication, chat_card: ModelCard, scheme: theme.Choice, zoom: float
) -> None:
    view = view_of(qtbot, chat_card, 290)
    view.tree.grab()
    theme.apply_theme(qapp, scheme, zoom)
    view.resize(400, 800)
    QApplication.processEvents()
    again = view_of(qtbot, chat_card, 400)
    QApplication.processEvents()
    assert view.tree.grab().toImage() == again.tree.grab().toImage()


def test_that_a_signature_reads_from_right_to_left_where_the_window_does(
    qtbot: QtBot, chat_card: ModelCard
) -> None:
    view = view_of(qtbot, chat_card, 290)
    view.tree.grab()
    view.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    QApplication.processEvents()
    turned = SignatureView()
    qtbot.addWidget(turned)
    turned.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    turned.show_signature(signature_of(chat_card), as_json(chat_card), chat_card.signature_text)
    turned.resize(290, 800)
    turned.show()
    QApplication.processEvents()
    assert view.tree.grab().toImage() == turned.tree.grab().toImage()


def test_that_the_column_is_as_wide_as_its_widest_row(qtbot: QtBot) -> None:
    inspector = Inspector()
    qtbot.addWidget(inspector)
    inspector.predict_switch.setText("In a language that needs many a word for what it says here")
    inspector.resize(inspector.minimumSizeHint().width(), 200)
    inspector.show()
    scroll = inspector.findChild(QScrollArea, "inspectorScroll")
    assert scroll is not None
    content = scroll.widget()
    assert content is not None
    qtbot.waitUntil(scroll.verticalScrollBar().isVisible)
    assert content.width() == scroll.viewport().width()


@pytest.mark.parametrize("zoom", [1.0, 2.0])
def test_that_nothing_sticks_out_of_a_narrow_inspector(
    qtbot: QtBot, qapp: QApplication, chat_card: ModelCard, zoom: float
) -> None:
    theme.apply_theme(qapp, "light", zoom)
    inspector = Inspector()
    qtbot.addWidget(inspector)
    inspector.signature.show_signature(
        signature_of(chat_card), as_json(chat_card), chat_card.signature_text
    )
    inspector.resize(round(262 * zoom), 800)
    inspector.show()
    qtbot.waitUntil(lambda: inspector.width() == round(262 * zoom))
    out = [
        one.text()
        for one in inspector.findChildren(QPushButton)
        if one.isVisible() and one.mapTo(inspector, one.rect().topRight()).x() >= inspector.width()
    ]
    assert out == []
    assert inspector.signature.tree.width() <= inspector.width() - 28
