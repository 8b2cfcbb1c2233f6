"""Which titles name the same preset."""

import pytest

from app.domain.preset_titles import is_same_title


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("JSON only", "json-only", True),
        (" Code  reviewer", "Code_Reviewer", True),
        ("Übersetzer", "übersetzer!", True),
        ("Version 2", "Version 3", False),
        ("翻訳者", "校正者", False),
    ],
)
def test_that_capitals_and_signs_say_nothing(one: str, other: str, same: bool) -> None:
    assert is_same_title(one, other) is same
