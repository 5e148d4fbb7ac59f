"""What notebooks show: small display objects as HTML and as plain text; they decide nothing and load nothing."""

from alloynb.faces.widgets.answer_table import AnswerTable
from alloynb.faces.widgets.brief_card import BriefCard
from alloynb.faces.widgets.drift_table import DriftTable
from alloynb.faces.widgets.records_table import RecordsTable
from alloynb.faces.widgets.run_card import RunCard

__all__ = ["AnswerTable", "BriefCard", "DriftTable", "RecordsTable", "RunCard"]
