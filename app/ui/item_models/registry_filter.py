"""Search in the registry, as you type."""

from collections.abc import Iterable, Mapping
from typing import Final

from PySide6.QtCore import QIdentityProxyModel, QModelIndex, QObject

from app.ui.item_models.registry_model import Key, LoadMark, RegistryModel
from wrappers.contract import ModelVersion

FOUND_LIMIT: Final = 200
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
        self._haystacks: dict[Key, tuple[ModelVersion, str]] = {}
        self._loads: dict[Key, LoadMark] = {}
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
        return len((self._found if self._words else self._all).versions)

    @property
    def versions(self) -> Mapping[Key, ModelVersion]:
        """All there are, whatever the query."""
        return self._all.versions

    def index_of(self, key: Key) -> QModelIndex:
        """Invalid where the version is not shown."""
        shown = self._found if self._words else self._all
        return self.mapFromSource(shown.index_of(key))

    def set_versions(self, versions: Iterable[ModelVersion]) -> None:
        self._all.set_versions(versions)
        known = self._haystacks
        self._haystacks = {
            key: known[key]
            if key in known and known[key][0] is version
            else (version, haystack(version))
            for key, version in self._all.versions.items()
        }
        self._search()

    def set_loads(self, loads: Mapping[Key, LoadMark]) -> None:
        self._loads = dict(loads)
        self._all.set_loads(loads)
        self._found.set_loads(loads)

    def set_query(self, query: str) -> None:
        """Words in any order; an empty query shows everything."""
        words = words_of(query)
        if words == self._words:
            return
        self._words = words
        self.setSourceModel(self._all)
        if words:
            self._search()
            self.setSourceModel(self._found)
        else:
            self._found.set_versions(())
            self._total = len(self._haystacks)

    def _search(self) -> None:
        if not self._words:
            self._total = len(self._haystacks)
            return
        found = [
            version
            for version, text in self._haystacks.values()
            if all(word in text for word in self._words)
        ]
        self._total = len(found)
        self._found.set_versions(first_by_name(found, FOUND_LIMIT))


def first_by_name(found: list[ModelVersion], limit: int) -> list[ModelVersion]:
    """The first `limit` in the order in which the tree shows them."""
    if len(found) <= limit:
        return found
    return sorted(found, key=RegistryModel.order)[:limit]
