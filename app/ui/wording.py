"""What the window says about an answer: pure functions from numbers to the user's language."""

from app.domain.answer import Answer, AnswerState
from app.domain.context_use import ContextUse
from app.domain.load_choice import AS_LOGGED
from app.domain.plain_text import one_line
from app.domain.quantities import duration, number
from app.ui.translation import tr
from wrappers.contract import LoadOptions, StopReason, Usage

SEPARATOR = " · "
_MAX_VERSION = 40
_MAX_OPTION = 20


def tokens(count: int | None) -> str:
    if count is None:
        return tr("tokens not known")
    return tr("1 token") if count == 1 else tr("{count} tokens").format(count=number(count))


def speed(tokens_per_second: float) -> str:
    return tr("{speed} tok/s").format(speed=f"{tokens_per_second:.1f}")


def version_label(model: str, options: LoadOptions = AS_LOGGED) -> str:
    """``demo-onnx · version 1`` for ``demo-onnx/1``, with how it is loaded where that is not as it
    was logged."""
    if not model:
        return tr("Imported answer")
    name, slash, version = model.rpartition("/")
    label = one_line(model)
    if slash:
        label = tr("{name} · version {version}").format(
            name=one_line(name), version=one_line(version, _MAX_VERSION)
        )
    words = load_words(options)
    return SEPARATOR.join((label, words)) if words else label


def load_words(options: LoadOptions) -> str:
    """``bfloat16 · CPU · 2 threads``; empty for a model that is loaded as it was logged."""
    parts = []
    if options.dtype is not None:
        parts.append(one_line(options.dtype, _MAX_OPTION))
    if options.device is not None:
        parts.append(device_word(options.device))
    if options.threads is not None:
        parts.append(threads_words(options.threads))
    return SEPARATOR.join(parts)


def device_word(device: str) -> str:
    """``CPU`` for ``cpu``."""
    return one_line(device, _MAX_OPTION).upper()


def threads_words(count: int) -> str:
    return tr("1 thread") if count == 1 else tr("{count} threads").format(count=number(count))


def stop_reason(reason: StopReason) -> str:
    match reason:
        case "end_of_turn":
            return tr("end of turn")
        case "stop_string":
            return tr("stop string")
        case "length":
            return tr("token limit")
        case "cancelled":
            return tr("by you")
        case "context_full":
            return tr("context full")


def usage(count: Usage) -> str:
    """``11 prompt + 73 completion = 84 tokens``; says so where a number is not known."""
    prompt, completion, total = count.prompt_tokens, count.completion_tokens, count.total_tokens
    if prompt is None and completion is None:
        return tokens(total)
    parts = tr("{prompt} prompt + {completion} completion").format(
        prompt=_known(prompt), completion=_known(completion)
    )
    if total is None and prompt is not None and completion is not None:
        total = prompt + completion
    return parts if total is None else f"{parts} = {tokens(total)}"


def _known(count: int | None) -> str:
    return tr("unknown") if count is None else number(count)


def usage_line(answer: Answer) -> str:
    """The numbers of an answer that has come to its end; empty where there is none to tell."""
    if answer.state is AnswerState.FAILED:
        return _cut_line(answer) if answer.text else ""
    if not answer.model:
        return ""  # it came from a file that has no numbers
    if answer.state is AnswerState.STOPPED and not answer.text and answer.usage == Usage():
        return tr("stopped before its first word")
    if answer.edited and answer.usage == Usage() and answer.stop_reason is None:
        return SEPARATOR.join([tr("edited by you"), *([tr("cut")] if answer.is_cut else [])])
    if answer.stop_reason is None and answer.tokens_so_far and answer.usage == Usage():
        return _cut_line(answer)  # its end was not heard, such as in a window that was closed
    timings = answer.timings
    is_silent = answer.state is AnswerState.DONE and not answer.text.strip() and not answer.edited
    facts = [tr("it said nothing")] if is_silent else []
    facts.append(usage(answer.usage))
    if timings.time_to_first_token_s is not None:
        first = duration(timings.time_to_first_token_s)
        facts.append(tr("{duration} to first token").format(duration=first))
    elif timings.total_s is not None:
        facts.append(tr("{duration} in all").format(duration=duration(timings.total_s)))
    else:
        facts.append(tr("first token not timed"))
    if timings.decode_tokens_per_s is not None:
        facts.append(speed(timings.decode_tokens_per_s))
    if answer.stop_reason is not None:
        facts.append(tr("stop: {reason}").format(reason=stop_reason(answer.stop_reason)))
    if answer.through_predict:
        facts.append(tr("through MLflow's predict"))
    if answer.edited:
        facts.append(tr("edited by you"))
    if answer.is_cut:
        facts.append(tr("cut"))
    return SEPARATOR.join(facts)


