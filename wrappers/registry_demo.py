"""The two demo models in the registry: made, registered, and mended where something is amiss."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from wrappers import demo
from wrappers.contract import ModelReady, Registered
from wrappers.registry_artifacts import Artifacts
from wrappers.registry_connect import Registry
from wrappers.registry_errors import told_plainly
from wrappers.registry_jobs import Job
from wrappers.registry_listing import Listing
from wrappers.registry_pending import clean_up
from wrappers.registry_register import SIZE_TAG, Plan, folder_size, register
from wrappers.registry_resolve import versions_of
from wrappers.registry_versions import model_id_of, row

DEMO_TAG = "parley.demo"
"""On what belongs to the demo: the name of the weights that it was made of."""


class Model(Struct, frozen=True):
    """One of the two."""

    name: str
    alias: str
    wrapper: Literal["transformers", "onnx"]
    description: str


TRANSFORMERS = Model(
    "demo-transformers",
    "champion",
    "transformers",
    "SmolLM2-135M-Instruct in Phi-3's architecture, float32, as a transformers pipeline that "
    "takes messages (llm/v1/chat). Apache-2.0.",
)
ONNX = Model(
    "demo-onnx",
    "challenger",
    "onnx",
    "The same weights built for ONNX Runtime GenAI, int4 (k_quant_mixed), behind a Python wrapper "
    "that takes a written-out prompt. Apache-2.0.",
)

_STEPS = 4
# Where each step begins and ends in the whole, as measured on two cores.
_SPANS = ((0.0, 0.35), (0.35, 0.5), (0.5, 0.93), (0.93, 1.0))


def make_demo(registry: Registry, listing: Listing, job: Job) -> Registered:
    """Make what is missing of the demo. Returns the last of the two, whether made now or before."""
    with told_plainly(registry.tracking_uri):
        job.progress("Looking for the demo models", fraction=0.0)
        clean_up(registry)
        number = _registered(registry, listing, TRANSFORMERS)
        if number is None:
            folder = demo.make_transformers_folder(registry.cache_dir, _telling(job, 1))
            number = _register(registry, TRANSFORMERS, folder, job, 2)
        _name_it(registry, TRANSFORMERS, number)
        job.tell(ModelReady(id=job.request_id, name=TRANSFORMERS.name, version=number))
        number = _registered(registry, listing, ONNX)
        if number is None:
            weights = demo.make_transformers_folder(registry.cache_dir, _telling(job, 1))
            folder = demo.make_onnx_folder(registry.cache_dir, weights, _telling(job, 3))
            number = _register(registry, ONNX, folder, job, 4)
        _name_it(registry, ONNX, number)
        job.tell(ModelReady(id=job.request_id, name=ONNX.name, version=number))
        version = registry.client.get_model_version(ONNX.name, number)
    return Registered(
        id=job.request_id,
        name=ONNX.name,
        version=number,
        model_id=model_id_of(version.source or ""),
    )


def _registered(registry: Registry, listing: Listing, model: Model) -> str | None:
    """The newest version of `model` whose artifacts are whole."""
    for version in versions_of(registry, model.name):
        if DEMO_TAG in version.tags and _is_whole(registry, listing, version):
            return str(version.version)
    return None


def _is_whole(registry: Registry, listing: Listing, version: Any) -> bool:
    read = listing.read(row(version, {}))
    if read.mode is None:
        return False
    folder = Artifacts(listing.location(read), registry.tracking_uri).folder
    noted = version.tags.get(SIZE_TAG)
    return folder is None or noted is None or noted == str(folder_size(folder))


def _register(registry: Registry, model: Model, folder: Path, job: Job, step: int) -> str:
    tell = _telling(job, step)
    tell(f"Registering {model.name}", 0.0)
    plan = Plan(
        wrapper=model.wrapper,
        source=str(folder),
        name=model.name,
        description=model.description,
        tags={DEMO_TAG: demo.SOURCE_MODEL},
    )
    registered = register(registry, plan, _Quiet(job, tell))
    tell(f"Registered {model.name}", 1.0)
    return registered.version


def _name_it(registry: Registry, model: Model, number: str) -> None:
    """Give the version its alias, unless somebody has given that alias to another one."""
    registered = registry.client.get_registered_model(model.name)
    holder = registered.aliases.get(model.alias)
    ours = {str(one.version) for one in versions_of(registry, model.name) if DEMO_TAG in one.tags}
    if holder is None or (str(holder) != number and str(holder) in ours):
        registry.client.set_registered_model_alias(model.name, model.alias, number)
    if registered.tags.get(DEMO_TAG) != demo.SOURCE_MODEL:
        registry.client.set_registered_model_tag(model.name, DEMO_TAG, demo.SOURCE_MODEL)


def _telling(job: Job, step: int) -> Callable[[str, float | None], None]:
    begin, end = _SPANS[step - 1]

    def tell(stage: str, fraction: float | None) -> None:
        whole = None if fraction is None else begin + (end - begin) * fraction
        job.progress(stage, step=step, steps=_STEPS, fraction=whole)

    return tell


class _Quiet(Job):
    """A registration within the demo: what it tells is a part of the demo's own step."""

    def __init__(self, job: Job, tell: Callable[[str, float | None], None]) -> None:
        super().__init__(job.request_id)
        self._tell = tell

    def progress(self, stage: str, **_: Any) -> None:
        self._tell(stage, None)
