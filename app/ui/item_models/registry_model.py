"""The registry as a tree: registered models, and below each its versions, newest first."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from enum import IntEnum, StrEnum
from itertools import groupby
from typing import Final

from PySide6.QtCore import QByteArray, QModelIndex, QObject, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel

from app.domain.plain_text import one_line
from app.domain.quantities import size_text
from app.ui.tips import plain_tip
from app.ui.translation import tr
from wrappers.contract import ModelVersion

Key = tuple[str, str]
"""Name and version."""

_MAX_VERSION, _MAX_ALIAS = 40, 120
_MOST_ALIASES = 20
"""A registry may hold thousands of one version; a row shows a few."""

_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class LoadMark(StrEnum):
    """Whether a version is in memory."""

    NONE = "none"
    LOADING = "loading"
    LOADED = "loaded"


class RegistryRole(IntEnum):
    """What a row can be asked beside its text. A model's own row has only the first two."""

    IS_MODEL = Qt.ItemDataRole.UserRole + 1
    NAME = Qt.ItemDataRole.UserRole + 2
    VERSION = Qt.ItemDataRole.UserRole + 3
    ALIASES = Qt.ItemDataRole.UserRole + 4
    MODE = Qt.ItemDataRole.UserRole + 5
    """``messages``, ``template``, or "" for one that does not chat."""
    REASON = Qt.ItemDataRole.UserRole + 6
    STREAMS = Qt.ItemDataRole.UserRole + 7
    """``None`` where it is not known."""
    LOAD = Qt.ItemDataRole.UserRole + 8
    """A `LoadMark`."""
    SIZE = Qt.ItemDataRole.UserRole + 9
    """Bytes, as a float: Qt would cut an int to 32 bits."""


ROLE_NAMES: Final = {role: role.name.lower() for role in RegistryRole}


