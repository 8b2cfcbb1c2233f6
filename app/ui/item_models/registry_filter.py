"""Search in the registry, as you type."""

from collections.abc import Iterable, Mapping
from typing import Final

from PySide6.QtCore import QIdentityProxyModel, QModelIndex, QObject

from app.ui.item_models.registry_model import Key, LoadMark, RegistryModel
from wrappers.contract import ModelVersion

FOUND_LIMIT: Final = 60
"""Versions that a search shows. More than that nobody reads: one types another letter."""


def haystack(version: ModelVersion) -> str:
    """Everything that a search looks at, ready to be compared with casefolded words."""
    parts = [version.name, f"version {version.version}", version.mode or ""]
    parts.extend(f"@{alias}" for alias in version.aliases)
    parts.extend(f"{key}={value}" for key, value in version.tags.items())
    return "\n".join(parts).casefold()


def words_of(query: str) -> tuple[str, ...]:
    return tuple(query.casefold().split())


class RegistryFilter(QIdentityProxyModel):
    """The registry, or what a query finds in it: the versions whose name, aliases, tags and mode
    contain each of its words.

    A `QSortFilterProxyModel` takes up to 600 ms for a letter that hides every other one of 2,000
    unfolded models, since it removes each run of rows by itself. This one shows another model of
    the same kind instead, which never holds more than `FOUND_LIMIT` versions. The view resets
    when a query changes; while it stays, single rows change.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all = RegistryModel(self)
        self._found = RegistryModel(self)
        self._shown: list[ModelVersion] = []
        self._haystacks: list[tuple[ModelVersion, str]] = []
        """In the order of the tree."""
        self._words: tuple[str, ...] = ()
        self._total = 0
        self.setSourceModel(self._all)

    @property
    def is_searching(self) -> bool:
        return bool(self._words)

    @property
    def total(self) -> int:
        """How many versions the query found, or all there are; more may be than are shown."""
        return self._total

    @property
    def shown(self) -> int:
        """How many versions there are rows for."""
        return (self._found if self._words else self._all).version_count

    def __contains__(self, key: Key) -> bool:
        """Whether there is such a version, whatever the query."""
        return key in self._all

    def index_of(self, key: Key) -> QModelIndex:
        """Invalid where the version is not shown."""
        shown = self._found if self._words else self._all
        return self.mapFromSource(shown.index_of(key))

    def set_versions(self, versions: Iterable[ModelVersion]) -> None:
        self._all.set_versions(versions)
        known = {id(pair[0]): pair for pair in self._haystacks}
        self._haystacks = [
            known.get(id(version)) or (version, haystack(version))
            for version in self._all.versions()
        ]
        self._total = len(self._haystacks)
        if self._words:
            self._search()

    def set_loads(self, loads: Mapping[Key, LoadMark]) -> None:
        self._all.set_loads(loads)
        self._found.set_loads(loads)

    def set_query(self, query: str) -> None:
        """Words in any order; an empty query shows everything."""
        words = words_of(query)
        if words == self._words:
            return
        self._words = words
        if words:
            self._search()
        else:
            self._total = len(self._haystacks)
            self.setSourceModel(self._all)

    def _search(self) -> None:
        found = self._haystacks
        for word in self._words:
            found = [pair for pair in found if word in pair[1]]
        self._total = len(found)
        shown = [version for version, _ in found[:FOUND_LIMIT]]
        if shown != self._shown or self.sourceModel() is not self._found:
            # Behind the view's back: it is told once, by the reset.
            self.setSourceModel(self._all)
            self._shown = shown
            self._found.show_copies(self._all, shown)
            self.setSourceModel(self._found)
