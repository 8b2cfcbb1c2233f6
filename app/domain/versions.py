"""The environment that a model was logged in, beside the one that is here."""

from msgspec import Struct

from wrappers.contract import ModelCard


class PackageVersions(Struct, frozen=True):
    """One package, logged and here."""

    package: str
    logged: str
    installed: str | None
    """``None``: not installed."""

    @property
    def differs(self) -> bool:
        return self.installed is None or _plain(self.installed) != _plain(self.logged)


def compare_versions(card: ModelCard) -> tuple[PackageVersions, ...]:
    """The logged packages, those that differ first, else in the order they were logged."""
    found = [
        PackageVersions(package, logged, card.installed_versions.get(package))
        for package, logged in card.logged_versions.items()
    ]
    return tuple(sorted(found, key=lambda one: not one.differs))


def _plain(version: str) -> str:
    """Without the local part that says how a package was built: ``2.15.0`` of ``2.15.0+cpu``."""
    return version.split("+", 1)[0].strip()
