"""Logged against installed versions."""

from app.domain.versions import compare_versions
from wrappers.contract import ModelCard, ModelVersion


def test_that_differences_come_first_and_builds_of_one_version_are_the_same() -> None:
    card = ModelCard(
        version=ModelVersion(name="m", version="1"),
        logged_versions={"python": "3.12.1", "torch": "2.15.0", "numpy": "1.26", "gone": "1"},
        installed_versions={"python": "3.12.1", "torch": "2.15.0+cpu", "numpy": "2.1"},
    )
    assert [(one.package, one.differs) for one in compare_versions(card)] == [
        ("numpy", True),
        ("gone", True),
        ("python", False),
        ("torch", False),
    ]
