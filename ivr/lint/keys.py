"""Keys: what the prompts say about them, and what they do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from calls.document import Location
from ivr.flow import (
    CollectNode,
    ConfirmNode,
    InputNode,
    MenuNode,
    QueueNode,
    RecordNode,
    SurveyNode,
)
from ivr.flow.flow import HOT_KEYS
from ivr.flow.words import HotKey
from ivr.lint.finding import Finding
from ivr.lint.graph import Stand
from ivr.lint.study import Place, Study, Text
from ivr.quantity import quantity
from ivr.values import LENGTHS

#: Choices that a caller can keep in mind while listening.
MOST_CHOICES = 5

#: How keys are written in Chinese.
_HANZI = {
    **{"0": "零〇", "1": "一幺", "2": "二", "3": "三", "4": "四", "5": "五", "6": "六", "7": "七", "8": "八"},
    **{"9": "九", "*": "星", "#": "井"},
}
#: Least seconds in which people begin to answer, and find the next key.
LEAST_TIMES = {"first_input_seconds": 2.0, "inter_digit_seconds": 1.0}

_NUMERALS = {hanzi: digit for digit, signs in _HANZI.items() if digit.isdigit() for hanzi in signs}
_WORDS = dict(zip("zero one two three four five six seven eight nine".split(), "0123456789", strict=True)) | {
    "star": "*",
    "asterisk": "*",
    "pound": "#",
    "hash": "#",
}
_ZH_KEY = rf"(?:[0-9*#]+|[{''.join(_NUMERALS)}]+(?![位个次下遍点些步])|星号?键?|米字键|井号?键?)"
_EN_KEY = rf"(?:[0-9*#]+|\b(?:{'|'.join(_WORDS)})\b)"
#: A key, or several, after the word for pressing one.
_PRESSED = {
    "zh": re.compile(
        rf"[按拨](?:一?下)?(?:数字|按键|号码)?键?\s*({_ZH_KEY}(?:号?键)?(?:\s*(?:[、/]|或者?|和|到|至|[-~])\s*按?{_ZH_KEY})*)"
    ),
    "en": re.compile(
        rf"\b(?:press|dial|pressing|dialling)\s+(?:the\s+)?(?:key\s+)?"
        rf"({_EN_KEY}(?:\s*(?:/|,? or|,? and|to|through|-)\s*{_EN_KEY})*)",
        re.IGNORECASE,
    ),
}
_KEY = {"zh": re.compile(_ZH_KEY), "en": re.compile(_EN_KEY, re.IGNORECASE)}
_RANGE = re.compile("[到至~-]|to|through")
_CLAUSE = re.compile("[^,;:.!?、。]+")
#: A key that is said to end the entry: 按井号键结束, 输完请按井号键, followed by the pound key.
_ENDING = {
    "zh": re.compile(r"[按以用](?:一?下)?\s*([#*]|井|星|米字)[^,;。]{0,4}?(?:结束|确认|完成|结尾)"
                     r"|(?:输入|输|按)(?:完|结束|完毕|完成)(?:之?后|以后|了)?,?请?按\s*([#*]|井|星|米字)"),
    "en": re.compile(r"\b(?:followed by|end with|finish with)\s+(?:the\s+)?(pound|hash|star|asterisk|[#*])"
                     r"|(pound|hash|star|asterisk|[#*])(?: key| sign)?\s+(?:to (?:end|finish|confirm)|when)",
                     re.IGNORECASE),
}  # fmt: skip
_PLACES = re.compile("([0-9]+|[一二两三四五六七八九十]+)位")


def check(study: Study) -> Iterator[Finding]:
    """Find keys that are not named or do nothing, digits that overlap, and values that nobody can enter."""
    for place in study.places():
        match place.node:
            case MenuNode() as menu:
                yield from _many(study, place, menu)
                yield from _overlapping(study, place, menu)
            case CollectNode() as collect:
                yield from _impossible(study, place, collect)
            case _:
                pass
        if isinstance(place.node, InputNode):
            yield from _shadowed(study, place, place.node)
            yield from _hasty(study, place, place.node)
    for text in study.texts():
        if text.language[:2] in _PRESSED:
            yield from _unnamed(study, text)
            yield from _useless(study, text)
            yield from _other_terminator(study, text)
            yield from _other_length(study, text)


def keys_named(text: str) -> list[str]:
    """Return the keys that a prompt tells the caller to press.

    Parameters
    ----------
    text : str
        As written, in Chinese, English or both: 话费请按一，快递按2, for English press three.
    """
    found: list[str] = []
    for language, pattern in _PRESSED.items():
        for match in pattern.finditer(_plain(text)):
            found += _keys_in(match[1], language)
    return found


def labels(text: str) -> Iterator[tuple[str, str]]:
    """Yield the keys that a Chinese prompt names, each with what its clause says about it.

    Parameters
    ----------
    text : str
        As written: 取消请按一，确认请按二 gives ``("1", "取消请")`` and ``("2", "确认请")``. A clause that
        names several keys is left out.
    """
    for clause in _CLAUSE.findall(_plain(text)):
        matches = list(_PRESSED["zh"].finditer(clause))
        keys = [key for match in matches for key in _keys_in(match[1], "zh")]
        if len(keys) == 1:
            yield keys[0], clause[: matches[0].start()] + clause[matches[0].end() :]


def _keys_in(names: str, language: str) -> list[str]:
    keys = [_as_key(key) for key in _KEY[language].findall(names)]
    if len(keys) == 2 and "".join(keys).isdigit() and _RANGE.search(names):
        return [str(key) for key in range(int(keys[0]), int(keys[1]) + 1)]
    return keys


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", re.sub(r"\{[^{}]*\}", "", text))


def _as_key(name: str) -> str:
    if name[0] in "星米井":
        return "#" if name[0] == "井" else "*"
    return _WORDS.get(name.lower()) or "".join(_NUMERALS.get(sign, sign) for sign in name)


# -- menus ----------------------------------------------------------------------------------------------


def _many(study: Study, place: Place, menu: MenuNode) -> Iterator[Finding]:
    said = "".join(menu.prompt.values())
    offered = [c for c in menu.choices if c.digits or any(phrase in said for phrase in c.phrases)]
    if len(offered) > MOST_CHOICES:
        yield study.find(
            "many-choices",
            place.flow,
            ("nodes", place.name, "choices"),
            f"{len(offered)} choices are more than callers keep in mind",
            f"offer {MOST_CHOICES} at most, and the rest in a menu behind one of them",
        )


def _overlapping(study: Study, place: Place, menu: MenuNode) -> Iterator[Finding]:
    digits = {choice.digits: index for index, choice in enumerate(menu.choices) if choice.digits}
    for short, index in digits.items():
        longer = [other for other in digits if other != short and other.startswith(short)]
        if longer:
            yield study.find(
                "overlapping-digits",
                place.flow,
                ("nodes", place.name, "choices", index, "digits"),
                f"who presses {short} waits {menu.inter_digit_seconds:g} seconds, "
                f"as {', '.join(longer)} begins with it",
                "choose digits of which none begins another",
            )


def _shadowed(study: Study, place: Place, node: InputNode) -> Iterator[Finding]:
    flow = study.flows[place.flow]
    keys: Mapping[str, HotKey]
    where: Location
    if node.hot_keys is not None:
        keys, where = node.hot_keys, ("nodes", place.name, "hot_keys")
    elif isinstance(node, CollectNode):
        return  # a number takes all keys, and everybody knows it
    else:
        keys = flow.hot_keys if flow.hot_keys is not None else HOT_KEYS if flow.operator else {}
        where = ("nodes", place.name)
    for key in sorted(set(keys) & node.keys_taken):
        at: Location = (*where, key) if node.hot_keys is not None else where
        if isinstance(node, MenuNode):
            index = next(i for i, c in enumerate(node.choices) if c.digits and c.digits[0] == key)
            if _does_the_same(study, place, node.choices[index].next, keys[key]):
                continue
            at = ("nodes", place.name, "choices", index, "digits")
        yield study.find(
            "hot-key-shadowed",
            place.flow,
            at,
            f"key {key} means {keys[key]!r} elsewhere, but is an answer here",
            "give the answer another key, or let it do the same",
        )


def _does_the_same(study: Study, place: Place, target: str, meaning: HotKey) -> bool:
    """Return whether a choice leads where the hot key would have led, or to another of its kind."""
    stands = study.stands(place)
    targets = [Stand(stand.entered, stand.flow, target) for stand in stands]
    match meaning:
        case "operator":
            operator = study.flows[place.flow].operator
            return target == operator or all(_leads_to_a_person(study, each) for each in targets)
        case "back":
            return all(t in study.graph.leading_to([s]) for t, s in zip(targets, stands, strict=True))
        case "repeat":
            return target == place.name


def _leads_to_a_person(study: Study, first: Stand) -> bool:
    """Return whether a call comes from here to a person without being asked anything more."""
    seen, waiting = set(), [first]
    while waiting:
        stand = waiting.pop()
        if study.is_hand_off(stand):
            return True
        if stand not in seen and not study.is_input(stand):
            seen.add(stand)
            waiting += [step.target for step in study.graph.steps[stand]]
    return False


# -- prompts --------------------------------------------------------------------------------------------


def _unnamed(study: Study, text: Text) -> Iterator[Finding]:
    """Find answers that a caller who can only press keys never hears of."""
    if text.owner is None or text.location[2] != "prompt":
        return
    node = text.owner.node
    wanted: list[tuple[str, Location]] = []
    match node:
        case MenuNode(choices=choices):
            wanted = [(c.digits, ("choices", i, "digits")) for i, c in enumerate(choices) if c.digits]
        case ConfirmNode():
            answers = (("yes", node.yes), ("no", node.no))
            wanted = [(answer.digits, (field, "digits")) for field, answer in answers if answer.digits]
        case QueueNode(comfort=comfort) if comfort is None:
            wanted = [(key, ("keys", key)) for key in node.keys]
        case SurveyNode():
            wanted = [] if any(_mentions(text, key) for key in node.keys_taken) else [("5", ("prompt",))]
        case _:
            pass
    named = keys_named(text.text)
    for key, location in wanted:
        if key not in named and not _mentions(text, key, at_the_end=bool(named)):
            yield study.find(
                "unnamed-key",
                text.flow,
                ("nodes", text.owner.name, *location),
                f"the prompt does not say that {key} can be pressed",
                "name it in the prompt, or leave the answer to the voice by removing its digits",
            )


def _mentions(text: Text, key: str, *, at_the_end: bool = False) -> bool:
    """Return whether a prompt names a key without the word for pressing: 话费一，快递二; repairs two.

    With ``at_the_end`` only at the end of a clause, where a number is hardly anything else.
    """
    if text.language[:2] == "en":
        name = rf"\b(?:{'|'.join([re.escape(key), *(word for word, k in _WORDS.items() if k == key)])})(?!\w)"
    else:
        name = "".join(f"[{sign}{_HANZI[sign]}]" for sign in key)
    end = r"\s*(?:[,.;!?、。]|$)" if at_the_end else ""
    return bool(re.search(name + end, _plain(text.text), re.IGNORECASE))


def _useless(study: Study, text: Text) -> Iterator[Finding]:
    """Find keys that callers are told to press for nothing."""
    named = dict.fromkeys(keys_named(text.text))
    owners = [text.owner] if text.owner is not None else list(_by_default(study, text))
    for key in named:
        idle = [owner.name for owner in owners if not _does_something(study, owner, key, text.location)]
        if idle:
            where = "" if text.owner is not None else f" in {', '.join(idle[:3])}"
            yield study.find(
                "key-without-choice",
                text.flow,
                text.location,
                f"callers are told to press {key}, which does nothing{where}",
                "add the answer, or do not name the key",
            )


def _by_default(study: Study, text: Text) -> Iterator[Place]:
    reason = text.location[1]
    for place in study.places():
        node = place.node
        if place.flow == text.flow and isinstance(node, InputNode) and getattr(node, reason) is None:
            yield place


def _does_something(study: Study, place: Place, key: str, location: Location) -> bool:
    node = place.node
    if isinstance(node, InputNode) and key in study.flows[place.flow].hot_keys_of(node):
        return True
    match node:
        case MenuNode():
            return any(choice.digits == key for choice in node.choices)
        case ConfirmNode():
            return key in (node.yes.digits, node.no.digits)
        case SurveyNode():
            return key in node.keys_taken
        case CollectNode():
            # figures in such a prompt are examples; only keys that are none can be wrong
            return (key[0].isdigit() and location[0] == "nodes") or key in node.keys_taken - set("0123456789")
        case QueueNode():
            return key in node.keys
        case RecordNode():
            return key == node.terminator or location[2] == "review"
        case _:
            return True  # it waits for the next input


def _other_terminator(study: Study, text: Text) -> Iterator[Finding]:
    """Find entries that callers are told to end with a hot key: it does something, but not that."""
    node = text.owner.node if text.owner is not None else None
    if text.owner is None or not isinstance(node, CollectNode):
        return
    hot = study.flows[text.owner.flow].hot_keys_of(node)
    for match in _ENDING[text.language[:2]].finditer(_plain(text.text)):
        key = _as_key((match[1] or match[2]).lower())
        if key != node.terminator and key in hot:
            ends = f"only {node.terminator} does that" if node.terminator else "no key does that"
            yield study.find(
                "other-terminator",
                text.flow,
                text.location,
                f"callers are told to end with {key}, which means {hot[key]!r} here; {ends}",
                f"write terminator: '{key}', or leave the key out of the prompt",
            )


# -- values ---------------------------------------------------------------------------------------------


def _other_length(study: Study, text: Text) -> Iterator[Finding]:
    node = text.owner.node if text.owner is not None else None
    if not isinstance(node, CollectNode) or text.location[2] not in ("prompt", "again"):
        return
    said = [int(n) if n.isdigit() else quantity(n) for n in _PLACES.findall(_plain(text.text))]
    places = [n for n in said if n is not None]
    if places and not any(node.shortest <= n <= node.longest for n in [*places, sum(places)]):
        taken = f"{node.shortest}" if node.shortest == node.longest else f"{node.shortest} to {node.longest}"
        yield study.find(
            "wrong-length",
            text.flow,
            text.location,
            f"callers are told to give {places[0]} digits, but {taken} are taken",
            "say the length that min_length and max_length allow",
        )


def _impossible(study: Study, place: Place, node: CollectNode) -> Iterator[Finding]:
    least, most = LENGTHS[node.kind]
    if node.shortest > most or node.longest < least:
        field = "min_length" if node.shortest > most else "max_length"
        yield study.find(
            "impossible-value",
            place.flow,
            ("nodes", place.name, field),
            f"a value of kind {node.kind!r} has {least} to {most} places, "
            f"but {node.shortest} to {node.longest} are taken: nothing is ever accepted",
            f"remove {field}, or choose another kind",
        )


def _hasty(study: Study, place: Place, node: InputNode) -> Iterator[Finding]:
    for field, least in LEAST_TIMES.items():
        seconds: float = getattr(node, field)
        if seconds < least:
            yield study.find(
                "hasty-timer",
                place.flow,
                ("nodes", place.name, field),
                f"{seconds:g} seconds are over before most people have pressed a key",
                f"give at least {least:g}; left out, it is {type(node).model_fields[field].default:g}",
            )
