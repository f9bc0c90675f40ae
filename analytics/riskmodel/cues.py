"""Words that tell how a customer feels and how an agent answers, written by us as a start for learning.

A cue only says *where to look*: its weight, and even its sign, is learnt. Every word is a run of one to
three characters, so that all cues are found in one pass (:mod:`analytics.grams`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from analytics.grams import Known
from analytics.riskmodel.written import run_key

#: What the customer says: name in reports → words.
CUSTOMER: dict[str, tuple[str, ...]] = {
    "道谢": ("谢", "感恩", "辛苦", "thx"),
    "满意应答": (
        "好的",
        "好吧",
        "收到",
        "解决了",
        "搞定",
        "行了",
        "明白",
        "清楚了",
        "知道了",
        "可以了",
        "恢复",
    ),
    "指责": (
        *("垃圾", "骗", "坑", "太差", "差劲", "恶心", "流氓", "霸王", "无耻", "忽悠", "黑心", "欺负", "欺诈"),
        *(
            "耍人",
            "扯淡",
            "废话",
            "敷衍",
            "推卸",
            "推脱",
            "推诿",
            "糊弄",
            "糟糕",
            "太烂",
            "破网",
            "什么玩",
            "不作为",
        ),
        *(
            "不负责",
            "乱扣",
            "套路",
            "强制",
            "失望",
            "过分",
            "可恶",
            "气死",
            "郁闷",
            "寒心",
            "心寒",
            "无语",
            "呵呵",
        ),
        *(
            "态度差",
            "踢皮球",
            "太慢",
            "可笑",
            "丢人",
            "奇葩",
            "受够",
            "忍无",
            "不要脸",
            "有病",
            "没用",
            "不管",
        ),
    ),
    "辱骂": ("狗", "尼玛", "他妈", "妈的", "滚", "屁", "傻", "脑残", "混蛋", "王八", "去死", "tmd"),
    "扬言追究": ("投诉", "工信部", "消协", "曝光", "媒体", "律师", "法院", "举报", "起诉", "报警", "维权"),
    "要离开": (
        "换移动",
        "换电信",
        "换联通",
        "不用了",
        "退网",
        "销户",
        "注销",
        "再也不",
        "转网",
        "退货",
        "退钱",
    ),
    "追问": ("为什么", "为啥", "凭什么", "怎么", "么时候", "多久", "哪里", "到底", "究竟", "难道", "什么意"),
    "说拖延": (
        *(
            "天了",
            "个月",
            "小时",
            "几天",
            "年了",
            "周了",
            "一直",
            "还是",
            "依然",
            "仍然",
            "多次",
            "几次",
            "每次",
        ),
        *("又", "还没", "至今", "迟迟", "反复", "再次"),
    ),
    "否定": ("没", "不", "无", "未", "别"),
    "给出号码": ("000", "号码"),
    "感叹": ("!",),
    "疑问": ("?", "吗"),
    "省略": ("..", "…", "。。", "~~"),
    "连用标点": ("!!", "??", "?!", "!?"),
    "客气": ("请", "麻烦", "您好", "亲", "劳驾"),
    "直呼对方": ("你们",),
    "已经做过": ("已经", "已", "私信"),
    "咨询": ("请问", "咨询", "想问", "求助", "想了解", "如何"),
    "表情": (
        "[怒",
        "[泪",
        "[衰",
        "[晕",
        "[抓",
        "[鄙",
        "[吐",
        "[哼",
        "[汗",
        "[嘻",
        "[哈",
        "[爱",
        "[赞",
        "[微",
    ),
}

#: What the agent says.
AGENT: dict[str, tuple[str, ...]] = {
    "请对方私下联系": ("私信",),
    "道歉": ("抱歉", "歉意", "对不起", "不好意"),
    "请对方谅解": ("见谅", "谅解", "理解", "海涵"),
    "道谢": ("谢谢", "感谢"),
    "说已转交": ("反馈", "记录", "转交", "转达", "上报", "反映"),
    "说会核查": ("核实", "核查", "查询", "跟进"),
    "要资料": ("提供", "告知", "留下"),
    "问号码": ("号码", "电话", "手机号", "联系方"),
    "建议自办": ("建议", "可以", "拨打", "登录", "尝试"),
    "请对方等": ("稍等", "等待", "耐心", "尽快"),
    "说已办好": ("已为您", "经为您", "已恢复", "已处理", "已解决", "已帮", "已给您", "已成功", "办好"),
    "空话": ("改进", "优化", "完善", "努力", "提升"),
    "请对方关注": ("关注", "支持"),
    "拒绝": ("为准", "规定", "不支持", "无法", "不能", "暂不", "暂时"),
    "表情": ("[微", "[呵", "[嘻", "[爱", "[可", "[心", "[握"),
    "反问": ("?", "吗"),
    "祝福": ("祝您", "愉快", "客气"),
}


@dataclass(frozen=True, slots=True)
class CueKeys:
    """Cues made ready for looking up.

    Attributes
    ----------
    known : Known
        The words as runs; no word belongs to two cues.
    cue : int array, shape (n_words,)
        The cue of each word, as an index into ``names``.
    names : tuple of str
    """

    known: Known
    cue: np.ndarray
    names: tuple[str, ...]


@cache
def cue_keys(speaker: str) -> CueKeys:
    """Return the cues of ``"customer"`` or ``"agent"``."""
    cues = {"customer": CUSTOMER, "agent": AGENT}[speaker]
    pairs = sorted((run_key(word), number) for number, words in enumerate(cues.values()) for word in words)
    keys, numbers = zip(*pairs, strict=True)
    return CueKeys(Known(np.array(keys, np.uint64)), np.array(numbers, np.int64), tuple(cues))
