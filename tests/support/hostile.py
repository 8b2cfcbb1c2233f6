"""Texts that would do something where they are not kept as text, and records full of them."""

from itertools import cycle
from typing import Any

import msgspec
from msgspec.structs import replace

from app.domain.comparison.record import Comparison, PromptSet, Turn

HOSTILE = (
    "</div></pre></style></textarea><script>document.title = 'run'</script>",
    '<img src="http://example.invalid/x.png" onerror="document.title = \'run\'">',
    '" onmouseover="x" style="background: url(\'http://example.invalid/y.css\')" x=\'',
    '--></title></svg><svg onload="x"><a href="javascript:x">z</a>&lt;b&gt;&#60;i&#62;',
    "\u202eturned\u2066 around \x1b[31mred\x1b]8;;http://example.invalid\x07 nul \x00 end \x9b \r",
    "```\n~~~~\n# Heading\n| a | b |\n| - | - |\n\n[x](javascript:x) ![y](http://example.invalid/i)\n",
    "comments <!-- \ufffe ]]> \u2028 <![CDATA[",
    "1. - + = > * _ `x` ~~y~~ <b>z</b> $\\alpha$ {{ x }} %(x)s ${x}",
)


def filled[T](record: T) -> T:
    """`record` with a hostile text in place of each text that can be any."""
    kind = type(record)
    texts = cycle(HOSTILE)
    whole = msgspec.json.decode(msgspec.json.encode(record))
    for holder, key in list(_texts(whole)):
        before = holder[key]
        holder[key] = next(texts)
        try:
            msgspec.convert(whole, kind, str_keys=True)
        except msgspec.ValidationError:
            holder[key] = before
    return msgspec.convert(whole, kind, str_keys=True)


def saying[T: Comparison | PromptSet](record: T, text: str) -> T:
    """`record` with `text` for names, what is asked, what is read and what is answered."""
    first, second = (replace(slot, name=text, reference=text) for slot in record.slots)
    if isinstance(record, Comparison):
        turns = tuple(_saying(turn, text) for turn in record.turns)
        return replace(record, slots=(first, second), system=text, turns=turns)
    prompts = tuple(
        replace(prompt, id=text[:100], text=text, messages=(("system", text),), expected=text)
        for prompt in record.prompts
    )
    results = {at: _saying(turn, text) for at, turn in record.results.items()}
    return replace(
        record, slots=(first, second), name=text, prompts=prompts, results=results, source=text
    )


def _saying(turn: Turn, text: str) -> Turn:
    first, second = (
        replace(side, answer=replace(side.answer, text=text, prompt=text)) for side in turn.sides
    )
    return replace(turn, text=text, sides=(first, second))


def _texts(value: Any) -> Any:
    """Where the texts of plain data stand: a container and a key."""
    items: Any = ()
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, one in items:
        if isinstance(one, str):
            yield value, key
        else:
            yield from _texts(one)
