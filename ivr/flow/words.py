"""What flow files are made of: keys, names, times, and texts in one or several languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from ivr.expression import Expression, ExpressionError, Value

_NAME = r"^[a-z][a-z0-9_]*$"
#: What separates phrases or ends a sentence: nobody says it.
_PUNCTUATION = re.compile("[，,、。．：:；;！!？?]")


def _without_punctuation(phrase: str) -> str:
    if sign := _PUNCTUATION.search(phrase):
        hint = (
            "write the phrases apart with a half-width comma" if sign.end() < len(phrase) else "leave it out"
        )
        raise PydanticCustomError(
            "phrase", "a phrase is words without {sign}", {"sign": f"'{sign[0]}'", "hint": hint}
        )
    return phrase


def _name_of(what: str) -> BeforeValidator:
    """Return a check that says in words what the pattern of a name asks for."""

    def check(name: Any) -> Any:
        if isinstance(name, str) and not re.fullmatch(_NAME, name):
            rule = f"{what} names are lower-case letters, digits and _, beginning with a letter"
            raise PydanticCustomError("name", "{rule}", {"rule": rule})
        return name

    return BeforeValidator(check)


Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")]
Keys = Annotated[str, StringConstraints(pattern=r"^[0-9*#]{1,8}$")]
Terminator = Literal["*", "#"]
Phrase = Annotated[
    str,
    StringConstraints(min_length=1, max_length=20, strip_whitespace=True),
    AfterValidator(_without_punctuation),
]
NodeName = Annotated[str, StringConstraints(pattern=_NAME), _name_of("node")]
Variable = Annotated[str, StringConstraints(pattern=_NAME), _name_of("variable")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Seconds = Annotated[float, Field(gt=0, le=600)]
Share = Annotated[float, Field(ge=0, le=1)]
#: BCP 47, two letters and perhaps a region.
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
HotKey = Literal["operator", "back", "repeat"]

#: Key under which a text stands that is given for the flow's own language only.
OWN = ""


def _by_language(words: Any) -> Any:
    if isinstance(words, str):
        return {OWN: words}
    if not isinstance(words, dict) or not words:
        hint = f": put it in quotes: '{words}'" if isinstance(words, int | float) else ""
        raise PydanticCustomError("words", "write a text, or one for each language" + hint)
    return words


def _several(words: Any) -> Any:
    return list(words) if isinstance(words, list | tuple) else [words]


#: A text, or one for each language.
Words = Annotated[
    dict[Annotated[str, StringConstraints(pattern=r"^([a-z]{2}(-[A-Z]{2})?)?$")], Text],
    BeforeValidator(_by_language, json_schema_input_type=Text | dict[Language, Text]),
]
#: How the place in a queue is told in plain words, by language.
PLAIN_POSITION = {"zh": "您排在第{position}位，请继续等待。", "en": "You are number {position} in the queue."}


def _place(words: Any) -> Any:
    if words is None or words is False:
        return None
    return {} if words is True else _by_language(words)


#: Such a text; ``true``, which is kept as no text at all, stands for :data:`PLAIN_POSITION`.
PlaceWords = Annotated[
    dict[Annotated[str, StringConstraints(pattern=r"^([a-z]{2}(-[A-Z]{2})?)?$")], Text] | None,
    BeforeValidator(_place, json_schema_input_type=bool | Text | dict[Language, Text]),
]
#: One such text, or several of which the first is said first, the last for ever after.
Series = Annotated[
    tuple[Words, ...],
    BeforeValidator(_several, json_schema_input_type=Text | dict[Language, Text] | list[Words]),
]


def in_language(words: Mapping[str, str], language: str, own: str) -> tuple[str, str]:
    """Return the text for ``language``, else the one in the flow's ``own``, else any, and its language."""
    for wanted in (language, own, OWN):
        if wanted in words:
            return words[wanted], wanted or own
    found, text = next(iter(words.items()))
    return text, found


def _formula(text: Any) -> Expression:
    if not isinstance(text, str):
        raise PydanticCustomError("formula", "an expression is a text: put it in quotes")
    try:
        return Expression.parse(text)
    except ExpressionError as error:
        raise PydanticCustomError("formula", "{problem}", {"problem": str(error)}) from None


def _setting(value: Any) -> Expression | Value:
    if isinstance(value, str) and value.startswith("="):
        return _formula(value[1:])
    if isinstance(value, str | int | float | bool):
        return value
    raise PydanticCustomError("setting", "write a text, a number, true or false, or '= expression'")


#: An expression over the variables of the call.
Formula = Annotated[Expression, PlainValidator(_formula), WithJsonSchema({"type": "string"})]
#: A value, or ``= expression``.
Setting = Annotated[
    Expression | Value,
    PlainValidator(_setting),
    WithJsonSchema({"type": ["string", "number", "boolean"]}),
]
