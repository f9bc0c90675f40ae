"""How a call went, apart from what it was about: talk, silence, interruptions, pace, loudness, mood."""

from analytics.conversation.definitions import FEATURES, Feature
from analytics.conversation.features import ConversationFeatures, features_of
from analytics.conversation.part import times_known

__all__ = [
    "FEATURES",
    "ConversationFeatures",
    "Feature",
    "features_of",
    "times_known",
]
