"""Presets: chosen, saved and deleted from the composer's row."""

from collections.abc import Callable
from typing import Protocol

from app.services.catalog import Catalog, CatalogState
from app.services.errors import ServiceError
from app.services.presets import Presets
from app.ui.dialogs.opener import Dialogs
from app.ui.presenters.undo_presenter import UndoPresenter
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.widgets.composer import Composer
from app.ui.widgets.presets_button import PresetEntry
from wrappers.contract import Failed, Preset, PresetDeleted, Sampling

_SHOWN_CHARACTERS = 240
"""Of a system prompt, where it is only to be recognised."""


class HasId(Protocol):
    @property
    def id(self) -> str: ...


class Place(Protocol):
    """Whose system prompt it is."""

    @property
    def conversation(self) -> HasId: ...


class Parameters(Protocol):
    """Where parameters are set; see `InspectorPresenter`."""

    def sampling(self) -> Sampling: ...

    def kept_sampling(self) -> Sampling: ...

    def set_sampling(self, sampling: Sampling) -> tuple[str, ...] | None: ...


class PresetsPresenter:
    """A preset gives the conversation its system prompt, and the form its parameters."""

    def __init__(
        self,
        presets: Presets,
        catalog: Catalog,
        composer: Composer,
        chat: Place,
        inspector: Parameters,
        dialogs: Dialogs,
        undo: UndoPresenter,
        tasks: Tasks,
        *,
        tell: Callable[[Failed], None],
        lists_first: bool = True,
    ) -> None:
        """`tell` shows what the registry would not do. One presenter of several `lists_first`,
        once the models are listed; all show what is listed."""
        self._lists_first = lists_first
        self._presets = presets
        self._catalog = catalog
        self._composer = composer
        self._chat = chat
        self._inspector = inspector
        self._dialogs = dialogs
        self._undo = undo
        self._tasks = tasks
        self._tell = tell
        self._by_key: dict[str, Preset] = {}
        self._was_listing = False
        self._disconnects = (
            presets.changed.connect(self._show),
            catalog.changed.connect(self._catalog_changed),
        )
        button = composer.presets
        button.preset_chosen.connect(self.apply)
        button.save_requested.connect(self.save)
        button.delete_requested.connect(self.delete)
        button.menu_opened.connect(self._refresh)
        self._show()

    def close(self) -> None:
        """Listen no more."""
        for disconnect in self._disconnects:
            disconnect()

    # -- listing

    def _catalog_changed(self) -> None:
        """Once the models are listed: the presets are not to keep them waiting."""
        was_listing, self._was_listing = self._was_listing, self._catalog.listing
        if was_listing and not self._was_listing:
            if self._lists_first:
                self._refresh()
        elif self._catalog.state is not CatalogState.READY:
            self._show()

    def _refresh(self) -> None:
        """Another tool may have changed them since."""
        if self._catalog.state is CatalogState.READY:
            self._tasks.start(self._list(), "list the presets")

    async def _list(self) -> None:
        try:
            await self._presets.refresh()
        except ServiceError:
            return  # those that come with Parley are there, and saving one says what is wrong

    def _show(self) -> None:
        shipped = {f"shipped:{one.title}": one for one in self._presets.shipped}
        saved = {f"saved:{one.name}": one for one in self._presets.saved}
        self._by_key = shipped | saved
        self._composer.presets.set_presets(
            [
                PresetEntry(
                    key,
                    one.title,
                    "\n".join(_contents(one.system, one.sampling)),
                    is_saved=key in saved,
                    can_delete=one.is_own,
                )
                for key, one in self._by_key.items()
            ]
        )

    # -- what the user does

    def apply(self, key: str) -> None:
        """Put a preset in the place of the system prompt and the parameters there are."""
        preset = self._by_key.get(key)
        if preset is None:
            return
        conversation = self._chat.conversation.id
        system, sampling = self._composer.system(), self._inspector.kept_sampling()
        self._composer.set_system(preset.system)
        hints = []
        if preset.sampling != Sampling():
            # A preset without any, such as another tool's text, says nothing of them.
            hints.append(self._apply_sampling(preset.sampling))
        if preset.variables:
            places = ", ".join(f"{{{{{one}}}}}" for one in preset.variables)
            hints.append(tr("Fill in {places} in the system prompt.").format(places=places))
            self._composer.show_system(select=preset.variables[0])
        if hint := " ".join(one for one in hints if one):
            self._composer.show_hint(hint)
        given = self._inspector.kept_sampling()
        is_replaced = bool(system.strip()) and system != preset.system
        if is_replaced or (sampling != Sampling() and sampling != given):

            def take_back() -> None:
                if self._chat.conversation.id == conversation:
                    self._composer.set_system(system)
                if self._inspector.kept_sampling() == given:  # else it is another model's, or newer
                    self._inspector.set_sampling(sampling)

            told = tr("“{title}” took the place of what was set.").format(title=preset.title)
            self._undo.offer(told, take_back)

    def _apply_sampling(self, sampling: Sampling) -> str:
        """What could not be set, in a sentence."""
        lacking = self._inspector.set_sampling(sampling)
        if lacking is None:
            return tr("Choose a model to have the preset's parameters as well.")
        if not lacking:
            return ""
        return tr("This model has no {knobs}: that part of the preset is left out.").format(
            knobs=", ".join(lacking)
        )

    def save(self) -> None:
        """Ask for a name, and keep the system prompt and the parameters under it."""
        system = self._composer.system()
        if not system.strip():
            self._composer.show_system()
            self._composer.show_hint(
                tr("Write a system prompt first: a preset is one, with its parameters.")
            )
            return
        self._tasks.start(self._save(system, self._inspector.sampling()), "save a preset")

    async def _save(self, system: str, sampling: Sampling) -> None:
        async def attempt(title: str) -> Failed | None:
            try:
                await self._presets.save(title, system, sampling)
            except ServiceError as error:
                return error.failed
            return None

        await self._dialogs.save_preset(_contents(system, sampling), self._note_on, attempt)

    def _note_on(self, title: str) -> str:
        there = self._presets.own(title) if title else None
        if there is None:
            return tr("It is kept in MLflow's prompt registry, where other tools see it.")
        number = int(there.version) + 1 if there.version.isdecimal() else there.version
        return tr("“{title}” is there already. This becomes its version {number}.").format(
            title=there.title, number=number
        )

    def delete(self, key: str) -> None:
        """Take a preset out of the registry, with a way to have it back."""
        preset = self._by_key.get(key)
        if preset is not None:
            self._tasks.start(self._delete(preset), "delete a preset")

    async def _delete(self, preset: Preset) -> None:
        try:
            gone = await self._presets.delete(preset.name)
        except ServiceError as error:
            self._tell(error.failed)
            return
        told = tr("Preset “{title}” deleted.").format(title=preset.title)
        self._undo.offer(told, lambda: self._restore(gone))

    def _restore(self, gone: PresetDeleted) -> None:
        self._tasks.start(self._bring_back(gone), "bring a preset back")

    async def _bring_back(self, gone: PresetDeleted) -> None:
        try:
            await self._presets.restore(gone)
        except ServiceError as error:
            self._tell(error.failed)


def _contents(system: str, sampling: Sampling) -> tuple[str, ...]:
    """What a preset holds, in lines to recognise it by."""
    text = " ".join(system.split())
    if len(text) > _SHOWN_CHARACTERS:
        text = text[: _SHOWN_CHARACTERS - 1] + "…"
    given = [
        f"{name} {_shown(value)}"
        for name in Sampling.__struct_fields__
        if (value := getattr(sampling, name)) not in (None, ())
    ]
    return (text, ", ".join(given) or tr("Parameters: left to the model"))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(repr(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
