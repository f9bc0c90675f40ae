"""The linter of flows: everything about a flow that loads and still is not right.

:func:`lint` reads a flow and returns findings; each group of rules is a module with a function ``check``.
``docs/lint.md`` explains every rule.
"""

from ivr.lint.finding import RULES, Finding, Rule, Severity
from ivr.lint.linter import lint

__all__ = ["RULES", "Finding", "Rule", "Severity", "lint"]
