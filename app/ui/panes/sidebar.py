"""The left column: the registry, the conversations, and what concerns the whole program."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.domain.quantities import number
from app.ui.theme import notifier, scaled, set_look
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.hairline import Hairline
from app.ui.widgets.registry_measures import COLUMN_MARGIN_PX, LEAST_ROWS, name_font, row_height
from app.ui.widgets.search_field import SearchField
from app.ui.widgets.settings_button import SettingsButton

if TYPE_CHECKING:
    from app.ui.item_models.conversation_model import Row
    from app.ui.widgets.conversation_list import ConversationList
    from app.ui.widgets.registry_view import RegistryView
    from wrappers.contract import ModelVersion


class Sidebar(QFrame):
    """Composes the column. `registry` and `conversations` tell what the user chooses there, and
    `settings` what is asked for in its menu. Made without them, it looks as it does with two empty
    lists, until it is told to `complete` itself.

    Signals:
        new_conversation: the button was pressed.
    """

    new_conversation = Signal()

    registry: "RegistryView"
    conversations: "ConversationList"

    def __init__(self, parent: QWidget | None = None, *, at_once: bool = True) -> None:
        """`at_once` with its lists and its menu."""
        super().__init__(parent)
        self.setObjectName("sidebar")
        self._zoomed()
        notifier().changed.connect(self._zoomed)
        set_look(self, role="side")
        self.search = SearchField(
            "registrySearch",
            self.tr("Search models"),
            self.tr("Search the registry by name, alias, tag or mode"),
        )
        self._registry_place = QWidget()
        least = row_height([QFontMetrics(name_font()).height()])
        self._registry_place.setMaximumHeight(LEAST_ROWS * least)
        self.conversation_search = SearchField(
            "conversationSearch",
            self.tr("Search conversations"),
            self.tr("Search the conversations by their names and all that was said"),
        )
        self._conversations_place = QWidget()
        self.settings = SettingsButton(with_menu=False)

        self._place = ElidedLabel(elide=Qt.TextElideMode.ElideMiddle)
        self._place.setObjectName("registryPlace")
        self._place.setAlignment(Qt.AlignmentFlag.AlignRight)
        set_look(self._place, role="muted")
        self._more = QLabel()
        self._more.setObjectName("registryMore")
        self._more.setWordWrap(True)
        self._more.hide()
        set_look(self._more, role="muted")
        self._new = QPushButton(self.tr("+ New"))
        self._new.setObjectName("newConversationButton")
        self._new.setAccessibleName(self.tr("New conversation"))
        set_look(self._new, look="quiet")
        self._about = ElidedLabel()
        self._about.setObjectName("registryFoot")
        set_look(self._about, role="muted")

        self._lay_out()
        self._new.clicked.connect(self.new_conversation)
        if at_once:
            self.complete()

    def complete(self) -> None:
        """Put in what is empty or unseen in a window that opens."""
        from app.ui.widgets.conversation_list import ConversationList
        from app.ui.widgets.registry_view import RegistryView

        self.settings.add_menu()
        self.registry = RegistryView()
        self.conversations = ConversationList()
        self._put_in(self.registry, self._registry_place)
        self._put_in(self.conversations, self._conversations_place)
        for before, after in (
            (self.search, self.registry),
            (self.registry, self._new),
            (self._new, self.conversation_search),
            (self.conversation_search, self.conversations),
            (self.conversations, self.settings),
        ):
            QWidget.setTabOrder(before, after)
        self.registry.set_query(self.search.text())
        self.search.query_changed.connect(self.registry.set_query)
        self.search.left_downwards.connect(self.registry.focus_first)
        self.registry.found.connect(self._show_found)
        self.conversation_search.left_downwards.connect(self.conversations.focus_first)
        self.conversations.left_upwards.connect(self._leave_conversation_search)
        self.conversations.typed.connect(self._type_into_conversation_search)

    # ----------------------------------------------------------------------------------------
    # Telling

    def show_place(self, label: str, uri: str = "") -> None:
        """Which registry this is: a short label such as ``sqlite · local``, and its URI."""
        self._place.setText(label)
        self._place.setAccessibleName(self.tr("Registry: {label}").format(label=label))
        self._place.setStatusTip(uri)

    def show_foot(self, text: str) -> None:
        """Such as ``mlflow 3.17 · traces on``."""
        self._about.setText(text)

    def show_versions(self, versions: "Iterable[ModelVersion]") -> None:
        self.registry.show_versions(versions)

    def show_conversations(self, rows: "Sequence[Row]", current: str | None) -> None:
        self.conversations.show_conversations(rows, current)

    @Slot()
    def _zoomed(self) -> None:
        self.setMinimumWidth(scaled(220))

    @Slot()
    def _leave_conversation_search(self) -> None:
        self.conversation_search.clear()
        self.conversation_search.setFocus()

    @Slot(str)
    def _type_into_conversation_search(self, letters: str) -> None:
        self.conversation_search.setFocus()
        self.conversation_search.end(False)
        self.conversation_search.insert(letters)

    def _show_found(self, shown: int, total: int) -> None:
        hidden = total - shown
        self._more.setVisible(hidden > 0)
        self._more.setText(
            self.tr("{count} more match. Type on to see them.").format(count=number(hidden))
        )

    # ----------------------------------------------------------------------------------------
    # Layout

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 10)
        column.setSpacing(0)
        column.addLayout(self._row(_section(self.tr("Registry")), self._place, stretch=1))
        column.addSpacing(6)
        column.addLayout(self._row(self.search))
        column.addSpacing(4)
        # The tree keeps the margin itself: its scroll bar stands there.
        column.addWidget(self._registry_place, 3)
        column.addLayout(self._row(self._more))
        column.addSpacing(6)
        column.addLayout(self._row(Hairline()))
        column.addSpacing(4)
        head = self._row(_section(self.tr("Conversations")), None, self._new)
        column.addLayout(head)
        column.addSpacing(4)
        column.addLayout(self._row(self.conversation_search))
        column.addSpacing(4)
        column.addLayout(self._row(self._conversations_place), 2)
        column.addLayout(self._row(self._about, None, self.settings))

    def _put_in(self, view: QWidget, place: QWidget) -> None:
        layout = self.layout()
        assert layout is not None  # noqa: S101 - it was given one
        layout.replaceWidget(place, view)
        place.setParent(None)
        place.deleteLater()

    @staticmethod
    def _row(*widgets: QWidget | None, stretch: int | None = None) -> QHBoxLayout:
        """Side by side within the column's margins; ``None`` takes what is left, or the widget of
        number `stretch` does."""
        row = QHBoxLayout()
        row.setContentsMargins(COLUMN_MARGIN_PX, 0, COLUMN_MARGIN_PX, 0)
        row.setSpacing(8)
        for widget in widgets:
            if widget is None:
                row.addStretch(1)
            else:
                row.addWidget(widget)
        if stretch is not None:
            row.setStretch(stretch, 1)
        return row


def _section(text: str) -> QLabel:
    label = QLabel(text)
    set_look(label, role="section")
    return label
