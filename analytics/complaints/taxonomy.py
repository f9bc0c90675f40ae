"""What a complaint is about, whose fault it is, and what became of it: the labels and their names."""

from __future__ import annotations

#: Why callers complain: label → Chinese name.
CAUSES: dict[str, str] = {
    "billing": "费用差错",
    "unauthorised": "擅自开通",
    "outage": "网络与服务中断",
    "quality": "商品质量",
    "delay": "处理拖延",
    "broken_promise": "承诺未兑现",
    "attitude": "服务态度",
    "waiting": "等候过久",
    "refund": "退款受阻",
    "delivery": "物流配送",
    "misleading": "宣传误导",
    "harassment": "营销骚扰",
    "privacy": "信息泄露",
}

#: Who is responsible, by what the parties say.
RESPONSIBLE: dict[str, str] = {
    "service": "客服与企业",
    "product": "商品本身",
    "logistics": "物流",
    "third_party": "第三方",
    "customer": "来电人",
    "unclear": "责任不清",
}

#: What became of the matter by the end of the call.
RESOLUTIONS: dict[str, str] = {
    "yes": "当场解决",
    "no": "未解决",
    "promised": "承诺跟进",
    "unknown": "无法判断",
}

#: What a closing turn does: those of agents, those of callers.
AGENT_ACTS = ("done", "promise", "refuse")
CALLER_ACTS = ("accept", "fixed", "reject")
