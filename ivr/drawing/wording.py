"""The words that a drawing adds to those of its flow, in Chinese and in English."""

from __future__ import annotations

#: Kinds of node by the name that a flow file gives them, and the two that a drawing adds.
_KINDS: dict[str, tuple[str, str]] = {
    "start": ("来电", "call arrives"),
    "any": ("任一提问", "any question"),
    "play": ("播放", "play"),
    "menu": ("菜单", "menu"),
    "collect": ("收号", "collect"),
    "confirm": ("确认", "confirm"),
    "survey": ("评价", "survey"),
    "record": ("留言", "record"),
    "branch": ("判断", "branch"),
    "hours": ("时间", "hours"),
    "split": ("分流", "split"),
    "set": ("赋值", "set"),
    "language": ("语言", "language"),
    "http": ("查询", "http"),
    "queue": ("排队", "queue"),
    "transfer": ("转接", "transfer"),
    "callback": ("回拨", "callback"),
    "goto": ("转到", "goto"),
    "subflow": ("子流程", "flow"),
    "return": ("返回", "return"),
    "hangup": ("挂机", "hang up"),
}
#: Labels of ways out (:class:`ivr.flow.Way`).
_LABELS = {
    "next": "下一步",
    "returned": "返回后",
    "no-input": "无输入",
    "no-match": "无匹配",
    "confirmed": "已确认",
    "refused": "否认",
    "gave up": "多次否认",
    "otherwise": "其他情况",
    "open": "营业",
    "closed": "休息",
    "holiday": "节假日",
    "error": "查询失败",
    "failed": "失败",
    "busy": "占线",
    "no answer": "无人接听",
    "after": "通话后",
    "no agent": "无坐席",
    "agent left": "坐席挂机后",
}
_PHRASES: dict[str, tuple[str, str]] = {
    "legend": ("图例", "Legend"),
    "way": ("去向", "way on"),
    "trouble": ("未成功时的去向", "way on when it fails"),
    "back": ("回到前面", "back to where the call has been"),
    "operator": ("人工", "operator"),
    "repeat_key": ("重听", "repeat"),
    "back_key": ("返回", "back"),
    "key": ("按键", "key"),
    "answers": ("✓ 已解决来电需求", "✓ answers the call"),
    "contained": ("已解决", "contained"),
    "failed": ("未解决", "failed"),
    "notice": ("● 告知录音", "● tells of the recording"),
    "secret": ("保密", "secret"),
    "spoken": ("可说", "may be said"),
    "queue": ("队列", "queue"),
    "seconds": ("秒", "s"),
    "at most": ("最长", "at most"),
    "entered": ("通", "calls"),
    "left": ("挂断", "hung up"),
    "few": ("样本少", "few calls"),
    "share": ("在该节点挂断的比例", "share of callers who hung up in the node"),
    "calls": ("通来电", "calls"),
    "version": ("版本", "version"),
    "others": ("其他版本未计入", "of other versions left out"),
    "since": ("自", "since"),
    "flow": ("流程", "Flow"),
    "nodes": ("个节点", "nodes"),
    "on": ("转到另一部分 [编号]", "to another part [number]"),
    "entrances": ("从 {} 处进入", "entered from {} places"),
}


class Wording:
    """The words for one language: Chinese where that is Chinese, else English."""

    def __init__(self, language: str) -> None:
        self._chinese = language.lower().partition("-")[0] in ("zh", "yue", "cmn")

    @property
    def tag(self) -> str:
        """The language that it has, as BCP 47 writes it."""
        return "zh" if self._chinese else "en"

    def kind(self, kind: str) -> str:
        """Return what a kind of node is called."""
        return self._of(_KINDS[kind])

    def __getitem__(self, phrase: str) -> str:
        """Return one of the drawing's own phrases."""
        return self._of(_PHRASES[phrase])

    def label(self, label: str, count: int | None = None) -> str:
        """Return the label of a way out (:attr:`ivr.flow.Way.label`) that is taken with failure ``count``."""
        if label.startswith("key "):
            label = f"{self['key']} {label.removeprefix('key ')}"
        elif self._chinese:
            label = _LABELS.get(label, label)
        return f"{label} ×{count}" if count is not None else label

    def _of(self, words: tuple[str, str]) -> str:
        return words[0] if self._chinese else words[1]
