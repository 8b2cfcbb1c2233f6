"""Several prompts in tabs, kept over restarts, on a real store and a scripted model."""

import asyncio

import pytest

from app.infra.conversation_store import SqliteConversationStore
from app.ui.presenters import prompt_keeper
from tests.support.prompt_windows import OpenPrompt
from tests.ui.presenters.conftest import until
from wrappers.contract import Generate


async def test_that_there_are_tabs_once_there_are_several_prompts(open_prompt: OpenPrompt) -> None:
    window = await open_prompt().restored()
    assert not window.pane.tabs.isVisible()
    window.press("newPromptButton")
    assert not window.pane.tabs.isVisible()
    window.write("first")
    window.press("newPromptButton")
    assert window.text == ""
    window.write("second")
    await until(lambda: window.titles == ["first", "second"])
    window.pane.tabs.setCurrentIndex(0)
    assert window.text == "first"
    window.parts.sheets.step(1)
    assert window.text == "second"
    window.parts.sheets.step(1)
    assert window.text == "first"


async def test_that_everything_is_there_again_after_a_restart(open_prompt: OpenPrompt) -> None:
    first = await open_prompt().restored()
    await first.generate("one")
    await first.generate(press="regenerateButton")
    first.parts.sheets.new()
    first.write("P\u00a0🙂\n\u2028two")
    first.parts.sheets.new()
    first.write("three")
    first.parts.sheets.rename(first.prompt.sheet.id, "Mine")
    first.parts.sheets.move(-1)
    first.parts.sheets.step(-1)
    first.press("undoButton")
    await first.close()
    second = await open_prompt().restored()
    assert second.titles == ["one", "Mine", "P 🙂 two"]
    assert (second.text, second.version) == ("one", "–/2")
    second.press("previousVersionButton")
    assert (second.text, second.version) == ("oneone ", "2/2")
    assert second.label("usageLine").startswith("1 prompt + 1 completion = 2 tokens")
    assert second.pane.editor.can_take_back
    second.parts.sheets.step(-1)
    assert second.text == "P\u00a0🙂\n\u2028two"


async def test_that_the_marks_of_what_a_model_wrote_are_kept(open_prompt: OpenPrompt) -> None:
    first = await open_prompt().restored()
    await first.generate("one")
    marks = first.pane.editor.marks
    first.pane.editor.insertPlainText("0")
    await first.close()
    second = await open_prompt().restored()
    assert [one.end - one.start for one in second.pane.editor.marks] == [
        one.end - one.start for one in marks
    ]
    second.pane.editor.take_back()
    assert second.text in ("one0", "0one")
    second.pane.editor.undo()
    second.pane.editor.undo()
    assert "oneone" in second.text, "what was kept is no step to undo"


async def test_that_a_program_that_ends_without_a_word_loses_nothing(
    open_prompt: OpenPrompt,
) -> None:
    first = await open_prompt().restored()
    first.write("endless story")
    first.press("generateButton")
    await until(lambda: first.text == "endless storyendless story ")
    kept = SqliteConversationStore(first.services.conversations._path)  # type: ignore[attr-defined]

    async def is_kept() -> bool:
        drafts = await kept.drafts()
        return any("endless storyendless story " in text for text in drafts.values()) and any(
            key.startswith("prompt-completion:") and '"endless story "' in text
            for key, text in drafts.items()
        )

    async with asyncio.timeout(20):
        while not await is_kept():
            await first.services.conversations.settle()
    await kept.close()
    # As it would be read now by the next program, while the first one has told of no end.
    second = await open_prompt().restored()
    assert second.text == "endless storyendless story "
    assert second.pane.editor.can_take_back
    (completion,) = second.prompt.sheet.completions
    assert completion.text == "endless story "
    assert completion.answer.is_cut


async def test_that_the_prompt_of_an_earlier_version_is_taken_up(open_prompt: OpenPrompt) -> None:
    first = open_prompt()
    first.services.conversations.set_draft("prompt", "Once upon")
    await first.services.conversations.settle()
    await first.close()
    second = await open_prompt().restored()
    assert second.text == "Once upon"
    await second.close()
    third = await open_prompt().restored()
    assert third.text == "Once upon"
    assert third.parts.sheets.count == 1


