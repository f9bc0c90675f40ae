"""How numbers are said and how each is written: the rule table of :mod:`speech.written`.

Kinds of numbers and the form of their values: ``phone`` and ``number`` (digits), ``money`` (yuan), ``date``
(``2026-11-28``, ``11-28``, ``2026-11``, ``11`` for a month, ``--28`` for a day), ``year``, ``time``
(``15:30``), ``percent`` (``30%``, ``6‰``), ``fraction`` (``1/3``), ``decimal`` and ``quantity`` (the number).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from speech.numerals import NUMERALS, SAID_DIGITS, TO_FIGURES, whole
from speech.reading import MEASURES, NUMBERED

#: Stands for a numeral that is spoken for.
TAKEN = "\0"

_N = NUMERALS
_DIGIT = SAID_DIGITS.removesuffix("两洞拐")
_FROM = rf"(?<![{_N}0-9几])(?<![0-9]\.)"
_TO = rf"(?![{_N}0-9几]|来[个块天岁年次万])"
#: Before these, numbers of any size are written in figures; before those of :data:`_COUNTED`, from ten on.
_UNITS = (
    "公里|公斤|千克|厘米|毫米|平方|平米|毫升|千瓦|摄氏度|兆|G|M|K|度|岁|楼|号楼|号线|栋|单元|室|级|米|克|斤|吨"
    "|升|折"
)
_COUNTED = rf"(?:{MEASURES}|{_UNITS}|年|日|号|层|世纪|工作日|平|强|路|所|组|届|寸|节|首|起|公分|亩)"
_DAYTIME = "早上|早晨|清早|上午|中午|下午|晚上|傍晚|凌晨|半夜|夜里|今晚|明晚|昨晚|明早|今早"
_CLOCK_CUE = rf"{_DAYTIME}|今天|明天|昨天|后天|前天|当天|[日号到至从]|(?:周|星期|礼拜){TAKEN}"
_CLOCK_END = "钟|整|前|后|之[前后]|以[前后]|左右|多|到|至"
_AFTERNOON = re.compile("(?:下午|晚上|傍晚|今晚|明晚|昨晚)$")
#: Before an amount below ten 块, which else may be pieces of something.
_PAID = "[扣收花要付交退充补罚赔欠差][我你您他]?了?|每[天月次年]"
_OVER = re.compile("$|[的吗呢吧啊了呀嘛，。？, ]")
#: Behind decimals, and behind one that is none: 三点 | 一个人.
_MEASURED, _ONE_OF = re.compile(f"{_UNITS}|[倍亩万亿元块]|小时|分钟"), re.compile("[个位名次人条件张台家]")
#: Behind a number of months.
_A_MONTH = re.compile("之?内|以内|有余|左右")
#: 有一点, 快一点: a bit.
_BIT = frozenset("有差早晚快慢多少大小高低好贵近远宜点了")


class Written(NamedTuple):
    """What is written for a match, its value, and where its span ends if before the end of the match."""

    text: str
    value: str
    end: int | None = None


Match = re.Match[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of writing: a kind, where it applies, what is written, and an example.

    Parameters
    ----------
    kind : str
        See the module.
    pattern : re.Pattern
        Where. What its group ``cue`` matches is not part of the number.
    write : callable
        From the match to what is written, or ``None`` where it is no such number after all.
    example : tuple of str
        As said, as written.
    """

    kind: str
    pattern: re.Pattern[str]
    write: Callable[[Match], Written | None]
    example: tuple[str, str]


def _numeral(name: str) -> str:
    """Return the pattern of a run of numerals, taken whole: nothing of it may be left over."""
    return f"{_FROM}(?P<{name}>[{_N}]++)"


def _decimals(name: str) -> str:
    return f"(?:点(?P<{name}>[{_DIGIT}]++)(?![十百千两洞拐点0-9]))?"


def _digits(words: str) -> str:
    return words.translate(TO_FIGURES)


