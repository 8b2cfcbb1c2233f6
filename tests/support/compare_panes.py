"""The compare pane with a comparison drawn in it, without any model behind it."""

from app.domain.comparison.record import Comparison
from app.ui.panes.compare_pane import ComparePane
from app.ui.presenters import compare_words
from app.ui.presenters.compare_drawing import Drawing
from app.ui.widgets.compare_views import CardView, HeadView
from app.ui.widgets.views import ActivityView, BandView

NAMES = ("phi3-mini · v3", "phi3-onnx · v1")
BAND = BandView("It did not load.", "Load it again.", has_log=True, can_reload=True)


def draw(
    pane: ComparePane, comparison: Comparison, drawing: Drawing | None = None, *, band: bool = False
) -> Drawing:
    """As the presenter does; gives what it was drawn with, for a later state."""
    drawing = Drawing() if drawing is None else drawing
    heads = (
        HeadView(NAMES[0], ("messages", "messages"), "1.1 GB", action="unload"),
        HeadView(NAMES[1], ("template", "template"), action="load", band=BAND if band else None),
    )
    first, second = drawing.sides(comparison, (None, None), NAMES)
    pane.show_cards()
    pane.cards.show_views((CardView(heads[0], first), CardView(heads[1], second)))
    pane.header.show_plan(compare_words.plan_line(comparison.plan))
    if comparison.turns:
        turn = comparison.turns[-1]
        facts = tuple(compare_words.facts(comparison, turn, at) for at in (0, 1))
        pane.cards.show_facts((facts[0], facts[1]), "")
        pane.report.show_view(compare_words.report(comparison, turn, NAMES))
    if comparison.is_running:
        line = compare_words.phase_line(comparison.turns[-1], comparison.plan)
        pane.show_activity(ActivityView(line, is_busy=True))
    else:
        pane.show_activity(None)
    return drawing
