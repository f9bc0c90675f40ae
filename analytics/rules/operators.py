"""What a rule can look for in a call.

``docs/rules.md`` explains every operator with an example. The operators are those of the rule editors of
call-centre analytics (Alibaba SCA and Huawei CEC name them so).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from analytics.rules.pattern import PatternError, check
from calls.document import Section


class Part(Section):
    """A part of a rule file; the text below each field explains it, to editors too."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def a_list(value: Any) -> Any:
    """Return a text as a list of one."""
    return [value] if isinstance(value, str) else value


def _as_name(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _checked(pattern: str) -> str:
    try:
        check(pattern)
    except PatternError as error:
        raise PydanticCustomError("pattern", "{problem}", {"problem": str(error)}) from None
    return pattern


#: Rules, conditions, lists, items: letters of any script, digits, ``_`` and ``-``; a number will do.
Name = Annotated[str, BeforeValidator(_as_name), StringConstraints(pattern=r"^[\w-]{1,60}$")]
Keyword = Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]
Sentence = Annotated[str, StringConstraints(min_length=2, max_length=300, strip_whitespace=True)]
Pattern = Annotated[str, StringConstraints(min_length=1), AfterValidator(_checked)]
Patterns = Annotated[
    tuple[Pattern, ...],
    BeforeValidator(a_list, json_schema_input_type=str | list[str]),
    Field(min_length=1, max_length=20),
]
Count = Annotated[int, Field(ge=1, le=1000)]
Seconds = Annotated[float, Field(ge=0, le=24 * 3600)]
Share = Annotated[float, Field(ge=0, le=1)]
#: A keyword, ``@list`` for any word of a list, or a list of synonyms that count as one.
Word = Keyword | Annotated[tuple[Keyword, ...], Field(min_length=1)]
Words = Annotated[
    tuple[Word, ...],
    BeforeValidator(a_list, json_schema_input_type=Keyword | list[Word]),
    Field(min_length=1, max_length=2000),
]
Several = Annotated[
    tuple[Keyword, ...],
    BeforeValidator(a_list, json_schema_input_type=Keyword | list[Keyword]),
    Field(min_length=1, max_length=200),
]


def _bounded(*bounds: float | None) -> None:
    if all(bound is None for bound in bounds):
        raise PydanticCustomError("bounds", "a limit is missing: write what it is compared with")


class Keywords(Part):
    """Words that are said, or are not; exactly one of `any`, `all`, `none` and `of`."""

    any: Words | None = None
    """At least one of these is said."""
    all: Words | None = None
    """Each of these is said."""
    none: Words | None = None
    """None of these is said."""
    of: Words | None = None
    """At least `at_least` different ones of these are said."""
    at_least: Annotated[int, Field(ge=1, le=100)] = 1
    """How many of `of`."""
    unless: Words | None = None
    """Where one of these is said, a keyword within it does not count: 投诉, unless 不投诉."""
    together: bool = False
    """Whether `all` and `of` count within one utterance only, not in the whole range."""

    @model_validator(mode="after")
    def _one_way(self) -> Keywords:
        if sum(each is not None for each in (self.any, self.all, self.none, self.of)) != 1:
            raise PydanticCustomError("keywords", "write one of any, all, none, of")
        if self.of is None and "at_least" in self.model_fields_set:
            raise PydanticCustomError("keywords", "at_least belongs to of")
        if self.together and self.all is None and self.of is None:
            raise PydanticCustomError("keywords", "together belongs to all and of")
        return self

    @property
    def words(self) -> tuple[str | tuple[str, ...], ...]:
        """The words, whichever way they count."""
        return self.any or self.all or self.none or self.of or ()


class Similar(Part):
    """An utterance, or a stretch of it, that is nearly one of the sample sentences."""

    to: Annotated[
        tuple[Sentence, ...],
        BeforeValidator(a_list, json_schema_input_type=Sentence | list[Sentence]),
        Field(min_length=1, max_length=200),
    ]
    """The sample sentences."""
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.8
    """Cosine of the one- and two-syllable counts from which on a stretch is similar."""


class Matching(Part):
    """A regular expression, matched within the utterance as it was written down; case does not matter."""

    match: Patterns
    """The regular expression, or several of which any will do."""
    unless: Patterns | None = None
    """A match that one of these overlaps does not count."""


