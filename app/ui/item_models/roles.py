"""What named roles have in common."""

from collections.abc import Iterable
from enum import IntEnum

from PySide6.QtCore import QByteArray


def role_names(qts: dict[int, QByteArray], ours: Iterable[IntEnum]) -> dict[int, QByteArray]:
    """A model's ``roleNames()``: Qt's own, and `ours` by their names."""
    return {**qts, **{int(role): QByteArray(role.name.lower().encode()) for role in ours}}
