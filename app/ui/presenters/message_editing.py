"""Messages that are being edited in their own place."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from app.services.signal import Signal
from app.ui.panes.chat_pane import ChatPane
from app.ui.presenters.talk import Talk
from app.ui.translation import tr

OfferUndo = Callable[[str, Callable[[], None]], None]
"""Says what was taken away, and takes what gives it back."""


class MessageEditing:
    """Keeps what is typed into each message until it is accepted or let go, whichever
    conversation is shown meanwhile.

    Signals: `changed` tells the message's id and the text that is typed into it; ``None`` once
    that is over.
    """

    def __init__(
        self,
        talk: Talk,
        pane: ChatPane,
        *,
        may_change: Callable[[], bool],
        revise: Callable[[str, str], bool],
        redraw: Callable[[str], None],
        offer_undo: OfferUndo,
    ) -> None:
        """`may_change` says whether the conversation may change now, or tells the user why not;
        `revise` makes another version of a message, or tells the user why not; `redraw` shows a
        message anew."""
        self.changed: Signal[str, str | None] = Signal()
        self._talk = talk
        self._pane = pane
        self._may_change = may_change
        self._revise = revise
        self._redraw = redraw
        self._offer_undo = offer_undo
        self._texts: dict[str, str] = {}
        pane.transcript.edited.connect(self.put)
        pane.transcript.edit_accepted.connect(self._accept)
        pane.transcript.edit_cancelled.connect(self._cancel)

    @property
    def texts(self) -> Mapping[str, str]:
        """What is typed by now, by message."""
        return MappingProxyType(self._texts)

    def begin(self, node_id: str) -> None:
        """Let the user edit a visible message."""
        if node_id in self._texts or self._may_change():
            self.put(
                node_id, self._texts.get(node_id, self._talk.conversation.nodes[node_id].content)
            )
            self._pane.transcript.begin_edit(node_id)

    def put(self, node_id: str, text: str) -> None:
        """Go on with `text` in a message, which may be one that is not visible."""
        self._texts[node_id] = text
        self.changed.emit(node_id, text)
        self._show(node_id)

    def _accept(self, node_id: str, text: str) -> None:
        is_question = self._talk.conversation.nodes[node_id].role == "user"
        self._texts.pop(node_id, None)
        if not self._revise(node_id, text):
            self._texts[node_id] = text
            return
        self.changed.emit(node_id, None)
        leaf = self._talk.conversation.leaf
        if is_question or leaf not in self._pane.transcript.message_ids():
            self._pane.composer.setFocus()
        elif leaf is not None:
            self._pane.transcript.message(leaf).text_view.setFocus()

    def _cancel(self, node_id: str) -> None:
        text = self._texts.pop(node_id, None)
        self.changed.emit(node_id, None)
        self._show(node_id)
        if text is not None and text != self._talk.conversation.nodes[node_id].content:
            self._offer_undo(tr("Edit discarded."), lambda: self.put(node_id, text))

    def _show(self, node_id: str) -> None:
        if node_id in self._pane.transcript.message_ids():
            self._redraw(node_id)
