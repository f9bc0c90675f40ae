"""Agents on real calls: who is there, who is rung for whom, and what they did.

:class:`~ivr.agents.distributor.Distributor` is the pure heart: :mod:`ivr.agents.events` in,
:mod:`ivr.agents.actions` out, the time an argument. It keeps the
:class:`~ivr.agents.roster.Roster` of agents and the callers who wait for them.
"""

from ivr.agents.codes import DialCodes
from ivr.agents.distributor import Distributor
from ivr.agents.personnel import load
from ivr.agents.roster import Roster, Seat
from ivr.agents.rules import Rules

__all__ = ["DialCodes", "Distributor", "Roster", "Rules", "Seat", "load"]
