"""Room for a model's own packages where they bear the names of ours.

``app`` and ``wrappers`` are common names, and a model that MLflow saved with ``code_paths`` may
ship packages called so. Python finds a module in `sys.modules` before it looks at any path, so
ours have to stand aside while the model's code runs.
"""

import importlib
import sys
from pathlib import Path
from types import ModuleType, TracebackType

OWN_PACKAGES = frozenset({"app", "resources", "wrappers"})


def shipped_packages(code_dir: Path) -> frozenset[str]:
    """Which of our top-level names the model's `code_dir` ships as its own."""
    return frozenset(
        name
        for name in OWN_PACKAGES
        if (code_dir / name).is_dir() or (code_dir / f"{name}.py").is_file()
    )


class ModelPackages:
    """While entered, `names` mean the model's packages; otherwise they mean ours.

    Modules that are set aside keep working for whoever holds them, and each side finds its own
    again even where it imports late. Not for use from two threads at once: `sys.modules` is the
    whole process's.
    """

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._theirs: dict[str, ModuleType] = {}
        self._ours: dict[str, ModuleType] = {}

    def __enter__(self) -> None:
        if self._names:
            self._ours = self._swap(self._theirs)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._names:
            self._theirs = self._swap(self._ours)

    def _swap(self, modules: dict[str, ModuleType]) -> dict[str, ModuleType]:
        """Put `modules` in the place of those that have our names now, and return these."""
        present = [name for name in sys.modules if name.partition(".")[0] in self._names]
        taken_out = {name: sys.modules.pop(name) for name in present}
        sys.modules.update(modules)
        importlib.invalidate_caches()
        return taken_out
