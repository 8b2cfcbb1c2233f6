"""Characters that Qt takes for more than a character."""

import re

_UNFIT = re.compile("[\0-\x08\x0b-\x1f\x7f\ufdd0\ufdd1\ufffc\ud800-\udfff\u2029\n]")


def shown(text: str) -> str:
    """`text` without what Qt would take for more than a character: control characters become
    their pictures, separators of paragraphs become line breaks."""
    return _UNFIT.sub(_stand_in, text)


def _stand_in(found: re.Match[str]) -> str:
    code = ord(found.group())
    if found.group() in "\n\u2029":
        return "\u2028"
    if code < ord(" "):
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"
