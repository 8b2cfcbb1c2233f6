"""What the real window leaves in MLflow for any other tool: turns, a rating, a preset."""

from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import Program
from app.infra.settings import Settings
from tests.support.demo_models import ONNX, DemoModels, copy_home
from tests.support.windows import Driver

pytestmark = pytest.mark.demo


async def test_that_turns_a_rating_and_a_preset_are_there_for_other_tools(
    demo: DemoModels, tmp_path: Path
) -> None:
    import mlflow

    home = copy_home(demo, tmp_path / "home")
    program = Program(Settings(home=home))
    driver = Driver(program)
    try:
        await driver.choose(ONNX)
        driver.say("What is the capital of Spain?")
        answer = await driver.answered()
        conversation = program.chat.conversation
        assert conversation.leaf is not None
        program.chat.actions.run(conversation.leaf, "good")
        driver.window.show_page("prompt")
        driver.write_prompt("Once upon a time")
        driver.press("generateButton")
        await driver.until(lambda: not program.prompt.is_generating, "the completion's end")
        sampling = program.services.presets.shipped[0].sampling
        await program.services.presets.save("Teacher", "Be patient.", sampling)
    finally:
        await driver.close()
    uri = f"sqlite:///{(home / 'mlflow.db').as_posix()}"
    client = mlflow.MlflowClient(uri, uri)
    completion, chat = traces(client)
    assert answer.trace is not None
    assert chat.info.trace_id == answer.trace.id
    assert chat.info.trace_metadata["mlflow.trace.session"] == conversation.id
    assert chat.info.client_request_id == conversation.leaf
    assert chat.info.token_usage["total_tokens"] == answer.usage.total_tokens
    assert chat.info.response_preview == answer.text
    (rating,) = chat.info.assessments
    assert (rating.name, rating.value) == ("rating", True)
    assert completion.info.request_preview == "Once upon a time"
    prompt = client.load_prompt("prompts:/teacher/1")
    assert prompt.template[0]["content"] == "Be patient."


def traces(client: Any) -> list[Any]:
    """Of the chat's experiment, the latest first."""
    experiment = client.get_experiment_by_name("parley").experiment_id
    return list(client.search_traces(locations=[experiment]))
