"""Sums of money in what people say and write: 三千块, 一万二, 1200元, 两千五 → yuan."""

from __future__ import annotations

import re
from typing import NamedTuple

#: Full width to half width, place by place.
_HALF_WIDTH = str.maketrans(
    "０１２３４５６７８９．，￥壹贰叁肆伍陆柒捌玖拾佰仟俩", "0123456789.,¥一二三四五六七八九十百千两"
)
_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "几": 2,
}
_UNITS = {"十": 10, "百": 100, "千": 1000, "k": 1000, "K": 1000, "万": 10_000, "w": 10_000, "W": 10_000}
_MYRIAD = 10_000
_HUNDRED_MILLION = 100_000_000

_NUMERAL = re.compile(r"[\d零〇一二两三四五六七八九十百千万亿几壹贰叁肆伍陆柒捌玖拾佰仟俩]")
_NUMBER = r"(?:\d[\d,]*(?:\.\d+)?(?:[kKwW](?![a-zA-Z]))?|[零〇一二两三四五六七八九十百千万亿几])+"
_SUM = re.compile(
    rf"(?P<sign>[¥$]\s*)?(?P<at_least>上(?=[百千万亿]))?(?P<number>{_NUMBER})"
    rf"(?P<more>[多余来把]|好几)?(?P<scale>[万千亿])?\s*"
    r"(?P<unit>块钱?|元钱?|圆|人民币|rmb|大洋|[快筷]钱|快(?![递点速些要慢乐捷运件一给帮来把去]))?",
    re.IGNORECASE,
)
#: Words before a sum without a unit that make it money.
_MONEY_BEFORE = re.compile(
    r"(?:[花赔损失扣退交付充存欠价值钱款费押额亏收骗罚汇转买卖]|定金|搭进去|卡里|账户|余额).{0,4}$"
)
#: Words behind one.
_MONEY_BEHIND = re.compile(
    "[多余来]?的?(?:现金|货款|贷款|分期|押金|定金|钱|款|保证金|学费|房款|损失|专票|发票)"
    "|的(?:手机|电脑|电视|冰箱|洗衣机|空调|机器|东西|货)"
)
#: Counted things behind a number: it is no money.
_COUNTER = re.compile(
    r"[兆秒米次个积分号年天月日点度人份户斤克平条台遍字位名件步岁楼层倍路班家页张瓶箱股头只种样项套回趟通封期毫瓦升里届站组排]"
    r"|小时|公里|[gGmM](?![a-z])|%|％"
)
#: Said of a sum that it is not reached.
_NOT_REACHED = re.compile(r"(?:不到|不足|不超过|没有|没|不是|顶多|最多|还不到|又不是)$")


class Amount(NamedTuple):
    """A sum of money: its least value in yuan, and the half-open span of the text that says it."""

    yuan: float
    start: int
    end: int


def amounts_of(text: str) -> list[Amount]:
    """Return the sums of money in a text, in their order.

    A sum needs a unit (块, 元, ¥ …) or a word of money right before it (花了一万二); what counts other things
    (三千兆, 一千个积分) is none. Vague sums have their least value: 八千多 is 8000, 五六千 is 5000, 几万 is
    20,000. A sum said not to be reached (不到一千) is left out.

    Parameters
    ----------
    text : str
        As recognised or written.
    """
    if _NUMERAL.search(text) is None:
        return []
    plain = text.translate(_HALF_WIDTH)
    found = []
    for match in _SUM.finditer(plain):
        number = match["number"]
        if not match["unit"] and not match["sign"]:
            scaled = match["scale"] or any(unit in number for unit in "百千万亿kKwW")
            if not scaled or _COUNTER.match(plain, match.end()):
                continue
            before = _MONEY_BEFORE.search(plain, max(0, match.start() - 8), match.start())
            if before is None and _MONEY_BEHIND.match(plain, match.end()) is None:
                continue
        if _NOT_REACHED.search(plain, max(0, match.start() - 4), match.start()):
            continue
        yuan = _value(number) * {"千": 1000, "万": _MYRIAD, "亿": _HUNDRED_MILLION}.get(
            match["scale"] or "", 1
        )
        found.append(Amount(yuan, match.start(), match.end()))
    return found


def _value(number: str) -> float:
    """Return the value of a number in digits and Hanzi mixed; at least 1, since 百 alone is 100."""
    tokens = re.findall(r"\d[\d,]*(?:\.\d+)?|.", number)
    if all(token in _DIGITS for token in tokens) and len(tokens) > 1:
        values = [_DIGITS[token] for token in tokens]
        if len(values) == 2 and values[1] - values[0] == 1:  # 五六块: five or six
            return values[0]
        return float("".join(map(str, values)))  # 一二零零: digit by digit
    total = section = 0.0
    digit: float | None = None
    last_unit = 1
    gap = False
    for token in tokens:
        if token in _UNITS and _UNITS[token] < _MYRIAD:
            last_unit = _UNITS[token]
            section += (1 if digit is None else digit) * last_unit
            digit, gap = None, False
        elif token == "亿":
            last_unit = _HUNDRED_MILLION
            total = (total + section + (digit or 0) or 1) * last_unit
            section, digit, gap = 0.0, None, False
        elif token in _UNITS:
            last_unit = _MYRIAD
            total += (section + (digit or 0) or 1) * last_unit
            section, digit, gap = 0.0, None, False
        elif token == "几" and last_unit > 1:  # 十几万: ten at least
            continue
        elif token in ("零", "〇"):
            gap = True
            digit = 0 if digit is None else digit
        elif digit is None or gap:
            digit = _DIGITS[token] if token in _DIGITS else float(token.replace(",", ""))
        # a second digit is the upper end of 五六千
    if digit:
        # 一万二 is 12,000 and 两千五 2500, but 一万零二 10,002
        section += digit * (last_unit / 10 if last_unit >= 100 and not gap and digit < 10 else 1)
    return total + section
