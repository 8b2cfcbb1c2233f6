"""A line of a menu that says what follows it."""

from PySide6.QtWidgets import QLabel, QMenu, QWidgetAction

from app.ui.theme import scaled, set_look


def menu_heading(text: str, menu: QMenu) -> QWidgetAction:
    """The keys pass it over. Qt's own is as pale as what is disabled."""
    label = QLabel(text)
    label.setContentsMargins(scaled(12), scaled(6), scaled(12), scaled(2))
    set_look(label, role="section")
    heading = QWidgetAction(menu)
    heading.setDefaultWidget(label)
    heading.setText(text)
    heading.setEnabled(False)
    return heading
