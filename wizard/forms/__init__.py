"""A WTForms class for each situation and language, built from the catalog: the one validator of every way in."""

from wizard.forms.build import report_form
from wizard.forms.display import answer_text, specified_in
from wizard.forms.fields import QuestionField
from wizard.forms.report_form import ReportForm

__all__ = ["QuestionField", "ReportForm", "answer_text", "report_form", "specified_in"]
