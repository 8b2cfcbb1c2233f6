"""The services on a scripted host."""

from tests.support.scripted_services import host, services

__all__ = ["host", "services"]
