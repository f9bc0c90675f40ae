"""A rule file: rules, the conditions and word lists that they share, and the scorecards that they fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator, PrivateAttr, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from analytics.rules.conditions import Condition
from analytics.rules.logic import Logic, LogicError, Named, from_yaml, names
from analytics.rules.operators import Keyword, Name, Part, Words
from analytics.sounds import Tolerance

#: Rules, conditions, or items: more than a file that people write can hold.
MAX_ENTRIES = 1000

_EXPRESSION_SCHEMA = {
    "description": "Names of conditions with &&, ||, ! and brackets; or all: [...], any: [...], not: ...",
    "type": ["string", "integer", "object"],
}


def _logic(content: Any) -> Logic:
    try:
        return from_yaml(content)
    except LogicError as error:
        raise PydanticCustomError("expression", "{problem}", {"problem": str(error)}) from None


def _by_language(words: Any) -> Any:
    return {"": words} if isinstance(words, str) else words


Expression = Annotated[Any, PlainValidator(_logic), WithJsonSchema(_EXPRESSION_SCHEMA)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
Language = Annotated[str, Field(pattern=r"^([a-z]{2}(-[A-Z]{2})?)?$")]
#: A text, or one for each language.
Texts = Annotated[
    dict[Language, Text], BeforeValidator(_by_language, json_schema_input_type=Text | dict[Language, Text])
]
Weight = Annotated[float, Field(gt=0, le=1000)]


def in_language(texts: Mapping[str, str], language: str) -> str:
    """Return the text in a language, else the one without, else any; empty where there is none."""
    for wanted in (language, ""):
        if wanted in texts:
            return texts[wanted]
    return next(iter(texts.values()), "")


class Rule(Part):
    """What must happen in a call, or must not."""

    name: Texts = Field(default_factory=dict)
    """Its name for people, perhaps in several languages."""
    description: Texts = Field(default_factory=dict)
    """What it asks for and why."""
    kind: Literal["required", "forbidden"] = "required"
    """Whether what the conditions describe must happen or must not."""
    severity: Literal["normal", "fatal"] = "normal"
    """A fatal rule that is broken fails the whole form."""
    weight: Weight = 1.0
    """How much it counts in a scorecard that does not say otherwise."""
    conditions: Annotated[dict[Name, Condition], Field(max_length=MAX_ENTRIES)] = Field(default_factory=dict)
    """Its own conditions by name."""
    when: Expression | None = None
    """How the conditions combine; may be left out where the rule has one condition of its own."""
    not_applicable: Expression | None = None
    """When the rule says nothing of a call."""

    @model_validator(mode="after")
    def _complete(self) -> Rule:
        if self.when is None and len(self.conditions) != 1:
            raise PydanticCustomError("when", "write when: how its conditions combine, such as 'a && !b'")
        return self

    @property
    def expression(self) -> Logic:
        """How the conditions combine."""
        logic: Logic = self.when if self.when is not None else Named(next(iter(self.conditions)))
        return logic

    @property
    def applicability(self) -> Logic | None:
        """When the rule says nothing of a call; ``None`` where it always does."""
        logic: Logic | None = self.not_applicable
        return logic


class Item(Part):
    """One line of a scorecard: a rule, or a question that a person answers."""

    rule: Name | None = None
    """The rule that suggests the answer."""
    question: Texts | None = None
    """What a person answers; with a rule, how the rule is shown."""
    weight: Weight | None = None
    """How much it counts; the rule's own weight, or 1, without it."""
    automatic_fail: bool | None = None
    """Whether failing it fails the whole form; as the rule is fatal, without it."""

    @model_validator(mode="after")
    def _something(self) -> Item:
        if self.rule is None and self.question is None:
            raise PydanticCustomError("item", "an item is a rule or a question")
        return self


class FormSection(Part):
    """A part of a scorecard."""

    name: Texts = Field(default_factory=dict)
    """Its name for people."""
    weight: Weight | None = None
    """How much it counts; the sum of its items' weights, without it."""
    items: Annotated[dict[Name, Item], Field(min_length=1, max_length=100)]
    """Its lines by name."""


class Scorecard(Part):
    """A form that is filled in for a call, 0 to 100."""

    name: Texts = Field(default_factory=dict)
    """Its name for people."""
    sections: Annotated[dict[Name, FormSection], Field(min_length=1, max_length=100)]
    """Its parts by name."""

    def items(self) -> Iterator[tuple[str, str, Item]]:
        """Yield (section, item name, item) in order."""
        for section_name, section in self.sections.items():
            for item_name, item in section.items.items():
                yield section_name, item_name, item


class RuleSet(Part):
    """A rule file."""

    name: Name
    """Its name; findings and scores carry it."""
    title: Texts = Field(default_factory=dict)
    """Its name for people."""
    sounding: Tolerance = Tolerance.EXACT
    """How alike words must be where a condition does not say: literal, exact (syllables) or near."""
    words: Annotated[
        dict[Name, Annotated[tuple[Keyword, ...], Field(min_length=1, max_length=5000)]],
        Field(max_length=MAX_ENTRIES),
    ] = Field(default_factory=dict)
    """Lists of words; conditions name them as @list."""
    conditions: Annotated[dict[Name, Condition], Field(max_length=MAX_ENTRIES)] = Field(default_factory=dict)
    """Conditions that several rules use."""
    rules: Annotated[dict[Name, Rule], Field(min_length=1, max_length=MAX_ENTRIES)]
    """The rules by name."""
    scorecards: Annotated[dict[Name, Scorecard], Field(max_length=100)] = Field(default_factory=dict)
    """Forms that the rules fill in."""

    _version: str = PrivateAttr("")

    @property
    def version(self) -> str:
        """First 12 digits of the SHA-256 of the file; empty for one that was not read from a file."""
        return self._version

    @property
    def label(self) -> str:
        """What marks findings and scores: ``name@version``."""
        return f"{self.name}@{self._version}"

    def conditions_of(self, rule: Rule) -> dict[str, Condition]:
        """Return the conditions that a rule can name: the shared ones and its own."""
        return {**self.conditions, **rule.conditions}

    def spread(self, words: Words | None) -> tuple[tuple[str, ...], ...]:
        """Return words as groups of synonyms, lists put in; ``@list`` alone stands for all its words."""
        if words is None:
            return ()
        if len(words) == 1 and isinstance(words[0], str) and words[0].startswith("@"):
            return tuple((word,) for word in self.words[words[0][1:]])
        return tuple(self._group(entry) for entry in words)

    def _group(self, entry: str | tuple[str, ...]) -> tuple[str, ...]:
        group: list[str] = []
        for word in (entry,) if isinstance(entry, str) else entry:
            group += self.words[word[1:]] if word.startswith("@") else (word,)
        return tuple(dict.fromkeys(group))


def named_in(rule: Rule) -> list[str]:
    """Return the conditions that a rule's two expressions name."""
    logics = [each for each in (rule.expression, rule.applicability) if each is not None]
    return [*dict.fromkeys(name for logic in logics for name in names(logic))]
