# ruff: noqa: ARG002 - MLflow gives the arguments
"""A ChatAgent that streams two messages of two pieces each, with a tool's result between them."""

from collections.abc import Iterator
from typing import Any

import mlflow
from mlflow.pyfunc import ChatAgent
from mlflow.types.agent import ChatAgentChunk, ChatAgentMessage, ChatAgentResponse


class Agent(ChatAgent):  # type: ignore[misc]
    """Its chunks say by their ids which message they belong to."""

    def predict(self, messages: list[Any], context: Any = None, custom_inputs: Any = None) -> Any:
        return ChatAgentResponse(
            messages=[ChatAgentMessage(role="assistant", id="1", content="whole")]
        )

    def predict_stream(
        self, messages: list[Any], context: Any = None, custom_inputs: Any = None
    ) -> Iterator[Any]:
        for part, text in (("1", "Let me "), ("1", "look."), ("2", "It is "), ("2", "there.")):
            delta = ChatAgentMessage(role="assistant", id=part, content=text)
            yield ChatAgentChunk(delta=delta)
            if text == "look.":
                tool = ChatAgentMessage(
                    role="tool", id="t", name="look", tool_call_id="c", content="the tool's words"
                )
                yield ChatAgentChunk(delta=tool)


mlflow.models.set_model(Agent())
