"""What notebooks show: display objects as HTML and as plain text, and widgets that live in a page; they decide nothing.

The display objects load nothing. Widgets need the extra `widgets` and are loaded when they are named.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from alloynb.faces.widgets.answer_table import AnswerTable
from alloynb.faces.widgets.brief_card import BriefCard
from alloynb.faces.widgets.chart import Chart
from alloynb.faces.widgets.drift_table import DriftTable
from alloynb.faces.widgets.hypotheses_table import HypothesesTable
from alloynb.faces.widgets.record_card import RecordCard
from alloynb.faces.widgets.records_table import RecordsTable
from alloynb.faces.widgets.review_card import ReviewCard
from alloynb.faces.widgets.run_card import RunCard

if TYPE_CHECKING:
    from alloynb.faces.widgets.brief_preview import BriefPreview as BriefPreview
    from alloynb.faces.widgets.contradiction_board import ContradictionBoard as ContradictionBoard
    from alloynb.faces.widgets.drift_board import DriftBoard as DriftBoard
    from alloynb.faces.widgets.hypothesis_reviewer import HypothesisReviewer as HypothesisReviewer
    from alloynb.faces.widgets.intent_form import IntentForm as IntentForm
    from alloynb.faces.widgets.interview import Interview as Interview
    from alloynb.faces.widgets.launch_panel import LaunchPanel as LaunchPanel
    from alloynb.faces.widgets.live import Live as Live
    from alloynb.faces.widgets.relation_graph import RelationGraph as RelationGraph
    from alloynb.faces.widgets.satisfaction_board import SatisfactionBoard as SatisfactionBoard
    from alloynb.faces.widgets.trace_timeline import TraceTimeline as TraceTimeline

_LIVE = {
    "BriefPreview": "brief_preview",
    "ContradictionBoard": "contradiction_board",
    "DriftBoard": "drift_board",
    "HypothesisReviewer": "hypothesis_reviewer",
    "IntentForm": "intent_form",
    "Interview": "interview",
    "LaunchPanel": "launch_panel",
    "Live": "live",
    "RelationGraph": "relation_graph",
    "SatisfactionBoard": "satisfaction_board",
    "TraceTimeline": "trace_timeline",
}
"""Widgets by name, and the module of this folder that has them."""

__all__ = [
    "AnswerTable",
    "BriefCard",
    "Chart",
    "DriftTable",
    "HypothesesTable",
    "RecordCard",
    "RecordsTable",
    "ReviewCard",
    "RunCard",
]


def __getattr__(name: str) -> Any:
    """Load a widget when it is named first.

    Raises:
        AttributeError: there is none of this name.
        ImportError: the extra `widgets` is not installed.
    """
    if name not in _LIVE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_LIVE[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name not in {"anywidget", "ipywidgets"}:
            raise
        raise ImportError(
            f"{name} needs the extra `widgets`: pip install 'alloy-foundry[widgets]'"
        ) from error