def _is_digits(words: str) -> bool:
    return set(words) <= {*_DIGIT}


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(words: str, decimals: str | None = None) -> tuple[str, Decimal] | None:
    """Return a number as written, and its value; 万 and 亿 stay where they were said: 2000万, 3.5万."""
    value = whole(words)
    if value is None:
        return None
    if decimals:
        written = f"{value}.{_digits(decimals)}"
        return written, Decimal(written)
    for size, sign in ((10**8, "亿"), (10**4, "万")):
        if value >= size and value % (size // 10) == 0 and words[-1] not in "十百千":
            return f"{_plain(Decimal(value) / size)}{sign}", Decimal(value)
    return str(value), Decimal(value)


def _as_digits(match: Match) -> Written:
    digits = _digits(match["digits"])
    return Written(digits, digits)


def _percent(match: Match) -> Written | None:
    sign = "%" if match["of"] == "百" else "‰"
    low = ("100", Decimal(100)) if match["low"] == "百" else _number(match["low"], match["decimals"])
    if low is None:
        return None
    high = _number(match["high"], match["more"]) if match["high"] else None
    if high is None:
        end = match.end("decimals") if match["decimals"] else match.end("low")
        return Written(low[0] + sign, low[0] + sign, end)
    return Written(f"{low[0]}{sign}{match['to']}{high[0]}{sign}", f"{low[0]}{sign}-{high[0]}{sign}")


def _fraction(match: Match) -> Written | None:
    below, above = whole(match["below"]), whole(match["above"])
    if below is None or above is None or not 2 <= below <= 100 or above < 1:
        return None
    return Written(f"{above}/{below}", f"{above}/{below}")


def _year_of(words: str, sure: bool) -> str | None:
    """Return a year in figures; of two digits that may be an about-number (二三年, 三五年) only if sure."""
    if _is_digits(words) and (len(words) == 4 or (len(words) == 2 and (sure or not _about(words)))):
        return _digits(words)
    value = whole(words)
    return str(value) if value is not None and 1900 <= value <= 2100 else None


def _about(words: str) -> bool:
    low, high = (int(each) for each in _digits(words))
    return words == "三五" or (high == low + 1 and low > 0)


def _full(year: str) -> str:
    if len(year) == 2:
        return f"{19 if year > '50' else 20}{year}"
    return year


def _year(match: Match) -> Written | None:
    year = _year_of(match["year"], sure=False)
    return Written(year, _full(year)) if year is not None else None


def _date(match: Match) -> Written | None:
    parts = match.groupdict()
    month, said_day, sign = whole(match["month"]), match["day"], match["sign"] or ""
    year = _year_of(parts["year"], sure=True) if parts.get("year") else ""
    if month is None or not 1 <= month <= 12 or year is None:
        return None
    day = whole(said_day) if said_day and (sign or "十" in said_day) else None
    written = f"{year}年{month}月" if year else f"{month}月"
    if day is not None and 1 <= day <= 31:
        value = f"{_full(year)}-{month:02}-{day:02}" if year else f"{month:02}-{day:02}"
        return Written(f"{written}{day}{sign}", value)
    monthly = match["month"] == "一" and said_day
    if not year and (monthly or _A_MONTH.match(match.string, match.end("month") + 1)):
        return None  # 三月之内; 一月两次: within three months, twice a month
    return Written(written, f"{_full(year)}-{month:02}" if year else str(month), match.end("month") + 1)


def _day(match: Match) -> Written | None:
    value = whole(match["day"])
    return Written(str(value), f"--{value:02}") if value is not None and 1 <= value <= 31 else None


def _days(match: Match) -> Written | None:
    first, last = whole(match["first"]), whole(match["last"])
    if first is None or last is None or not 1 <= first < last <= 31:
        return None
    return Written(f"{first}{match['to']}{last}", f"--{first:02}/--{last:02}")


def _on_the_clock(match: Match, hour: int, minute: int) -> str:
    late = hour < 12 and _AFTERNOON.search(match.string, max(0, match.start("hour") - 2), match.start("hour"))
    return f"{(hour + 12 if late else hour) % 24:02}:{minute:02}"


def _time(match: Match) -> Written | None:
    hour, minute = whole(match["hour"]), _minute(match["minute"])
    if hour is None or minute is None or hour > 24 or minute > 59:
        return None
    if hour == 0 and match["minute"][-1] not in "半刻分十":  # 零点零五
        return None
    return Written(f"{hour}:{minute:02}", _on_the_clock(match, hour, minute))


def _minute(said: str) -> int | None:
    """Return the minutes that are said after 点; ``None`` where they may be decimals: 三点五."""
    if said in ("半", "一刻", "三刻"):
        return {"半": 30, "一刻": 15, "三刻": 45}[said]
    words = said.removesuffix("分")
    if words[0] in "零〇":
        return whole(words[1:]) if len(words) == 2 else None
    return whole(words) if words != said or "十" in words else None


def _hour(match: Match) -> Written | None:
    hour = whole(match["hour"])
    if hour is None or hour > 24:
        return None
    if hour == 1 and (match["cue"] not in _DAYTIME or match["bit"]):  # 今天一点没有, 晚上一点都没有
        return None
    return Written(f"{hour}点", _on_the_clock(match, hour, 0), match.end("hour") + 1)


def _o_clock(match: Match) -> Written | None:
    hour = whole(match["hour"])
    return Written(f"{hour}时", _on_the_clock(match, hour, 0)) if hour is not None and hour <= 24 else None


def _hour_around(match: Match) -> Written | None:
    hour = whole(match["hour"])
    if hour is None or hour > 24 or (hour == 1 and match["after"] not in ("钟", "整")):
        return None
    return Written(f"{hour}点", _on_the_clock(match, hour, 0))


def _coins(match: Match) -> Written | None:
    number = _number(match["whole"])
    if number is None:
        return None
    first, second = _digits(match["first"]), _digits(match["second"] or "")
    written = f"{number[0]}{match['unit']}{first}{match['coin'] or ''}{second}{match['small'] or ''}"
    return Written(written, _plain(number[1] + Decimal(f"0.{first}{second or 0}")))


def _money(match: Match) -> Written | None:
    number = _number(match["whole"], match["decimals"])
    if number is None and not match["decimals"] and len(match["whole"]) > 2 and _is_digits(match["whole"]):
        number = _digits(match["whole"]), Decimal(_digits(match["whole"]))
    if number is None:
        return None
    size = {"万": 10**4, "亿": 10**8}.get(match["size"] or "", 1)
    if match["unit"] == "块" and number[1] < 10 and not match["decimals"] and not match["cue"]:
        if match["whole"] == "一" or not _OVER.match(match.string, match.end()):
            return None
    tenth = "0.1" if match["unit"] in ("毛钱", "角钱") else "1"
    value = _plain(number[1] * size * Decimal(tenth))
    return Written(f"{number[0]}{match['size'] or ''}{match['unit']}", value)


def _decimal(match: Match) -> Written | None:
    number = _number(match["whole"], match["decimals"])
    if number is None or number[1] >= 10**5:
        return None
    before, measured = match.string[: match.start()][-1:], _MEASURED.match(match.string, match.end())
    if match["whole"] == "一" and before in _BIT and not measured:
        return None
    if match["decimals"] == "一" and _ONE_OF.match(match.string, match.end()):  # 三点一个人来过
        return None
    return Written(number[0], number[0])


def _between(match: Match) -> Written | None:
    low, high = _number(match["low"]), _number(match["high"])
    if low is None or high is None or max(low[1], high[1]) < 10:
        return None
    return Written(f"{low[0]}{match['to']}{high[0]}", f"{_plain(low[1])}-{_plain(high[1])}")


def _measure(least: int) -> Callable[[Match], Written | None]:
    """Return what writes a number of at least that size."""

    def write(match: Match) -> Written | None:
        words = match["whole"]
        end = match.end("whole")
        if len(words) > 2 and words[-1] == "一" and words[-2] in "百千万亿":
            words, end = words[:-1], end - 1  # 三百一个月: 300 for one month
        number = _number(words)
        if number is None or number[1] < least:
            return None
        return Written(number[0], _plain(number[1]), end)

    return write


def _metres(match: Match) -> Written | None:
    metres, rest = whole(match["whole"]), _digits(match["rest"])
    return Written(f"{metres}米{rest}", f"{metres}.{rest}") if metres is not None else None


def _bare(match: Match) -> Written | None:
    number = _number(match["whole"])
    return Written(number[0], _plain(number[1])) if number is not None and number[1] >= 20 else None


def _rule(kind: str, pattern: str, write: Callable[[Match], Written | None], said: str, written: str) -> Rule:
    return Rule(kind, re.compile(pattern), write, (said, written))


_MONTH_AND_DAY = rf"{_numeral('month')}月(?:(?P<day>[{_N}]++)(?:(?P<sign>[日号])|(?!{_COUNTED}|[点块元分])))?"

#: The rule table, in order of application: the special before the general.
RULES: tuple[Rule, ...] = (
    _rule("phone", rf"{_FROM}(?P<digits>[一幺][三四五六七八九][{SAID_DIGITS}]{{9}}"
          rf"|[零〇洞][{SAID_DIGITS}]{{9,11}}+|[四八][零〇洞]{{2}}[{SAID_DIGITS}]{{7}})(?![{_N}0-9])",
          _as_digits, "幺三八零零幺三八零零零", "13800138000"),
    _rule("number", rf"{_FROM}(?P<digits>[{SAID_DIGITS}]{{7,}}+)(?![{_N}0-9])", _as_digits,
          "单号七七八零二三四五六幺", "单号7780234561"),
    _rule("percent", rf"{_FROM}(?P<of>[百千])分之(?P<low>[{_N}]++)(?:点(?P<decimals>[{_DIGIT}]++))?"
          rf"(?:(?P<to>[到至])(?:百分之|千分之)?(?P<high>[{_N}]++)(?:点(?P<more>[{_DIGIT}]++))?(?!{_COUNTED}|[点块元]))?",
          _percent, "百分之三点五", "3.5%"),
    _rule("fraction", rf"{_numeral('below')}分之(?P<above>[{_N}]++){_TO}", _fraction, "三分之一", "1/3"),
    _rule("date", rf"{_numeral('year')}年{_MONTH_AND_DAY}", _date,
          "二零二六年十一月二十八号", "2026年11月28号"),
    _rule("date", _MONTH_AND_DAY, _date, "十一月二十八号", "11月28号"),
    _rule("date", rf"{_numeral('first')}(?P<to>[到至])(?P<last>[{_N}]++)(?=[日号](?!楼|线))", _days,
          "一到五号", "1到5号"),
    _rule("date", rf"{_numeral('day')}{_TO}(?=号(?!楼|线|店|机|坐席|客服|员|窗|柜|门|院|床|码))", _day,
          "二十五号", "25号"),
    _rule("year", rf"{_numeral('year')}{_TO}(?=年)", _year, "九八年", "98年"),
    _rule("time", rf"{_numeral('hour')}点(?P<minute>半|[一三]刻|[{_N}]++分?(?!钟|之|[{_N}0-9元块倍]))", _time,
          "下午三点半", "下午3:30"),
    _rule("time", rf"(?P<cue>{_CLOCK_CUE})(?P<hour>[{_N}]++)点(?P<bit>[都也儿])?(?![{_N}0-9])", _hour,
          "晚上十点", "晚上10点"),
    _rule("time", rf"(?P<cue>{_DAYTIME}|日|号)(?P<hour>[{_N}]++)时(?![候间而常{_N}0-9])", _o_clock,
          "上午十时", "上午10时"),
    _rule("time", rf"{_numeral('hour')}点(?=(?P<after>{_CLOCK_END}))", _hour_around, "三点钟", "3点钟"),
    _rule("money", rf"{_numeral('whole')}(?P<unit>[块元])(?P<first>[{_DIGIT}])(?:(?P<coin>[毛角])"
          rf"(?:(?P<second>[{_DIGIT}])(?P<small>分?)(?![{_N}0-9]|{MEASURES}))?|(?![{_N}0-9点]|{MEASURES}))",
          _coins, "三块五", "3块5"),
    _rule("money", rf"(?P<cue>{_PAID})?{_numeral('whole')}{_decimals('decimals')}(?P<size>[万亿])?"
          r"(?P<unit>块钱?|元|[毛角]钱|美元|港币|欧元|人民币)(?!儿|旦)", _money, "三千五百块", "3500块"),
    _rule("quantity", rf"{_numeral('whole')}米(?P<rest>[{_DIGIT}])(?![{_N}0-9点]|{MEASURES})", _metres,
          "一米八", "1米8"),
    _rule("decimal", rf"(?<!点){_numeral('whole')}点(?P<decimals>[{_DIGIT}]++)(?![十百千两洞拐点0-9])",
          _decimal, "三点一四", "3.14"),
    _rule("number", rf"(?P<cue>(?:{NUMBERED}|后四位|前四位|单元|栋)"
          r"(?:号码?|码)?(?:就?是|为|呢|[:：,， ])?)"
          rf"(?P<digits>[{_DIGIT}]{{3,}}+)(?![{_N}0-9])", _as_digits, "尾号八八一五", "尾号8815"),
    _rule("number", rf"{_FROM}(?P<digits>[{_DIGIT}]{{4,}}+|(?=.?[零〇幺]|..幺)[{_DIGIT}]{{3}})"
          rf"(?![{_N}0-9])", _as_digits, "五零一", "501"),
    _rule("number", rf"{_FROM}(?P<digits>[{_DIGIT}]{{3}})(?=室|号|路|房)", _as_digits, "三二五路", "325路"),
    _rule("quantity", rf"{_FROM}(?P<digits>[{_DIGIT}]{{2}})(?=折)", _as_digits, "八五折", "85折"),
    _rule("quantity", rf"{_numeral('low')}(?P<to>[到至])(?P<high>[{_N}]++){_TO}(?={_COUNTED})", _between,
          "七到十五天", "7到15天"),
    _rule("quantity", rf"(?<![第点]){_numeral('whole')}{_TO}(?=[多余]?(?:{_UNITS}))", _measure(1),
          "三岁", "3岁"),
    _rule("quantity", rf"{_numeral('whole')}{_TO}(?=[多余]?{_COUNTED})", _measure(10), "四十分钟", "40分钟"),
    _rule("quantity", rf"{_numeral('whole')}{_TO}(?!分之|点[{_N}0-9])", _bare, "一共三百", "一共300"),
)  # fmt: skip
