# ruff: noqa: ARG002 - MLflow gives the arguments
"""A ChatAgent that uses a tool, then speaks twice; it does not stream."""

from typing import Any

import mlflow
from mlflow.pyfunc import ChatAgent
from mlflow.types.agent import ChatAgentMessage, ChatAgentResponse


class Agent(ChatAgent):  # type: ignore[misc]
    """Answers with four messages, of which two are its own words."""

    def predict(self, messages: list[Any], context: Any = None, custom_inputs: Any = None) -> Any:
        call = {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}
        return ChatAgentResponse(
            messages=[
                ChatAgentMessage(role="assistant", id="1", content="Let me look."),
                ChatAgentMessage(role="assistant", id="2", content="", tool_calls=[call]),
                ChatAgentMessage(
                    role="tool", id="3", name="look", tool_call_id="c", content="the tool's words"
                ),
                ChatAgentMessage(role="assistant", id="4", content=f"Seen: {messages[-1].content}"),
            ]
        )


mlflow.models.set_model(Agent())
