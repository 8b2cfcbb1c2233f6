"""What the user has set, across starts."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from app.domain.look import Look
from app.domain.preferences import Preferences
from app.infra.preferences import TomlPreferences
from wrappers.contract import Sampling


def test_that_what_was_saved_is_found_again(tmp_path: Path) -> None:
    preferences = Preferences(
        theme="dark",
        zoom=1.5,
        tracking_uri="http://host:5000",
        window_geometry="AAEC",
        sampling={"demo.onnx": Sampling(temperature=0.0, stop=("\n", "<|end|>"), seed=7)},
    )
    TomlPreferences(tmp_path / "settings.toml").save(preferences)

    assert TomlPreferences(tmp_path / "settings.toml").load() == preferences


def test_that_the_defaults_hold_before_anything_is_saved(tmp_path: Path) -> None:
    assert TomlPreferences(tmp_path / "settings.toml").load() == Preferences()


def test_that_what_is_unset_again_leaves_the_file(tmp_path: Path) -> None:
    store = TomlPreferences(tmp_path / "settings.toml")
    store.save(Preferences(tracking_uri="http://host:5000"))
    store.save(replace(store.load(), tracking_uri=None))

    assert store.load().tracking_uri is None


def test_that_comments_and_foreign_keys_survive_a_save(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('# mine\ntheme = "light"\nlater = 3\n', encoding="utf-8")
    store = TomlPreferences(file)
    store.save(replace(store.load(), zoom=2.0))

    text = file.read_text(encoding="utf-8")
    assert "# mine" in text
    assert "later = 3" in text
    assert store.load() == Preferences(theme="light", zoom=2.0)


def test_that_a_windows_look_is_that_of_the_whole(tmp_path: Path) -> None:
    store = TomlPreferences(tmp_path / "settings.toml")
    assert store.look() == Look()
    store.save(Preferences(theme="dark", zoom=1.5, window_geometry="AAEC"))
    assert store.look() == Look(theme="dark", zoom=1.5, window_geometry="AAEC")


def test_that_what_was_edited_by_hand_meanwhile_is_read(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    store = TomlPreferences(file)
    store.save(Preferences(zoom=1.5))
    assert store.load().zoom == 1.5
    file.write_text('zoom = 1.25\ntheme = "dark"\n', encoding="utf-8")

    assert store.load() == Preferences(theme="dark", zoom=1.25)


@pytest.mark.expects_log("cannot be read")
@pytest.mark.parametrize("content", [b"theme = ", b'theme = "pink"', b"\xff\xfe", b"zoom = [1]"])
def test_that_a_broken_file_is_set_aside_and_the_defaults_hold(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(content)
    store = TomlPreferences(file)

    assert store.load() == Preferences()
    (aside,) = tmp_path.iterdir()
    assert aside.name.startswith("settings.toml.broken-")
    assert aside.read_bytes() == content
    store.save(Preferences(theme="dark"))
    assert store.load().theme == "dark"


@pytest.mark.expects_log("cannot be read")
@pytest.mark.parametrize("content", [b"theme = ", b'theme = "pink"'])
def test_that_a_window_opens_as_designed_where_the_file_is_broken(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(content)
    look = TomlPreferences(file).look()

    assert (look.theme, look.zoom, look.window_geometry) == ("system", 1.0, None)
    assert not file.exists()


@pytest.mark.expects_log("could not be kept")
def test_that_a_folder_that_cannot_be_written_loses_nothing_but_the_change(tmp_path: Path) -> None:
    occupied = tmp_path / "home"
    occupied.write_text("a file where the folder should be", encoding="utf-8")

    TomlPreferences(occupied / "settings.toml").save(Preferences())

    assert occupied.read_text(encoding="utf-8").startswith("a file")
