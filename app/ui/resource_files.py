"""Where the program's drawings, looks and translations lie."""

from pathlib import Path
from typing import Final

import resources

# Not by importlib.resources: a window that opens would wait for it, and they are files in any case.
RESOURCES: Final = Path(resources.__path__[0])
