"""Finding and rendering a model's own chat template."""

import json
from pathlib import Path

import pytest

from wrappers.base import WrapperError
from wrappers.chat_template import find_template, render, template_tokens
from wrappers.contract import Message

HELLO = (Message("user", "<b>Hi</b> 🙂"),)


def test_that_the_template_file_goes_before_the_one_in_the_tokenizers_config(
    tmp_path: Path,
) -> None:
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": "old"}))
    assert find_template(tmp_path) == "old"
    (tmp_path / "chat_template.jinja").write_text("new")
    assert find_template(tmp_path) == "new"


def test_that_of_several_templates_the_default_one_is_taken(tmp_path: Path) -> None:
    templates = [{"name": "tool_use", "template": "a"}, {"name": "default", "template": "b"}]
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": templates}))
    assert find_template(tmp_path) == "b"


def test_that_a_folder_without_a_template_has_none(tmp_path: Path) -> None:
    assert find_template(tmp_path) is None


def test_that_the_tokens_a_template_names_are_known_in_either_spelling(tmp_path: Path) -> None:
    config = {"bos_token": "<s>", "eos_token": {"content": "</s>"}, "pad_token": None}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    assert template_tokens(tmp_path) == {"bos_token": "<s>", "eos_token": "</s>"}


def test_that_nothing_is_escaped() -> None:
    template = "{{ bos_token }}{% for m in messages %}{{ m.content }}{{ m | tojson }}{% endfor %}"
    assert render(template, HELLO, {"bos_token": "<s>"}) == (
        '<s><b>Hi</b> 🙂{"role": "user", "content": "<b>Hi</b> 🙂"}'
    )


def test_that_the_lines_of_blocks_leave_no_blanks() -> None:
    template = (
        "{% for m in messages %}\n    {% if true %}\n{{ m.role }}\n    {% endif %}\n{% endfor %}"
    )
    assert render(template, HELLO, {}) == "user\n"


def test_that_loop_controls_and_generation_marks_are_understood() -> None:
    template = (
        "{% for m in messages %}{% generation %}{{ m.role }}{% endgeneration %}{% break %}"
        "{% endfor %}{% if add_generation_prompt %}>{% endif %}"
    )
    assert render(template, HELLO * 2, {}) == "user>"


@pytest.mark.parametrize(
    "template",
    [
        "{{ raise_exception('Roles must alternate.') }}",
        "{% for %}",
        "{{ messages[3].content }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ 1 // 0 }}",
    ],
)
def test_that_a_template_that_raises_is_told_in_words(template: str) -> None:
    with pytest.raises(WrapperError) as caught:
        render(template, HELLO, {})
    assert caught.value.kind == "template_failed"
    assert caught.value.advice


def test_that_the_templates_own_words_reach_the_user() -> None:
    with pytest.raises(WrapperError, match=r"messages: Roles must alternate\.$"):
        render("{{ raise_exception('Roles must alternate.') }}", HELLO, {})


def test_that_a_template_which_does_not_parse_is_not_blamed_on_the_messages() -> None:
    with pytest.raises(WrapperError, match=r"is broken at line 2: Unexpected end of template\.$"):
        render("{% for m in messages %}\noops", HELLO, {})
