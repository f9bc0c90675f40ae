"""A condition: one operator, and where in the call it looks."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from analytics.rules.operators import (
    Answer,
    Count,
    Energy,
    EntityKind,
    FindingWanted,
    HangUp,
    Interruption,
    Keyword,
    Keywords,
    Length,
    Matching,
    Name,
    Part,
    Repetition,
    Seconds,
    Sentence,
    Several,
    Silence,
    Similar,
    Speed,
    Utterances,
    Word,
    a_list,
)
from analytics.sounds import Tolerance
from calls.records import Direction, Outcome


class Anchor(Part):
    """Where a condition looks, from a hit of another condition on."""

    to: Name
    """The other condition."""
    hit: Annotated[int, Field(ge=-100, le=100)] = 1
    """Which of its hits: 1 the first, -1 the last."""
    side: Literal["before", "after", "around", "same"] = "after"
    """Before it, after it, on both sides of it, or in the same utterance."""
    utterances: Annotated[int, Field(ge=1, le=500)] | None = None
    """At most so many utterances, of whomever, away."""
    seconds: Seconds | None = None
    """At most so many seconds away."""

    @model_validator(mode="after")
    def _possible(self) -> Anchor:
        if self.hit == 0:
            raise PydanticCustomError("hit", "hits are counted from 1, from the end with -1")
        if self.side == "same" and (self.utterances is not None or self.seconds is not None):
            raise PydanticCustomError(
                "anchor", "side: same is one utterance: leave utterances and seconds out"
            )
        return self


#: Operators that look at utterances, and so take a role, a range and an anchor; and those that do not.
ON_UTTERANCES = (
    "keywords", "similar", "pattern", "repetition", "silence", "speed", "interruption", "energy", "entity",
    "utterances", "answer",
)  # fmt: skip
ON_CALL = ("length", "hang_up", "attribute", "finding")
OPERATORS = (*ON_UTTERANCES, *ON_CALL)
#: Operators on what is said, whoever says it and when.
ON_WORDS = ("keywords", "similar", "pattern", "entity", "repetition")
#: Operators that compare what is said, and so may do it by sound.
BY_SOUND = ("keywords", "similar", "repetition")
_RANGE = ("role", "range", "first", "last", "anchor", "times")


def _any_of(words: Any) -> Any:
    return {"any": words} if isinstance(words, str | list | tuple) else words


def _to(samples: Any) -> Any:
    return {"to": samples} if isinstance(samples, str | list | tuple) else samples


def _match(pattern: Any) -> Any:
    return {"match": pattern} if isinstance(pattern, str | list | tuple) else pattern


class Condition(Part):
    """One operator, and where in the call it looks."""

    keywords: Annotated[
        Keywords | None, BeforeValidator(_any_of, json_schema_input_type=Keywords | Keyword | list[Word])
    ] = None
    """Words that are said, or are not; a list stands for `any`."""
    similar: Annotated[
        Similar | None, BeforeValidator(_to, json_schema_input_type=Similar | Sentence | list[Sentence])
    ] = None
    """Sentences like those given."""
    pattern: Annotated[
        Matching | None, BeforeValidator(_match, json_schema_input_type=Matching | str | list[str])
    ] = None
    """A regular expression."""
    repetition: Repetition | None = None
    """Somebody repeats himself."""
    silence: Silence | None = None
    """Nobody speaks."""
    speed: Speed | None = None
    """Somebody speaks fast or slowly."""
    interruption: Interruption | None = None
    """Somebody interrupts."""
    energy: Energy | None = None
    """Somebody speaks loudly or softly."""
    entity: Annotated[
        tuple[EntityKind, ...] | None,
        BeforeValidator(a_list, json_schema_input_type=EntityKind | list[EntityKind]),
    ] = None
    """A telephone number, an amount, ... is said, in digits or in words."""
    utterances: Utterances | None = None
    """How many utterances there are."""
    answer: Answer | None = None
    """The role is slow to say its first word."""
    length: Length | None = None
    """How long the call lasts."""
    hang_up: HangUp | None = None
    """How the call ended."""
    attribute: Annotated[dict[Name, Several], Field(min_length=1)] | None = None
    """What the call is known by: queue, agent, door, outcome, ...; each with one value or several."""
    finding: FindingWanted | None = None
    """What the models found."""

    role: Literal["caller", "agent", "system"] | None = None
    """Whose utterances count; both parties' without it."""
    range: tuple[Count, Count] | None = None
    """From which utterance to which, counted among those of the role."""
    first: Count | None = None
    """Only the first so many utterances of the role."""
    last: Count | None = None
    """Only the last so many utterances of the role."""
    anchor: Anchor | None = None
    """Only near a hit of another condition."""
    times: Count = 1
    """How many hits it takes."""
    sounding: Tolerance | None = None
    """How alike words must be: literal, exact (the same syllables) or near; the rule set's own without it."""

    @model_validator(mode="after")
    def _one_operator(self) -> Condition:
        given = [name for name in OPERATORS if getattr(self, name) is not None]
        if len(given) != 1:
            written = f", not {' and '.join(given)}" if given else ""
            problem = f"a condition is one of {', '.join(OPERATORS)}{written}"
            raise PydanticCustomError("operator", "{problem}", {"problem": problem})
        operator = given[0]
        if operator in ON_CALL:
            for name in _RANGE:
                if name in self.model_fields_set:
                    problem = f"{name} belongs to operators on utterances, not to {operator}"
                    raise PydanticCustomError("range", "{problem}", {"problem": problem})
        absence = self.keywords is not None and self.keywords.none is not None
        if "times" in self.model_fields_set and (absence or operator in ("utterances", "answer")):
            raise PydanticCustomError("times", "times belongs to what can be found several times")
        if operator not in BY_SOUND and self.sounding is not None:
            raise PydanticCustomError("sounding", "sounding belongs to keywords, similar and repetition")
        if sum(each is not None for each in (self.range, self.first, self.last)) > 1:
            raise PydanticCustomError("range", "write one of range, first, last")
        if self.range and self.range[0] > self.range[1]:
            raise PydanticCustomError("range", "the range ends before it begins")
        return self

    @cached_property
    def operator(self) -> str:
        """Name of the operator."""
        return next(name for name in OPERATORS if getattr(self, name) is not None)


#: Values of the attributes that have only these.
ATTRIBUTE_VALUES = {
    "direction": tuple(each.value for each in Direction),
    "outcome": tuple(each.value for each in Outcome),
}
