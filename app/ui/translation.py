"""The user's language, for texts that no widget of their own says.

A `QObject` has ``self.tr``. Functions and presenters use `tr`, which looks texts up without a
context: that is how ``lupdate`` files what it finds outside of a widget's class. Texts with values
in them are templates (``tr("{count} tokens").format(count=3)``), since another language may want
them in another order.
"""

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from app.ui.resource_files import RESOURCES


def tr(text: str) -> str:
    """`text` in the language that is installed; as it is where there is none."""
    return QCoreApplication.translate("", text)


def install_translation(
    app: QCoreApplication, locale: QLocale | None = None, folder: Path | None = None
) -> bool:
    """Speak the system's language, or that of `locale`; False where there is no translation to it.

    `folder` holds ``parley_de.qm`` and the like, and is the program's own by default. Qt's words,
    in its own dialogs, come along. To be called before the first widget is made: a text is looked
    up once, when it is set.
    """
    locale = QLocale.system() if locale is None else locale
    if folder is None:
        folder = RESOURCES / "translations"
    ours = _translator(locale, "parley", str(folder))
    if ours is None:
        return False
    path = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for found in (_translator(locale, "qtbase", path), ours):
        if found is not None:
            found.setParent(app)
            app.installTranslator(found)
    return True


def _translator(locale: QLocale, name: str, folder: str) -> QTranslator | None:
    found = QTranslator()
    return found if found.load(locale, name, "_", folder) else None
