"""Quality rules and scorecards that people write: what must be said in a call, what must not, what counts."""

from analytics.rules.inspector import RuleInspector, RuleResult, Verdict, findings
from analytics.rules.loading import load_rules, shipped_path
from analytics.rules.ruleset import RuleSet
from analytics.rules.scoring import FormScore, agreement, form_score, machine_scores
from analytics.rules.subject import Subject

__all__ = [
    "FormScore",
    "RuleInspector",
    "RuleResult",
    "RuleSet",
    "Subject",
    "Verdict",
    "agreement",
    "findings",
    "form_score",
    "load_rules",
    "machine_scores",
    "shipped_path",
]
