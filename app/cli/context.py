"""What a command works with."""

from dataclasses import dataclass

from app.cli.arguments import Asked
from app.cli.interrupts import Interrupts
from app.cli.output import Output
from app.services.program import Services


@dataclass(frozen=True, slots=True)
class Context:
    asked: Asked
    services: Services
    output: Output
    interrupts: Interrupts
