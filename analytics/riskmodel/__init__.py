"""Which calls a person should hear: an additive risk model that says why."""

from analytics.riskmodel.model import RiskModel
from analytics.riskmodel.reasons import Reason
from analytics.riskmodel.signals import SIGNALS, Signal, signals_of

__all__ = ["SIGNALS", "Reason", "RiskModel", "Signal", "signals_of"]
