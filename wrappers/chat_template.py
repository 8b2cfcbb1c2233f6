"""A model's own chat template: found in its folder, rendered as transformers renders it.

The engine has a Jinja of its own that lacks parts of the language. This one is set up as
transformers sets it up, which is what templates are written for, so that both wrappers of the same
weights read the same prompt.
"""

import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from wrappers.base import WrapperError
from wrappers.contract import Message

_TOKEN_NAMES = ("bos_token", "eos_token", "unk_token", "pad_token")


def find_template(folder: Path) -> str | None:
    """The Jinja source of the chat template in a tokenizer's `folder`, if it has one."""
    file = folder / "chat_template.jinja"
    if file.is_file():
        return file.read_text(encoding="utf-8")
    template = read_object(folder / "tokenizer_config.json").get("chat_template")
    if isinstance(template, list):  # several, each with a name
        named = {one.get("name"): one.get("template") for one in template if isinstance(one, dict)}
        template = named.get("default")
    return template if isinstance(template, str) else None


def template_tokens(folder: Path) -> dict[str, str]:
    """The tokens that a template may name (``bos_token`` and so on), written out."""
    config = read_object(folder / "special_tokens_map.json") | read_object(
        folder / "tokenizer_config.json"
    )
    tokens = {name: _content(config.get(name)) for name in _TOKEN_NAMES}
    return {name: text for name, text in tokens.items() if text is not None}


def render(template: str, messages: tuple[Message, ...], tokens: dict[str, str]) -> str:
    """The prompt for the next answer. Raises `WrapperError` (``template_failed``)."""
    try:
        return str(
            _compile(template).render(
                messages=[{"role": one.role, "content": one.content} for one in messages],
                tools=None,
                documents=None,
                add_generation_prompt=True,
                **tokens,
            )
        )
    except Exception as error:  # a template is a program, and may raise anything
        raise template_failure(error) from error


def template_failure(error: Exception) -> WrapperError:
    """What rendering a chat template has raised, as the user reads it."""
    from jinja2 import TemplateSyntaxError

    # Jinja's own advice follows the first sentence of what it says.
    said = str(error).partition(". ")[0].splitlines()
    why = (said[0] if said else type(error).__name__).rstrip(".")
    if isinstance(error, TemplateSyntaxError):
        return WrapperError(
            "template_failed",
            f"The model's chat template is broken at line {error.lineno}: {why}.",
            "Register the model anew with its template mended, or write the prompt out in the "
            "Prompt pane.",
        )
    return WrapperError(
        "template_failed",
        f"The model's chat template refuses these messages: {why}.",
        "Change the messages (some templates take no system prompt, or want user and assistant "
        "in turn), or write the prompt out in the Prompt pane.",
    )


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in `path`; an empty one where there is none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _content(token: Any) -> str | None:
    text = token.get("content") if isinstance(token, dict) else token
    return text if isinstance(text, str) else None


@lru_cache(maxsize=8)
def _compile(template: str) -> Any:
    from jinja2 import TemplateError, nodes
    from jinja2.ext import Extension, loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):  # type: ignore[misc]  # jinja2 is untyped here
        """``{% generation %}`` marks what to train on; it says nothing to a prompt."""

        tags = {"generation"}  # noqa: RUF012 - Jinja's own way

        def parse(self, parser: Any) -> list[Any]:
            next(parser.stream)
            body: list[nodes.Node] = parser.parse_statements(
                ["name:endgeneration"], drop_needle=True
            )
            return body

    def raise_exception(message: str) -> None:
        raise TemplateError(message)

    def tojson(value: Any, *, ensure_ascii: bool = False, **options: Any) -> str:
        return json.dumps(value, ensure_ascii=ensure_ascii, **options)

    def strftime_now(pattern: str) -> str:
        return datetime.now().astimezone().strftime(pattern)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols]
    )
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = strftime_now
    return environment.from_string(template)
