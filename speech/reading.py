"""Text as written → text as a Chinese call-centre voice says it.

Digits, amounts, dates, times, telephone numbers and signs become Hanzi; all else stays as it is. The
rules of :data:`RULES` are applied in order, each to what the ones before it left over, so the special
ones come first and the plain number last. What is ambiguous on paper is read as it is mostly meant in
prompts: ``11/23`` is a fraction, ``2-3天`` and ``11-23`` are ranges, ``12345`` is the citizens' hotline.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from speech.numerals import MAX_DIGITS, cardinal, dialled, money, number, one_by_one

_NUMBER = r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?"
_ALONE = r"(?<![0-9.,])"  # a number begins here
_ENDS = r"(?![0-9])"
_DASH = r"\s*(?:[-~—–～]+|[至到])\s*"
_CLOCK = r"([01]?[0-9]|2[0-4])[:：]([0-5][0-9])(?:[:：]([0-5][0-9]))?"
#: Mobile, fixed with area code, and 400/800 numbers.
_TELEPHONE = (
    "1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}|0[0-9]{2,3}-[0-9]{3,4}-?[0-9]{4}"
    "|[48]00[- ]?(?:[0-9]{3}[- ]?[0-9]{4}|[0-9]{4}[- ]?[0-9]{3})"
)
#: Operators, public hotlines (123xx), banks and firms (95xxx, 96xxx), and emergency calls.
_SERVICE = "100(?:86|10|99|60|68)|10000(?=号)|123[0-9]{2}|9[56][0-9]{3}|1(?:10|19|20|22)(?=报警|急救)"
#: Before these, 2 is 两. Not listed, as they number rather than count: 月 日 号 楼 级 线 层.
MEASURES = (
    "个|位|名|次|天|周|小时|钟头|分钟|秒|点|年|元|块|条|件|张|台|部|家|种|份|笔|项|套|岁|本|倍|米|公里|公斤|克|吨|人|遍"
    "|声|步|季|排|盒|袋|瓶|包|箱|双|对|期|户|句|口|趟|把|片|字|毛|轮|批|千|万|亿|升|度|兆|成|场|段|处|道|只"
)
#: After these, digits are an amount even behind a word of :data:`NUMBERED`: 手机2000元, 电话打了300次.
_AMOUNTS = "元(?!旦)|块|角|个|次(?!日)|笔|条|张|部|台|件|天|人(?!工)|位|岁|年|月|号楼|分钟|小时|万|兆|%|多|余"
#: Names of numbers that are said digit by digit.
NUMBERED = (
    "尾号|后四位|末四位|单号|订单|工单|运单|流水号|编号|工号|卡号|帐号|账号|户号|账户|验证码|校验码|取件码|密码|口令|"
    "号码|电话|手机|座机|热线|分机|邮编|车牌|证号|合同号|序列号|房号|拨打|致电|拨|呼叫|会员号|客户号|转"
)
_UNITS = {
    "kg": "公斤", "km": "公里", "cm": "厘米", "mm": "毫米", "ml": "毫升", "Mbps": "兆", "MB": "兆", "M": "兆",
    "GB": "G", "TB": "T", "KB": "K", "kWh": "度", "℃": "摄氏度", "°C": "摄氏度",
}  # fmt: skip
#: Signs that are said as words wherever they stand.
_SIGNS = {
    "%": "百分号", "‰": "千分号", "#": "井号", "*": "星号", "+": "加", "=": "等于", "&": "和", "@": "艾特",
    "×": "乘", "÷": "除以", "¥": "元", "$": "美元", "€": "欧元", "£": "英镑", "°": "度", "℃": "摄氏度",
    "<": "小于", ">": "大于", "≤": "小于等于", "≥": "大于等于", "±": "正负", "№": "号",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of reading: where it applies, how it reads, and an example.

    Parameters
    ----------
    name : str
        What is read.
    pattern : re.Pattern
        Where.
    read : callable
        From the match to Hanzi.
    example : tuple of str
        As written, as said.
    """

    name: str
    pattern: re.Pattern[str]
    read: Callable[[re.Match[str]], str]
    example: tuple[str, str]


def _counted(text: str) -> str:
    return "两" if text == "2" else number(text)


def _clock(hour: str, minute: str, second: str | None, exact: str) -> str:
    words = f"{_counted(str(int(hour)))}点"
    if minute == "00" and second is None:
        return words + exact
    words += f"{_two_places(minute)}分"
    return words + (f"{_two_places(second)}秒" if second is not None else "")


def _two_places(digits: str) -> str:
    return ("零" if digits[0] == "0" and digits != "00" else "") + cardinal(digits)


def _time(match: re.Match[str]) -> str:
    return _clock(match[1], match[2], match[3], "整")


def _time_range(match: re.Match[str]) -> str:
    return f"{_clock(match[1], match[2], match[3], '')}到{_clock(match[4], match[5], match[6], '')}"


