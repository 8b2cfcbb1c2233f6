"""The floor of a start: ``python -m tests.bench.bare_window``, a window with nothing in it."""

import sys
import time

from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from tests.bench.first_frame import FirstFrame
from tests.bench.telling import tell


def main() -> None:
    app = QApplication(sys.argv[:1])
    window = QMainWindow()
    window.setCentralWidget(QWidget())
    window.resize(1380, 820)

    def there() -> None:
        tell(at=time.monotonic())
        app.quit()

    FirstFrame(window, there)
    window.show()
    app.exec()


if __name__ == "__main__":
    main()