async def test_that_what_is_written_before_the_rest_is_read_stays_shown(
    open_prompt: OpenPrompt,
) -> None:
    first = await open_prompt().restored()
    first.write("kept")
    await first.close()
    second = open_prompt()
    second.write("early")
    await second.restored()
    assert second.text == "early"
    assert second.titles == ["kept", "early"]


async def test_that_closing_can_be_undone_with_all_that_was_written(
    open_prompt: OpenPrompt,
) -> None:
    window = await open_prompt().restored()
    await window.generate("one")
    window.parts.sheets.new()
    window.write("two")
    window.parts.sheets.step(-1)
    window.parts.sheets.close_shown()
    assert window.text == "two"
    assert not window.pane.tabs.isVisible()
    window.undo.undo()
    assert window.titles == ["oneone", "two"]
    assert window.text == "oneone "
    window.press("undoButton")
    assert window.version == "–/1"


async def test_that_the_last_prompt_leaves_an_empty_one(open_prompt: OpenPrompt) -> None:
    window = await open_prompt().restored()
    window.write("one")
    window.parts.sheets.close_shown()
    assert window.text == ""
    assert window.parts.sheets.count == 1
    window.undo.undo()
    assert window.text == "one"
    assert window.parts.sheets.count == 1
    window.write("")
    window.parts.sheets.close_shown()
    assert window.parts.sheets.count == 1


async def test_that_a_closed_prompt_stays_closed_and_is_erased_a_day_later(
    open_prompt: OpenPrompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await open_prompt().restored()
    await first.generate("one")
    first.parts.sheets.new()
    first.write("two")
    first.parts.sheets.step(-1)
    first.parts.sheets.close_shown()
    await first.close()
    second = await open_prompt().restored()
    assert second.text == "two"
    assert any("oneone" in one for one in (await second.services.conversations.drafts()).values())
    await second.close()
    monkeypatch.setattr(prompt_keeper, "_CLOSED_MS", -1)
    third = await open_prompt().restored()
    drafts = await third.services.conversations.drafts()
    assert not any("oneone" in one for one in drafts.values())
    assert third.text == "two"


async def test_that_a_generation_goes_on_in_its_own_tab(open_prompt: OpenPrompt) -> None:
    window = await open_prompt().restored()
    window.write("endless story")
    window.press("generateButton")
    await until(lambda: window.prompt.is_streaming)
    window.parts.sheets.new()
    window.write("two")
    assert window.label("usageLine").startswith("A model writes in another prompt")
    assert window.titles[0].startswith("● ")
    window.prompt.generate()
    assert len(window.requests(Generate)) == 1
    window.prompt.stop()
    await until(lambda: not window.prompt.is_generating)
    assert window.text == "two"
    assert window.label("usageLine") == ""
    assert window.titles == ["endless storyendless story", "two"]
    window.parts.sheets.step(1)
    assert window.text == "endless storyendless story "
    assert "stop: by you" in window.label("usageLine")
    await window.generate("again")
    assert window.text == "againagain "


async def test_that_closing_a_prompt_stops_the_model_that_writes_in_it(
    open_prompt: OpenPrompt,
) -> None:
    window = await open_prompt().restored()
    window.write("endless story")
    window.press("generateButton")
    await until(lambda: window.prompt.is_streaming)
    window.parts.sheets.close_shown()
    await until(lambda: not window.prompt.is_generating)
    assert window.text == ""
    window.write("two")
    window.parts.sheets.new()
    window.parts.sheets.close_shown()
    await window.close()
    kept = await open_prompt().restored()
    assert kept.text == "two"


async def test_that_a_renamed_prompt_is_called_by_its_words_again_without_a_title(
    open_prompt: OpenPrompt,
) -> None:
    window = await open_prompt().restored()
    window.write("one")
    window.parts.sheets.new()
    window.write("two")
    key = window.prompt.sheet.id
    window.parts.sheets.rename(key, "Mine")
    assert window.titles == ["one", "Mine"]
    window.parts.sheets.rename(key, "")
    assert window.titles == ["one", "two"]


async def test_that_the_prompt_to_be_compared_is_handed_on(open_prompt: OpenPrompt) -> None:
    window = await open_prompt().restored()
    wanted: list[str] = []
    window.parts.sheets.compare_requested.connect(wanted.append)
    window.press("compareCompletionsButton")
    assert wanted == []
    assert window.label("usageLine").startswith("The prompt is empty")
    window.write("one\u00a0two")
    window.press("compareCompletionsButton")
    assert wanted == ["one\u00a0two"]
