"""The features of one call while they are measured."""

from __future__ import annotations

from analytics.conversation.definitions import FEATURES


class Values:
    """Takes each feature once: its value, or why it is not available."""

    def __init__(self) -> None:
        self.given: dict[str, float] = {}
        self.withheld: dict[str, str] = {}

    def __setitem__(self, name: str, value: float) -> None:
        self.given[name] = float(value)

    def withhold(self, reason: str, *names: str) -> None:
        """Note why these features are not available."""
        self.withheld.update(dict.fromkeys(names, reason))

    def withhold_rest(self, reason: str, *groups: str) -> None:
        """Note why those features of the groups are not available that have no value and no reason yet."""
        for name in _names(*groups):
            if name not in self.given and name not in self.withheld:
                self.withheld[name] = reason


def _names(*groups: str) -> list[str]:
    return [name for group in groups for name in _BY_GROUP[group]]


_BY_GROUP: dict[str, list[str]] = {}
for _feature in FEATURES.values():
    _BY_GROUP.setdefault(_feature.group, []).append(_feature.name)
