"""Which models are compared where nobody has chosen any."""

from app.domain.comparison.choice import default_pair, slot_of
from wrappers.contract import Mode, ModelVersion, Sampling


def version(name: str, number: str = "1", mode: Mode | None = "messages") -> ModelVersion:
    return ModelVersion(name=name, version=number, mode=mode, model_id=f"m-{name}-{number}")


def names(*versions: ModelVersion, current: ModelVersion | None = None) -> list[str] | None:
    pair = default_pair(versions, current)
    return None if pair is None else [f"{one.name}/{one.version}" for one in pair]


PHI = (
    version("phi3-mini", "9"),
    version("phi3-mini", "10"),
    version("phi3-mini-onnx", "1", "template"),
)
DEMO = (version("demo-transformers"), version("demo-onnx", mode="template"))


def test_that_the_newest_wrappers_whose_names_are_most_alike_are_compared() -> None:
    assert names(*DEMO, *PHI) == ["phi3-mini/10", "phi3-mini-onnx/1"]
    assert names(*PHI, version("other", mode="template")) == ["phi3-mini/10", "phi3-mini-onnx/1"]


def test_that_the_current_model_comes_with_its_pendant() -> None:
    assert names(*PHI, *DEMO, current=DEMO[1]) == ["demo-transformers/1", "demo-onnx/1"]


def test_that_a_single_model_is_compared_with_itself() -> None:
    only = version("only")
    assert names(only, current=only) == ["only/1", "only/1"]
    assert names(only) == ["only/1", "only/1"]


def test_that_nothing_is_compared_where_nothing_chats() -> None:
    assert names(version("scikit", mode=None)) is None
    assert names() is None


def test_that_a_slot_finds_its_version_again() -> None:
    slot = slot_of(version("phi3", "3"), Sampling(temperature=0))
    assert (slot.reference, slot.name, slot.model_id) == ("models:/phi3/3", "phi3/3", "m-phi3-3")
    assert slot.sampling == Sampling(temperature=0)
