"""What the window can be asked to do, bound to those who do it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget

from app.domain.conversation import Node
from app.later import Later
from app.services.sessions import Sessions
from app.ui.actions import Actions, Group
from app.ui.main_window import MainWindow
from app.ui.panes.chat_pane import ChatPane
from app.ui.panes.inspector import Inspector
from app.ui.panes.sidebar import Sidebar
from app.ui.presenters.appearance_presenter import AppearancePresenter
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.presenters.conversations_presenter import ConversationsPresenter
from app.ui.presenters.inspector_presenter import InspectorPresenter
from app.ui.presenters.pressing import press, pressable
from app.ui.presenters.prompt_actions import add_prompt_actions
from app.ui.presenters.session_presenter import SessionPresenter
from app.ui.presenters.transfers_presenter import TransfersPresenter
from app.ui.presenters.undo_presenter import UndoPresenter
from app.ui.text_undo import TextUndo
from app.ui.translation import tr
from app.ui.widgets.conversation_list import PIN_KEYS
from app.ui.widgets.message_actions import words_of
from app.ui.widgets.version_switcher import STEP_KEYS

if TYPE_CHECKING:
    from app.ui.presenters.compare_parts import CompareParts
    from app.ui.presenters.prompt_parts import PromptParts

_MENU_GROUPS: Final[dict[str, Group]] = {
    "register": "models",
    "open_registry": "models",
    "make_demo": "models",
    "refresh": "models",
    "trusted": "models",
    "zoom_in": "view",
    "zoom_out": "view",
    "zoom_reset": "view",
    "theme_system": "view",
    "theme_light": "view",
    "theme_dark": "view",
}


class Parts(Struct, frozen=True):
    """Those who do it."""

    window: MainWindow
    sidebar: Sidebar
    chat_pane: ChatPane
    inspector_pane: Inspector
    sessions: Sessions
    session: SessionPresenter
    chat: ChatPresenter
    prompt: "Later[PromptParts]"
    compare: "Later[CompareParts]"
    conversations: ConversationsPresenter
    inspector: InspectorPresenter
    transfers: TransfersPresenter
    appearance: AppearancePresenter
    undo: UndoPresenter
    load_or_cancel: Callable[[], None]
    switch_hub: Callable[[], None]


def add_window_actions(actions: Actions, parts: Parts, *, open_palette: Callable[[], None]) -> None:
    """All of it; the menu shows some."""
    _add_conversations(actions, parts)
    _add_messages(actions, parts)
    _add_prompt(actions, parts)
    _add_models(actions, parts)
    _add_view(actions, parts, open_palette)
    _adopt_menu(actions, parts)
    actions.add("quit", "program", tr("Quit"), parts.window.close)
    _note_keys(actions)


def _add_conversations(actions: Actions, parts: Parts) -> None:
    transfers = parts.transfers
    actions.add(
        "new_conversation", "conversations", tr("New conversation"), parts.conversations.new
    )
    actions.add(
        "search_conversations",
        "conversations",
        tr("Search the conversations"),
        lambda: _focus(parts, "conversationSearch"),
    )
    files = (
        actions.add(
            "export_conversation",
            "conversations",
            tr("Export this conversation…"),
            transfers.export_conversation,
            is_possible=lambda: transfers.can_export,
        ),
        actions.add(
            "export_all",
            "conversations",
            tr("Export all conversations…"),
            transfers.export_all,
            is_possible=lambda: transfers.is_idle,
        ),
        actions.add(
            "import",
            "conversations",
            tr("Import conversations…"),
            transfers.import_file,
            is_possible=lambda: transfers.is_idle,
        ),
    )
    parts.sidebar.settings.add_files(files)


def _add_messages(actions: Actions, parts: Parts) -> None:
    chat, window = parts.chat, parts.window

    def write() -> None:
        window.show_page("chat")
        parts.chat_pane.composer.setFocus()

    def stop() -> None:
        match window.page:
            case "prompt":
                parts.prompt().prompt.stop()
            case "compare":
                parts.compare().compare.stop()
            case _:
                chat.stop()

    def may_stop() -> bool:
        engine = parts.sessions.current
        is_loading = engine is not None and engine.loading_since is not None
        prompt, compare = parts.prompt.made, parts.compare.made
        return (
            is_loading
            or chat.is_answering
            or (prompt is not None and prompt.prompt.is_generating)
            or (compare is not None and compare.compare.is_running)
        )

    def copy_answer() -> None:
        node = _last(chat, "assistant")
        if node is not None:
            QGuiApplication.clipboard().setText(node.content)

    actions.add("write", "messages", tr("Write a message"), write)
    actions.add("stop", "messages", tr("Stop the model"), stop, is_possible=may_stop)
    for name in chat.actions.names():
        _add_message_action(actions, parts, name)
    for key, text, button in (
        ("drop_oldest", tr("Drop the oldest messages"), "dropOldestButton"),
        ("stop_here", tr("Leave the full context as it is"), "stopHereButton"),
        ("ask_before_dropping", tr("Ask before messages are dropped"), "askBeforeDroppingButton"),
    ):
        _add_press(actions, parts, key, "messages", text, button, within=parts.chat_pane)
    actions.add(
        "copy_answer",
        "messages",
        tr("Copy the last answer"),
        copy_answer,
        is_possible=lambda: _last(chat, "assistant") is not None,
    )
    actions.add(
        "to_last",
        "messages",
        tr("To the last message"),
        parts.chat_pane.transcript.scroll_to_bottom,
        is_possible=lambda: window.page == "chat" and bool(chat.conversation.nodes),
    )
    _add_press(
        actions, parts, "system_prompt", "messages", tr("Show or hide the system prompt"),
        "systemPromptButton",
    )  # fmt: skip
    _add_press(actions, parts, "presets", "messages", tr("Choose a preset"), "presetsButton")
    actions.add(
        "save_preset",
        "messages",
        tr("Save as preset…"),
        parts.chat_pane.composer.presets.save_requested.emit,
        is_possible=lambda: window.page == "chat",
    )
    # Where a text has the focus, that key is the text's own while there is something to undo in it.
    TextUndo(window, lambda: parts.undo.has_offer)
    actions.add(
        "undo",
        "messages",
        tr("Undo what was deleted"),
        parts.undo.undo,
        is_possible=lambda: parts.undo.has_offer,
    )


def _add_message_action(actions: Actions, parts: Parts, name: str) -> None:
    """What a message offers, for the last one that it can be done with. In the Prompt pane, what
    goes by the same name there."""
    chat, window = parts.chat, parts.window
    in_prompt = {"continue": "continueButton", "regenerate": "regenerateButton"}.get(name)

    def target() -> Node | None:
        return _target(chat, name)

    def run() -> None:
        if window.page == "prompt":
            press(window, in_prompt or "")
            return
        node = target()
        if node is not None:
            chat.actions.run(node.id, name)

    def is_possible() -> bool:
        if window.page == "prompt":
            return in_prompt is not None and pressable(window, in_prompt) is not None
        return window.page == "chat" and not chat.is_answering and target() is not None

    words = next(words_of(one) for one in chat.actions.names() if one == name)
    text = {
        "answer": tr("Answer the last question"),
        "continue": tr("Continue the answer"),
        "regenerate": tr("Regenerate the answer"),
        "edit": tr("Edit the last question"),
    }.get(name, words.name)
    actions.add(name, "messages", text, run, is_possible=is_possible)


def _target(chat: ChatPresenter, name: str) -> Node | None:
    """The last message that `name` can be done with."""
    if name in ("answer", "continue", "regenerate"):
        # Offered under what they are for, and by no menu: possible with the last alone.
        branch = chat.conversation.branch()
        last = branch[-1] if branch else None
        if name == "answer":
            return last if last is not None and last.role == "user" else None
        if last is None or last.answer is None or not last.answer.state.is_final:
            return None
        return last if name == "regenerate" or last.answer.is_cut else None
    role = "user" if name == "edit" else None
    menu = chat.actions
    known = next(one for one in menu.names() if one == name)
    for node in reversed(chat.conversation.branch()):
        if role in (None, node.role) and menu.applies(known, node):
            return node
    return None


def _add_prompt(actions: Actions, parts: Parts) -> None:
    window = parts.window

    def open_templates() -> None:
        button = pressable(window, "insertTemplateButton")
        if isinstance(button, QPushButton) and button.menu() is not None:
            button.menu().popup(button.mapToGlobal(QPoint(0, button.height())))

    actions.add(
        "insert_template",
        "prompt",
        tr("Insert a template"),
        open_templates,
        is_possible=lambda: pressable(window, "insertTemplateButton") is not None,
    )
    _add_press(
        actions, parts, "from_conversation", "prompt", tr("Put the conversation into the prompt"),
        "fromConversationButton",
    )  # fmt: skip
    _add_press(
        actions, parts, "take_back", "prompt", tr("Take back what the model wrote"), "undoButton"
    )
    add_prompt_actions(actions, parts.prompt, is_shown=lambda: window.page == "prompt")


def _add_models(actions: Actions, parts: Parts) -> None:
    sessions, inspector = parts.sessions, parts.inspector_pane

    def search() -> None:
        _show_sidebar(parts)
        parts.sidebar.search.setFocus()
        parts.sidebar.search.selectAll()

    actions.add("search_models", "models", tr("Search the registry"), search)
    actions.add(
        "load",
        "models",
        tr("Load the model, or cancel its load"),
        parts.load_or_cancel,
        is_possible=lambda: sessions.current is not None,
    )
    actions.add(
        "unload",
        "models",
        tr("Unload the model"),
        parts.session.unload,
        is_possible=lambda: sessions.current is not None and sessions.current.is_loaded,
    )
    _add_press(
        actions, parts, "load_as", "models", tr("Choose how the model is loaded"),
        "loadOptionsButton",
    )  # fmt: skip
    actions.add(
        "allow_hub",
        "models",
        tr("Let this model ask the Hugging Face hub, or no more"),
        parts.switch_hub,
        is_possible=lambda: sessions.current is not None,
    )
    actions.add(
        "copy_call",
        "models",
        tr("Copy the call as Python"),
        parts.inspector.copy_call,
        is_possible=lambda: sessions.current is not None,
    )
    for key, text, button in (
        ("signature_json", tr("The signature as MLflow's JSON"), "signatureJsonButton"),
        ("signature_text", tr("The signature in MLflow's text form"), "signatureTextButton"),
        ("reset_parameters", tr("Reset the parameters"), "resetButton"),
        ("through_predict", tr("Ask through MLflow's predict"), "predictSwitch"),
    ):
        _add_press(actions, parts, key, "models", text, button, within=inspector)
    _add_press(
        actions, parts, "show_log", "models", tr("Show the log of what failed"), "showLogButton",
        "jobLogButton", "startJobLogButton",
    )  # fmt: skip
    _add_press(
        actions, parts, "cancel_job", "models", tr("Cancel the job"), "cancelJobButton",
        "cancelStartJobButton",
    )  # fmt: skip


def _add_view(actions: Actions, parts: Parts, open_palette: Callable[[], None]) -> None:
    window, settings = parts.window, parts.sidebar.settings

    def open_menu() -> None:
        _show_sidebar(parts)
        # Not `showMenu`, which waits within itself.
        menu = settings.menu()
        menu.popup(settings.mapToGlobal(QPoint(0, -menu.sizeHint().height())))

    palette = actions.add("palette", "view", tr("Command palette"), open_palette)
    settings.add_help(palette)
    actions.add("chat", "view", tr("Chat"), lambda: window.show_page("chat"))
    actions.add("prompt", "view", tr("Prompt"), lambda: window.show_page("prompt"))
    actions.add("compare", "view", tr("Compare"), lambda: window.show_page("compare"))
    actions.add(
        "sidebar",
        "view",
        tr("Show or hide the registry"),
        lambda: window.toggle_column("sidebar"),
    )
    actions.add(
        "inspector",
        "view",
        tr("Show or hide the inspector"),
        lambda: window.toggle_column("inspector"),
        is_possible=lambda: window.page not in ("start", "compare"),
    )
    actions.add("next_theme", "view", tr("The next theme"), parts.appearance.next_theme)
    actions.add("menu", "program", tr("Settings and more"), open_menu)
    _add_press(
        actions, parts, "dismiss", "program", tr("Dismiss what is told"), "dismissUndoButton",
        "dismissJobButton", "dismissRunButton", "startBackButton",
    )  # fmt: skip


def _adopt_menu(actions: Actions, parts: Parts) -> None:
    known = {one.action for one in actions.entries}
    names = {
        "theme_system": tr("Theme as the system"),
        "theme_light": tr("Light theme"),
        "theme_dark": tr("Dark theme"),
    }
    for action in parts.sidebar.settings.entries():
        if action not in known:
            key = action.objectName()
            group = _MENU_GROUPS.get(key, "program")
            actions.adopt(key, group, action, name=names.get(key, ""))


def _note_keys(actions: Actions) -> None:
    """Keys that widgets handle themselves while they have the focus."""
    actions.note("messages", tr("Send the message"), "Return")
    actions.note("messages", tr("New line in the message"), "Shift+Return")
    actions.note("messages", tr("Stop the model, in a pane"), "Esc")
    actions.note(
        "messages", tr("Earlier or later version of a message"), STEP_KEYS[-1], STEP_KEYS[1]
    )
    actions.note("messages", tr("Accept an edited message"), "Ctrl+Return")
    actions.note("messages", tr("Undo or redo in a text"), "Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+Y")
    actions.note("prompt", tr("Generate"), "Ctrl+Return")
    actions.note("lists", tr("From a search to what it found"), "Down", "Return")
    actions.note("lists", tr("Clear a search"), "Esc")
    actions.note("lists", tr("Load the model of a row"), "Return")
    actions.note("lists", tr("Fold or unfold a model"), "Left", "Right")
    actions.note("lists", tr("Rename a conversation"), "F2")
    actions.note("lists", tr("Pin a conversation"), PIN_KEYS)
    actions.note("lists", tr("Delete a conversation"), "Del")
    actions.note("lists", tr("Next or previous control"), "Tab", "Shift+Tab")
    actions.note("lists", tr("Close a dialog"), "Esc")


# --------------------------------------------------------------------------------------------
# Ways to do it


def _add_press(
    actions: Actions,
    parts: Parts,
    key: str,
    group: Group,
    text: str,
    *names: str,
    within: QWidget | None = None,
) -> None:
    """What a button does, while it is there: the first of `names` that is."""
    place = within or parts.window
    actions.add(
        key,
        group,
        text,
        lambda: press(place, *names),
        is_possible=lambda: pressable(place, *names) is not None,
    )


def _focus(parts: Parts, name: str) -> None:
    """Give the keyboard to a widget of the left column."""
    _show_sidebar(parts)
    widget = parts.sidebar.findChild(QWidget, name)
    if widget is not None:
        widget.setFocus()


def _show_sidebar(parts: Parts) -> None:
    if not parts.sidebar.isVisible():
        parts.window.toggle_column("sidebar")


def _last(chat: ChatPresenter, role: str) -> Node | None:
    """The last visible message of `role` with something in it."""
    for node in reversed(chat.conversation.branch()):
        if node.role == role and node.content:
            return node
    return None
