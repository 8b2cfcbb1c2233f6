"""The whole answer from MLflow's own ``predict`` of a logged transformers pipeline.

MLflow takes some knobs in the request, takes others only from the logged model_config, and leaves
the rest to the checkpoint's generation config (which is where the others are put here, for the
length of one call). What it cannot be told is refused, never silently left out.
"""

import contextlib
import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

from wrappers.base import WrapperError
from wrappers.contract import Message, StopReason, Usage
from wrappers.exchange import as_json, payload_json
from wrappers.transformers_errors import first_line, is_out_of_memory, while_generating
from wrappers.transformers_sampling import Plan

Task = Literal["llm/v1/chat", "llm/v1/completions", "text-generation"]
"""What ``predict`` takes: messages, a prompt, or a prompt with no knobs beside it."""


class Question(Struct, frozen=True, kw_only=True):
    """What is asked: the messages, where there are any, and the prompt that they make."""

    prompt: str
    prompt_tokens: int
    messages: tuple[Message, ...] | None = None


class Answer(Struct, frozen=True, kw_only=True):
    """What MLflow answered. It strips the white space that a text begins with."""

    text: str
    stop_reason: StopReason | None = None
    usage: Usage = Usage()
    payload: str
    """What it was given, as JSON."""
    returned: str
    """What it gave back, as JSON."""


def ask_predict(
    pyfunc_model: Any, task: Task, model_config: Mapping[str, Any], question: Question, plan: Plan
) -> Answer:
    """Ask `pyfunc_model`, an `mlflow.pyfunc.PyFuncModel` of the transformers flavor.

    Raises `WrapperError`: ``unsupported`` for what ``predict`` cannot be told, ``model_raised``
    for what it raises.
    """
    payload = _payload(task, question, plan)
    told = payload_json(payload)
    _refuse_what_is_fixed(model_config, plan, payload)
    _refuse_to_be_cut(model_config, question)
    model = pyfunc_model.get_raw_model().model
    with _generation_settings(model, plan):
        try:
            result = pyfunc_model.predict(payload)
        except Exception as error:
            if is_out_of_memory(error):
                raise while_generating(error) from error
            if plan.stop:
                raise WrapperError(
                    "unsupported",
                    "MLflow's predict could not stop at a string: for that it loads the tokenizer "
                    "again, from the place that the model was logged from.",
                    "Clear the stop strings, or turn off “through MLflow's predict”.",
                ) from error
            raise WrapperError(
                "model_raised",
                f"MLflow's predict raised {type(error).__name__}: {first_line(error)}.",
                "The log has the whole of it; streaming may work where predict does not.",
            ) from error
    text, stop_reason, usage = _read(task, result, question, plan)
    return Answer(
        text=text,
        stop_reason=stop_reason,
        usage=usage,
        payload=told,
        returned=as_json(result),
    )


def _payload(task: Task, question: Question, plan: Plan) -> Any:
    if task == "text-generation":
        if plan.stop:
            raise WrapperError(
                "unsupported",
                "MLflow's predict takes no stop strings on a model logged without an inference "
                "task.",
                "Clear the stop strings, or turn off “through MLflow's predict”.",
            )
        return question.prompt
    knobs: dict[str, Any] = {"max_tokens": plan.max_new_tokens}
    if plan.do_sample:
        knobs |= {"temperature": plan.temperature, "top_p": plan.top_p, "top_k": plan.top_k}
    if plan.stop:
        knobs["stop"] = list(plan.stop)
    if task == "llm/v1/completions":
        return {"prompt": question.prompt, **knobs}
    if question.messages is None:
        raise WrapperError(
            "unsupported",
            "MLflow's predict takes messages on this model, not a prompt.",
            "Use the chat, or turn off “through MLflow's predict”.",
        )
    messages = [{"role": one.role, "content": one.content} for one in question.messages]
    return {"messages": messages, **knobs}


def _refuse_what_is_fixed(model_config: Mapping[str, Any], plan: Plan, payload: Any) -> None:
    """What was logged in model_config wins over the generation config, so that it cannot be
    changed but by the request."""
    wanted = plan.generation_settings()
    if not plan.do_sample:
        wanted = {name: wanted[name] for name in ("do_sample", "max_new_tokens")}
    if isinstance(payload, dict):
        for name in payload:
            wanted.pop("max_new_tokens" if name == "max_tokens" else name, None)
    for name, value in wanted.items():
        logged = model_config.get(name)
        if logged is not None and logged != value:
            raise WrapperError(
                "unsupported",
                f"MLflow's predict keeps to {name}={logged}, with which this model was logged.",
                "Ask for the same, or turn off “through MLflow's predict”.",
            )


def _refuse_to_be_cut(model_config: Mapping[str, Any], question: Question) -> None:
    """With ``truncation``, as the Phi-3 cookbook logs it, MLflow cuts a prompt without a word."""
    limit = model_config.get("max_length")
    if model_config.get("truncation") and limit and question.prompt_tokens > limit:
        raise WrapperError(
            "context_too_long",
            f"MLflow's predict would cut this prompt: it has {question.prompt_tokens} tokens, "
            f"{question.prompt_tokens - limit} more than the max_length of {limit} with which the "
            "model was logged.",
            "Shorten the conversation, or turn off “through MLflow's predict”.",
        )


@contextlib.contextmanager
def _generation_settings(model: Any, plan: Plan) -> Iterator[None]:
    """Have the checkpoint's generation config say what `plan` says, and take it back after."""
    before = model.generation_config
    changed = copy.deepcopy(before)
    changed.update(**plan.generation_settings())
    model.generation_config = changed
    try:
        yield
    finally:
        model.generation_config = before


def _read(
    task: Task, result: Any, question: Question, plan: Plan
) -> tuple[str, StopReason | None, Usage]:
    answer = result[0] if isinstance(result, Sequence) and not isinstance(result, str) else result
    if task == "text-generation":
        return str(answer).removeprefix(question.prompt), None, Usage()
    choice = answer["choices"][0]
    text = choice["message"]["content"] if task == "llm/v1/chat" else choice["text"]
    # MLflow leaves the stop string in the text.
    ends = [at for at in (text.find(one) for one in plan.stop) if at >= 0]
    stop_reason: StopReason = "end_of_turn"
    if ends:
        stop_reason = "stop_string"
    elif choice["finish_reason"] == "length":
        stop_reason = plan.at_limit
    usage = answer["usage"]
    return (
        text[: min(ends)] if ends else text,
        stop_reason,
        Usage(
            prompt_tokens=usage["prompt_tokens"],
            completion_tokens=usage["completion_tokens"],
            total_tokens=usage["total_tokens"],
        ),
    )
