"""What the inspector shows of the current model, and the parameters that are set there."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication

from app.domain.call_code import Call, call_code
from app.domain.context_use import ContextUse
from app.domain.parameters import Knob, knobs, sampling_of
from app.domain.signature import as_json, signature_of
from app.services.engines import Engine
from app.services.errors import ServiceError
from app.services.ports import PreferenceStore
from app.services.program import Services
from app.ui.panes.inspector import Inspector
from app.ui.tasks import Tasks
from app.ui.translation import tr
from wrappers.contract import Capabilities, LoadOptions, Message, ModelCard, ModelVersion, Sampling

_SAVE_MS = 600
"""After the last change of a parameter."""

_EXAMPLE = Call(messages=(Message("user", "What is the capital of Spain?"),))
"""What the copied code asks where nothing has been asked yet."""


class InspectorPresenter:
    """Follows `Sessions.current`. `sampling` and `through_predict` are what the panes ask with."""

    def __init__(
        self,
        services: Services,
        inspector: Inspector,
        tasks: Tasks,
        store: PreferenceStore,
        *,
        last_call: Callable[[], Call | None] = lambda: None,
    ) -> None:
        """`last_call` gives what the shown pane has asked or would ask; ``None`` for nothing."""
        self._services = services
        self._inspector = inspector
        self._tasks = tasks
        self._store = store
        self._last_call = last_call
        self._version: ModelVersion | None = None
        self._card: ModelCard | None = None
        self._shown_card: ModelCard | None = None
        """Whose signature is shown: a large one takes a moment."""
        self._capabilities: Capabilities | None = None
        self._knobs: tuple[Knob, ...] = ()
        self._kept = Sampling()
        """What is kept for the model, also for knobs that it does not show yet."""
        self._context = ContextUse()
        self._is_closed = False
        self._save_soon = QTimer()
        self._save_soon.setSingleShot(True)
        self._save_soon.setInterval(_SAVE_MS)
        self._save_soon.timeout.connect(self._save)
        self._unfollow = services.sessions.changed.connect(self._session_changed)
        inspector.parameters_changed.connect(self._parameters_changed)
        inspector.copy_call_requested.connect(self.copy_call)
        self._draw_nothing()
        self._session_changed()

    # -- for the panes

    def sampling(self) -> Sampling:
        """The parameters as they stand in the form; a blank one is left to the model. Until it is
        known which ones the model has, those that are kept for it."""
        if self._card is None and self._capabilities is None:
            return self._kept
        return sampling_of(self._inspector.form.values(), self._knobs)

    def kept_sampling(self) -> Sampling:
        """The same, with what is kept for knobs that the form does not show yet."""
        return self._kept

    def set_sampling(self, sampling: Sampling) -> tuple[str, ...] | None:
        """Put `sampling` in the place of all that is set, also for knobs that show once the model
        is loaded. Gives those that it is known not to have; ``None`` where no model is chosen."""
        if self._version is None:
            return None
        self._kept = sampling
        self._draw_model()
        self._save_soon.start()
        if self._capabilities is None:
            return ()
        shown = {knob.name for knob in self._knobs}
        given = msgspec.to_builtins(sampling)
        return tuple(name for name in given if name not in shown)

    def through_predict(self) -> bool:
        return self._inspector.predict_switch.isChecked()

    def show_context(self, use: ContextUse) -> None:
        """How much of the context the shown pane takes."""
        self._context = use
        if use.length is None and self._capabilities is not None:
            use = replace(
                use,
                length=self._capabilities.context_length,
                weakness=self._capabilities.weakness,
            )
        self._inspector.context.show_use(use)

    def close(self) -> None:
        """Listen no more, and keep what is still to be kept. A second call does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        self._unfollow()
        # A field that loses the focus as the window goes away still tells of its value.
        self._inspector.parameters_changed.disconnect(self._parameters_changed)
        if self._save_soon.isActive():
            self._save()

    # -- the current model

    def _session_changed(self) -> None:
        engine = self._services.sessions.current
        version = None if engine is None else engine.version
        is_other = (None if version is None else version.uri) != (
            None if self._version is None else self._version.uri
        )
        if is_other:
            self._take(engine)
        capabilities = None if engine is None else engine.capabilities
        if self._card is None and engine is not None:
            self._card = engine.card  # a load may have read what could not be read before
        if is_other or capabilities != self._capabilities:
            self._capabilities = capabilities
            self._draw_model()
            self.show_context(self._context)

    def _take(self, engine: Engine | None) -> None:
        """Another model is current."""
        if self._save_soon.isActive():
            self._save()
        self._version = None if engine is None else engine.version
        self._card = None if engine is None else engine.card
        self._shown_card = None
        self._context = ContextUse()
        if self._version is None:
            self._kept = Sampling()
            self._draw_nothing()
            return
        self._kept = self._store.load().sampling.get(self._version.name, Sampling())
        if self._card is None:
            self._inspector.signature.show_nothing(tr("Reading the signature…"))
            self._tasks.start(self._describe(self._version), "describe the model")

    async def _describe(self, version: ModelVersion) -> None:
        try:
            card = await self._services.catalog.describe(version.uri)
        except ServiceError as error:
            if self._version is version:
                told = f"{error.failed.message} {error.failed.advice}".strip()
                self._inspector.signature.show_nothing(told)
            return
        if self._version is version:
            self._card = card
            self._draw_model()
            self._services.sessions.note(card)

    # -- drawing

    def _draw_nothing(self) -> None:
        self._inspector.signature.show_nothing(tr("Choose a model to see its signature."))
        self._inspector.form.set_knobs((), {})
        self._inspector.show_parameters(
            reason=tr("Choose a model to see its parameters."), through_predict=False
        )
        self._inspector.facts.show_card(None, None)

    def _draw_model(self) -> None:
        card, capabilities = self._card, self._capabilities
        if self._version is None:
            return
        if card is not None and card is not self._shown_card:
            self._shown_card = card
            self._inspector.signature.show_signature(
                signature_of(card), as_json(card), card.signature_text
            )
        self._knobs = knobs(card, capabilities)
        kept = {name: getattr(self._kept, name) for name in Sampling.__struct_fields__}
        self._inspector.form.set_knobs(self._knobs, kept)
        reason = ""
        if not self._knobs and capabilities is None:
            reason = tr("Its parameters are known once it is loaded.")
        elif not self._knobs:
            reason = tr("This model takes no parameters.")
        self._inspector.show_parameters(
            reason=reason,
            through_predict=capabilities is None or capabilities.through_predict,
        )
        self._inspector.facts.show_card(card, capabilities)

    # -- what the user does

    def _parameters_changed(self) -> None:
        shown = {knob.name for knob in self._knobs}
        now = self.sampling()
        self._kept = Sampling(
            **{
                name: getattr(now if name in shown else self._kept, name)
                for name in Sampling.__struct_fields__
            }
        )
        self._save_soon.start()

    def _save(self) -> None:
        self._save_soon.stop()
        if self._version is None:
            return
        preferences = self._store.load()
        kept = {**preferences.sampling, self._version.name: self._kept}
        if self._kept == Sampling():
            del kept[self._version.name]
        if kept != preferences.sampling:
            self._store.save(replace(preferences, sampling=kept))

    def copy_call(self) -> None:
        """Put Python that asks the same on the clipboard."""
        if self._card is not None:
            self._tasks.start(self._copy(self._card), "copy the call")

    async def _copy(self, card: ModelCard) -> None:
        call = self._last_call() or _EXAMPLE
        engine = self._services.sessions.current
        if call.messages is not None and card.version.mode == "template":
            try:
                call = Call(prompt=await _rendered(engine, call.messages))
            except ServiceError as error:
                self._inspector.signature.show_copied(error.failed.message, is_copied=False)
                return
        code = call_code(
            card,
            self._services.catalog.tracking_uri,
            call,
            self.sampling(),
            self._capabilities,
            options=LoadOptions() if engine is None else engine.options,
        )
        QGuiApplication.clipboard().setText(code)
        self._inspector.signature.show_copied(tr("Copied"), is_copied=True)


async def _rendered(engine: Engine | None, messages: tuple[Message, ...]) -> str:
    """The prompt that the model's own template makes; of a model that has none, or is not loaded,
    the last message as it is."""
    capabilities = None if engine is None else engine.capabilities
    if engine is None or not engine.is_loaded or capabilities is None:
        return messages[-1].content
    return (
        await engine.render(messages) if capabilities.template == "model" else messages[-1].content
    )
