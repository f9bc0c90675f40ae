"""Words for search and exports."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "search.q": ("通话内容", "What was said"),
    "search.q.hint": (
        "例如：退款 投诉 · “还没到账” · ~退款（同音） · 坐席:抱歉 · 退款 -已到账",
        "e.g. 退款 投诉 · “还没到账” · ~退款 (by sound) · agent:抱歉 · 退款 -已到账",
    ),
    "search.go": ("搜索", "Search"),
    "search.clear": ("清除", "Clear"),
    "search.more": ("更多条件", "More filters"),
    "search.who": ("谁说的", "Said by"),
    "search.who.any": ("任何人", "anybody"),
    "search.who.caller": ("来电人", "caller"),
    "search.who.agent": ("坐席", "agent"),
    "search.sound": ("同音字也算", "Homophones too"),
    "search.order": ("排序", "Order"),
    "search.order.time": ("最新在前", "newest first"),
    "search.order.relevance": ("最相关在前", "best match first"),
    "search.any": ("全部", "any"),
    "search.topic": ("主题", "Topic"),
    "search.severity": ("投诉", "Complaint"),
    "search.sentiment": ("情绪", "Sentiment"),
    "search.outcome": ("结果", "Outcome"),
    "search.team": ("班组", "Team"),
    "search.agent": ("坐席（姓名或工号）", "Agent (name or id)"),
    "search.agent-id": ("工号", "Agent id"),
    "search.queue": ("队列", "Queue"),
    "search.number": ("主叫尾号", "Caller's last digits"),
    "search.since": ("从（日期）", "From (day)"),
    "search.until": ("到（日期）", "To (day)"),
    "search.shortest": ("最短时长", "Shortest"),
    "search.longest": ("最长时长", "Longest"),
    "search.duration.hint": ("分:秒", "min:s"),
    "search.least": ("最低分", "Score from"),
    "search.most": ("最高分", "Score to"),
    "search.reviewed": ("人工评分", "Reviewed"),
    "search.reviewed.yes": ("已评", "yes"),
    "search.reviewed.no": ("待评", "no"),
    "search.score": ("得分", "Score"),
    "search.seconds": ("秒", "Seconds"),
    "search.said": ("命中的话", "Where it was said"),
    "search.comma": ("，", ", "),
    "search.total": ("共 {total} 通", "{total} calls"),
    "search.total-more": ("{counted}+ 通", "{counted}+ calls"),
    "search.ranked": (
        "按相关排序只看最新的 {ranked} 通。",
        "Best matches are sought among the newest {ranked}.",
    ),
    "search.backlog": (
        "还有 {backlog} 通的内容尚未编入索引，正在补充；结果可能不全。",
        "The words of {backlog} calls are not in the index yet; it is catching up. Some may be missing.",
    ),
    "search.nothing": ("没有符合条件的通话。", "No call matches."),
    "search.nothing-sound": (
        "没有找到。识别可能写成了同音字：试试按读音查找。",
        "Nothing found. It may have been written with homophones: try by sound.",
    ),
    "search.by-sound": ("按读音查找", "Search by sound"),
    "search.results": ("结果", "Results"),
    "search.export": ("导出", "Export"),
    "search.export.csv": ("CSV（已脱敏）", "CSV (redacted)"),
    "search.export.xlsx": ("Excel（已脱敏）", "Excel (redacted)"),
    "search.export.csv-personal": ("CSV（含个人信息）", "CSV (with personal data)"),
    "search.export.xlsx-personal": ("Excel（含个人信息）", "Excel (with personal data)"),
    "search.export.about": (
        "最多最新的 {rows} 通；每次导出都记入日志。",
        "At most the newest {rows} calls; each export is noted in the log.",
    ),
    "search.saved": ("我的搜索", "My searches"),
    "search.save": ("保存这次搜索", "Save this search"),
    "search.save.name": ("名称", "Name"),
    "search.save.do": ("保存", "Save"),
    "search.delete": ("删除“{name}”", "Delete “{name}”"),
    "search.at": ("{time} 起听", "Hear it from {time}"),
    "search.keys": (
        "/ 搜索框 · J / K 下一通/上一通 · 回车 打开",
        "/ search box · J / K next/previous call · Enter open",
    ),
    "search.help": ("怎么写", "How to write it"),
    "search.help.words": (
        "几个词用空格隔开：同一通电话里都说到",
        "words with blanks between them: all of them in one call",
    ),
    "search.help.exact": (
        "“原话”：这几个字连着说；不加引号的长句也一样",
        "“exact words”: these characters in a row; so is longer text without quotes",
    ),
    "search.help.sound": (
        "~退款 或 ~tuikuan：同音都算（退宽、腿款），不分声调",
        "~退款 or ~tuikuan: whatever sounds so (退宽, 腿款), tones apart",
    ),
    "search.help.logic": (
        "退款 OR 退货 · 退款 -投诉（NOT） · 括号可分组",
        "退款 OR 退货 · 退款 -投诉 (NOT) · brackets group",
    ),
    "search.help.who": (
        "来电人:退款 坐席:抱歉：谁说的",
        "caller:退款 agent:抱歉: who said it",
    ),
    # what is wrong with a query
    "search.query.too-long": (
        "搜索内容超过 {limit} 个字，请缩短。",
        "More than {limit} characters: shorten it.",
    ),
    "search.query.too-many": (
        "一次最多找 {limit} 个词，请去掉一些。",
        "More than {limit} things at once: leave some out.",
    ),
    "search.query.too-deep": (
        "括号套了不止 {limit} 层，请简化。",
        "More than {limit} brackets within each other: write it more simply.",
    ),
    "search.query.nothing": (
        "“{at}”里没有可以说出来的字，请输入汉字、字母或拼音。",
        "Nothing in “{at}” can be said: use characters, letters or pinyin.",
    ),
    "search.query.quote": (
        "引号没有配对：“{at}，请补上后一个引号。",
        "The quotation “{at} is not closed: end it with a quotation mark.",
    ),
    "search.query.bracket": ("括号“{at}”没有配对，请补上另一半。", "Bracket “{at}” has no partner: add it."),
    "search.query.operand": (
        "“{at}”旁边缺一个词；要找它本身请加引号。",
        "“{at}” lacks a word beside it; quote it to look for itself.",
    ),
    "search.query.only-not": (
        "“{at}”只排除、没有要找的词，请加上一个。",
        "“{at}” only leaves something out: add a word to look for.",
    ),
    "search.query.speaker": (
        "没有“{at}”这种说话人：可写 来电人: 坐席: 系统:",
        "There is no speaker “{at}”: write caller: agent: system:",
    ),
    # what is wrong with a field
    "search.fault.choice": ("“{field}”不能是“{value}”。", "{field} cannot be “{value}”."),
    "search.fault.digits": (
        "“{field}”只能是数字，现在是“{value}”。",
        "{field}: digits only, not “{value}”.",
    ),
    "search.fault.too-many-digits": (
        "“{field}”最多 4 位：您的角色看不到完整号码。",
        "{field}: at most 4 digits, since your role may not see full numbers.",
    ),
    "search.fault.day": (
        "“{field}”不是日期：“{value}”。请写成 2026-03-02。",
        "{field}: “{value}” is no day. Write 2026-03-02.",
    ),
    "search.fault.duration": (
        "“{field}”看不懂：“{value}”。请写秒数或 分:秒，如 90 或 1:30。",
        "{field}: “{value}” is no duration. Write seconds or min:s, such as 90 or 1:30.",
    ),
    "search.fault.score": (
        "“{field}”应在 0 到 100 之间，现在是“{value}”。",
        "{field}: between 0 and 100, not “{value}”.",
    ),
    "search.fault.place": ("翻页位置“{value}”无效。", "“{value}” is no place in the list."),
    "search.fault.too-far": (
        "按相关排序只到第 {limit} 通；请缩小范围，或改为最新在前。",
        "By relevance the list ends after {limit} calls; narrow it down, or take the newest first.",
    ),
    "search.fault.name": (
        "请给搜索起个名称，最多 {limit} 个字。",
        "Give the search a name of at most {limit} characters.",
    ),
    "search.fault.nothing-to-save": ("没有可保存的条件。", "There is nothing to save."),
    "search.fault.many-saved": (
        "最多保存 {limit} 个搜索，请先删除一个。",
        "At most {limit} searches are kept: delete one first.",
    ),
    "search.fault.no-saved": ("没有这个保存的搜索。", "There is no such saved search."),
    "audit.search.export": ("导出通话列表", "exported a list of calls"),
}
