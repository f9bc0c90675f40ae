"""The dialog of a call: a pure interpreter of flows.

:class:`~ivr.dialog.dialog.Dialog` walks from node to node; a visit (:mod:`ivr.dialog.visit`) is what the
call does at one node; a course (:mod:`ivr.dialog.course`) is what all visits share.
"""

from ivr.dialog.course import CallFacts
from ivr.dialog.dialog import Dialog

__all__ = ["CallFacts", "Dialog"]