class RegistryModel(QStandardItemModel):
    """Follows the versions that it is told of by inserting, removing and changing single rows, so
    that a view keeps its selection and what it has unfolded.

    Qt's own items hold the data: a tree view asks every unfolded row for its index and children at
    each layout, which takes 60 ms for 2,000 models in Python and 8 ms here. Python holds on to none
    of the items: what it would hold can be gone.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(0, 1, parent)
        self._names: list[str] = []
        """In the order of the rows; so are the keys of each of `_values`."""
        self._row_of: dict[str, int] = {}
        self._values: dict[str, dict[str, ModelVersion]] = {}
        self._loads: dict[Key, LoadMark] = {}

    def roleNames(self) -> dict[int, QByteArray]:  # noqa: N802 - Qt's name
        ours = {int(role): QByteArray(name.encode()) for role, name in ROLE_NAMES.items()}
        return {**super().roleNames(), **ours}

    # ----------------------------------------------------------------------------------------
    # Asking

    def __contains__(self, key: Key) -> bool:
        name, version = key
        return version in self._values.get(name, ())

    def versions(self) -> Iterator[ModelVersion]:
        """As they stand in the tree."""
        for name in self._names:
            yield from self._values[name].values()

    @property
    def version_count(self) -> int:
        return sum(map(len, self._values.values()))

    def index_of(self, key: Key) -> QModelIndex:
        """Invalid where there is no such version."""
        if key not in self:
            return QModelIndex()
        name, version = key
        parent = self.index(self._row_of[name], 0)
        return self.index(list(self._values[name]).index(version), 0, parent)

    def copies(self, versions: Iterable[ModelVersion]) -> list[QStandardItem]:
        """Rows of these versions below rows of their models; all stand in the order of the tree."""
        names: list[QStandardItem] = []
        for name, found in groupby(versions, key=lambda version: version.name):
            item = self.item(self._row_of[name])
            row_of = {version: row for row, version in enumerate(self._values[name])}
            names.append(item.clone())
            names[-1].appendRows([item.child(row_of[one.version]).clone() for one in found])
        return names

    # ----------------------------------------------------------------------------------------
    # Telling

    def set_versions(self, versions: Iterable[ModelVersion]) -> None:
        """Show exactly these; rows of equal versions stay untouched."""
        wanted: dict[str, dict[str, ModelVersion]] = {}
        for version in versions:
            wanted.setdefault(version.name, {})[version.version] = version

        root = self.invisibleRootItem()
        self._names = _remove(root, self._names, wanted)
        for name in self._values.keys() - wanted.keys():
            del self._values[name]
        for row, name in enumerate(self._names):
            if self._values[name] != wanted[name]:
                self._update_model(self.index(row, 0), wanted[name])
        names = sorted(wanted, key=by_letter)
        _insert(root, self._names, names, lambda name: self._model_item(name, wanted[name]))
        self._number(names)

    def show_copies(self, source: "RegistryModel", versions: Sequence[ModelVersion]) -> None:
        """Show rows of another model in place of all there were: much cheaper than making them.

        `versions` stand in the order of the tree.
        """
        self.removeRows(0, self.rowCount())
        self._values = {}
        for version in versions:
            self._values.setdefault(version.name, {})[version.version] = version
        self._number(list(self._values))
        self.invisibleRootItem().appendRows(source.copies(versions))

    def set_loads(self, loads: Mapping[Key, LoadMark]) -> None:
        """Which versions are loading or loaded; all others are neither."""
        before, self._loads = self._loads, dict(loads)
        for key in before.keys() | self._loads.keys():
            if key in self and before.get(key) != self._loads.get(key):
                name, version = key
                self.setItemData(self.index_of(key), self._data_of(self._values[name][version]))

    def _number(self, names: list[str]) -> None:
        self._names = names
        self._row_of = {name: row for row, name in enumerate(names)}

    def _update_model(self, parent: QModelIndex, wanted: Mapping[str, ModelVersion]) -> None:
        name = parent.data(RegistryRole.NAME)
        before, item = self._values[name], self.itemFromIndex(parent)
        stay = _remove(item, list(before), wanted)
        for row, version in enumerate(stay):
            if before[version] != wanted[version]:
                self.setItemData(self.index(row, 0, parent), self._data_of(wanted[version]))
        versions = sorted(wanted, key=_newest_first)
        _insert(item, stay, versions, lambda version: self._version_item(wanted[version]))
        self._values[name] = {version: wanted[version] for version in versions}

    def _model_item(self, name: str, wanted: Mapping[str, ModelVersion]) -> QStandardItem:
        item = QStandardItem(one_line(name))
        item.setData(plain_tip(name), Qt.ItemDataRole.ToolTipRole)
        item.setData(True, RegistryRole.IS_MODEL)
        item.setData(name, RegistryRole.NAME)
        item.setFlags(_FLAGS)
        versions = sorted(wanted, key=_newest_first)
        item.appendRows([self._version_item(wanted[version]) for version in versions])
        self._values[name] = {version: wanted[version] for version in versions}
        return item

    def _version_item(self, value: ModelVersion) -> QStandardItem:
        item = QStandardItem()
        for role, datum in self._data_of(value).items():
            item.setData(datum, role)
        item.setFlags(_FLAGS | Qt.ItemFlag.ItemNeverHasChildren)
        return item

    def _data_of(self, value: ModelVersion) -> dict[int, object]:
        load = self._loads.get((value.name, value.version), LoadMark.NONE)
        return {
            Qt.ItemDataRole.DisplayRole: self.tr("Version {version}").format(
                version=one_line(value.version, _MAX_VERSION)
            ),
            Qt.ItemDataRole.ToolTipRole: plain_tip(tool_tip(value)),
            Qt.ItemDataRole.AccessibleTextRole: spoken(value, load),
            RegistryRole.IS_MODEL: False,
            RegistryRole.NAME: value.name,
            RegistryRole.VERSION: value.version,
            RegistryRole.ALIASES: [
                one_line(alias, _MAX_ALIAS) for alias in value.aliases[:_MOST_ALIASES]
            ],
            RegistryRole.MODE: value.mode or "",
            RegistryRole.REASON: one_line(value.reason or ""),
            RegistryRole.STREAMS: value.streams,
            RegistryRole.LOAD: str(load),
            RegistryRole.SIZE: None if value.size_bytes is None else float(value.size_bytes),
        }


def tool_tip(value: ModelVersion) -> str:
    """What does not fit into a row: one fact a line."""
    lines = [_titled(value)]
    if value.mode is None:
        lines.append(value.reason or tr("Its files have not been read yet."))
    lines.extend(f"@{one_line(alias, _MAX_ALIAS)}" for alias in value.aliases[:_MOST_ALIASES])
    if value.size_bytes is not None:
        lines.append(size_text(value.size_bytes))
    if value.description:
        lines.append(value.description)
    return "\n".join(lines)


def spoken(value: ModelVersion, load: LoadMark) -> str:
    """The row for a screen reader, which sees neither chips nor dot nor the grey."""
    parts = [
        tr("{name} version {version}").format(
            name=one_line(value.name), version=one_line(value.version, _MAX_VERSION)
        )
    ]
    match load:
        case LoadMark.LOADING:
            parts.append(tr("loading"))
        case LoadMark.LOADED:
            parts.append(tr("loaded"))
        case LoadMark.NONE:
            pass
    parts.extend(
        tr("alias {alias}").format(alias=one_line(alias, _MAX_ALIAS))
        for alias in value.aliases[:_MOST_ALIASES]
    )
    parts.append(mode_word(value.mode) or one_line(value.reason or "") or tr("not read yet"))
    return ", ".join(parts)


def mode_word(mode: str | None) -> str:
    """What a `Mode` is called; empty for none."""
    match mode:
        case "messages":
            return tr("messages")
        case "template":
            return tr("template")
        case _:
            return ""


def _titled(value: ModelVersion) -> str:
    return tr("{name} · version {version}").format(
        name=one_line(value.name), version=one_line(value.version, _MAX_VERSION)
    )


def by_letter(name: str) -> tuple[str, str]:
    """Sort key of model names."""
    return (name.casefold(), name)


def _newest_first(version: str) -> tuple[int, str]:
    return (-int(version) if version.isdecimal() else 0, version)


def _remove(
    parent: QStandardItem,
    old: list[str],
    keep: Container[str],
) -> list[str]:
    """Take the rows that are not kept out of `parent`, each run of them at once."""
    end = len(old)
    while end > 0:
        start = end
        while start > 0 and old[start - 1] not in keep:
            start -= 1
        if start < end:
            parent.removeRows(start, end - start)
        end = start - 1
    return [key for key in old if key in keep]


def _insert(
    parent: QStandardItem, old: list[str], new: list[str], make: Callable[[str], QStandardItem]
) -> None:
    """Add to the rows `old`, a subsequence of `new`, what is missing, each run of it at once."""
    there = set(old)
    row = 0
    while row < len(new):
        end = row
        while end < len(new) and new[end] not in there:
            end += 1
        if end > row:
            parent.insertRows(row, [make(key) for key in new[row:end]])
        row = end + 1
