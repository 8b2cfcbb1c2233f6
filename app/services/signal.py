"""A signal without Qt: services tell of a change, whoever shows it listens."""

from collections.abc import Callable


class Signal[*Args]:
    """Calls every listener, in the order they came, on the thread that emits."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[*Args], None]] = []

    def connect(self, listener: Callable[[*Args], None]) -> Callable[[], None]:
        """Listen; the returned function ends it."""
        self._listeners.append(listener)

        def disconnect() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return disconnect

    def emit(self, *args: *Args) -> None:
        for listener in tuple(self._listeners):
            listener(*args)
