"""What can be done with a message, in words."""

from typing import Literal

from msgspec import Struct

from app.ui.translation import tr

Action = Literal[
    "continue",
    "regenerate",
    "edit",
    "branch",
    "delete",
    "answer",
    "details",
    "copy_code",
    "good",
    "bad",
    "comment",
    "to_prompt",
]
"""Beside Copy, which the message does itself."""


class ActionWords(Struct, frozen=True):
    """How a button or a menu entry presents an action."""

    text: str
    name: str
    """For a screen reader, which reads it without the message."""
    object_name: str
    icon: str = ""
    """A drawing for a button that has no room for the text."""
    is_held: bool = False
    """Whether its button stays pressed while what it does holds."""


def words_of(action: Action) -> ActionWords:
    match action:
        case "continue":
            # Not `continueButton`: that name is the prompt pane's.
            return ActionWords(tr("Continue"), tr("Continue this answer"), "continueAnswerButton")
        case "regenerate":
            return ActionWords(
                tr("Regenerate"), tr("Answer this anew"), "regenerateAnswerButton", "regenerate"
            )
        case "edit":
            return ActionWords(tr("Edit"), tr("Edit this message"), "editMessageButton", "edit")
        case "branch":
            return ActionWords(
                tr("Branch from here"),
                tr("Begin another conversation with all up to this message"),
                "branchMessageAction",
            )
        case "delete":
            return ActionWords(
                tr("Delete"), tr("Delete this message and what follows it"), "deleteMessageAction"
            )
        case "answer":
            return ActionWords(tr("Answer"), tr("Answer this message"), "answerMessageButton")
        case "details":
            words = tr("Details\u2026")
            return ActionWords(
                words, tr("Prompt, tokens and numbers"), "answerDetailsAction", "details"
            )
        case "copy_code":
            words = tr("Copy as MLflow code")
            return ActionWords(words, words, "copyCodeAction")
        case "good":
            return ActionWords(
                tr("Good"), tr("Good answer"), "goodAnswerButton", "thumb-up", is_held=True
            )
        case "bad":
            return ActionWords(
                tr("Bad"), tr("Bad answer"), "badAnswerButton", "thumb-down", is_held=True
            )
        case "comment":
            return ActionWords(tr("Comment…"), tr("Comment on this answer"), "commentAnswerButton")
        case "to_prompt":
            return ActionWords(
                tr("Send to Prompt"),
                tr("Open what the model read as a prompt"),
                "sendToPromptAction",
            )
