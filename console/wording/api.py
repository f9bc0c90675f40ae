"""Words for tokens and webhooks."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "tokens": ("API 令牌", "API tokens"),
    "tokens.about": (
        "程序用令牌代表您访问接口，权限与您相同。接口说明：",
        "With a token a program asks the API for you, with your rights. What it answers:",
    ),
    "tokens.made": (
        "新令牌只显示这一次，请立即复制保存：",
        "This is the only time that the token is shown. Copy it now:",
    ),
    "tokens.no-account": (
        "质检台还没有账号，令牌属于账号。请先用 huawu users add 建立。",
        "The desk has no accounts yet, and tokens belong to accounts. Make one with huawu users add.",
    ),
    "tokens.name": ("用途", "What for"),
    "tokens.name-limit": ("用途要写 1 至 {limit} 个字。", "Say what it is for, in 1 to {limit} characters."),
    "tokens.most": (
        "最多 {most} 个令牌，请先作废不用的。",
        "At most {most} tokens: revoke those not needed.",
    ),
    "tokens.days": ("有效期", "Valid for"),
    "tokens.for-days": ("{days} 天", "{days} days"),
    "tokens.for-ever": ("直到作废", "until revoked"),
    "tokens.add": ("新建", "Make"),
    "tokens.since": ("建立于", "Made"),
    "tokens.until": ("有效至", "Until"),
    "tokens.over": ("（已过期）", "(over)"),
    "tokens.revoke": ("作废", "Revoke"),
    "tokens.unknown": ("没有这个令牌。", "There is no such token."),
    "nav.hooks": ("推送", "Webhooks"),
    "hooks": ("推送（Webhook）", "Webhooks"),
    "hooks.about": (
        "发现投诉或建立工单时，向登记的地址发送一条签名消息。消息里没有个人信息，只有编号、级别和时间。",
        "When a complaint is found or a case is opened, a signed message goes to each address. "
        "It holds no personal data, only ids, levels and times.",
    ),
    "hooks.none-allowed": (
        "操作员还没有允许任何地址：huawu console --allow-webhook https://crm.example.cn/",
        "The operator allows no address yet: huawu console --allow-webhook https://crm.example.cn/",
    ),
    "hooks.forbidden": (
        "这个地址不在操作员允许的范围内（--allow-webhook）。",
        "That address is none of those that the operator allows (--allow-webhook).",
    ),
    "hooks.no-event": ("请至少选一种事件。", "Choose at least one event."),
    "hooks.most": ("最多 {most} 个推送地址。", "At most {most} webhooks."),
    "hooks.made": (
        "签名密钥只显示这一次，请交给接收方：",
        "This is the only time that the secret is shown. Give it to the receiver:",
    ),
    "hooks.url": ("地址", "Address"),
    "hooks.events": ("事件", "Events"),
    "hooks.event": ("事件", "Event"),
    "hook.complaint.found": ("发现投诉", "complaint found"),
    "hook.complaint.severe": ("发现重大或紧急投诉", "major or urgent complaint found"),
    "hook.case.opened": ("建立投诉工单", "case opened"),
    "hooks.add": ("新增", "Add"),
    "hooks.state": ("状态", "State"),
    "hooks.on": ("启用", "on"),
    "hooks.off": ("停用", "off"),
    "hooks.switch": ("开关", "Switch"),
    "hooks.switch-on": ("启用", "Switch on"),
    "hooks.switch-off": ("停用", "Switch off"),
    "hooks.messages": ("最近的消息", "Latest messages"),
    "hooks.no-messages": ("还没有消息。", "No message yet."),
    "hooks.when": ("时间", "Time"),
    "hooks.attempts": ("次数", "Attempts"),
    "hooks.error": ("原因", "Reason"),
    "hooks.state-open": ("待发送", "waiting"),
    "hooks.state-delivered": ("已送达", "delivered"),
    "hooks.state-failed": ("失败", "failed"),
    "hooks.again": ("重发", "Send again"),
    "hooks.unknown": ("没有这个推送地址。", "There is no such webhook."),
    "hooks.unknown-message": ("没有可重发的这条消息。", "There is no such message to send again."),
}
