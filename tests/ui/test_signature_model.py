"""The signature's item model, tested without a view."""

from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from pytestqt.modeltest import ModelTester

from app.domain.signature import Signature, SignatureNode
from app.ui.item_models.signature_model import Column, SignatureModel, SignatureRole

MESSAGES = SignatureNode(
    "messages",
    "Array({…})",
    required=True,
    children=(
        SignatureNode("role", "string", required=True),
        SignatureNode("content", "string", required=False),
    ),
)
SIGNATURE = Signature(
    inputs=(MESSAGES, SignatureNode("stop", "Array(string)", required=False)),
    outputs=(SignatureNode("", "string", required=True),),
    params=(SignatureNode("seed", "long", default="0"), SignatureNode("n", "long")),
)


def model_of(signature: Signature) -> SignatureModel:
    model = SignatureModel()
    model.set_signature(signature)
    return model


def texts(model: QAbstractItemModel, parent: QModelIndex = QModelIndex()) -> list[list[str]]:  # noqa: B008 - Qt's own
    return [
        [str(model.index(row, column, parent).data()) for column in Column]
        for row in range(model.rowCount(parent))
    ]


def test_that_the_model_keeps_qt_s_rules(qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(model_of(SIGNATURE))  # type: ignore[no-untyped-call]
    qtmodeltester.check(model_of(Signature()))  # type: ignore[no-untyped-call]


def test_that_the_model_keeps_qt_s_rules_when_the_signature_changes(
    qtmodeltester: ModelTester,
) -> None:
    model = model_of(SIGNATURE)
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]
    model.set_signature(Signature(inputs=(SignatureNode("x", "long", required=True),)))
    assert texts(model) == [["Inputs", "", ""]]


def test_that_each_schema_is_a_section_with_name_type_and_need() -> None:
    model = model_of(SIGNATURE)
    assert [row[0] for row in texts(model)] == ["Inputs", "Outputs", "Params"]
    assert texts(model, model.index(0, 0)) == [
        ["messages", "Array({…})", "required"],
        ["stop", "Array(string)", "optional"],
    ]
    assert texts(model, model.index(1, 0)) == [["(unnamed)", "string", "required"]]
    assert texts(model, model.index(2, 0)) == [
        ["seed", "long", "default 0"],
        ["n", "long", "no default"],
    ]


def test_that_fields_of_an_object_fold_below_it() -> None:
    model = model_of(SIGNATURE)
    messages = model.index(0, 0, model.index(0, 0))
    assert texts(model, messages) == [
        ["role", "string", "required"],
        ["content", "string", "optional"],
    ]
    assert model.parent(model.index(1, 0, messages)) == messages


def test_that_an_absent_schema_has_no_section() -> None:
    assert texts(model_of(Signature(inputs=(), outputs=None))) == []


def test_that_a_screen_reader_gets_a_row_in_one_piece() -> None:
    model = model_of(SIGNATURE)
    row = model.index(0, 0, model.index(0, 0))
    assert row.data(Qt.ItemDataRole.AccessibleTextRole) == "messages, Array({…}), required"
    assert row.data(SignatureRole.IS_REQUIRED) is True


def test_that_a_name_is_no_markup_in_the_tool_tip() -> None:
    model = model_of(Signature(inputs=(SignatureNode("<img src=x>", "string", required=True),)))
    tip = model.index(0, 0, model.index(0, 0)).data(Qt.ItemDataRole.ToolTipRole)
    assert "<img" not in tip
