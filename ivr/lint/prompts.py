"""What is said: in every language, briefly, and one question at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from calls.document import Location
from calls.errors import VoiceError
from ivr.flow import REASONS, CollectNode, HttpNode, InputNode, LanguageNode, QueueNode, Retries
from ivr.flow.words import OWN
from ivr.lint.dataflow import Facts, on_some_way
from ivr.lint.finding import Finding
from ivr.lint.graph import Step
from ivr.lint.study import Place, Study, Text
from ivr.prompt import variables_in
from ivr.simulation import CHARACTERS_PER_SECOND
from ivr.values import LENGTHS, ValueKind
from speech.pinyin import syllables
from speech.reading import spoken

#: Longest prompt, in seconds: what comes later is not remembered.
LONGEST = 12.0
#: Words a second of other languages than Chinese, as announcements are spoken.
WORDS_PER_SECOND = 2.5
#: Longest silence that callers take for work being done, in seconds.
LONGEST_SILENCE = 5.0
#: Characters that a variable is counted as, if nothing is known of its length.
FILLED_IN = 4

_HANZI = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?|[0-9]")
_VARIABLE = re.compile(r"\{[^{}]*\}")
_SENTENCE = re.compile(r"[^。！？!?；;…\n]+[。！？!?；;…\n]*")
_WHAT = "什么|多少|哪里|哪儿|哪位|哪个|谁|怎么样|如何"
#: Marks of a question; each kind is counted by itself, as 请问…吗？ is one question.
_ASKS = {
    "zh": [re.compile(mark) for mark in ("请问", "吗", f"(?:{_WHAT}|呢)(?=[，,。？?！!]|$)", "[？?]")],
    "en": [re.compile(r"\?")],
}
#: What a collect node asks for: two of these are two values.
_REQUESTS = {
    "zh": re.compile("(?:请您?(?:先|再|重新)?|然后|再|并)(?:输入|说出|报出|提供|键入)"),
    "en": re.compile(r"\b(?:enter|say|key in|dial)\b", re.IGNORECASE),
}
_OR = {
    "zh": re.compile("或者?(?:直接)?(?:请您?)?(?:输入|说出)"),
    "en": re.compile(r"\bor (?:enter|say|key in)\b", re.IGNORECASE),
}


#: Units that a value of a kind is spoken with, and that would be heard twice after it.
_UNITS: dict[tuple[ValueKind, str], str] = {
    ("amount", "zh"): "元|块钱?|圆|人民币",
    ("amount", "en"): r"yuan\b|RMB\b",
    ("date", "zh"): "[日号]",
}


def check(study: Study) -> Iterator[Finding]:
    """Find prompts that are missing, cannot be said, are too long, ask too much, or are never said."""
    yield from _languages(study)
    kinds = _kinds(study)
    for text in study.texts():
        yield from _content(study, text)
        yield from _units(study, text, kinds)
    yield from _never_said(study)
    yield from _silence(study)


# -- languages ------------------------------------------------------------------------------------------


def _languages(study: Study) -> Iterator[Finding]:
    def along(step: Step, spoken_: Facts) -> Facts:
        node = study.graph.node(step.source)
        return frozenset({node.language}) if isinstance(node, LanguageNode) else spoken_

    by_stand = on_some_way(study.graph, frozenset({study.flows[study.main].language}), along)
    ever = frozenset().union(*by_stand.values())
    # a flow that several enter may know more languages than this one speaks
    for index, language in enumerate(study.flows[study.main].languages):
        if language not in ever:
            yield study.find(
                "unused-language",
                study.main,
                ("languages", index),
                f"no call is ever spoken to in {language!r}",
                f"lead to a node of type language with language: {language}, or remove it",
            )
    for flow, content in study.flows.items():
        foreign = {lang for s, langs in by_stand.items() if s.flow == flow for lang in langs}
        for language in sorted(foreign - set(content.languages)):
            yield study.find(
                "missing-text",
                flow,
                ("languages",),
                f"calls come in speaking {language!r}, which this flow has no texts for",
                f"add {language} to languages, and its texts",
            )
    for place in study.places():
        content = study.flows[place.flow]
        needed = {lang for stand in study.stands(place) for lang in by_stand[stand]}
        needed &= set(content.languages)
        if place.flow == study.main:
            needed |= set(content.languages) - ever
        for location, words in _all_words(study, place):
            for language in sorted(needed):
                own = language == content.language and OWN in words
                if language not in words and not own:
                    yield study.find(
                        "missing-text",
                        place.flow,
                        location,
                        f"there is no text in {language!r} here",
                        "write one text for each of " + ", ".join(content.languages),
                    )


def _all_words(study: Study, place: Place) -> Iterator[tuple[Location, Mapping[str, str]]]:
    """Yield everything a node can say, the defaults that it uses included."""
    for said in place.node.texts():
        yield ("nodes", place.name, *said.location), said.words
    if isinstance(place.node, InputNode):
        for reason in REASONS:
            if getattr(place.node, reason) is None:
                prompts = study.flows[place.flow].retries(place.node, reason).prompts
                for index, words in enumerate(prompts):
                    yield ("defaults", reason, "prompts", index), words


# -- content --------------------------------------------------------------------------------------------


def _content(study: Study, text: Text) -> Iterator[Finding]:
    language = text.language[:2]
    words = _VARIABLE.sub("", text.text)
    hanzi, latin = bool(_HANZI.search(words)), bool(re.search("[A-Za-z]{2}", words))
    # a text in two languages is meant for who has not chosen yet
    if (language == "zh" and latin and not hanzi) or (language == "en" and hanzi and not latin):
        yield study.find(
            "wrong-language",
            text.flow,
            text.location,
            f"this is said when the language is {text.language!r}, but is not written in it",
            "translate it, or move it to its language",
        )
        return
    if language == "zh":
        try:
            syllables(words)
        except VoiceError as error:
            yield study.find("unreadable-text", text.flow, text.location, error.message, error.hint)
            return
    seconds = seconds_to_say(text.text, language, _lengths(study))
    if seconds > LONGEST:
        yield study.find(
            "long-prompt",
            text.flow,
            text.location,
            f"this takes about {seconds:.0f} seconds to say, over {LONGEST:g}",
            "say less, or split it over two nodes",
        )
    asked = questions(words, language)
    if text.owner is not None and text.owner.node.type == "collect":
        asked = max(asked, requests(words, language))
    if asked > 1:
        yield study.find(
            "several-questions",
            text.flow,
            text.location,
            f"this asks {asked} things, and the caller can answer one",
            "ask one thing in one node",
        )


def _kinds(study: Study) -> dict[str, ValueKind]:
    """Return the kinds of the variables that are always collected, and so spoken as what they are."""
    others = {n for p in study.places() if not isinstance(p.node, CollectNode) for n in p.node.writes()}
    return {name: node.kind for name, node in study.collected().items() if name not in others}


def _units(study: Study, text: Text, kinds: Mapping[str, ValueKind]) -> Iterator[Finding]:
    for name in variables_in(text.text):
        unit = _UNITS.get((kinds.get(name, "digits"), text.language[:2]))
        twice = re.search(rf"\{{{name}\}}\s*({unit})", text.text) if unit else None
        if twice:
            yield study.find(
                "unit-twice",
                text.flow,
                text.location,
                f"{{{name}}} is spoken with its unit, so that {twice[1]!r} is heard twice",
                f"leave {twice[1]!r} out",
            )


def seconds_to_say(text: str, language: str, lengths: Mapping[str, int] | None = None) -> float:
    """Return about how long a prompt takes, in seconds.

    Parameters
    ----------
    text : str
        As written. Figures are counted as they are said: 尾号8001 has six characters.
    language : str
        ``"zh"`` counts characters, any other language words; punctuation does not count.
    lengths : mapping, optional
        Characters of variables; :data:`FILLED_IN` for others.
    """
    for name in variables_in(text):
        text = text.replace(f"{{{name}}}", "一" * (lengths or {}).get(name, FILLED_IN))
    if language == "zh":
        said = spoken(text)
        return (len(_HANZI.findall(said)) + len(_LATIN_WORD.findall(said))) / CHARACTERS_PER_SECOND
    return (len(_LATIN_WORD.findall(text)) + len(_HANZI.findall(text))) / WORDS_PER_SECOND


def _lengths(study: Study) -> dict[str, int]:
    return {name: max(FILLED_IN, LENGTHS[node.kind][0]) for name, node in study.collected().items()}


def questions(text: str, language: str) -> int:
    """Return how many questions a text asks; a question mark, 请问, 吗 and 呢 mark one."""
    marks = _ASKS.get(language, [])
    return sum(
        max((len(mark.findall(sentence)) for mark in marks), default=0)
        for sentence in _SENTENCE.findall(text)
    )


def requests(text: str, language: str) -> int:
    """Return how many values a text asks for; two ways to give one value (输入或者说出) are one."""
    if language not in _REQUESTS:
        return 0
    return len(_REQUESTS[language].findall(_OR[language].sub("", text)))


# -- never said, never silent ---------------------------------------------------------------------------


def _never_said(study: Study) -> Iterator[Finding]:
    for flow, content in study.flows.items():
        for reason in REASONS:
            default: Retries = getattr(content.defaults, reason)
            yield from _unsaid(study, flow, ("defaults", reason), default)
    for place in study.places():
        if isinstance(place.node, QueueNode):
            yield from _late(study, place, place.node)
        if isinstance(place.node, InputNode):
            for reason in REASONS:
                own: Retries | None = getattr(place.node, reason)
                if own is not None:
                    yield from _unsaid(study, place.flow, ("nodes", place.name, reason), own)


def _unsaid(study: Study, flow: str, where: Location, retries: Retries) -> Iterator[Finding]:
    for index in range(retries.max - 1, len(retries.prompts)):
        yield study.find(
            "unsaid-prompt",
            flow,
            (*where, "prompts", index),
            f"nobody hears this: failure {retries.max} leads to {retries.next!r} at once",
            f"raise max to {len(retries.prompts) + 1}, or say it in {retries.next!r}",
        )


def _late(study: Study, place: Place, node: QueueNode) -> Iterator[Finding]:
    if node.comfort is not None and node.comfort_seconds >= node.max_wait_seconds:
        told = "comfort_seconds" in node.model_fields_set
        yield study.find(
            "late-comfort",
            place.flow,
            ("nodes", place.name, "comfort_seconds" if told else "comfort"),
            f"nobody hears the comfort: it comes after {node.comfort_seconds:g} seconds, "
            f"and the wait is over after {node.max_wait_seconds:g}",
            "shorten comfort_seconds, or raise max_wait_seconds",
        )


def _silence(study: Study) -> Iterator[Finding]:
    for flow, name, node in study.places():
        if isinstance(node, HttpNode) and node.filler is None:
            seconds = node.timeout_seconds * (node.retries + 1)
            if seconds > LONGEST_SILENCE:
                yield study.find(
                    "silent-wait",
                    flow,
                    ("nodes", name),
                    f"the caller may wait {seconds:g} seconds for this service in silence",
                    "add a filler, or shorten timeout_seconds",
                )