class Repetition(Part):
    """Somebody says again what he said before."""

    back: Annotated[int, Field(ge=1, le=100)] = 10
    """How many of his earlier utterances are looked at."""
    similarity: Annotated[float, Field(gt=0, le=1)] = 0.6
    """From which cosine on an utterance is a repetition of an earlier one."""
    repeats: Annotated[int, Field(ge=1, le=20)] = 1
    """Which repetition counts: 1 the first, that is the second time it is said."""
    min_characters: Annotated[int, Field(ge=1, le=100)] = 5
    """Shorter utterances are passed over."""
    unless: Words | None = None
    """Utterances with one of these are passed over."""


class Silence(Part):
    """A gap in which nobody speaks; the role of the condition is that of who breaks it."""

    longer_than: Seconds | None = None
    """Seconds."""
    shorter_than: Seconds | None = None
    """Seconds."""
    between: Literal["any", "same", "different"] = "any"
    """Whether the same role speaks before and after it, or another."""

    @model_validator(mode="after")
    def _limited(self) -> Silence:
        _bounded(self.longer_than, self.shorter_than)
        return self


class Speed(Part):
    """How fast somebody speaks, in characters a minute."""

    faster_than: Annotated[float, Field(gt=0, le=3000)] | None = None
    """Characters a minute."""
    slower_than: Annotated[float, Field(gt=0, le=3000)] | None = None
    """Characters a minute."""
    per: Literal["utterance", "call"] = "utterance"
    """Whether each utterance counts or the mean over all in the range."""
    min_characters: Annotated[int, Field(ge=1, le=200)] = 5
    """Shorter utterances are passed over: their speed is chance."""

    @model_validator(mode="after")
    def _limited(self) -> Speed:
        _bounded(self.faster_than, self.slower_than)
        return self


class Interruption(Part):
    """Somebody begins to speak while the other speaks, and goes on; the role is that of who interrupts."""

    delay: Annotated[float, Field(ge=0, le=60)] = 1.0
    """Seconds for which both must speak before it counts."""


class Energy(Part):
    """How loud an utterance is."""

    louder_than: Annotated[float, Field(ge=-120, le=0)] | None = None
    """dB below full scale (dBov): 0 is the loudest."""
    quieter_than: Annotated[float, Field(ge=-120, le=0)] | None = None
    """dB below full scale (dBov): 0 is the loudest."""
    above_mean: Annotated[float, Field(gt=0, le=60)] | None = None
    """dB above the mean of the same speaker's utterances."""

    @model_validator(mode="after")
    def _limited(self) -> Energy:
        _bounded(self.louder_than, self.quieter_than, self.above_mean)
        return self


class Length(Part):
    """How long the call lasts, from its first to its last moment."""

    longer_than: Seconds | None = None
    """Seconds."""
    shorter_than: Seconds | None = None
    """Seconds."""

    @model_validator(mode="after")
    def _limited(self) -> Length:
        _bounded(self.longer_than, self.shorter_than)
        return self


class Utterances(Part):
    """How many utterances there are in the range."""

    more_than: Annotated[int, Field(ge=0)] | None = None
    """A number."""
    fewer_than: Annotated[int, Field(ge=1)] | None = None
    """A number."""

    @model_validator(mode="after")
    def _limited(self) -> Utterances:
        _bounded(self.more_than, self.fewer_than)
        return self


class HangUp(Part):
    """How the call ended."""

    by: Literal["caller", "agent", "system"] | None = None
    """Who hung up."""
    abnormal: bool | None = None
    """Whether something broke: the call failed or was interrupted."""

    @model_validator(mode="after")
    def _limited(self) -> HangUp:
        if self.by is None and self.abnormal is None:
            raise PydanticCustomError("hang_up", "write by, abnormal, or both")
        return self


class Answer(Part):
    """When the first utterance of the role begins."""

    later_than: Seconds
    """Seconds after the agent was connected; after the recording began where no event tells of that."""


class FindingWanted(Part):
    """What the models found in the call."""

    kind: Keyword
    """Kind of the finding: topic, complaint, sentiment, abuse, cause, ..."""
    label: Several
    """Label, or several of which one will do."""
    probability: Share = 0.5
    """At least so probable."""


EntityKind = Literal[
    "phone", "id_card", "bank_card", "number", "amount", "date", "time", "percent", "email", "plate", "name",
    "address",
]  # fmt: skip
