"""Three ways to a first model."""

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.theme import notifier, scaled, set_look

CARD_WIDTH = 216
_CARD_HEIGHT = 170
_GAP = 14


class StartCards(QWidget):
    """Side by side where there is room, else one below the other.

    Signals: ``demo_wanted()``, ``register_wanted()``, ``open_registry_wanted()``.
    """

    demo_wanted = Signal()
    register_wanted = Signal()
    open_registry_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        demo = _Card(
            self.tr("Try the demo"),
            self.tr("Two wrappers of one small model, made on this computer in a minute or two."),
            self.tr("Make the demo"),
            "makeDemoButton",
        )
        set_look(demo.button, look="primary")
        register = _Card(
            self.tr("Register a model"),
            self.tr("A Hugging Face folder or name, or an ONNX GenAI folder."),
            self.tr("Register…"),
            "registerModelButton",
        )
        open_registry = _Card(
            self.tr("Open a registry"),
            self.tr("A tracking server, or a database on this computer."),
            self.tr("Open…"),
            "openRegistryButton",
        )
        demo.button.clicked.connect(self.demo_wanted)
        register.button.clicked.connect(self.register_wanted)
        open_registry.button.clicked.connect(self.open_registry_wanted)
        self._cards = (demo, register, open_registry)
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(_GAP)
        self._layout.addStretch(1)
        for card in self._cards:
            self._layout.addWidget(card)
        self._layout.addStretch(1)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As narrow as one card: then they stand one below the other."""
        widest = max(card.minimumSizeHint().width() for card in self._cards)
        return QSize(max(widest, scaled(CARD_WIDTH)), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        needed = sum(card.minimumSizeHint().width() for card in self._cards) + 2 * _GAP
        beside = event.size().width() >= max(needed, 3 * scaled(CARD_WIDTH) + 2 * _GAP)
        direction = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        if self._layout.direction() != direction:
            self._layout.setDirection(direction)
            align = Qt.AlignmentFlag(0) if beside else Qt.AlignmentFlag.AlignHCenter
            for card in self._cards:
                self._layout.setAlignment(card, align)


class _Card(QFrame):
    """A title, what it means, and its button."""

    def __init__(self, title: str, text: str, action: str, name: str) -> None:
        super().__init__()
        set_look(self, role="card")
        self._zoomed()
        notifier().changed.connect(self._zoomed)
        heading = QLabel(title)
        heading.setWordWrap(True)
        set_look(heading, role="title")
        body = QLabel(text)
        body.setWordWrap(True)
        set_look(body, role="muted")
        self.button = QPushButton(action)
        self.button.setObjectName(name)
        self.button.setAccessibleName(f"{title}: {action}")
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(6)
        column.addWidget(heading)
        column.addWidget(body)
        column.addStretch(1)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)

    @Slot()
    def _zoomed(self) -> None:
        self.setFixedWidth(scaled(CARD_WIDTH))
        self.setMinimumHeight(scaled(_CARD_HEIGHT))
