"""Which request a model is sent."""

import pytest
from msgspec.structs import replace

from app.services.errors import ServiceError
from app.services.fitting import fit, refuse_empty
from tests.support.scripted_host import STREAMING
from wrappers.contract import Generate, Message

USER = Message("user", "Hello")
BARE = replace(STREAMING, mode="template", accepts=("template",), template="none")
MESSAGES_ONLY = replace(STREAMING, accepts=("messages",))


def test_that_messages_go_as_messages_to_a_model_that_takes_them() -> None:
    request = Generate(id=0, messages=(USER,))

    assert fit(request, STREAMING) == request


def test_that_one_message_goes_as_it_is_to_a_model_that_takes_a_bare_string() -> None:
    fitted = fit(Generate(id=0, messages=(USER,)), BARE)

    assert fitted.messages is None
    assert fitted.prompt == "Hello"


def test_that_no_message_is_dropped_for_a_model_that_takes_a_bare_string() -> None:
    with pytest.raises(ServiceError, match="no chat template") as caught:
        fit(Generate(id=0, messages=(Message("system", "Be brief."), USER)), BARE)

    assert caught.value.failed.kind == "unsupported"


def test_that_a_prompt_is_refused_by_a_model_that_takes_messages_alone() -> None:
    with pytest.raises(ServiceError, match="takes messages"):
        fit(Generate(id=0, prompt="<|user|>"), MESSAGES_ONLY)


def test_that_predict_is_refused_where_it_cannot_be_asked() -> None:
    without = replace(STREAMING, through_predict=False)

    with pytest.raises(ServiceError, match="predict"):
        fit(Generate(id=0, messages=(USER,), through_predict=True), without)


@pytest.mark.parametrize(
    "request_",
    [
        Generate(id=0, prompt=""),
        Generate(id=0),
        Generate(id=0, messages=()),
        Generate(id=0, messages=(Message("system", "Be brief."), Message("user", " \n"))),
    ],
)
def test_that_an_empty_request_is_refused(request_: Generate) -> None:
    with pytest.raises(ServiceError) as caught:
        refuse_empty(request_)

    assert caught.value.failed.kind == "empty_prompt"


def test_that_a_prompt_of_white_space_is_no_empty_prompt() -> None:
    refuse_empty(Generate(id=0, prompt="\n"))
