"""The floor of a stall: a bare Qt window's timer, while another process keeps the cores busy.

``python -m tests.bench.bare_timer THREADS``; the other process runs at the usual priority, which a
model's process could have as well.
"""

import subprocess
import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from tests.bench.lateness import Lateness
from tests.bench.telling import tell

SPAN_MS = 6000

_BUSY = """
import os, sys, threading, zlib
data = os.urandom(1 << 20)
def work():
    while True:
        zlib.crc32(zlib.compress(data, 1))  # without Python's global lock
for _ in range(int(sys.argv[1])):
    threading.Thread(target=work, daemon=True).start()
print("busy", flush=True)
sys.stdin.read()
os._exit(0)
"""


def main() -> None:
    busy = subprocess.Popen(
        [sys.executable, "-c", _BUSY, sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert busy.stdout is not None
    busy.stdout.readline()
    app = QApplication(sys.argv[:1])
    window = QMainWindow()
    window.setCentralWidget(QWidget())
    window.resize(1380, 820)
    window.show()
    lateness = Lateness()
    late: list[dict[str, float]] = []

    def end() -> None:
        late.append(lateness.stop())
        app.quit()

    QTimer.singleShot(500, lateness.start)
    QTimer.singleShot(500 + SPAN_MS, end)
    app.exec()
    busy.kill()
    busy.wait()
    tell(**late[0])


if __name__ == "__main__":
    main()
