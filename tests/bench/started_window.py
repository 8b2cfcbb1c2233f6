"""The real program, which tells when it is there: ``… HOME shown|listed``."""

import gc
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

gc.disable()  # as the program's entry does before it imports the rest

from app import opening  # noqa: E402
from app.__main__ import main as parley  # noqa: E402
from app.ui.frame import Frame  # noqa: E402
from tests.bench.first_frame import FirstFrame  # noqa: E402
from tests.bench.telling import tell  # noqa: E402

if TYPE_CHECKING:
    from app.services.ports import PreferenceStore


class WatchedFrame(Frame):
    """Tells when it is painted and answers, or when it lists models."""

    until = ""

    def __init__(self, store: "PreferenceStore") -> None:
        super().__init__(store)
        if self.until == "shown":
            FirstFrame(self.window, self._there)
        else:
            show = self.sidebar.show_versions

            def show_and_look(versions: Iterable[Any], *rest: Any, **named: Any) -> None:
                show(versions, *rest, **named)
                if versions:
                    self._there()

            self.sidebar.show_versions = show_and_look  # type: ignore[method-assign]

    def _there(self) -> None:
        tell(at=time.monotonic())
        self.window.close()


if __name__ == "__main__":
    WatchedFrame.until = sys.argv[2]
    opening.Frame = WatchedFrame  # type: ignore[attr-defined]
    sys.argv = ["parley", "--home", sys.argv[1]]
    sys.exit(parley())
