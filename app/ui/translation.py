"""The user's language, for texts that no widget of their own says.

A `QObject` has ``self.tr``. Functions and presenters use `tr`, which looks texts up without a
context: that is how ``lupdate`` files what it finds outside of a widget's class. Texts with values
in them are templates (``tr("{count} tokens").format(count=3)``), since another language may want
them in another order.
"""

from importlib import resources
from typing import Final

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

_FOLDER: Final = "translations"


def tr(text: str) -> str:
    """`text` in the language that is installed; as it is where there is none."""
    return QCoreApplication.translate("", text)


def install_translation(app: QCoreApplication, locale: QLocale | None = None) -> bool:
    """Speak the system's language, or that of `locale`: ``resources/translations/parley_de.qm``,
    and Qt's own words for its dialogs. False where Parley has no such translation.

    To be called before the first widget is made: a text is looked up once, when it is set.
    """
    locale = QLocale.system() if locale is None else locale
    ours = QTranslator(app)
    folder = str(resources.files("resources").joinpath(_FOLDER))
    if not ours.load(locale, "parley", "_", folder):
        return False
    app.installTranslator(ours)
    qt = QTranslator(app)
    if qt.load(locale, "qtbase", "_", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        app.installTranslator(qt)
    return True
