"""``parley`` without a command. Its window is there before anything else is imported."""

import sys

from app import __version__
from app.infra.display import obstacle
from app.infra.preferences import TomlPreferences
from app.infra.settings import Settings

# PySide6 reads the source of whatever is imported after it: of these it need not.
# isort: split
from app.ui.frame import Frame
from app.ui.theme import start_application
from app.ui.translation import install_translation


def run(settings: Settings, *, demo: bool = False) -> int:
    """Open the window and stay until it is closed; the exit code."""
    problem = obstacle()
    if problem is not None:
        sys.stderr.write(f"parley: {problem}\n")
        return 1
    app = start_application(sys.argv[:1])
    app.setApplicationName("Parley")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("parley")
    install_translation(app)
    app.setQuitOnLastWindowClosed(False)  # the end takes a moment: children are told to leave
    frame = Frame(TomlPreferences(settings.resolve().settings_toml))
    frame.window.show()
    for _ in range(2):  # it is painted; then, what that and the user have asked for
        app.processEvents()

    from app.running import stay

    stay(app, frame, settings, demo=demo)
    return 0