def _cut_line(answer: Answer) -> str:
    facts = [] if answer.tokens_so_far is None else [_so_far(answer)]
    return SEPARATOR.join([*facts, tr("cut")])


def _so_far(answer: Answer) -> str:
    """``11 prompt + 24 so far``."""
    so_far = tr("{count} so far").format(count=_known(answer.tokens_so_far))
    if answer.prompt_total is None:
        return so_far
    return tr("{count} prompt").format(count=number(answer.prompt_total)) + " + " + so_far


def feedback(answer: Answer) -> str:
    """What the user has said of an answer, where its buttons do not show it."""
    facts = []
    if answer.comment:
        facts.append(tr("Your comment: {comment}").format(comment=" ".join(answer.comment.split())))
    if (answer.comment or answer.rating is not None) and answer.trace is None:
        facts.append(tr("kept in this conversation only, for the answer has no trace"))
    return SEPARATOR.join(facts)


def progress_line(answer: Answer, *, queued_behind: bool, rate: float | None) -> str:
    """What a running answer does now. `rate` is its tokens per second, where it can be told."""
    match answer.state:
        case AnswerState.QUEUED if queued_behind:
            return tr("Waiting: the model is answering something else")
        case AnswerState.QUEUED:
            return tr("Starting")
        case AnswerState.LOADING:
            loading = tr("Loading the model")
            return SEPARATOR.join([loading, answer.stage]) if answer.stage else loading
        case AnswerState.READING if answer.prompt_total is not None and not answer.prompt_done:
            return SEPARATOR.join([tr("Reading the prompt"), tokens(answer.prompt_total)])
        case AnswerState.READING if answer.prompt_total is not None:
            done = tr("{done} of {total} tokens").format(
                done=number(answer.prompt_done or 0), total=number(answer.prompt_total)
            )
            return SEPARATOR.join([tr("Reading the prompt"), done])
        case AnswerState.READING:
            return tr("The model is at work")
        case AnswerState.STREAMING if answer.tokens_so_far is not None:
            return SEPARATOR.join([_so_far(answer)] + ([] if rate is None else [speed(rate)]))
        case AnswerState.STREAMING:
            return tr("Answering")
        case _:
            return ""


def stopping() -> str:
    """An answer was stopped and goes on to its next step, which may never come."""
    return tr("Stopping at the next step. Stop again ends the model's process")


def draft_line(draft: int | None, use: ContextUse) -> str:
    """``4 tokens · 857 of 4 096 in context``, of which what is known; with a draft that can be
    sent, what the context holds then."""
    facts = [tokens(draft)]
    used, length = use.used, use.length
    if use.planned is not None and length is not None:
        facts.append(
            tr("{used} of {length} in context once sent").format(
                used=number(use.planned), length=number(length)
            )
        )
    elif use.planned is not None:
        facts.append(tr("{used} in context once sent").format(used=number(use.planned)))
    elif used is not None and length is not None:
        facts.append(
            tr("{used} of {length} in context").format(used=number(used), length=number(length))
        )
    elif used is not None:
        facts.append(tr("{used} in context").format(used=number(used)))
    return SEPARATOR.join(facts)


def context_warning(use: ContextUse) -> str:
    """What to look out for as the context fills; empty where there is nothing yet."""
    highest = use.highest
    if use.length is not None and highest is not None and use.is_nearly_full:
        left = max(0, use.length - highest)
        return tr("Nearly full: room for {tokens}.").format(tokens=tokens(left))
    if use.weakness is not None and use.is_near_weakness:
        return tr("{model} is known to lose the thread past about {count} tokens.").format(
            model=use.weakness.model, count=number(use.weakness.past_tokens)
        )
    return ""


def too_long_line(excess: int) -> str:
    return tr("Longer than the model's context by {tokens}. Shorten it before sending.").format(
        tokens=tokens(excess)
    )
