"""What is made when it is first asked for: a window that opens needs little of itself."""

from collections.abc import Callable


class Later[T]:
    """Calling it gives the same value each time, made by the first call."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: T | None = None

    def __call__(self) -> T:
        if self._made is None:
            self._made = self._make()
        return self._made

    @property
    def made(self) -> T | None:
        """The value, where it is there already."""
        return self._made
