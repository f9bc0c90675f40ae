"""What a centre changes in the criteria and causes of complaints: a YAML file beside the shipped wordings.

    criteria:
      regulator: {add: ['=找<authority>的领导']}
      media: {only: ['曝光你们']}
      group: {off: true}
      amount: {yuan: 5000}
      repeat: {calls: 3}
    causes:
      delivery: {add: ['柜子里没有']}
      privacy: {off: true}

Patterns are those of ``wordings.yaml``: regular expressions over normalised text, found in any characters of
their sound but for those that begin with ``=``. Every repetition has an upper end, so that no pattern can
take long.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated

from platformdirs import user_config_path
from pydantic import Field

from analytics.complaints.speech import Place, Speech
from analytics.complaints.taxonomy import CAUSES
from analytics.complaints.wording import Wording, expanded, part_names, wording
from calls.document import Document, Location, Section, names_hint, read_document
from calls.errors import AnalyticsError

#: The user's own file, read where no other is named.
USER_CRITERIA = user_config_path("huawu") / "criteria.yaml"
#: From so many yuan on a complaint is 重大.
GREAT_AMOUNT = 1000.0
#: So many earlier calls within seven days are a repetition, whatever is said.
MANY_CALLS = 2
#: Characters of a pattern, and the product of the upper ends of its counts.
MAX_LENGTH, MAX_COUNTED = 300, 10_000
#: How often a group may be repeated that is of several lengths itself.
MAX_VARIED = 3
#: Wordings of ``wordings.yaml`` that have not the name of their criterion.
_WORDING = {"repeat": "repeated"}

_COUNT = re.compile(r"\{(\d*)(,?)(\d*)\}")

Pattern = Annotated[str, Field(min_length=1, max_length=MAX_LENGTH)]


class Worded(Section):
    """What is told by its wording: more ways to put it, other ways instead of the shipped, or not at all."""

    add: list[Pattern] = Field(default_factory=list)
    only: Annotated[list[Pattern], Field(min_length=1)] | None = None
    off: bool = False


class Repeated(Worded):
    """Beside the wording, how many earlier calls within seven days are a repetition."""

    calls: Annotated[int, Field(ge=1, le=100)] = MANY_CALLS


class Amount(Section):
    """From how many yuan on a sum in dispute is great."""

    yuan: Annotated[float, Field(gt=0, le=1e9)] = GREAT_AMOUNT
    off: bool = False


class Cause(Section):
    """A cause: more ways in which callers name it, or never to be named."""

    add: list[Pattern] = Field(default_factory=list)
    off: bool = False


class CriteriaSection(Section):
    """The criteria by name; what is left out stays as it ships."""

    regulator: Worded = Worded()
    media: Worded = Worded()
    law: Worded = Worded()
    repeat: Repeated = Repeated()
    amount: Amount = Amount()
    group: Worded = Worded()
    safety: Worded = Worded()
    theft: Worded = Worded()
    on_the_spot: Worded = Worded()


class CriteriaFile(Section):
    """The file."""

    criteria: CriteriaSection = CriteriaSection()
    causes: dict[str, Cause] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rulings:
    """By what complaints are judged; as shipped, unless a file says otherwise.

    Attributes
    ----------
    own : dict of str to tuple of Wording
        The wordings of those criteria that have others than the shipped.
    off : frozenset of str
        Criteria that are never met.
    great_amount : float
        Yuan from which on a sum is great.
    many_calls : int
        Earlier calls that are a repetition.
    causes : dict of str to Wording
        Causes with ways of naming them that are certain.
    causes_off : frozenset of str
        Causes that are never named.
    version : str
        Of the file: the beginning of its SHA-256; empty as shipped.
    """

    own: dict[str, tuple[Wording, ...]] = field(default_factory=dict)
    off: frozenset[str] = frozenset()
    great_amount: float = GREAT_AMOUNT
    many_calls: int = MANY_CALLS
    causes: dict[str, Wording] = field(default_factory=dict)
    causes_off: frozenset[str] = frozenset()
    version: str = ""

    def find(self, criterion: str, speech: Speech) -> Iterator[Place]:
        """Yield where the wordings of a criterion are found."""
        if criterion not in self.own:
            yield from wording(_WORDING.get(criterion, criterion)).find(speech)
            return
        seen = set()
        for each in self.own[criterion]:
            for place in each.find(speech):
                if place not in seen:
                    seen.add(place)
                    yield place


SHIPPED = Rulings()


def read_rulings(path: str | Path) -> Rulings:
    """Read a file of criteria.

    Raises
    ------
    AnalyticsError
        It cannot be read, or holds a fault; the message names file, line, field, value and the way out.
    """
    document = read_document(Path(path), AnalyticsError)
    content = document.read_as(CriteriaFile)
    for label in content.causes:
        if label not in CAUSES:
            raise document.unknown(("causes", label), "cause", label, CAUSES)
    own, off = {}, set()
    for name in CriteriaSection.model_fields:
        told = getattr(content.criteria, name)
        if told.off:
            off.add(name)
        elif not isinstance(told, Amount):
            added = _wording(document, ("criteria", name, "add"), told.add)
            only = _wording(document, ("criteria", name, "only"), told.only or ())
            shipped = (wording(_WORDING.get(name, name)),) if told.only is None else only
            if told.add or told.only is not None:
                own[name] = (*shipped, *added)
    named = {
        label: _wording(document, ("causes", label, "add"), each.add)
        for label, each in content.causes.items()
    }
    return Rulings(
        own,
        frozenset(off),
        content.criteria.amount.yuan,
        content.criteria.repeat.calls,
        {label: found[0] for label, found in named.items() if found and not content.causes[label].off},
        frozenset(label for label, each in content.causes.items() if each.off),
        document.version,
    )


@cache
def users_rulings() -> Rulings:
    """Return the rulings of the user's own file, or the shipped ones where there is none.

    The environment variable ``HUAWU_CRITERIA`` names another file than :data:`USER_CRITERIA`.

    Raises
    ------
    AnalyticsError
        As :func:`read_rulings`.
    """
    named = os.environ.get("HUAWU_CRITERIA")
    if named:
        return read_rulings(Path(named))
    return read_rulings(USER_CRITERIA) if USER_CRITERIA.is_file() else SHIPPED


def _wording(document: Document, location: Location, patterns: Sequence[str]) -> tuple[Wording, ...]:
    """Return patterns as one wording; as none where there are none."""
    for number, pattern in enumerate(patterns):
        problem, hint = fault_of(pattern)
        if problem:
            raise document.complaint((*location, number), f"{problem}: {pattern!r}", hint)
    return (Wording(*map(expanded, patterns)),) if patterns else ()


def fault_of(pattern: str) -> tuple[str, str]:
    """Return what is wrong with a pattern and the way out; two empty texts for one that may be used."""
    bare = pattern.lstrip("=~")
    try:
        bare = expanded(bare)
    except KeyError as error:
        return f"unknown part <{error.args[0]}>", names_hint(str(error.args[0]), part_names())
    try:
        compiled = re.compile(bare)
    except (re.error, RecursionError, OverflowError) as error:
        return f"no regular expression ({error})", "check brackets and counts"
    if compiled.fullmatch("") is not None:
        return "it matches where nothing is said", "ask for at least one character"
    return _unbounded(bare)


def _unbounded(pattern: str) -> tuple[str, str]:
    """Return the fault of a pattern that may take long."""
    counts = 1
    varied = [False]  # whether each open group is of several lengths
    place = 0
    while place < len(pattern):
        sign = pattern[place]
        count = _COUNT.match(pattern, place)
        if sign == "\\":
            place += 1
        elif sign == "[":
            place = pattern.index("]", place + 2)
        elif sign in "*+":
            return f"{sign} has no upper end", "write {0,6}: how much may lie between"
        elif sign == "(":
            varied.append(False)
        elif sign == ")":
            inner = varied.pop()
            behind = _COUNT.match(pattern, place + 1)
            if inner and behind and int(behind[3] or behind[1] or 0) > MAX_VARIED:
                return (
                    f"a group of several lengths is repeated more than {MAX_VARIED} times",
                    "repeat it less often, or write its forms out",
                )
            varied[-1] |= inner
        elif count:
            if count[2] and not count[3]:
                return f"{count[0]} has no upper end", "write {0,6}: how much may lie between"
            counts *= max(int(count[3] or count[1] or 1), 1)
            varied[-1] |= bool(count[2])
            place = count.end() - 1
        elif sign == "?" and pattern[place - 1 : place] not in ("(", ""):
            varied[-1] = True
        place += 1
    if counts > MAX_COUNTED:
        return f"its counts multiply to more than {MAX_COUNTED:,}", "write smaller ones"
    return "", ""


__all__ = ["SHIPPED", "USER_CRITERIA", "Rulings", "fault_of", "read_rulings", "users_rulings"]
