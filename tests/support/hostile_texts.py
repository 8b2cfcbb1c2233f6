"""Answers made to hang, to crash or to break out of where they are shown."""

from typing import Final

LINKS: Final = "javascript:alert(1) file:///etc/passwd data:text/html,x vbscript:x //a.b/c"

TEXTS: Final = {
    "nested quotes": ">" * 10_000 + " deep",
    "nested quotes with spaces": "> " * 10_000 + "deep",
    "nested lists": "- " * 5_000 + "deep",
    "a list ever deeper": "\n".join("  " * depth + "- a" for depth in range(300)),
    "a line of a million": "a" * 1_000_000,
    "words in a line of a million": "some words " * 90_000,
    "a million in code": "```\n" + "a" * 1_000_000,
    "an unclosed fence": "```python\n" + "x = [1]\n" * 3_000,
    "unclosed emphasis": "*a **b _c __d " * 2_000,
    "unclosed links": "[" * 20_000 + "a" + "](" * 20_000,
    "unclosed ticks": " ".join("`" * count for count in range(300)),
    "dollars": "$" * 20_000 + " $x" * 5_000,
    "unclosed formulas": "\\[\n\\(" * 3_000,
    "nested formulas": "$" + "\\frac{" * 500 + "x" + "}{y}" * 500 + "$",
    "a huge formula": "$$" + "x_1 + " * 5_000 + "y$$",
    "a wide table": "|a" * 3_000 + "|\n" + "|-" * 3_000 + "|\n" + "|b" * 3_000 + "|\n",
    "a long table": "| a | b |\n|---|---|\n" + "| one | two |\n" * 3_000,
    "many code blocks": "```\na\n```\n" * 1_000,
    "bidi overrides": "safe \u202e txt.exe \u2066 \u2069 \u202d end",
    "terminal escapes": "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x00\x08\x7f",
    "zero width": "\u200b\u200c\u200d\ufeff\u2060" * 5_000 + "end",
    "combining": "a" + "\u0301" * 5_000,
    "towers": ("Z" + "\u0301" * 50) * 300,
    "separators": "a\u2028b\u2029c\x0bd\x0ce\x85f",
    "Qt's own marks": "a\ufdd0b\ufdd1c\ufffcd\ufffee",
    "half a character": "a\ud800b\udfffc",
    "html": "<script>alert(1)</script><img src=x onerror=y><!-- a --><style>*{}</style>",
    "images": "![a](file:///etc/passwd) ![b](https://example.org/b.png) ![c](:/icons/x.svg)",
    "links": " ".join(f"[{link}]({link}) <{link}>" for link in LINKS.split()),
}
"""By a name that says what is hostile."""
