"""What a service raises: a failure that the user can read."""

from wrappers.contract import ErrorKind, Failed


class ServiceError(Exception):
    """Carries the `Failed` event that tells the user what happened and what to do."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.message)
        self.failed = failed

    @classmethod
    def of(cls, kind: ErrorKind, message: str, advice: str = "") -> "ServiceError":
        return cls(Failed(kind=kind, message=message, advice=advice))