def _date(match: re.Match[str]) -> str:
    year, month, day = match[1], int(match[3]), int(match[4])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return "杠".join(map(one_by_one, (year, match[3], match[4])))
    return f"{one_by_one(year)}年{cardinal(str(month))}月{cardinal(str(day))}日"


def _range(match: re.Match[str]) -> str:
    low, dash, high = match[1], match[2], match[3]
    unit = _UNITS.get(match[4], match[4] or "")
    falls = float(low.replace(",", "")) >= float(high.replace(",", ""))
    if falls and dash.strip() not in ("到", "至"):
        return f"{number(low)}杠{number(high)}{unit}"
    ordinal = match.string[: match.start()].endswith("第")
    read = _counted if unit and not ordinal else number
    return f"{read(low)}到{read(high)}{unit}"


def _percent(match: re.Match[str]) -> str:
    share = "百分之" if match[3] == "%" else "千分之"
    start = f"{share}{number(match[1])}到" if match[1] else ""
    return f"{start}{share}{number(match[2])}"


def _fraction(match: re.Match[str]) -> str:
    if int(match[1]) < int(match[2]):
        return f"{cardinal(match[2])}分之{cardinal(match[1])}"
    return f"{cardinal(match[1])}、{cardinal(match[2])}"


def _spelt(text: str) -> str:
    return dialled(re.sub(r"(?<=[0-9A-Za-z])[- ](?=[0-9A-Za-z])", "", text))


def _plain(match: re.Match[str]) -> str:
    whole, _, fraction = match[0].partition(".")
    figures = whole.replace(",", "")
    if len(figures) > MAX_DIGITS or (not fraction and len(figures) > 1 and figures[0] == "0"):
        return dialled(figures) + (f"点{one_by_one(fraction)}" if fraction else "")
    return number(match[0])


def _rule(
    name: str, pattern: str, read: Callable[[re.Match[str]], str], written: str, said: str, flags: int = 0
) -> Rule:
    return Rule(name, re.compile(pattern, flags), read, (written, said))


