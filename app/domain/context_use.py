"""How much of a model's context a conversation takes, and when to warn of it."""

from typing import Final

from msgspec import Struct

from wrappers.contract import Weakness

NEARLY_FULL: Final = 0.9
"""Of what can be used well: from here on it is worth a warning."""


class ContextUse(Struct, frozen=True):
    """Tokens; ``None`` for what is not known."""

    used: int | None = None
    """By what has been said: the last answer's own count, its last token included."""
    length: int | None = None
    planned: int | None = None
    """The prompt that would be sent now, the draft in it; ``None`` also where there is no draft."""
    weakness: Weakness | None = None

    @property
    def highest(self) -> int | None:
        """What is in use, or will be once the draft is sent."""
        known = [one for one in (self.used, self.planned) if one is not None]
        return max(known, default=None)

    @property
    def excess(self) -> int:
        """Tokens of the prompt to be sent that do not fit, beside at least one of an answer."""
        if self.length is None or self.planned is None:
            return 0
        return max(0, self.planned + 1 - self.length)

    @property
    def is_nearly_full(self) -> bool:
        return self._is_past(self.length)

    @property
    def is_near_weakness(self) -> bool:
        """Whether the model comes to where it is known to answer badly."""
        return self.weakness is not None and self._is_past(self.weakness.past_tokens)

    def _is_past(self, limit: int | None) -> bool:
        highest = self.highest
        return limit is not None and highest is not None and highest >= NEARLY_FULL * limit
