"""Choosing files: where to write, what to read."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from app.ui.dialogs.values import FileKind


class SaveDialog(QFileDialog):
    """Where to write. The kind that is chosen gives the name its suffix."""

    def __init__(
        self,
        title: str,
        name: str,
        kinds: Sequence[FileKind],
        folder: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, title, folder or _documents())
        self.setObjectName("saveDialog")
        self.setAccessibleName(title)
        self._kinds = {kind.filter: kind for kind in kinds}
        self.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        self.setFileMode(QFileDialog.FileMode.AnyFile)
        self.setNameFilters(list(self._kinds))
        self.filterSelected.connect(self._kind_chosen)
        self._stem = name
        self.setDefaultSuffix(kinds[0].suffix.removeprefix("."))
        self.selectFile(name + kinds[0].suffix)

    def path(self) -> Path:
        """What was chosen, with a suffix that says its kind."""
        path = Path(self.selectedFiles()[0])
        if self._bare(path.name) != path.name:
            return path
        return path.with_name(path.name + self._kinds[self.selectedNameFilter()].suffix)

    def _kind_chosen(self, chosen: str) -> None:
        # Not the default suffix alone: Qt takes "1.5 is out" for a name that has one.
        suffix = self._kinds[chosen].suffix
        self.setDefaultSuffix(suffix.removeprefix("."))
        # With no name, Qt gives the folder.
        paths = [Path(one) for one in self.selectedFiles()]
        names = [one.name for one in paths if one != Path(self.directory().absolutePath())]
        self.selectFile((self._bare(names[0]) if names else self._stem) + suffix)

    def _bare(self, name: str) -> str:
        """`name` without the suffix of any kind."""
        for kind in self._kinds.values():
            if name.lower().endswith(kind.suffix):
                return name[: -len(kind.suffix)]
        return name


class OpenDialog(QFileDialog):
    """What to read."""

    def __init__(
        self, title: str, kind: str, folder: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, title, folder or _documents())
        self.setObjectName("openDialog")
        self.setAccessibleName(title)
        self.setFileMode(QFileDialog.FileMode.ExistingFile)
        self.setNameFilters([kind, self.tr("All files (*)")])

    def path(self) -> Path:
        return Path(self.selectedFiles()[0])


def _documents() -> str:
    return QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
