"""The keys of the window, in one table: no two actions can share one without it being seen here.

Written as Qt writes them: on a Mac, ``Ctrl`` is the Command key. Keys that texts need for
themselves are left to them, and so is ``Ctrl+Alt``, which types characters on many keyboards.
"""

from typing import Final

KEYS: Final[dict[str, tuple[str, ...]]] = {
    # Conversations
    "new_conversation": ("Ctrl+N",),
    "search_conversations": ("Ctrl+Shift+F",),
    "export_conversation": ("Ctrl+E",),
    "export_all": ("Ctrl+Shift+E",),
    "import": ("Ctrl+Shift+O",),
    # Messages
    "write": ("Ctrl+Shift+W",),
    "stop": ("Ctrl+.",),
    "continue": ("Ctrl+Shift+Return", "Ctrl+Shift+Enter"),
    "regenerate": ("Ctrl+R",),
    "edit": ("Ctrl+D",),
    "branch": ("Ctrl+Shift+B",),
    "delete": ("Ctrl+Shift+Backspace",),
    "details": ("Ctrl+Shift+I",),
    "answer": ("Ctrl+Shift+A",),
    "copy_answer": ("Ctrl+Shift+C",),
    "copy_code": ("Ctrl+Shift+Y",),
    "good": ("F8",),
    "bad": ("Shift+F8",),
    "comment": ("F9",),
    "to_last": ("Ctrl+J",),
    "system_prompt": ("Ctrl+Shift+S",),
    "drop_oldest": ("Ctrl+Shift+1",),
    "stop_here": ("Ctrl+Shift+2",),
    "ask_before_dropping": ("Ctrl+Shift+3",),
    "presets": ("F7",),
    "save_preset": ("Shift+F7",),
    "undo": ("Ctrl+Z",),
    # The Prompt pane
    "insert_template": ("Ctrl+T",),
    "from_conversation": ("Ctrl+G",),
    "take_back": ("Ctrl+Shift+U",),
    # Models
    "search_models": ("Ctrl+F",),
    "load": ("Ctrl+L",),
    "unload": ("Ctrl+Shift+L",),
    "copy_call": ("Ctrl+Shift+M",),
    "signature_json": ("Ctrl+Shift+J",),
    "signature_text": ("Ctrl+Shift+H",),
    "reset_parameters": ("Ctrl+Shift+R",),
    "through_predict": ("Ctrl+P",),
    "show_log": ("Ctrl+Shift+G",),
    "refresh": ("F5",),
    "register": ("Ctrl+Shift+N",),
    "open_registry": ("Ctrl+O",),
    "make_demo": ("Ctrl+Shift+D",),
    "cancel_job": ("Ctrl+Shift+.",),
    # View
    "palette": ("Ctrl+K",),
    "chat": ("Ctrl+1",),
    "prompt": ("Ctrl+2",),
    "sidebar": ("Ctrl+B",),
    "inspector": ("Ctrl+I",),
    "zoom_in": ("Ctrl++", "Ctrl+="),
    "zoom_out": ("Ctrl+-",),
    "zoom_reset": ("Ctrl+0",),
    "next_theme": ("Ctrl+Shift+T",),
    # The program
    "menu": ("F10",),
    "dismiss": ("Ctrl+Shift+K",),
    "traces": ("Ctrl+Shift+X",),
    "shortcuts": ("F1",),
    "about": ("Shift+F1",),
    "quit": ("Ctrl+Q",),
}
