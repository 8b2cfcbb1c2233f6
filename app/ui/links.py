"""Links in what a model wrote: nothing is opened before the user has seen where it leads."""

from PySide6.QtCore import QCoreApplication, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget


def ask_before_opening(parent: QWidget, link: QUrl) -> QMessageBox:
    """Show the whole address and open it in the desktop's program if the user agrees."""
    address = link.toString(QUrl.ComponentFormattingOption.FullyEncoded)
    question = QMessageBox(parent)
    question.setObjectName("openLinkDialog")
    question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    question.setIcon(QMessageBox.Icon.Question)
    question.setTextFormat(Qt.TextFormat.PlainText)
    question.setWindowTitle(_tr("Open a link"))
    question.setText(_tr("Open this address outside Parley? The model wrote it."))
    question.setInformativeText(address)
    opening = question.addButton(_tr("Open"), QMessageBox.ButtonRole.AcceptRole)
    staying = question.addButton(_tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
    question.setDefaultButton(staying)
    question.setEscapeButton(staying)
    opening.clicked.connect(lambda: QDesktopServices.openUrl(link))
    question.open()
    return question


def _tr(text: str) -> str:
    return QCoreApplication.translate("links", text)
