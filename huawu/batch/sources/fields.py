"""The fields of an entry as people write them in a manifest or in the names of files."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Any

from calls.records import Direction, Role

#: Columns in Chinese by the fields they stand for; ``path`` is where the recording lies.
CHINESE = {
    "录音": "path",
    "路径": "path",
    "文件": "path",
    "大小": "size",
    "通话": "call",
    "流水号": "call",
    "坐席": "agent",
    "工号": "agent",
    "班组": "team",
    "队列": "queue",
    "技能组": "queue",
    "主叫": "caller",
    "被叫": "callee",
    "开始时间": "started_at",
    "方向": "direction",
    "首声道": "first_channel",
}
_DIRECTIONS = {
    **dict.fromkeys(("inbound", "in", "呼入"), Direction.INBOUND),
    **dict.fromkeys(("outbound", "out", "呼出", "外呼"), Direction.OUTBOUND),
}
_SIDES = {
    **dict.fromkeys(("caller", "customer", "客户"), Role.CALLER),
    **dict.fromkeys(("agent", "坐席", "客服"), Role.AGENT),
}
#: 2026-11-02T09:15:00+08:00, 2026-11-02 09:15, and what spreadsheets make of it: 2026/11/2 9:15.
_MOMENT = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6}))?)?"
    r" ?(Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
#: 1.38001E+10: a number that a spreadsheet has shortened.
_SHORTENED = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE | re.ASCII)


class BadValue(ValueError):
    """A text is no value of its field: ``args`` are what is wrong and the way out."""


def localised(moment: datetime, zone: tzinfo | None) -> datetime:
    """Return a time that says no zone as UTC: in ``zone``, or where that is ``None``, in this machine's."""
    return (moment.replace(tzinfo=zone) if zone is not None else moment.astimezone()).astimezone(UTC)


def moment(text: str, zone: tzinfo | None) -> datetime:
    """Read a time of day with its date.

    Parameters
    ----------
    text : str
        As ``2026-11-02T09:15:00+08:00``, ``2026-11-02 09:15`` or ``2026/11/2 9:15``.
    zone : tzinfo or None
        Of a time that says none; ``None`` is this machine's.

    Returns
    -------
    datetime
        Aware, UTC.

    Raises
    ------
    BadValue
        It is none.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise BadValue("no date with its time of day", "write it as 2026-11-02 09:15:00")
    *numbers, fraction, offset = found.groups()
    try:
        year, month, day, hour, minute, second = (int(each or 0) for each in numbers)
        micro = int((fraction or "0").ljust(6, "0"))
        read = datetime(year, month, day, hour, minute, second, micro)
        if offset:
            return datetime.fromisoformat(f"{read.isoformat()}{offset}").astimezone(UTC)
        return localised(read, zone)
    except (ValueError, OverflowError):
        raise BadValue("there is no such time", "write it as 2026-11-02 09:15:00") from None


def _text(text: str, zone: tzinfo | None) -> str:
    if any(not character.isprintable() for character in text):
        raise BadValue("it holds control characters", "take them out")
    return text


def _number(text: str, zone: tzinfo | None) -> str:
    if _SHORTENED.fullmatch(text):
        raise BadValue("a spreadsheet has shortened the number", "give the column the format text")
    return _text(text, zone)


def _size(text: str, zone: tzinfo | None) -> int:
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        raise BadValue("no number of bytes", "leave it empty")
    return int(text)


def _one_of(known: dict[str, Any]) -> Callable[[str, tzinfo | None], Any]:
    def read(text: str, zone: tzinfo | None) -> Any:
        try:
            return known[text.lower()]
        except KeyError:
            raise BadValue("it is not known", f"known: {', '.join(known)}") from None

    return read


#: How each field is read, by its name.
READERS: dict[str, Callable[[str, tzinfo | None], Any]] = {
    "size": _size,
    "call": _number,
    "agent": _number,
    "team": _text,
    "queue": _text,
    "caller": _number,
    "callee": _number,
    "started_at": moment,
    "direction": _one_of(_DIRECTIONS),
    "first_channel": _one_of(_SIDES),
}
