"""Topics of calls and texts: a taxonomy that the user owns, a model of it, and what it does not cover yet."""

from analytics.themes.discovery import Discovery, HotTerm, NewTheme, discover
from analytics.themes.taxonomy import Taxonomy, load_taxonomy
from analytics.themes.topicmodel import TopicModel

__all__ = ["Discovery", "HotTerm", "NewTheme", "Taxonomy", "TopicModel", "discover", "load_taxonomy"]
