"""Turns as MLflow traces, and what the user thinks of them as assessments.

A trace is given to MLflow's store whole, in the two calls that its own exporter makes. That
exporter works behind the caller's back and only logs what it cannot write; here what is
acknowledged is stored, a failure has a sentence, and the same trace sent twice is there once.
"""

import functools
import getpass
import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from wrappers.contract import LogFeedback, LogTrace, Message, Usage
from wrappers.registry_connect import Registry

RATING: Final = "rating"
"""The assessment of an answer: true for good; its rationale is the user's comment."""
COMMENT: Final = "comment"
"""The assessment that holds the comment on an answer which is neither good nor bad."""

_PREVIEW_CHARACTERS: Final = 1000
"""As much as MLflow itself shows of a request and a response in its lists."""
_LONGEST_METADATA: Final = 250

_FINISH_REASONS: Final = {
    "end_of_turn": "stop",
    "stop_string": "stop",
    "length": "length",
    "context_full": "length",
}
"""Parley's stop reasons in the words of the chat completions that MLflow's pages read."""


def log_trace(registry: Registry, request: LogTrace) -> None:
    """Store the trace of one turn in Parley's experiment."""
    from mlflow.tracing.client import TracingClient

    client = TracingClient(registry.tracking_uri)
    experiment_id = registry.experiment_id()
    client.log_spans(experiment_id, [_span(request)])
    client.start_trace(_trace_info(request, experiment_id))


def log_feedback(registry: Registry, request: LogFeedback) -> None:
    """Make this user's assessments of the trace what `request` says."""
    from mlflow.entities import AssessmentSource, Feedback
    from mlflow.tracing.client import TracingClient

    client = TracingClient(registry.tracking_uri)
    source = AssessmentSource(source_type="HUMAN", source_id=current_user())
    wanted = _assessments(request)
    for given in client.get_trace_info(request.trace_id).assessments:
        if given.name not in (RATING, COMMENT) or given.source.source_id != source.source_id:
            continue
        if given.name not in wanted:
            client.delete_assessment(request.trace_id, given.assessment_id)
            continue
        value, rationale = wanted.pop(given.name)
        if (given.value, given.rationale or "") != (value, rationale):
            later = Feedback(name=given.name, value=value, rationale=rationale, source=source)
            client.update_assessment(request.trace_id, given.assessment_id, later)
    for name, (value, rationale) in wanted.items():
        new = Feedback(name=name, value=value, rationale=rationale or None, source=source)
        client.log_assessment(request.trace_id, new)


def _assessments(request: LogFeedback) -> dict[str, tuple[bool | str, str]]:
    """Name to value and rationale."""
    if request.good is not None:
        return {RATING: (request.good, request.comment)}
    return {COMMENT: (request.comment, "")} if request.comment else {}


# --------------------------------------------------------------------------------------------
# What MLflow keeps


def _span(request: LogTrace) -> Any:
    """The only span of the trace: MLflow's pages show it as a chat, or as a completion."""
    from mlflow.entities import Span, SpanType
    from mlflow.tracing.constant import SpanAttributeKey as Key
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext, Status, StatusCode, TraceFlags

    attributes: dict[str, Any] = {
        Key.REQUEST_ID: request.trace_id,
        Key.SPAN_TYPE: SpanType.LLM if request.messages is None else SpanType.CHAT_MODEL,
        Key.INPUTS: _inputs(request),
        Key.OUTPUTS: _outputs(request),
        Key.MODEL: request.name,
        Key.MESSAGE_FORMAT: "openai",
        "parley.model": request.model,
        "parley.sampling": msgspec.to_builtins(request.sampling),
        "parley.timings": _known(msgspec.to_builtins(request.timings)),
        "parley.stop_reason": request.stop_reason,
        "parley.through_predict": request.through_predict,
    }
    if usage := _token_usage(request.usage):
        attributes[Key.CHAT_USAGE] = usage
    digits = request.trace_id.removeprefix("tr-")
    failed = request.status == "failed"
    return Span(
        ReadableSpan(
            name=request.name,
            context=SpanContext(int(digits, 16), int(digits[:16], 16), False, TraceFlags(1)),
            parent=None,
            resource=Resource.get_empty(),
            attributes={key: json.dumps(value) for key, value in attributes.items()},
            start_time=request.started_ms * 1_000_000,
            end_time=request.ended_ms * 1_000_000,
            status=Status(StatusCode.ERROR, request.error) if failed else Status(StatusCode.OK),
        )
    )


