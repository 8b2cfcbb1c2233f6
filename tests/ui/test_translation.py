"""Every text for people can be found by Qt's tools, and is shown in the language that is there."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

import app
from app.ui import wording
from app.ui.translation import install_translation, tr

SOURCES = Path(app.__file__).parent
TOOLS = Path(sys.executable).parent


def _tool(name: str, *arguments: str | Path) -> None:
    subprocess.run([TOOLS / name, *map(str, arguments)], check=True, capture_output=True)


def _texts(folder: Path) -> Path:
    found = folder / "parley_de.ts"
    sources = sorted(str(one) for one in SOURCES.rglob("*.py"))
    _tool("pyside6-lupdate", *sources, "-ts", found)
    return found


@pytest.mark.slow
def test_that_texts_of_functions_and_of_widgets_are_found_and_shown_translated(
    qapp: QApplication, tmp_path: Path
) -> None:
    texts = _texts(tmp_path)
    tree = ET.parse(texts)  # noqa: S314 - our own file
    for message in tree.iter("message"):
        done = message.find("translation")
        assert done is not None
        done.text = f"({message.findtext('source')})"
        done.attrib.pop("type", None)
    tree.write(texts, encoding="utf-8")
    _tool("pyside6-lrelease", texts)

    assert not install_translation(qapp, QLocale("fr"), tmp_path)
    assert not qapp.findChildren(QTranslator)
    assert install_translation(qapp, QLocale("de"), tmp_path)
    try:
        assert wording.tokens(7) == "(7 tokens)"
        assert tr("end of turn") == "(end of turn)"
        assert QCoreApplication.translate("Composer", "Send") == "(Send)"
    finally:
        for one in qapp.findChildren(QTranslator):
            qapp.removeTranslator(one)
            one.setParent(None)
    assert wording.tokens(7) == "7 tokens"
