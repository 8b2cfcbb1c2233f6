"""The environment that a child is given. Pure.

A model may bring code of its own, so its process gets what libraries need to find their way, and
none of the user's credentials. The registry's process needs those to reach a remote registry.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from app.services.ports import Role

_NEEDED = re.compile(
    r"""
      PATH | HOME | USER | LOGNAME | SHELL | LANG | LANGUAGE | LC_\w+ | TZ | TERM
    | LD_LIBRARY_PATH | DYLD_\w+ | XDG_\w+ | PYTHON\w* | VIRTUAL_ENV | PARLEY_\w+
    | OMP_\w+ | MKL_\w+ | OPENBLAS_\w+ | KMP_\w+ | NUMEXPR_\w+ | VECLIB_\w+
    | CUDA_\w+ | NVIDIA_\w+ | HIP_\w+ | ROCR?_\w+ | HSA_\w+ | ORT_\w+ | TORCH\w* | PYTORCH_\w+
    | HTTPS?_PROXY | NO_PROXY | ALL_PROXY | HF_ENDPOINT
    | HF_HOME | HF_HUB_CACHE | HF_HUB_OFFLINE | HUGGINGFACE_HUB_CACHE | TRANSFORMERS_\w+
    | TOKENIZERS_\w+ | SSL_CERT_FILE | SSL_CERT_DIR | REQUESTS_CA_BUNDLE | CURL_CA_BUNDLE
    | SYSTEMROOT | SYSTEMDRIVE | WINDIR | COMSPEC | PATHEXT | APPDATA | LOCALAPPDATA
    | USERPROFILE | PROGRAMDATA | PROGRAMFILES | NUMBER_OF_PROCESSORS | PROCESSOR_\w+
    """,
    re.VERBOSE | re.IGNORECASE,
)

_SECRET = re.compile(
    r"TOKEN$|SECRET|PASSW(OR)?D|PASSPHRASE|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|AUTH$",
    re.IGNORECASE,
)

_USER_IN_URL = re.compile(r"://[^/\s@]+@")
"""Such as a proxy with its password."""

_NETWORK = re.compile(r"HTTPS?_PROXY|NO_PROXY|ALL_PROXY|HF_ENDPOINT", re.IGNORECASE)
"""Of use to a model only where it may ask the hub."""

ALWAYS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "ORT_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
"""Wherever a host runs; in place before MLflow or an engine is imported."""


def child_environment(
    environ: Mapping[str, str],
    role: Role,
    *,
    temporary: Path,
    import_root: Path | None,
    hub: bool,
) -> dict[str, str]:
    """The variables of a child.

    `temporary` is for its temporary files. `import_root` is the folder that holds the packages
    `app` and `wrappers`, ``None`` for a program that holds them itself. With `hub` a model hub
    may be asked; without, the libraries do not try, which can cost a minute.
    """
    keep_all = role == "registry"
    child = {
        name: value
        for name, value in environ.items()
        if keep_all or (_is_needed(name, value) and (hub or not _NETWORK.fullmatch(name)))
    }
    # Without compiled files each import of MLflow takes seconds longer.
    child.pop("PYTHONDONTWRITEBYTECODE", None)
    child |= ALWAYS | {
        "PYTHONUTF8": "1",
        "TMPDIR": str(temporary),
        "TEMP": str(temporary),
        "TMP": str(temporary),
    }
    if not keep_all:
        # The user's token for the hub is in a file of the home folder; no model is to send it.
        child["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1"  # noqa: S105 - a switch
        # What transformers copies a checkpoint's code to and runs it from, shared by all else.
        child["HF_MODULES_CACHE"] = str(temporary / "hf-modules")
    if hub and not keep_all:
        child.pop("HF_HUB_OFFLINE", None)
        child.pop("TRANSFORMERS_OFFLINE", None)
    if not hub:
        child["HF_HUB_OFFLINE"] = "1"
    if import_root is not None:
        child["PYTHONPATH"] = _prefixed(import_root, environ.get("PYTHONPATH", ""))
    return child


def _is_needed(name: str, value: str) -> bool:
    return (
        _NEEDED.fullmatch(name) is not None
        and _SECRET.search(name) is None
        and _USER_IN_URL.search(value) is None
    )


def _prefixed(root: Path, rest: str) -> str:
    separator = ";" if "\\" in str(root) else ":"
    return f"{root}{separator}{rest}" if rest else str(root)
