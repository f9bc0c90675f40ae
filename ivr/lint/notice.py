"""The recording notice: said before anything is recorded, and said as one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ivr.flow import PlayNode, RecordNode
from ivr.lint.dataflow import Facts, on_every_way
from ivr.lint.finding import Finding
from ivr.lint.graph import Step
from ivr.lint.study import Study

_TOLD = "told"
#: How a notice speaks of recording, by language.
_SAYS_IT = {"zh": re.compile("录音|录制|记录"), "en": re.compile(r"\brecord", re.IGNORECASE)}
#: What no other prompt says.
_IS_NOTICE = {
    "zh": re.compile("(将|会|正在|可能)被?全?程?录音|(通话|来电|服务|对话)[^，。]{0,6}录音"),
    "en": re.compile(r"\bcalls?\b.{0,30}\brecorded\b|\brecord\w* (this|your|the) call", re.IGNORECASE),
}


def check(study: Study) -> Iterator[Finding]:
    """Find what is reached before the notice was heard, and notices that are not what they seem.

    Before the notice the caller's voice is not kept, so that of a conversation with an agent only one
    side would be there to listen to. A message is kept in any case: from a caller who was not told.
    """
    yield from _before_the_notice(study)
    for text in study.texts():
        node = text.owner.node if text.owner is not None else None
        language = text.language[:2]
        if not isinstance(node, PlayNode) or language not in _SAYS_IT:
            continue
        if node.notice and not _SAYS_IT[language].search(text.text):
            yield study.find(
                "notice-unsaid",
                text.flow,
                text.location,
                "this is marked as the recording notice but does not speak of recording",
                "say it: 本次通话将被录音",
            )
        if not node.notice and _IS_NOTICE[language].search(text.text):
            yield study.find(
                "notice-unmarked",
                text.flow,
                text.location,
                "this tells of the recording but does not begin it: it is not marked as the notice",
                "write notice: true, and no barge_in",
            )


def _before_the_notice(study: Study) -> Iterator[Finding]:
    graph = study.graph
    told_by = {stand for stand in graph.steps if getattr(graph.node(stand), "notice", False)}
    if not told_by:
        yield study.find(
            "no-notice",
            study.main,
            ("start",),
            "no call hears a recording notice, so nothing that callers say is kept but their messages",
            "begin with a play node that says 本次通话将被录音, with notice: true",
        )
        return

    def along(step: Step, facts: Facts) -> Facts:
        return facts | {_TOLD} if step.source in told_by else facts

    told = on_every_way(graph, frozenset(), along)
    for place in study.places():
        untold = [stand for stand in study.stands(place) if _TOLD not in told[stand]]
        if untold and (isinstance(place.node, RecordNode) or study.is_hand_off(untold[0])):
            route = graph.route(untold[0], lambda step: step.source not in told_by)
            follows = (
                "and the message is kept all the same"
                if isinstance(place.node, RecordNode)
                else "so nothing they say is kept"
            )
            yield study.find(
                "no-notice",
                place.flow,
                ("nodes", place.name),
                f"the caller may not have heard the recording notice here, {follows}: "
                + " → ".join(stand.node for stand in route),
                "lead every way past the notice first",
            )
