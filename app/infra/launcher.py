"""Starts hosts as this same program, or in threads of it."""

import asyncio
import os
import sys
from pathlib import Path

from app.infra.child import HostChild, Transport
from app.infra.environment import child_environment
from app.infra.in_process import HostFunction, ThreadTransport
from app.infra.machine import resident_bytes
from app.infra.process import ProcessTransport
from app.infra.settings import Paths
from app.services.ports import Child, Role

IMPORT_ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds the packages `app` and `wrappers`."""


class HostLauncher:
    """Implements `app.services.ports.Launcher`."""

    def __init__(self, paths: Paths, in_process_host: HostFunction | None = None) -> None:
        """With `in_process_host` the hosts run in threads."""
        self._paths = paths
        self._in_process_host = in_process_host

    async def launch(self, role: Role, label: str, *, hub: bool = False) -> Child:
        child = HostChild(role, self._transport(role, label, hub=hub), resident_bytes)
        try:
            await child.started()
        except asyncio.CancelledError:
            child.kill()
            await child.close()
            raise
        return child

    def _transport(self, role: Role, label: str, *, hub: bool) -> Transport:
        if self._in_process_host is not None:
            return ThreadTransport(role, self._in_process_host, self._paths.app_log)

        def environment(temporary: Path) -> dict[str, str]:
            root = None if is_frozen() else IMPORT_ROOT
            return child_environment(
                os.environ, role, temporary=temporary, import_root=root, hub=hub
            )

        return ProcessTransport(
            host_command(role),
            environment,
            label=label,
            logs=self._paths.logs,
            temporary_root=self._paths.temporary,
        )


def is_frozen() -> bool:
    """Whether this is a program built by PyInstaller."""
    return bool(getattr(sys, "frozen", False))


def host_command(role: Role) -> list[str]:
    """This program again, as a host. ``-P`` keeps packages of the current folder from shadowing
    ours."""
    if is_frozen():
        return [sys.executable, "--host", role]
    return [sys.executable, "-P", "-m", "app", "--host", role]
