"""What the user has allowed a model to do."""

from msgspec import Struct


class Grant(Struct, frozen=True, kw_only=True):
    """Holds for one model with one content: for another content there is none."""

    model: str
    """MLflow's model id; of a model that has none, what it is found by."""
    fingerprint: str
    """The hash of all of it that can run (`wrappers.fingerprint`)."""
    name: str = ""
    """What it was called when it was granted, for people."""
    granted_ms: int = 0
    runs_code: bool = False
    """The code that it brings may run."""
    asks_hub: bool = False
    """Its process may ask the Hugging Face hub, and load what that gives."""

    @property
    def is_empty(self) -> bool:
        return not (self.runs_code or self.asks_hub)

    def is_for(self, model: str, fingerprint: str) -> bool:
        return bool(fingerprint) and (self.model, self.fingerprint) == (model, fingerprint)
