"""Which two model versions are compared where nobody has chosen any."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from rapidfuzz import fuzz

from app.domain.comparison.record import Slot
from app.domain.model_names import reference, title
from wrappers.contract import LoadOptions, Mode, ModelVersion, Sampling

_HEAD: Final = re.compile(r"[-_.\s]")
_ALIKE: Final = 50
"""Of 100: names less alike than that are of different weights."""


def slot_of(
    version: ModelVersion,
    sampling: Sampling = Sampling(),
    options: LoadOptions = LoadOptions(),
) -> Slot:
    """A slot that asks `version`, loaded with `options`."""
    return Slot(
        reference=reference(version),
        name=title(version),
        model_id=version.model_id,
        mode=version.mode,
        sampling=sampling,
        options=options,
    )


def default_pair(
    versions: Iterable[ModelVersion], current: ModelVersion | None = None
) -> tuple[ModelVersion, ModelVersion] | None:
    """The newest of a model that takes messages and the newest of one that takes a prompt, whose
    names are most alike, `current` among them where it has such a pendant: wrappers of the same
    weights, most likely. Where there are none of both kinds, `current` twice, which can be asked
    with two sets of parameters; ``None`` where nothing can be asked at all.
    """
    newest = _newest(versions)
    first = [one for one in newest if one.mode == "messages"]
    second = [one for one in newest if one.mode == "template"]
    if first and second:
        pairs = [(one, other) for one in first for other in second]
        mine = [
            pair
            for pair in pairs
            if current is not None
            and current.name in (pair[0].name, pair[1].name)
            and _likeness(*pair) >= _ALIKE
        ]
        return max(mine or pairs, key=lambda pair: _likeness(*pair))
    if current is not None and current.mode is not None:
        return current, current
    return (newest[0], newest[0]) if newest else None


def _likeness(one: ModelVersion, other: ModelVersion) -> float:
    """Names of wrappers begin with what they wrap: ``demo-transformers``, ``demo-onnx``."""
    same_head = _HEAD.split(one.name, maxsplit=1)[0] == _HEAD.split(other.name, maxsplit=1)[0]
    return fuzz.ratio(one.name, other.name) + (_ALIKE if same_head else 0)


def _newest(versions: Iterable[ModelVersion]) -> Sequence[ModelVersion]:
    """Of each model, the newest version that can be asked in either mode."""
    found: dict[tuple[str, Mode], ModelVersion] = {}
    for version in versions:
        if version.mode is None:
            continue
        key = (version.name, version.mode)
        if key not in found or _number(version) > _number(found[key]):
            found[key] = version
    return tuple(found.values())


def _number(version: ModelVersion) -> int:
    return int(version.version) if version.version.isdecimal() else 0
