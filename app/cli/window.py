"""What asks for the window, understood without the parser of all commands: it waits for nothing."""

from collections.abc import Sequence
from pathlib import Path

from app.infra.settings import Settings


def asked_window(arguments: Sequence[str]) -> tuple[Settings, bool] | None:
    """The settings, and whether the demo is to be made first. ``None`` where anything else may be
    meant, or is wrong: `app.cli.arguments.parse` has the word then, and gives the same for these.
    """
    home: Path | None = None
    tracking_uri: str | None = None
    demo = in_process = False
    rest = iter(arguments)
    for argument in rest:
        name, is_joined, value = argument.partition("=")
        if name in ("--home", "--tracking-uri"):
            if not is_joined:
                value = next(rest, "")
            if not value or (value.startswith("-") and not is_joined):
                return None
            if name == "--home":
                home = Path(value)
            else:
                tracking_uri = value
        elif argument == "--demo":
            demo = True
        elif argument == "--in-process":
            in_process = True
        else:
            return None
    return Settings(home=home, tracking_uri=tracking_uri, in_process=in_process), demo