#: The rule table, in order of application.
RULES: tuple[Rule, ...] = (
    _rule("range of weekdays", rf"((?:周|星期)[一二三四五六日天]){_DASH}((?:周|星期)[一二三四五六日天])",
          lambda m: f"{m[1]}到{m[2]}", "周一-周五", "周一到周五"),
    _rule("key of the telephone", r"([#*])号?键", lambda m: ("井" if m[1] == "#" else "星") + "号键",
          "请按#键", "请按井号键"),
    _rule("price per unit", r"(?<=[0-9元块角分次兆MGB])/(?=[月年天日次人个条件份季周分小秒])", lambda m: "每",
          "99元/月", "九十九元每月"),
    _rule("date", rf"{_ALONE}([12][0-9]{{3}})([-/.])([0-9]{{1,2}})\2([0-9]{{1,2}}){_ENDS}", _date,
          "2026-11-23", "二零二六年十一月二十三日"),
    _rule("range of years", rf"{_ALONE}([12][0-9]{{3}})年?{_DASH}([12][0-9]{{3}})(?=年)",
          lambda m: f"{one_by_one(m[1])}到{one_by_one(m[2])}", "2024-2026年", "二零二四到二零二六年"),
    _rule("year", rf"{_ALONE}(?:([12][0-9]{{3}})(?=年|财年|款|版)|([0-9]{{2}})(?=年[01]?[0-9]月))",
          lambda m: one_by_one(m[0]), "2026年", "二零二六年"),
    _rule("range of times", rf"{_ALONE}{_CLOCK}{_DASH}{_CLOCK}{_ENDS}", _time_range,
          "9:00-18:00", "九点到十八点"),
    _rule("time", rf"{_ALONE}{_CLOCK}{_ENDS}", _time, "9:05", "九点零五分"),
    _rule("minutes past the hour", r"(?<=[点时])(0[0-9])(?=分)", lambda m: _two_places(m[1]),
          "9点05分", "九点零五分"),
    _rule("ratio", rf"{_ALONE}([0-9]{{1,4}})[:：]([0-9]{{1,4}}){_ENDS}",
          lambda m: f"{cardinal(m[1])}比{cardinal(m[2])}", "3:1", "三比一"),
    _rule("percent", rf"{_ALONE}(?:({_NUMBER})[%‰]?{_DASH})?({_NUMBER})([%‰])", _percent,
          "10%-20%", "百分之十到百分之二十"),
    _rule("amount with a sign", rf"¥\s*({_NUMBER})(?:元|(?=(万|亿)))?",
          lambda m: number(m[1]) if m[2] else money(m[1]), "¥1,234.50", "一千二百三十四元五角"),
    _rule("amount in dollars", rf"\$\s*({_NUMBER})", lambda m: f"{_counted(m[1])}美元",
          "$12.5", "十二点五美元"),
    _rule("numbered thing",
          rf"((?:{NUMBERED})(?:号码|号)?(?:分别)?[是为:：]?\s*)([0-9A-Za-z]*[0-9]{{3,}}[0-9A-Za-z]*"
          r"(?:[- ][0-9]+)*)(?![0-9A-Za-z.,]|\s*(?:" + _AMOUNTS + "))",
          lambda m: m[1] + _spelt(m[2]), "尾号8001", "尾号八零零幺"),
    _rule("telephone number", rf"(?<![0-9A-Za-z.,])(?:\+?86[- ]?)?(?:{_TELEPHONE})(?![0-9.])",
          lambda m: _spelt(m[0]), "138-0013-8000", "幺三八零零幺三八零零零"),
    _rule("service number", rf"{_ALONE}(?:{_SERVICE}){_ENDS}(?!\.[0-9]|\s*(?:{_AMOUNTS}))",
          lambda m: dialled(m[0]), "12315", "幺二三幺五"),
    _rule("version", rf"{_ALONE}[0-9]+(?:\.[0-9]+){{2,}}{_ENDS}",
          lambda m: "点".join(one_by_one(part) for part in m[0].split(".")), "1.2.3", "一点二点三"),
    _rule("fraction", rf"{_ALONE}([0-9]{{1,3}})/([1-9][0-9]{{0,2}})(?![0-9/.])", _fraction,
          "1/3", "三分之一"),
    _rule("multiplied", rf"{_ALONE}({_NUMBER})\s*[×*xX]\s*(?={_NUMBER})", lambda m: f"{number(m[1])}乘",
          "7×24小时", "七乘二十四小时"),
    _rule("range", rf"(?<![-~0-9.,A-Za-z])({_NUMBER})({_DASH})({_NUMBER})(?![.,]?[0-9]|[-~])"
          rf"({MEASURES}|{'|'.join(_UNITS)})?", _range,
          "2-3天", "两到三天"),
    _rule("range of named numbers", r"(?<=[0-9元点时分日月号年])\s*[-~～—–]+\s*(?=[0-9])", lambda m: "到",
          "9点-18点", "九点到十八点"),
    _rule("temperature below zero", rf"(?<![0-9A-Za-z])[-−]({_NUMBER})(?=℃|°|度|摄氏度)",
          lambda m: f"零下{number(m[1])}", "-5度", "零下五度"),
    _rule("negative", rf"(?<![0-9A-Za-z])[-−](?={_NUMBER})", lambda m: "负", "-5", "负五"),
    _rule("amount", rf"{_ALONE}({_NUMBER})元", lambda m: money(m[1]), "128元", "一百二十八元"),
    _rule("data and units", rf"{_ALONE}({_NUMBER})\s?({'|'.join(_UNITS)})(?![A-Za-z0-9])",
          lambda m: _counted(m[1]) + _UNITS[m[2]], "100M宽带", "一百兆宽带"),
    _rule("code with letters", r"(?<![0-9A-Za-z])(?=[0-9]*[A-Za-z])[A-Za-z0-9]*[0-9]{3,}[A-Za-z0-9]*",
          lambda m: dialled(m[0]), "AB123", "AB幺二三"),
    _rule("long number", rf"{_ALONE}[0-9]{{7,}}(?![0-9.,]|\s*(?:{MEASURES}))", lambda m: dialled(m[0]),
          "20261123001", "二零二六幺幺二三零零幺"),
    _rule("two of a thing", rf"(?<![0-9.,第A-Za-z])2(?=(?:多|来)?(?:{MEASURES}))(?!点[0-9])", lambda m: "两",
          "2个", "两个"),
    _rule("number", rf"{_NUMBER}", _plain, "1,024.5", "一千零二十四点五"),
    _rule("sign", "|".join(map(re.escape, _SIGNS)), lambda m: _SIGNS[m[0]], "A&B", "A和B"),
)  # fmt: skip


def spoken(text: str) -> str:
    """Return ``text`` as it is said.

    Parameters
    ----------
    text : str
        As written in a prompt, a flow or a scenario; full-width figures and circled numbers are
        understood.

    Returns
    -------
    str
        The same text without figures and without signs that are words; Hanzi, letters and punctuation
        stay. Saying what was already said changes nothing: ``spoken(spoken(text)) == spoken(text)``.
    """
    text = _half_width(text)
    while (said := _by_the_rules(text)) != text:  # a sign turned word can be what another rule waits for
        text = said
    return said


def _by_the_rules(text: str) -> str:
    for rule in RULES:
        text = rule.pattern.sub(rule.read, text)
    return text


def _half_width(text: str) -> str:
    return "".join(
        unicodedata.normalize("NFKC", sign).replace("\N{FRACTION SLASH}", "/")
        if unicodedata.category(sign) in ("Nd", "No")
        or sign in "＃％＆＊＋－／＝＠￥＄．"
        or "Ａ" <= sign <= "ｚ"
        else sign
        for sign in text
    )
