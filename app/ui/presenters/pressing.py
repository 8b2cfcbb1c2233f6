"""What a button does, asked for by a key."""

from PySide6.QtWidgets import QAbstractButton, QWidget


def press(place: QWidget, *names: str) -> None:
    button = pressable(place, *names)
    if button is not None:
        button.click()


def pressable(place: QWidget, *names: str) -> QAbstractButton | None:
    """The last of those with the first name that can be pressed, though its column be folded."""
    for name in names:
        for button in reversed(place.findChildren(QAbstractButton, name)):
            if button.isVisibleTo(place) and button.isEnabled():
                return button
    return None
