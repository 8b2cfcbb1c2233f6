"""All that is known of one answer: what the model read, its tokens, parameters and numbers."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from app.domain.call_code import literal
from app.domain.quantities import number
from app.ui.dialogs.frame import DialogFrame, Role, text_label
from app.ui.dialogs.values import AnswerDetails, Row
from app.ui.theme import scaled
from app.ui.widgets.exact_text import ExactText

_SIZE: Final = (720, 520)


class AnswerDetailsDialog(DialogFrame):
    """Stays open beside the conversation. Copy takes what the shown page holds."""

    def __init__(self, details: AnswerDetails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("answerDetailsDialog")
        self.set_title(details.title)
        self._details = details
        if details.note:
            self.body.addWidget(text_label(details.note, "muted"))
        self._tabs = QTabWidget()
        self._tabs.setObjectName("answerDetailsTabs")
        self._tabs.setDocumentMode(True)
        self._tabs.tabBar().setAccessibleName(self.tr("What to show of the answer"))
        self._tabs.tabBar().setExpanding(False)
        unknown = self.tr("not known")
        self._copied: dict[str, str] = {}
        self._token_views: list[tuple[ExactText, tuple[int, ...]]] = []
        self._unfilled: dict[ExactText, str] = {}
        """Of the tokens' page: thousands of ids are laid out once somebody looks at them."""
        self._add_prompt(unknown)
        self._add_tokens(unknown)
        self._add_rows("parameters", self.tr("Parameters"), details.parameters)
        self._add_rows("numbers", self.tr("Numbers"), details.numbers)
        self.body.addWidget(self._tabs, 1)
        self._copy = self.add_button(self.tr("Copy"), Role.ActionRole, "copyDetailsButton")
        self._copy.clicked.connect(self._copy_page)
        close = self.add_button(self.tr("Close"), Role.RejectRole, "closeButton")
        close.setDefault(True)
        self._tabs.currentChanged.connect(self._turn_to_page)
        self._turn_to_page()
        self.resize(scaled(_SIZE[0]), scaled(_SIZE[1]))

    def fit(self) -> None:
        """It is as large as it was made or drawn, and its pages scroll."""

    def show_token_texts(self, texts: Sequence[str]) -> None:
        """What each token stands for: those of the prompt, then those of the answer, as far as
        their ids are known."""
        at = 0
        for view, ids in self._token_views:
            lines = (
                f"{one:>7}  {literal(text)}"
                for one, text in zip(ids, texts[at : at + len(ids)], strict=True)
            )
            self._unfilled[view] = "\n".join(lines)
            at += len(ids)
        self._turn_to_page()

    def _add_prompt(self, unknown: str) -> None:
        page = ExactText(
            "promptText", self.tr("Prompt, exactly as the model read it"), coloured=True
        )
        prompt = self._details.prompt
        if prompt is None:
            page.setPlaceholderText(unknown)
        else:
            page.show_text(prompt, self._details.special_tokens)
        self._add(page, "prompt", self.tr("Prompt"), prompt or "")

    def _add_tokens(self, unknown: str) -> None:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        texts = []
        for name, title, ids in (
            ("promptTokenIds", self.tr("Prompt"), self._details.prompt_token_ids),
            ("answerTokenIds", self.tr("Answer"), self._details.token_ids),
        ):
            count = (
                unknown
                if ids is None
                else self.tr("{count} token ids").format(count=number(len(ids)))
            )
            heading = self.tr("{part}: {count}").format(part=title, count=count)
            column.addWidget(text_label(heading, "section"))
            if ids is None:
                continue
            text = ", ".join(map(str, ids))
            texts.append(f"[{text}]")
            view = ExactText(name, heading)
            self._token_views.append((view, ids))
            self._unfilled[view] = text
            column.addWidget(view, 1)
        if len(texts) == 0:
            column.addStretch(1)
        self._add(page, "tokens", self.tr("Tokens"), "\n".join(texts))

    def _add_rows(self, key: str, title: str, rows: Sequence[Row]) -> None:
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(0, 8, 8, 8)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for at, (name, value) in enumerate(rows):
            label = text_label(name, "muted")
            label.setWordWrap(False)
            grid.addWidget(label, at, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(_value(value), at, 1)
        grid.setRowStretch(len(rows), 1)
        scroll = QScrollArea()
        scroll.setObjectName(f"{key}Page")
        scroll.setAccessibleName(title)
        scroll.setWidgetResizable(True)
        scroll.setWidget(content)
        text = "\n".join(f"{name}: {value}" for name, value in rows)
        self._add(scroll, key, title, text)

    def _add(self, page: QWidget, key: str, title: str, copied: str) -> None:
        self._tabs.addTab(page, title)
        page.setProperty("key", key)
        self._copied[key] = copied

    def _page_text(self) -> str:
        return self._copied[str(self._tabs.currentWidget().property("key"))]

    def _turn_to_page(self) -> None:
        if self._tabs.currentWidget().property("key") == "tokens":
            for view, text in self._unfilled.items():
                view.show_text(text)
            self._unfilled.clear()
        page = self._tabs.tabText(self._tabs.currentIndex())
        self._copy.setAccessibleName(self.tr("Copy: {page}").format(page=page))
        self._copy.setEnabled(bool(self._page_text()))

    def _copy_page(self) -> None:
        QGuiApplication.clipboard().setText(self._page_text())


def _value(text: str) -> QLabel:
    label = text_label(text)
    label.setMinimumWidth(1)
    return label
