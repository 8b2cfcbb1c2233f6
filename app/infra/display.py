"""Whether a window can open here, asked before Qt is: Qt itself aborts the process.

Linux alone has ways to be without: no display server, or a system library of Qt's platform plugin
missing. Elsewhere a window can always open.
"""

import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path

WITHOUT_A_SCREEN = "`parley models`, `ask`, `complete`, `register`, `demo` and `doctor` need none."

DEBIAN_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
}
"""The libraries that Qt's xcb plugin takes from the system, and Debian's packages with them."""


def obstacle(environ: Mapping[str, str] = os.environ) -> str | None:
    """Why no window can open, with what to do about it; ``None`` if one can."""
    if sys.platform != "linux":
        return None
    platform = environ.get("QT_QPA_PLATFORM", "").split(":")[0]
    if platform and not platform.startswith(("xcb", "wayland")):
        return None
    missing = _missing_library()
    if missing is not None:
        package = DEBIAN_PACKAGES.get(missing, "")
        remedy = f"`apt-get install {package}`" if package else "your system's package manager"
        return f"Qt needs the system library {missing} to open a window. Install it with {remedy}."
    if environ.get("WAYLAND_DISPLAY"):
        return None
    if not environ.get("DISPLAY"):
        return (
            "There is no display to open a window on. Start Parley from a desktop, or with "
            f"`xvfb-run parley`; {WITHOUT_A_SCREEN}"
        )
    if not _answers(environ["DISPLAY"]):
        return (
            f"The display {environ['DISPLAY']} does not answer. Set DISPLAY to one that does, or "
            f"start Parley with `xvfb-run parley`; {WITHOUT_A_SCREEN}"
        )
    return None


def _missing_library() -> str | None:
    """The first system library that Qt's window parts cannot find."""
    import ctypes

    spec = importlib.util.find_spec("PySide6")
    if spec is None or not spec.submodule_search_locations:
        return None
    qt = Path(next(iter(spec.submodule_search_locations))) / "Qt"
    for part in (qt / "lib" / "libQt6Gui.so.6", qt / "plugins" / "platforms" / "libqxcb.so"):
        if not part.exists():
            continue
        try:
            ctypes.CDLL(str(part))
        except OSError as error:
            # «libxcb-cursor.so.0: cannot open shared object file: No such file or directory»
            return str(error).split(":", 1)[0]
    return None


def _answers(display: str) -> bool:
    """Whether an X server takes connections at `display`."""
    import ctypes

    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # cannot be asked; Qt will tell
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    refused = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not refused
