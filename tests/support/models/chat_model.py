# ruff: noqa: ARG002 - MLflow gives the arguments
"""A ChatModel that says back what it was asked, and with which parameters."""

from collections.abc import Iterator
from typing import Any

import mlflow
from mlflow.pyfunc import ChatModel
from mlflow.types.llm import (
    ChatChoice,
    ChatChoiceDelta,
    ChatChunkChoice,
    ChatCompletionChunk,
    ChatCompletionResponse,
    ChatMessage,
    TokenUsageStats,
)


class Echo(ChatModel):  # type: ignore[misc]
    """Streams word by word; its usage counts words."""

    def predict(self, context: Any, messages: list[Any], params: Any) -> Any:
        text = _said(messages, params)
        return ChatCompletionResponse(
            choices=[
                ChatChoice(
                    message=ChatMessage(role="assistant", content=text), finish_reason="length"
                )
            ],
            usage=TokenUsageStats(prompt_tokens=3, completion_tokens=5, total_tokens=8),
        )

    def predict_stream(self, context: Any, messages: list[Any], params: Any) -> Iterator[Any]:
        words = _said(messages, params).split(" ")
        for index, word in enumerate(words):
            delta = ChatChoiceDelta(content=word if index == 0 else f" {word}")
            yield ChatCompletionChunk(choices=[ChatChunkChoice(delta=delta)])
        yield ChatCompletionChunk(
            choices=[ChatChunkChoice(delta=ChatChoiceDelta(), finish_reason="stop")],
            usage=TokenUsageStats(prompt_tokens=3, completion_tokens=5, total_tokens=8),
        )


def _said(messages: list[Any], params: Any) -> str:
    turns = "/".join(f"{one.role}:{one.content}" for one in messages)
    return f"{turns} temperature={params.temperature} max={params.max_tokens} stop={params.stop}"


mlflow.models.set_model(Echo())
