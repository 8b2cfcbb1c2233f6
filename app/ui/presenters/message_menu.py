"""What can be done with each message; whoever can do something adds it here."""

from collections.abc import Callable

from msgspec import Struct

from app.domain.conversation import Node
from app.ui.widgets.message_actions import Action


class _Entry(Struct, frozen=True):
    run: Callable[[str], None]
    applies: Callable[[Node], bool]
    is_quick: bool
    pressed: Callable[[Node], bool]


class MessageMenu:
    """Actions in the order in which they were added."""

    def __init__(self) -> None:
        self._entries: dict[Action, _Entry] = {}

    def add(
        self,
        action: Action,
        run: Callable[[str], None],
        *,
        applies: Callable[[Node], bool],
        quick: bool = False,
        pressed: Callable[[Node], bool] = lambda _: False,
    ) -> None:
        """`run` is given the message's id. `quick` makes it a button beside Copy, which is shown
        as pressed while `pressed` says so."""
        self._entries[action] = _Entry(run, applies, quick, pressed)

    def quick(self, node: Node) -> tuple[Action, ...]:
        return self._of(node, is_quick=True)

    def pressed(self, node: Node) -> tuple[Action, ...]:
        """Those of the quick ones that hold."""
        return tuple(
            action
            for action, entry in self._entries.items()
            if entry.is_quick and entry.pressed(node) and entry.applies(node)
        )

    def menu(self, node: Node) -> tuple[Action, ...]:
        return self._of(node, is_quick=False)

    def names(self) -> tuple[Action, ...]:
        """All that can be done with some message."""
        return tuple(self._entries)

    def applies(self, action: Action, node: Node) -> bool:
        return self._entries[action].applies(node)

    def run(self, node_id: str, action: str) -> None:
        """Does nothing for an action that nobody has added."""
        for key, entry in self._entries.items():
            if key == action:
                entry.run(node_id)

    def _of(self, node: Node, *, is_quick: bool) -> tuple[Action, ...]:
        return tuple(
            action
            for action, entry in self._entries.items()
            if entry.is_quick is is_quick and entry.applies(node)
        )
