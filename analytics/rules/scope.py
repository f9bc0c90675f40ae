"""Where in a call a condition looks: role, range, and nearness to a hit of another condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.rules.conditions import Anchor, Condition
from analytics.rules.subject import Heard, Hit
from calls.records import Role


@dataclass(frozen=True, slots=True)
class Scope:
    """The utterances that count, and the hit that they must be near to, if any.

    ``positions`` ascend.
    """

    positions: Sequence[int]
    anchor: Anchor | None = None
    hit: Hit | None = None

    def admits(self, found: Hit, heard: Heard) -> bool:
        """Tell whether a hit is in one of the utterances and on the right side of the anchor."""
        return found.position in self.positions and self._is_near(found, heard)

    def utterances(self, heard: Heard) -> list[int]:
        """Return the positions of the utterances that lie in it as a whole."""
        if self.anchor is None:
            return list(self.positions)
        return [each for each in self.positions if self._is_near(heard.whole(each), heard)]

    def _is_near(self, found: Hit, heard: Heard) -> bool:
        if self.anchor is None or self.hit is None:
            return True
        away = found.position - self.hit.position
        before = away < 0 or (away == 0 and found.end <= self.hit.start)
        after = away > 0 or (away == 0 and found.start >= self.hit.end)
        match self.anchor.side:
            case "same":
                return away == 0
            case "before":
                right = before
            case "after":
                right = after
            case _:
                right = before or after
        if not right or (self.anchor.utterances is not None and abs(away) > self.anchor.utterances):
            return False
        return self.anchor.seconds is None or self._seconds(found, heard) <= self.anchor.seconds

    def _seconds(self, found: Hit, heard: Heard) -> float:
        assert self.hit is not None
        one, other = heard.evidence(self.hit), heard.evidence(found)
        return max(one.start - other.end, other.start - one.end, 0.0)


@dataclass(frozen=True, slots=True)
class Scopes:
    """Where a condition looks for certain, and where it may look if roles are not known.

    The two are the same where roles are known.
    """

    certain: Scope
    possible: Scope

    @property
    def known(self) -> bool:
        """Whether it is known where the condition looks."""
        return self.certain is self.possible


def scopes(condition: Condition, heard: Heard, hit: Hit | None = None) -> Scopes:
    """Return where a condition looks.

    Parameters
    ----------
    condition : Condition
    heard : Heard
    hit : Hit, optional
        That of its anchor.
    """
    possible = heard.of_role(condition.role)
    if condition.role in (None, "system") or not heard.unknown:
        certain = Scope(_in_range(condition, possible), condition.anchor, hit)
        return Scopes(certain, certain)
    # which utterances are in the range depends on whose the unknown ones are
    ranged = condition.range or condition.first or condition.last
    known = () if ranged else heard.by_role[Role(condition.role)]
    return Scopes(Scope(known, condition.anchor, hit), Scope(possible, condition.anchor, hit))


def _in_range(condition: Condition, positions: Sequence[int]) -> Sequence[int]:
    if condition.range is not None:
        return positions[condition.range[0] - 1 : condition.range[1]]
    if condition.first is not None:
        return positions[: condition.first]
    if condition.last is not None:
        return positions[-condition.last :]
    return positions
