"""What is known of an answer, in words: pure functions."""

from app.domain.answer import Answer
from app.domain.quantities import duration, number
from app.domain.stop_strings import show_stops
from app.ui import wording
from app.ui.dialogs.values import AnswerDetails, Row
from app.ui.translation import tr
from wrappers.contract import Capabilities, Sampling


def answer_details(answer: Answer, capabilities: Capabilities | None) -> AnswerDetails:
    """`capabilities` are of the version that gave the answer, where it is loaded."""
    note = ""
    if answer.continued_at:
        note = tr(
            "This answer was continued. Prompt, tokens and numbers are those of its last part."
        )
    return AnswerDetails(
        title=tr("Answer of {model}").format(
            model=wording.version_label(answer.model, answer.options)
        ),
        prompt=answer.prompt,
        special_tokens=() if capabilities is None else capabilities.special_tokens,
        prompt_token_ids=answer.prompt_token_ids,
        token_ids=answer.token_ids,
        parameters=_parameters(answer),
        numbers=_numbers(answer),
        note=note,
    )


def _parameters(answer: Answer) -> tuple[Row, ...]:
    if answer.sampling is None:
        return tuple((name, _unknown()) for name in Sampling.__struct_fields__)
    return tuple(
        (name, _parameter(getattr(answer.sampling, name), answer.defaults, name))
        for name in Sampling.__struct_fields__
    )


def _parameter(given: object, defaults: Sampling | None, name: str) -> str:
    if given is not None and given != ():
        return _shown(given)
    default = None if defaults is None else getattr(defaults, name)
    if default is not None and default != ():
        return tr("{value} (left to the model)").format(value=_shown(default))
    if name in ("stop", "seed"):
        return tr("none")
    return tr("not known (left to the model)")


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return show_stops(value)
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _numbers(answer: Answer) -> tuple[Row, ...]:
    usage, timings = answer.usage, answer.timings
    rows = [
        (tr("Model"), wording.version_label(answer.model, answer.options)),
        (tr("Prompt tokens"), _count(usage.prompt_tokens)),
        (tr("Of these not read anew"), _count(timings.reused_prompt_tokens)),
        (tr("Completion tokens"), _count(usage.completion_tokens)),
        (tr("Context before the answer"), _of_context(usage.prompt_tokens, answer)),
        (tr("Context after the answer"), _of_context(usage.total_tokens, answer)),
    ]
    if answer.messages_dropped:
        rows.append((tr("Messages not sent"), number(answer.messages_dropped)))
    rows += [
        (tr("Time to first token"), _time(timings.time_to_first_token_s)),
        (tr("Reading the prompt"), _rate(timings.prefill_tokens_per_s)),
        (tr("Writing the answer"), _rate(timings.decode_tokens_per_s)),
        (tr("Time in all"), _time(timings.total_s)),
        (tr("Loading the model"), _time(timings.load_s)),
        (
            tr("Stop reason"),
            _unknown() if answer.stop_reason is None else wording.stop_reason(answer.stop_reason),
        ),
        (
            tr("Asked"),
            tr("through MLflow's predict") if answer.through_predict else tr("directly, streamed"),
        ),
        (tr("Registry"), answer.tracking_uri or _unknown()),
    ]
    return tuple(rows)


def _of_context(tokens: int | None, answer: Answer) -> str:
    if tokens is None or answer.context_length is None:
        return _count(tokens)
    return tr("{used} of {length} tokens").format(
        used=number(tokens), length=number(answer.context_length)
    )


def _count(value: int | None) -> str:
    return _unknown() if value is None else number(value)


def _time(seconds: float | None) -> str:
    return _unknown() if seconds is None else duration(seconds)


def _rate(tokens_per_s: float | None) -> str:
    return _unknown() if tokens_per_s is None else wording.speed(tokens_per_s)


def _unknown() -> str:
    return tr("not known")
