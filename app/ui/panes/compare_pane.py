"""The Compare pane: two models' answers to the same conversation, side by side."""

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from app.ui.dialogs.opener import offer_link
from app.ui.panes.compare_header import CompareHeader
from app.ui.widgets.activity import Activity
from app.ui.widgets.band import Band
from app.ui.widgets.compare_cards import CompareCards
from app.ui.widgets.compare_plan import ComparePlan
from app.ui.widgets.compare_report import CompareReport
from app.ui.widgets.compare_start import CompareStart
from app.ui.widgets.composer import Composer
from app.ui.widgets.hairline import Hairline
from app.ui.widgets.views import ActivityView, BandView


class ComparePane(QWidget):
    """Composes `header` (which stands in the model header's place), `plan`, `cards`, `report` and
    `composer`; presenters fill them. `vote_place` is the row between the cards and the report;
    `add_view` takes what is shown in place of it all.

    Signals: ``stop_requested()``, from the Stop button and from Escape anywhere in the pane;
    ``export_requested(str)``, ``html`` or ``markdown``; ``log_requested()``;
    ``blind_toggled(bool)``;
    ``notice_log_requested()`` and ``notice_reload_requested()``, of the band above the cards.
    """

    stop_requested = Signal()
    export_requested = Signal(str)
    log_requested = Signal()
    blind_toggled = Signal(bool)
    notice_log_requested = Signal()
    notice_reload_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("comparePane")
        self.setAccessibleName(self.tr("Compare"))
        self.header = CompareHeader()
        self.plan = ComparePlan()
        self.start = CompareStart()
        self.cards = CompareCards()
        self.report = CompareReport()
        self.activity = Activity()
        self.composer = Composer(draft_name="compareComposer", send_name="compareSendButton")
        self._notice = Band()
        self._notice.hide()
        self._strips = QVBoxLayout()
        self._strips.setContentsMargins(0, 0, 0, 0)
        self._plan_line = Hairline()
        self.vote_place = QVBoxLayout()
        self.vote_place.setContentsMargins(0, 0, 0, 0)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.start)
        self._pages.addWidget(self.cards)
        self._views = QStackedWidget()
        self._own_view = QScrollArea()
        self._own_view.setObjectName("compareScroll")
        self._own_view.setFrameShape(QFrame.Shape.NoFrame)
        self._own_view.setWidgetResizable(True)
        self._own_view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._own_view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._views.addWidget(self._own_view)
        self._lay_out()
        self.show_plan(False)
        self._connect()
        self.setFocusProxy(self.composer)

    # -- views

    def add_view(self, view: QWidget) -> None:
        """Something that can be shown in place of the two sides; not yet."""
        self._views.addWidget(view)

    def add_strip(self, strip: QWidget) -> None:
        """Something over the two sides that shows and hides itself."""
        self._strips.addWidget(strip)

    def show_view(self, view: QWidget | None) -> None:
        """One that was added; ``None`` for the two sides."""
        self._views.setCurrentWidget(self._own_view if view is None else view)

    @property
    def shown_view(self) -> QWidget | None:
        """``None``: the two sides."""
        current = self._views.currentWidget()
        return None if current is self._own_view else current

    def show_start(self) -> None:
        """Neither side has a model: say what goes here."""
        self._pages.setCurrentWidget(self.start)

    def show_cards(self) -> None:
        self._pages.setCurrentWidget(self.cards)

    @Slot(bool)
    def show_plan(self, shown: bool) -> None:
        """How both are asked, above the cards."""
        self.plan.setVisible(shown)
        self._plan_line.setVisible(shown)

    def show_activity(self, view: ActivityView | None) -> None:
        """What goes on with both; ``None``: nothing."""
        self.activity.show_view(view)

    def show_notice(self, view: BandView | None) -> None:
        """Something that failed and belongs to no turn."""
        if view is not None:
            self._notice.show_view(view)
        self._notice.setVisible(view is not None)

    # -- the rest

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Escape reaches the pane from whatever in it has no use for it."""
        if event.key() == Qt.Key.Key_Escape:
            self._stop()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _stop(self) -> None:
        # The Stop button goes away, and the focus with it.
        self.composer.setFocus()
        self.stop_requested.emit()

    @Slot(QUrl)
    def _ask_for_link(self, link: QUrl) -> None:
        offer_link(self, link)

    def _connect(self) -> None:
        self.header.plan_toggled.connect(self.show_plan)
        self.header.export_requested.connect(self.export_requested)
        self.header.log_requested.connect(self.log_requested)
        self.header.blind_toggled.connect(self.blind_toggled)
        self.header.stop_requested.connect(self._stop)
        self.report.differences_toggled.connect(self.cards.show_differences)
        self.cards.link_requested.connect(self._ask_for_link)
        self.activity.stop_requested.connect(self._stop)
        self.composer.stop_requested.connect(self._stop)
        self._notice.log_requested.connect(self.notice_log_requested)
        self._notice.reload_requested.connect(self.notice_reload_requested)

    def _lay_out(self) -> None:
        body = QVBoxLayout()
        body.setContentsMargins(20, 14, 20, 16)
        body.setSpacing(8)
        body.addLayout(self._strips)
        body.addWidget(self._notice)
        body.addWidget(self._pages, 1)
        body.addLayout(self.vote_place)
        body.addWidget(self.report)
        body.addWidget(self.activity)
        body.addWidget(self.composer)
        content = QWidget()
        own = QVBoxLayout(content)
        own.setContentsMargins(0, 0, 0, 0)
        own.setSpacing(0)
        own.addWidget(self.plan)
        own.addWidget(self._plan_line)
        own.addLayout(body, 1)
        # Scrolls only where large text in a low window leaves no room for the cards.
        self._own_view.setWidget(content)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._views)
