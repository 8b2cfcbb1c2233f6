"""Numbers of an answer in words."""

from msgspec.structs import replace

from app.domain.answer import Answer, AnswerState
from app.domain.context_use import ContextUse
from app.ui import wording
from wrappers.contract import Failed, Timings, Usage, Weakness

DONE = Answer(
    model="demo-onnx/1",
    state=AnswerState.DONE,
    text="Madrid.",
    stop_reason="end_of_turn",
    usage=Usage(11, 73, 84),
    timings=Timings(time_to_first_token_s=0.182, decode_tokens_per_s=31.42),
)


def test_that_a_whole_answer_s_line_tells_tokens_times_and_why_it_ended() -> None:
    assert wording.usage_line(DONE) == (
        "11 prompt + 73 completion = 84 tokens · 182 ms to first token · 31.4 tok/s"
        " · stop: end of turn"
    )


def test_that_a_number_nobody_knows_is_said_to_be_so_and_never_zero() -> None:
    unknown = Answer(model="other/1", state=AnswerState.DONE, text="Madrid.")
    assert wording.usage_line(unknown) == "tokens not known · first token not timed"
    assert "unknown completion" in wording.usage(Usage(prompt_tokens=11))


def test_that_an_answer_without_a_word_says_so() -> None:
    assert wording.usage_line(replace(DONE, text=" \n")).startswith("it said nothing · 11 prompt")


def test_that_one_token_is_not_plural() -> None:
    assert wording.tokens(1) == "1 token"
    assert wording.tokens(0) == "0 tokens"


def test_that_a_cut_answer_says_so() -> None:
    failed = Answer(
        model="demo-onnx/1",
        state=AnswerState.FAILED,
        text="Mad",
        prompt_total=11,
        tokens_so_far=24,
        failure=Failed(kind="died", message="Its process ended."),
    )
    assert wording.usage_line(failed) == "11 prompt + 24 so far · cut"


def test_that_an_answer_stopped_before_its_first_word_has_no_numbers() -> None:
    stopped = Answer(model="demo-onnx/1", state=AnswerState.STOPPED)
    assert wording.usage_line(stopped) == "stopped before its first word"


def test_that_an_answer_whose_end_nobody_heard_tells_how_far_it_had_come() -> None:
    left = Answer(
        model="demo-onnx/1",
        state=AnswerState.STOPPED,
        text="Once",
        prompt_total=18,
        tokens_so_far=279,
    )
    assert wording.usage_line(left) == "18 prompt + 279 so far · cut"
    assert "so far" not in wording.usage_line(replace(left, usage=Usage(18, 280, 298)))


def test_that_reading_the_prompt_tells_how_far_it_is() -> None:
    reading = Answer(
        model="demo-onnx/1", state=AnswerState.READING, prompt_done=512, prompt_total=1164
    )
    line = wording.progress_line(reading, queued_behind=False, rate=None)
    assert line == "Reading the prompt · 512 of 1\u202f164 tokens"
    begun = replace(reading, prompt_done=0)
    line = wording.progress_line(begun, queued_behind=False, rate=None)
    assert line == "Reading the prompt · 1\u202f164 tokens"


def test_that_a_running_answer_tells_tokens_and_speed() -> None:
    running = Answer(
        model="demo-onnx/1",
        state=AnswerState.STREAMING,
        text="x",
        prompt_total=94,
        tokens_so_far=41,
    )
    line = wording.progress_line(running, queued_behind=False, rate=29.84)
    assert line == "94 prompt + 41 so far · 29.8 tok/s"


def test_that_the_draft_s_line_tells_what_is_in_the_context() -> None:
    use = ContextUse(857, 4096)
    assert wording.draft_line(0, use) == "0 tokens · 857 of 4\u202f096 in context"
    assert wording.draft_line(7, replace(use, planned=864)) == (
        "7 tokens · 864 of 4\u202f096 in context once sent"
    )
    assert wording.draft_line(7, ContextUse(857, None, 864)) == (
        "7 tokens · 864 in context once sent"
    )
    assert wording.draft_line(None, ContextUse()) == "tokens not known"


def test_that_a_context_is_warned_of_near_its_end_and_before_a_known_weakness() -> None:
    weakness = Weakness(model="Phi-3 mini 4k", past_tokens=2_000, source="")
    assert wording.context_warning(ContextUse(3_000, 4_096)) == ""
    assert "room for 96 tokens" in wording.context_warning(ContextUse(4_000, 4_096))
    assert "room for 90 tokens" in wording.context_warning(ContextUse(10, 1_000, 910))
    weak = ContextUse(1_700, 4_096, weakness=weakness)
    assert wording.context_warning(weak) == ""
    assert wording.context_warning(replace(weak, planned=1_900)) == (
        "Phi-3 mini 4k is known to lose the thread past about 2\u202f000 tokens."
    )
    assert "Nearly full" in wording.context_warning(replace(weak, used=4_000))


def test_that_a_version_is_named_in_words() -> None:
    assert wording.version_label("team/demo-onnx/12") == "team/demo-onnx · version 12"
    assert wording.version_label("somewhere") == "somewhere"
