"""A model's own compiled files are neither read nor written.

Python runs a file of ``__pycache__`` in place of its source, in some of its forms without a look at
the source. So what was looked at and agreed to would not be what runs; and what Python writes
there would change the model's folder with each load.
"""

import importlib.util
from pathlib import Path
from typing import Any

_folders: set[str] = set()
_is_installed = False


def ignore_in(folder: Path) -> None:
    """Have every import from within `folder` compile its source."""
    global _is_installed  # noqa: PLW0603 - the import system is the process's
    _folders.add(f"{folder.resolve()}/")
    _folders.add(f"{folder.absolute()}/")
    if _is_installed:
        return
    _is_installed = True
    # The one function by which Python's loader of source files finds the compiled one; where it
    # raises NotImplementedError the loader does without. `sys.pycache_prefix` would turn away
    # those of MLflow and torch as well, which takes seconds.
    system: Any = importlib.util.cache_from_source.__globals__
    original = system["cache_from_source"]

    def cache_from_source(path: Any, *rest: Any, **named: Any) -> Any:
        text = str(path).replace("\\", "/")
        if any(text.startswith(one.replace("\\", "/")) for one in _folders):
            raise NotImplementedError(f"{path} is a model's own")
        return original(path, *rest, **named)

    system["cache_from_source"] = cache_from_source
