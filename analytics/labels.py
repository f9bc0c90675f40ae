"""The labels of the judges, and by what criteria they are given."""

from __future__ import annotations

#: Topic of a call: label → Chinese name, in the order of reports.
TOPICS: dict[str, str] = {
    "billing": "费用账单",
    "package": "套餐业务",
    "network": "网络故障",
    "device": "商品质量",
    "delivery": "物流配送",
    "refund": "退款退货",
    "repair": "上门维修",
    "account": "账号密码",
    "invoice": "发票",
    "service": "服务态度",
    "activity": "优惠活动",
    "inquiry": "一般咨询",
}

#: The label of a call in which the caller does not complain.
NO_COMPLAINT = "none"

#: How grave a complaint is, from the least to the gravest.
SEVERITIES: tuple[str, ...] = ("一般", "重大", "紧急")

#: Why a complaint gets its severity; the gravest criterion that is met decides.
SEVERITY_CRITERIA: dict[str, str] = {
    "一般": "来电人表示不满并要求处理或说法（用语可以很客气）",
    "重大": "扬言找监管部门、媒体或律师，或多次反映未解决，或损失千元以上",
    "紧急": "人身或消防安全受威胁、资金正在被盗、有人伤病，或媒体、警察、执法已经到场",
}

#: What the caller feels, as the words show it.
SENTIMENTS: tuple[str, ...] = ("negative", "neutral", "positive")

#: Anger with abuse: a degree of ``negative`` that the seed marks and the judge reports on its own.
STRONG_NEGATIVE = "strong-negative"

SENTIMENT_NAMES: dict[str, str] = {
    "negative": "负面",
    "neutral": "中性",
    "positive": "正面",
    STRONG_NEGATIVE: "强烈负面",
}
