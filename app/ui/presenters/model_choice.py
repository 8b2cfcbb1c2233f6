"""One version of the registry is chosen, by typing some of its name."""

from collections.abc import Collection

from PySide6.QtWidgets import QWidget

from app.services.catalog import Catalog
from app.services.engines import EnginePool
from app.ui.dialogs.opener import answered
from app.ui.dialogs.palette import PaletteDialog
from app.ui.presenters.palette_presenter import Search, Source, model_row
from app.ui.translation import tr
from wrappers.contract import ModelVersion

_MOST = 500
"""Versions that are listed where nothing is typed."""


async def choose_version(
    parent: QWidget, catalog: Catalog, pool: EnginePool, title: str, first: Collection[str] = ()
) -> ModelVersion | None:
    """One that can be asked; ``None`` where none was chosen. `first` are references that stand
    before the others, and after those that are loaded."""
    dialog = PaletteDialog(parent, title=title, sought=tr("Find a model that can chat"))
    loaded = {engine.version.uri for engine in pool.loaded()}
    versions = [
        one for one in catalog.versions.values() if one.mode is not None or not one.detected
    ]
    versions.sort(key=lambda one: (one.uri not in loaded, one.uri not in first))
    found = Search(
        dialog,
        conversations=Source(""),
        models=Source(title),
        actions=Source(""),
        recent=_MOST,
    )
    found.models.add([model_row(one) for one in versions])
    found.restart()
    try:
        accepted = await answered(dialog)
    finally:
        found.stop()
    if not accepted:
        return None
    _, _, what = dialog.chosen_key.partition(" ")
    number, _, name = what.partition(" ")
    return catalog.versions.get((name, number))
