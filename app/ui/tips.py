"""Tool tips with other people's words in them."""

from app.domain.plain_text import lines

_MAX_TIP = 1_000


def plain_tip(text: str) -> str:
    """`text` as a tool tip that shows it as it is: Qt takes one that looks like markup for markup.

    What would do harm unseen is made visible, and what is endless cut.
    """
    shown = lines(text, _MAX_TIP)
    if not any(sign in shown for sign in "<&"):
        return shown
    from html import escape  # few tips need it, and a window that opens none

    return f'<p style="white-space: pre-wrap">{escape(shown)}</p>'
