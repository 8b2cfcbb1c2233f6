"""Where Parley keeps its things, and which registry it opens."""

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from app.domain.registry_uri import absolute_tracking_uri, sqlite_uri

HOME_VARIABLE = "PARLEY_HOME"
TRACKING_VARIABLE = "MLFLOW_TRACKING_URI"


class Paths(Struct, frozen=True):
    """The files of one home folder, and the registry that goes with it. All paths are absolute."""

    home: Path
    tracking_uri: str
    artifact_root: Path | None
    """Where the home's own registry keeps its artifacts; ``None`` for one that is elsewhere."""

    @property
    def conversations_db(self) -> Path:
        return self.home / "conversations.db"

    @property
    def settings_toml(self) -> Path:
        return self.home / "settings.toml"

    @property
    def trust_file(self) -> Path:
        return self.home / "trusted.json"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def app_log(self) -> Path:
        return self.logs / "parley.log"

    @property
    def cache(self) -> Path:
        return self.home / "cache"

    @property
    def temporary(self) -> Path:
        """Holds one folder per running child, removed with it."""
        return self.cache / "tmp"

    @property
    def is_own_registry(self) -> bool:
        """Whether the registry is the home's own."""
        return self.artifact_root is not None


class Settings(Struct, frozen=True):
    """What was asked for at the start; `resolve` fills in the rest from the environment."""

    home: Path | None = None
    tracking_uri: str | None = None
    in_process: bool = False
    """Run the hosts in threads of this process; for debugging."""

    def resolve(self, environ: Mapping[str, str] = os.environ) -> Paths:
        """The paths that these settings come to. Creates nothing."""
        home = self.home or _home_from(environ)
        home = home.expanduser().absolute()
        given = self.tracking_uri or environ.get(TRACKING_VARIABLE) or None
        if given is not None:
            return Paths(home, absolute_tracking_uri(given, Path.cwd()), None)
        return Paths(home, sqlite_uri(home / "mlflow.db"), home / "artifacts")


def _home_from(environ: Mapping[str, str]) -> Path:
    named = environ.get(HOME_VARIABLE)
    if named:
        return Path(named)
    import platformdirs  # only here: a start whose home is named does not wait for it

    return platformdirs.user_data_path("parley", appauthor=False)