def _trace_info(request: LogTrace, experiment_id: str) -> Any:
    from mlflow.entities import TraceInfo, TraceLocation, TraceState
    from mlflow.tracing.constant import (
        TRACE_SCHEMA_VERSION,
        TRACE_SCHEMA_VERSION_KEY,
        TraceMetadataKey,
        TraceTagKey,
    )
    from mlflow.utils.mlflow_tags import MLFLOW_SOURCE_NAME, MLFLOW_USER

    metadata = {
        TRACE_SCHEMA_VERSION_KEY: str(TRACE_SCHEMA_VERSION),
        MLFLOW_SOURCE_NAME: "Parley",
        MLFLOW_USER: current_user(),
    }
    if request.session is not None:
        metadata[TraceMetadataKey.TRACE_SESSION] = request.session
    if request.model_id is not None:
        metadata[TraceMetadataKey.MODEL_ID] = request.model_id
    if usage := _token_usage(request.usage):
        metadata[TraceMetadataKey.TOKEN_USAGE] = json.dumps(usage)
    tags = {
        TraceTagKey.TRACE_NAME: request.name[:_LONGEST_METADATA],
        "parley.model": request.model,
        "parley.stop_reason": request.stop_reason or request.status,
    }
    if request.pane:
        tags["parley.pane"] = request.pane
    return TraceInfo(
        trace_id=request.trace_id,
        trace_location=TraceLocation.from_experiment_id(experiment_id),
        request_time=request.started_ms,
        execution_duration=max(request.ended_ms - request.started_ms, 0),
        state=TraceState.ERROR if request.status == "failed" else TraceState.OK,
        request_preview=_preview(_asked(request)),
        response_preview=_preview(request.text or request.error),
        client_request_id=request.message,
        trace_metadata={key: value[:_LONGEST_METADATA] for key, value in metadata.items()},
        tags=tags,
    )


def _inputs(request: LogTrace) -> dict[str, Any]:
    """As a request for a chat completion, or for a completion."""
    asked: dict[str, Any] = {"model": request.name}
    if request.messages is None:
        asked["prompt"] = request.prompt or ""
    else:
        asked["messages"] = [_message(one) for one in request.messages]
    asked.update(msgspec.to_builtins(request.sampling))
    return asked


def _outputs(request: LogTrace) -> dict[str, Any]:
    """As a chat completion, or a completion."""
    reason = _FINISH_REASONS.get(request.stop_reason or "")
    choice: dict[str, Any] = {"index": 0, "finish_reason": reason}
    if request.messages is None:
        kind = "text_completion"
        choice["text"] = request.text
    else:
        kind = "chat.completion"
        choice["message"] = _message(Message("assistant", request.text))
    return {
        "id": request.message or request.trace_id,
        "object": kind,
        "created": request.started_ms // 1000,
        "model": request.name,
        "choices": [choice],
        "usage": msgspec.to_builtins(request.usage),
    }


def _message(message: Message) -> dict[str, str]:
    return {"role": message.role, "content": message.content}


def _asked(request: LogTrace) -> str:
    if request.messages is None:
        return request.prompt or ""
    return request.messages[-1].content if request.messages else ""


def _token_usage(usage: Usage) -> dict[str, int]:
    """In MLflow's names, what is known of it."""
    return _known(
        {
            "input_tokens": usage.prompt_tokens,
            "output_tokens": usage.completion_tokens,
            "total_tokens": usage.total_tokens,
        }
    )


def _known[V](values: Mapping[str, V | None]) -> dict[str, V]:
    return {key: value for key, value in values.items() if value is not None}


def _preview(text: str) -> str:
    limit = _PREVIEW_CHARACTERS
    return text if len(text) <= limit else text[: limit - 1] + "…"


@functools.cache
def current_user() -> str:
    """Who MLflow, too, would say it was."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
