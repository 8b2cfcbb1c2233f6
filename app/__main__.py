"""The program ``parley``: the window, the command line, and (hidden) their children.

What each of them imports is up to it: nothing heavy, and no Qt, may be imported here.
"""

import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.infra.settings import Settings


def main() -> int:
    """Run what the command line asks for; the exit code."""
    arguments = sys.argv[1:]
    if len(arguments) == 2 and arguments[0] == "--host" and arguments[1] in ("model", "registry"):
        from wrappers.host import main as host

        return host("model" if arguments[1] == "model" else "registry")

    from app.cli.window import asked_window

    window = asked_window(arguments)
    if window is not None:
        return _open(*window)

    from app.cli.arguments import parse

    asked = parse(arguments)
    if asked.command is None:
        return _open(asked.settings, asked.demo)

    from app.cli.main import run_command

    if asked.settings.in_process:
        from wrappers.host import serve

        return run_command(asked, in_process_host=serve)
    return run_command(asked)


def _open(settings: "Settings", demo: bool) -> int:
    gc.disable()  # `app.ui.garbage` has it in hand from here on
    from app.opening import run

    return run(settings, demo=demo)


if __name__ == "__main__":
    sys.exit(main())
