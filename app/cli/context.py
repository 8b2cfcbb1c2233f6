"""What a command works with."""

from msgspec import Struct

from app.cli.arguments import Asked
from app.cli.interrupts import Interrupts
from app.cli.output import Output
from app.services.program import Services


class AlreadyTold(Exception):  # noqa: N818 - nothing is raised to anybody's surprise
    """The work has failed, and why has been said: what is left is the exit code."""


class Context(Struct, frozen=True):
    asked: Asked
    services: Services
    output: Output
    interrupts: Interrupts
