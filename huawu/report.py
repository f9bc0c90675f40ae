"""The demo's report: one HTML file that needs nothing else, with its plots drawn as SVG."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from analytics.complaints.taxonomy import CAUSES, RESOLUTIONS, RESPONSIBLE
from analytics.judge import Judgement
from analytics.labels import SEVERITIES, TOPICS
from analytics.rules.loading import load_rules, shipped_path
from console.texts import TEXTS
from huawu import __version__

if TYPE_CHECKING:
    from huawu.demo import DemoResult


def _names(prefix: str) -> dict[str, str]:
    """Return the desk's Chinese words for one kind of label."""
    start = f"{prefix}."
    return {key.removeprefix(start): words[0] for key, words in TEXTS.items() if key.startswith(start)}


OUTCOME_NAMES = _names("outcome")
ROLE_NAMES = _names("role")
SEVERITY_NAMES = {**_names("severity"), "none": "无"}
SENTIMENT_NAMES = _names("sentiment")
STAGE_NAMES = {
    "load": "加载模型",
    "calls": "通话",
    "transcribe": "转写与判断",
    "sample": "抽样",
    "report": "报告",
    "telephone": "等 SIP 电话打完并分析",
}
LEVELS = ("none", *SEVERITIES)


#: Names of what findings of each kind say beside topic, complaint and sentiment.
DETAILS = {
    "cause": ("原因", CAUSES),
    "responsible": ("责任方", RESPONSIBLE),
    "resolved": ("是否解决", RESOLUTIONS),
}
#: Measurements shown of each call: name → how its value is written.
MEASURED = {
    "agent_talk_share": ("坐席说话占比", "{:.0%}"),
    "silence_longest_seconds": ("最长静默", "{:.1f} 秒"),
    "agent_speech_rate_characters_per_minute": ("坐席语速", "{:.0f} 字/分"),
    "agent_response_latency_median_seconds": ("坐席应答间隔", "{:.1f} 秒"),
    "caller_repeated_requests_count": ("重复诉求", "{:.0f} 次"),
    "caller_sentiment_change": ("来电人情绪变化", "{:+.2f}"),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: what it stands for, its value as shown, its share of the longest."""

    label: str
    value: str
    share: float


def bars(values: list[tuple[str, float, str]]) -> list[Bar]:
    """Scale (label, value, value as shown) to the largest value."""
    largest = max((value for _, value, _ in values), default=0.0) or 1.0
    return [Bar(label, shown, value / largest) for label, value, shown in values]


def noise_points(result: DemoResult) -> list[tuple[float, float, str]]:
    """Return (signal-to-noise ratio in dB, character error rate, scenario) of the calls with speech."""
    return [
        (each.scenario.caller.snr_db, each.errors.rate, each.scenario.title)
        for each in result.score.calls
        if each.errors.reference_length
    ]


def write(result: DemoResult) -> None:
    """Write ``report.html`` into the result's folder."""
    environment = Environment(
        loader=PackageLoader("huawu"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    score = result.score
    drawn = {each.call_id: each for each in result.draws}
    rows: list[dict[str, Any]] = [
        {
            "number": number,
            "scenario": scenario,
            "seconds": result.call_seconds(call),
            "score": scored,
            "risk": result.risks[call.id],
            "draw": drawn.get(call.id),
            "utterances": result.transcripts[call.id].utterances,
            "marks": complaint_spans(result, call.id),
            "details": details(result.judgements[call.id]),
            "reasons": weights(result.judgements[call.id]),
            "broken": broken(result.judgements[call.id]),
            "form": result.judgements[call.id].form,
            "quarters": quarters(result.judgements[call.id]),
        }
        for number, ((scenario, _, call), scored) in enumerate(
            zip(result.played, score.calls, strict=True), start=1
        )
    ]
    topics = Counter(TOPICS.get(each.topic.found, "无") for each in score.calls)
    rule_names = {name: rule.name["zh"] for name, rule in load_rules(shipped_path()).rules.items()}
    faults = Counter(name for row in rows for name, _ in row["broken"])
    outcomes = Counter(OUTCOME_NAMES[call.outcome] for _, _, call in result.played if call.outcome)
    page = environment.get_template("report.html").render(
        version=__version__,
        result=result,
        score=score,
        rows=rows,
        ranked=sorted(rows, key=itemgetter("risk"), reverse=True),
        levels=LEVELS,
        confusion=score.confusion(),
        topic_names=TOPICS,
        topic_bars=bars([(label, count, str(count)) for label, count in topics.most_common()]),
        outcome_bars=bars([(label, count, str(count)) for label, count in outcomes.most_common()]),
        rule_names=rule_names,
        rule_bars=bars([(rule_names[name], count, str(count)) for name, count in faults.most_common(8)]),
        stage_bars=bars([(STAGE_NAMES[stage], s, f"{s:.1f} s") for stage, s in result.seconds.items()]),
        noise=noise_points(result),
        roles=ROLE_NAMES,
        severity_names=SEVERITY_NAMES,
        sentiment_names=SENTIMENT_NAMES,
    )
    result.report.write_text(page, encoding="utf-8")


def complaint_spans(result: DemoResult, call_id: str) -> dict[int, list[tuple[int, int]]]:
    """Return utterance → character spans that a complaint finding points at, in order."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for finding in result.judgements[call_id].findings:
        if finding.kind != "complaint" or finding.label == "none":
            continue
        for each in finding.evidence:
            if each.span:
                spans.setdefault(each.utterance, []).append(each.span)
    return {utterance: sorted(found) for utterance, found in spans.items()}


def details(judgement: Judgement) -> list[tuple[str, str]]:
    """Return what else was found and measured in a call, as (name, value); without what is not available."""
    found = [
        (
            DETAILS[each.kind][0],
            f"{DETAILS[each.kind][1].get(each.label, each.label)}（{each.probability:.0%}）",
        )
        for each in judgement.findings
        if each.kind in DETAILS
    ]
    values = judgement.metrics.values
    return found + [
        (title, form.format(values[name]))
        for name, (title, form) in MEASURED.items()
        if values[name] is not None
    ]


def weights(judgement: Judgement, most: int = 5) -> list[tuple[str, float, float]]:
    """Return the weightiest reasons of a call's risk: words, share of the logit, its part of the largest."""
    named = sorted(judgement.risk.reasons, key=lambda each: -abs(each.share))[:most]
    largest = max((abs(each.share) for each in named), default=0.0) or 1.0
    return [(each.words, each.share, abs(each.share) / largest) for each in named]


def broken(judgement: Judgement) -> list[tuple[str, str]]:
    """Return the quality rules that a call breaks, as (rule, the words that show it)."""
    return [
        (each.label, each.evidence[0].text if each.evidence else "")
        for each in judgement.findings
        if each.kind == "rule"
    ]


def quarters(judgement: Judgement) -> list[float | None]:
    """Return how the caller felt in each quarter of the call, -1 to 1."""
    values = judgement.metrics.values
    return [values[f"caller_sentiment_quarter_{number}"] for number in range(1, 5)]
