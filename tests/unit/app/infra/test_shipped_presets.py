"""The presets that come with Parley."""

from app.domain.parameters import sampling_of
from app.infra.shipped_presets import shipped_presets
from wrappers.contract import Sampling


def test_that_a_handful_come_each_with_a_prompt_and_parameters() -> None:
    found = shipped_presets()
    assert [one.title for one in found] == [
        "Code reviewer",
        "Concise",
        "JSON only",
        "Stand-up comedian",
        "Translator",
    ]
    for one in found:
        assert one.system == one.system.strip() != ""
        assert "\n" not in one.system
        assert one.sampling != Sampling()
        assert not one.is_own
        values = {name: getattr(one.sampling, name) for name in Sampling.__struct_fields__}
        assert sampling_of(values) == one.sampling  # as the form would have it


def test_that_places_to_fill_in_are_named() -> None:
    for one in shipped_presets():
        for place in one.variables:
            assert f"{{{{{place}}}}}" in one.system
        assert bool(one.variables) == ("{{" in one.system)
