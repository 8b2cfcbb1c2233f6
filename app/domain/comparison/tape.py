"""An answer as it came, for a replay at its pace."""

from typing import Final

from app.domain.comparison.record import Piece

MOST_PIECES: Final = 2_000
"""A longer answer has its pieces joined, two by two."""


class Tape:
    """Takes down pieces of text and when they came."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return tuple(self._pieces)

    @property
    def is_empty(self) -> bool:
        return not self._pieces

    def add(self, at_s: float, text: str) -> None:
        """A piece that has come now; none where it has no text."""
        if not text:
            return
        if len(self._pieces) >= MOST_PIECES:
            earlier, later = self._pieces[::2], [*self._pieces[1::2], Piece(0, "")]
            self._pieces = [
                Piece(one.at_s, one.text + other.text)
                for one, other in zip(earlier, later, strict=False)
            ]
        self._pieces.append(Piece(at_s, text))

    def complete(self, at_s: float, text: str) -> None:
        """The answer has ended as `text`: what came whole, or at the very end, is a piece too."""
        came = "".join(one.text for one in self._pieces)
        if text.startswith(came):
            self.add(at_s, text[len(came) :])
