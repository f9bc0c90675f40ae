"""By what criteria a complaint is 重大 or 紧急: the register, and how each is recognised.

Only what callers say counts, and only what they mean: see :mod:`analytics.complaints.context`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analytics.complaints.amount import amounts_of
from analytics.complaints.context import affirmed, settled
from analytics.complaints.overruling import GREAT_AMOUNT, MANY_CALLS, SHIPPED, Rulings
from analytics.complaints.speech import Place, Speech
from analytics.complaints.wording import wording
from analytics.passage import cited
from calls.records import Evidence


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of gravity.

    Parameters
    ----------
    name : str
    severity : str
        What a complaint that meets it is at least: 重大 or 紧急.
    chinese, english : str
        Labels for reports.
    definition : str
        When exactly it is met.
    """

    name: str
    severity: str
    chinese: str
    english: str
    definition: str


CRITERIA: dict[str, Criterion] = {
    each.name: each
    for each in (
        Criterion(
            "regulator",
            "重大",
            "监管部门",
            "Threat of a regulator",
            "The caller will go, or has gone, to an authority: 工信部, 12315, 12345, 消协, 银保监, 通管局, "
            "信访, 市场监管, 税务局, 市长热线 … with a word of going or telling there.",
        ),
        Criterion(
            "media",
            "重大",
            "媒体曝光",
            "Threat of publicity",
            "The caller will go to journalists or post it: 曝光, 记者, 电视台, 热搜, 发到抖音, 发到网上 …",
        ),
        Criterion(
            "law",
            "重大",
            "法律途径",
            "Threat of lawyer, court or police",
            "The caller will sue, send a lawyer's letter, claim by law, or call the police: 起诉, 律师函, "
            "法院见, 走法律程序, 报警 …",
        ),
        Criterion(
            "repeat",
            "重大",
            "多次反映",
            "Repeated contact without result",
            "The caller tells of three or more contacts or visits (第三次打, 打了好几遍, 修了三次), or of an "
            "earlier one without result (反映过, 一直没人管); or "
            f"rang {MANY_CALLS} or more times in the 7 days before.",
        ),
        Criterion(
            "amount",
            "重大",
            "金额较大",
            "Great amount",
            f"A sum of {GREAT_AMOUNT:,.0f} yuan or more is in dispute: said in the same turn as, or next to, "
            "a word of loss, payment or claim, and not asked how to pay.",
        ),
        Criterion(
            "group",
            "重大",
            "群体事件",
            "Group incident",
            "Several people complain together: 整个小区都, 我们几十户, 联名, 集体投诉, 维权群 …",
        ),
        Criterion(
            "safety",
            "紧急",
            "人身安全",
            "Danger to people",
            "Fire, explosion, electric shock, gas, poisoning, injury, violence, or a threat of suicide: it "
            "has happened, is happening, or is announced.",
        ),
        Criterion(
            "theft",
            "紧急",
            "资金被盗",
            "Theft under way",
            "A stranger takes, or has just taken, the caller's money or account: 盗刷, 转走, 正在往外转, "
            "快冻结 …",
        ),
        Criterion(
            "on_the_spot",
            "紧急",
            "现场事态",
            "Police, media or a crowd on the spot",
            "Police, officials or journalists have come or are coming now, or people block, gather or "
            "broadcast live.",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Hit:
    """A criterion that is met, and the words that meet it; none where the caller's earlier calls do."""

    criterion: str
    evidence: Evidence | None


def _meant(places: Iterator[Place], speech: Speech, *, threat: bool) -> Iterator[Place]:
    """Yield the places where what is said is meant."""
    for place in places:
        if affirmed(speech.turns[place.turn].spoken.text, place.start, place.end, threat=threat):
            yield place


def _repeat(speech: Speech, rulings: Rulings) -> Iterator[Place]:
    for place in _meant(rulings.find("repeat", speech), speech, threat=False):
        text = speech.turns[place.turn].spoken.text
        ours = not wording("not_ours").within(text[: place.start])
        if ours and not wording("to_get_through").within(text[place.end :]):
            yield place
    without_result = {place.turn for place in wording("no_result").find(speech)}
    for place in _meant(wording("earlier").find(speech), speech, threat=False):
        if without_result & {place.turn, place.turn + 1}:
            yield place


#: Criteria of what the caller would do; the others are of what happened.
_THREATS = frozenset({"regulator", "media", "law"})


def _places(name: str, speech: Speech, rulings: Rulings) -> Iterator[Place]:
    if name == "repeat":
        return _repeat(speech, rulings)
    return _meant(rulings.find(name, speech), speech, threat=name in _THREATS)


def _amount(speech: Speech, least: float) -> Iterator[Evidence]:
    """Yield the sums that are great and in dispute, read from the text with its digits and signs."""
    for number, turn in enumerate(speech.turns):
        great = [each for each in amounts_of(turn.utterance.text) if each.yuan >= least]
        if not great or settled(turn.spoken.text) or wording("how_to").within(turn.spoken.text):
            continue
        for amount in great:
            near = speech.turns[max(0, number - 1) : number + 2]
            if any(wording("dispute").within(each.spoken.text) for each in near):
                yield cited(turn.utterance, (amount.start, amount.end))


def criteria_met(speech: Speech, earlier_calls: int | None = None, rulings: Rulings = SHIPPED) -> list[Hit]:
    """Return the criteria that callers meet, in the order of :data:`CRITERIA`, with all their places.

    Parameters
    ----------
    speech : Speech
        The caller's turns; where roles are unknown, all turns.
    earlier_calls : int, optional
        How often the same caller rang in the seven days before.
    rulings : Rulings
        What a centre changes; nothing if not given.
    """
    hits: list[Hit] = []
    for name in CRITERIA:
        if name in rulings.off:
            continue
        if not speech.turns:
            evidence: list[Evidence] = []
        elif name == "amount":
            evidence = list(_amount(speech, rulings.great_amount))
        else:
            evidence = [speech.cite(place) for place in _places(name, speech, rulings)]
        if name == "repeat" and not evidence and (earlier_calls or 0) >= rulings.many_calls:
            hits.append(Hit(name, None))
        hits += [Hit(name, each) for each in sorted(evidence, key=lambda each: (each.utterance, each.span))]
    return hits
