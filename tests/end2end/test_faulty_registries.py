"""A registry that fails under the window: told in the sidebar's strip, and chatting goes on."""

import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel

from app.bootstrap import Program
from app.infra.settings import Settings
from tests.support.faulty_windows import MODEL, FaultDriver
from tests.support.leaks import child_processes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be moved there"),
]


@pytest.fixture
def home(faulty_home: Path, tmp_path: Path) -> Path:
    """A registry of its own; the models' files are where they were logged."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(faulty_home / "mlflow.db", home)
    return home


@pytest.fixture
async def driver(home: Path) -> AsyncIterator[FaultDriver]:
    program = Program(Settings(home=home))
    yield FaultDriver(program)
    await program.window.shutdown()


@pytest.mark.expects_log("The registry's process ended")
@pytest.mark.expects_log("Not recorded as traces")
async def test_that_a_registry_that_is_locked_gone_or_killed_is_told_and_comes_back(
    driver: FaultDriver, home: Path
) -> None:
    await driver.choose(MODEL)
    await driver.is_well()

    database = home / "mlflow.db"
    locking = sqlite3.connect(database, isolation_level=None, timeout=60)
    locking.execute("BEGIN EXCLUSIVE")
    driver.program._registry.refresh()
    await driver.is_well()
    await told(driver, "Another program keeps the registry's database locked.")
    locking.execute("ROLLBACK")
    locking.close()
    await comes_back(driver)

    aside = database.rename(home / "aside.db")
    driver.program._registry.refresh()
    await driver.is_well()
    await told(driver, "is not there any more")
    assert not database.exists()
    aside.replace(database)
    await comes_back(driver)

    engine = driver.engine_pid()
    (registry,) = [one for one in child_processes() if one.pid != engine]
    os.killpg(registry.pid, signal.SIGKILL)
    await driver.is_well()
    await comes_back(driver)
    assert driver.engine_pid() == engine


async def told(driver: FaultDriver, words: str) -> None:
    strip = driver.find(QLabel, "jobText")
    await driver.until(lambda: words in strip.text(), f"{words!r} in the strip", 60)
    assert strip.isVisible()


async def comes_back(driver: FaultDriver) -> None:
    """The way back: reading the registry again."""
    await driver.program.services.catalog.refresh()
    await driver.listed(MODEL)
