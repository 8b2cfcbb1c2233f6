"""What the left column lists."""

from app.ui.item_models.conversation_model import ConversationRole, RowKind
from app.ui.panes.sidebar import Sidebar


def listed(sidebar: Sidebar) -> list[str]:
    """The conversations, without the headings between them."""
    model = sidebar.conversations.model()
    rows = [model.index(row, 0) for row in range(model.rowCount())]
    return [one.data() for one in rows if one.data(ConversationRole.KIND) != RowKind.HEADING]
