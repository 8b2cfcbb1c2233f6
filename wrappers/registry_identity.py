"""How Parley knows a model that it registered on this machine.

A key that never leaves the machine signs the id of the logged model together with the fingerprint
of its files. What stands in the registry tells nobody the key; copied to another model it does not
hold, nor for the same model once anything in it that can run has changed. Marks of versions of
Parley that signed the id alone (``parley-…``) say nothing of the content and hold no more.
"""

import hmac
import secrets
from pathlib import Path

REGISTERED_BY_TAG = "parley.registered_by"
WRAPPER_TAG = "parley.wrapper"

_KEY_FILE = "machine.key"
_KEY_BYTES = 32


MARK_PREFIX = "parley2-"


def signature_of(model_id: str, fingerprint: str, cache_dir: Path) -> str:
    """The value of `REGISTERED_BY_TAG` for a model that is being registered here."""
    signed = f"{model_id}\n{fingerprint}".encode()
    return MARK_PREFIX + hmac.new(_key(cache_dir), signed, "sha256").hexdigest()


def was_registered_here(
    tag: str | None, model_id: str | None, fingerprint: str, cache_dir: Path
) -> bool:
    """Whether `tag` was made here for this very model with this very content."""
    if not tag or not model_id or not fingerprint or not (cache_dir / _KEY_FILE).is_file():
        return False
    expected = signature_of(model_id, fingerprint, cache_dir)
    return hmac.compare_digest(tag.encode(), expected.encode())


def _key(cache_dir: Path) -> bytes:
    file = cache_dir / _KEY_FILE
    try:
        key = file.read_bytes()
        if len(key) == _KEY_BYTES:
            return key
    except FileNotFoundError:
        pass
    cache_dir.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{_KEY_FILE}.{secrets.token_hex(4)}")
    part.touch(mode=0o600)
    part.write_bytes(secrets.token_bytes(_KEY_BYTES))
    part.replace(file)
    return file.read_bytes()
