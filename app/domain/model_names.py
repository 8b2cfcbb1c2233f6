"""What a model version is called: by people, and to the registry."""

from wrappers.contract import ModelVersion


def title(version: ModelVersion) -> str:
    """Such as ``demo-onnx/1``; the bare name of a model that is in no registry."""
    return f"{version.name}/{version.version}" if version.version else version.name


def reference(version: ModelVersion) -> str:
    """What the registry finds it by."""
    return version.uri if version.version else version.source
