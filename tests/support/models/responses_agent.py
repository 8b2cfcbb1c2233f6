"""A ResponsesAgent that streams deltas, then the same text as a whole item, as OpenAI's does."""

from collections.abc import Iterator
from typing import Any

import mlflow
from mlflow.pyfunc import ResponsesAgent
from mlflow.types.responses import ResponsesAgentResponse, ResponsesAgentStreamEvent


class Agent(ResponsesAgent):  # type: ignore[misc]
    """Says back the roles it was given, and the knobs."""

    def predict(self, request: Any) -> Any:
        return ResponsesAgentResponse(
            output=[
                self.create_reasoning_item("r", "hidden thoughts"),
                self.create_text_output_item(_said(request), "1"),
            ],
            usage={
                "input_tokens": 4,
                "output_tokens": 6,
                "total_tokens": 10,
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens_details": {"reasoning_tokens": 0},
            },
            status="incomplete",
            incomplete_details={"reason": "max_output_tokens"},
        )

    def predict_stream(self, request: Any) -> Iterator[Any]:
        text = _said(request)
        for piece in (text[:4], text[4:]):
            yield ResponsesAgentStreamEvent(**self.create_text_delta(piece, "1"))
        yield ResponsesAgentStreamEvent(
            type="response.output_item.done", item=self.create_text_output_item(text, "1")
        )


def _said(request: Any) -> str:
    roles = "/".join(one.role for one in request.input)
    return f"{roles} max={request.max_output_tokens} top_p={request.top_p}"


mlflow.models.set_model(Agent())
