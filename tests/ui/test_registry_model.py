"""The registry as a tree, without a view."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.ui.item_models.registry_model import LoadMark, RegistryModel, RegistryRole
from wrappers.contract import ModelVersion


def _version(name: str, number: str = "1", **known: object) -> ModelVersion:
    return ModelVersion(name=name, version=number, **({"mode": "messages"} | known))  # type: ignore[arg-type]


def _tree(model: RegistryModel) -> dict[str, list[str]]:
    return {
        model.index(row, 0).data(): [
            model.index(child, 0, model.index(row, 0)).data(RegistryRole.VERSION)
            for child in range(model.rowCount(model.index(row, 0)))
        ]
        for row in range(model.rowCount())
    }


def _inserted(model: RegistryModel) -> list[tuple[str | None, int, int]]:
    spans: list[tuple[str | None, int, int]] = []

    def note(parent: QModelIndex, first: int, last: int) -> None:
        spans.append((parent.data(), first, last))

    model.rowsInserted.connect(note)
    return spans


def test_that_models_stand_by_name_and_versions_newest_first() -> None:
    model = RegistryModel()
    model.set_versions(
        [_version("b", "2"), _version("A", "9"), _version("A", "10"), _version("b", "1")]
    )
    assert _tree(model) == {"A": ["10", "9"], "b": ["2", "1"]}


def test_that_it_keeps_the_rules_of_item_models(qtmodeltester: ModelTester) -> None:
    model = RegistryModel()
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]
    model.set_versions([_version("c"), _version("a"), _version("a", "2")])
    model.set_versions([_version("b"), _version("a", "3"), _version("a", "2"), _version("d")])
    model.set_loads({("a", "2"): LoadMark.LOADED})
    model.set_versions([])
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]


def test_that_roles_have_names() -> None:
    names = {bytes(name.data()).decode() for name in RegistryModel().roleNames().values()}
    assert {"name", "version", "aliases", "mode", "reason", "streams", "load", "size"} <= names


def test_that_a_row_tells_what_is_known_of_a_version() -> None:
    model = RegistryModel()
    model.set_versions(
        [_version("a", aliases=("champion",), size_bytes=2_700_000_000, streams=True)]
    )
    index = model.index_of(("a", "1"))
    assert index.data(RegistryRole.ALIASES) == ["champion"]
    assert index.data(RegistryRole.MODE) == "messages"
    assert index.data(RegistryRole.STREAMS) is True
    assert index.data(RegistryRole.SIZE) == 2_700_000_000
    assert "2.7 GB" in index.data(Qt.ItemDataRole.ToolTipRole)


def test_that_a_version_that_does_not_chat_says_why() -> None:
    model = RegistryModel()
    model.set_versions([_version("a", mode=None, reason="It takes numbers.")])
    index = model.index_of(("a", "1"))
    assert index.data(RegistryRole.MODE) == ""
    assert "It takes numbers." in index.data(Qt.ItemDataRole.ToolTipRole)
    assert "It takes numbers." in index.data(Qt.ItemDataRole.AccessibleTextRole)


def test_that_new_rows_come_in_one_piece_where_they_stand_together() -> None:
    model = RegistryModel()
    model.set_versions([_version("a"), _version("d")])
    spans = _inserted(model)
    model.set_versions([_version(name) for name in "abcd"])
    assert spans == [(None, 1, 2)]


def test_that_a_new_version_touches_only_its_model() -> None:
    model = RegistryModel()
    model.set_versions([_version("a"), _version("b")])
    spans = _inserted(model)
    model.set_versions([_version("a"), _version("b"), _version("b", "2")])
    assert spans == [("b", 0, 0)]


def test_that_equal_versions_change_nothing(qtbot: QtBot) -> None:
    model = RegistryModel()
    model.set_versions([_version("a"), _version("b")])
    with (
        qtbot.assertNotEmitted(model.dataChanged),
        qtbot.assertNotEmitted(model.rowsInserted),
        qtbot.assertNotEmitted(model.rowsRemoved),
        qtbot.assertNotEmitted(model.modelReset),
    ):
        model.set_versions([_version("b"), _version("a")])


def test_that_a_row_stays_itself_while_others_come_and_go() -> None:
    model = RegistryModel()
    model.set_versions([_version("a"), _version("c"), _version("c", "2")])
    kept = QPersistentModelIndex(model.index_of(("c", "1")))
    model.set_versions([_version("b"), _version("c", "3"), _version("c", "1")])
    assert kept.isValid()
    assert kept.data(RegistryRole.VERSION) == "1"
    assert kept.row() == 1


def test_that_more_that_is_known_of_a_version_shows_in_its_row() -> None:
    model = RegistryModel()
    model.set_versions([_version("a", mode=None, detected=False)])
    model.set_versions([_version("a", mode="template", aliases=("new",))])
    index = model.index_of(("a", "1"))
    assert index.data(RegistryRole.MODE) == "template"
    assert index.data(RegistryRole.ALIASES) == ["new"]


def test_that_gone_versions_leave_and_gone_models_with_them() -> None:
    model = RegistryModel()
    model.set_versions([_version("a"), _version("a", "2"), _version("b"), _version("c")])
    model.set_versions([_version("a", "2"), _version("c")])
    assert _tree(model) == {"a": ["2"], "c": ["1"]}
    assert not model.index_of(("b", "1")).isValid()


def test_that_the_loaded_mark_goes_where_the_model_is_loaded_and_leaves_again() -> None:
    model = RegistryModel()
    model.set_versions([_version("a"), _version("b")])
    model.set_loads({("a", "1"): LoadMark.LOADING})
    assert model.index_of(("a", "1")).data(RegistryRole.LOAD) == LoadMark.LOADING
    model.set_loads({("b", "1"): LoadMark.LOADED})
    assert model.index_of(("a", "1")).data(RegistryRole.LOAD) == LoadMark.NONE
    assert model.index_of(("b", "1")).data(RegistryRole.LOAD) == LoadMark.LOADED


def test_that_a_version_listed_after_its_load_is_marked_too() -> None:
    model = RegistryModel()
    model.set_loads({("a", "1"): LoadMark.LOADED})
    model.set_versions([_version("a")])
    assert model.index_of(("a", "1")).data(RegistryRole.LOAD) == LoadMark.LOADED
