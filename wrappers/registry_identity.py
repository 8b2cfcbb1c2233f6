"""How Parley knows a model that it registered on this machine.

A key that never leaves the machine signs the id of the logged model. What stands in the registry
tells nobody the key, and copied to another model it does not hold.
"""

import hmac
import secrets
from pathlib import Path

REGISTERED_BY_TAG = "parley.registered_by"
WRAPPER_TAG = "parley.wrapper"

_KEY_FILE = "machine.key"
_KEY_BYTES = 32


def signature_of(model_id: str, cache_dir: Path) -> str:
    """The value of `REGISTERED_BY_TAG` for a model that is being registered here."""
    mark = hmac.new(_key(cache_dir), model_id.encode(), "sha256").hexdigest()
    return f"parley-{mark}"


def was_registered_here(tag: str | None, model_id: str | None, cache_dir: Path) -> bool:
    """Whether `tag` was made here for this very model."""
    if not tag or not model_id or not (cache_dir / _KEY_FILE).is_file():
        return False
    return hmac.compare_digest(tag.encode(), signature_of(model_id, cache_dir).encode())


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
