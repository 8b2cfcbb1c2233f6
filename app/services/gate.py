"""What a model may do on this machine: run its code, ask the hub. Kept per model and content."""

import time

from msgspec.structs import replace

from app.domain.grants import Grant
from app.domain.model_names import reference, title
from app.domain.plain_text import one_line
from app.services.errors import ServiceError
from app.services.ports import TrustStore
from wrappers.contract import ModelCard


class Gate:
    """Knows which models may do what."""

    def __init__(self, store: TrustStore) -> None:
        self._store = store

    def needs_consent(self, card: ModelCard) -> bool:
        """Whether the user must be asked before the model's code runs."""
        trust = card.trust
        return trust.runs_code and not trust.registered_here and not self._granted(card).runs_code

    def trust(self, card: ModelCard) -> None:
        """Keep the user's yes to the code. Raises `ServiceError` where its content is not known."""
        self._put(replace(self._granted(card), runs_code=True), card)

    def allows_hub(self, card: ModelCard) -> bool:
        return self._granted(card).asks_hub

    def allow_hub(self, card: ModelCard, *, allowed: bool) -> None:
        """Raises `ServiceError` where its content is not known."""
        self._put(replace(self._granted(card), asks_hub=allowed), card)

    def admit(self, card: ModelCard) -> bool:
        """Whether the model's process may ask the hub. Raises `ServiceError` for a model that must
        be asked about first."""
        if self.needs_consent(card):
            raise ServiceError.of(
                "untrusted",
                f"Loading {title(card.version)} would run code that comes with it "
                f"({what_would_run(card)}).",
                "Allow it when asked in the window, or with --trust, if you know who made it.",
            )
        return self.allows_hub(card)

    def _granted(self, card: ModelCard) -> Grant:
        """What stands for this model with this content; nothing granted where nothing does."""
        key, fingerprint = trust_key(card), card.trust.fingerprint
        for grant in self._store.grants():
            if grant.is_for(key, fingerprint):
                return grant
        return Grant(model=key, fingerprint=fingerprint)

    def _put(self, grant: Grant, card: ModelCard) -> None:
        if not grant.fingerprint:
            raise ServiceError.of(
                "artifacts_missing",
                f"What {title(card.version)} would run cannot be read: there is nothing to "
                "agree to.",
                "Check its files, then load it again.",
            )
        named = replace(grant, name=title(card.version), granted_ms=int(time.time() * 1000))
        self._store.put(named)


def trust_key(card: ModelCard) -> str:
    """What a grant is kept under: MLflow's model id, which another version never gets."""
    version = card.version
    return version.model_id or reference(version)


def what_would_run(card: ModelCard) -> str:
    """The loader and the files, in a few words."""
    named = [one_line(name, 80) for name in (card.trust.loader, *card.trust.files[:5]) if name]
    left = len(card.trust.files) + bool(card.trust.loader) - 4
    shown = ", ".join(named[:4]) or "its own loader"
    return f"{shown} and {left} more" if left > 0 else shown
