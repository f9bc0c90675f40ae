"""Everything that is kept about a person, in one file to hand over (PIPL, article 45)."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from analytics.privacy.person import calls_of
from calls.errors import RecordingError
from calls.people import WebhookDelivery
from calls.recordings import RecordingFolder
from calls.records import (
    Appeal,
    Call,
    Callback,
    CallEvent,
    CallMetrics,
    CallRisk,
    Case,
    Finding,
    Leg,
    Recording,
    Review,
    SampleDraw,
    Score,
    Survey,
    Transcript,
)
from calls.reviewing import CaseStep
from calls.store import Store

#: What is kept of a call, in the order of the file.
KINDS: tuple[type[Any], ...] = (
    Leg,
    CallEvent,
    Recording,
    Transcript,
    Finding,
    CallRisk,
    CallMetrics,
    Survey,
    Callback,
    SampleDraw,
    Review,
    Score,
    Case,
    WebhookDelivery,
)

_ABOUT = """这份文件包含本呼叫中心保存的、与号码 {number} 有关的全部通话数据。
data.json：通话、按键与菜单记录、转写文本、机器分析与人工评价。
recordings/：录音（双声道，左：来电人，右：系统与坐席）。
导出时间：{time}

This file holds all that this call centre keeps about calls with the number {number}.
data.json: calls, menu and key events, transcripts, what machine and people judged.
recordings/: the sound (stereo; left: caller, right: menu and agent).
"""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What was written: how many calls and recordings, and which recordings were missing."""

    calls: int
    recordings: int
    missing: tuple[str, ...]


def disclose(store: Store, folder: RecordingFolder, number: str, target: Path, now: datetime) -> Disclosure:
    """Write a ZIP file with all that is kept about a number.

    Parameters
    ----------
    store, folder : Store, RecordingFolder
    number : str
        From :func:`analytics.privacy.person.asked_number`.
    target : Path
        The file to make, readable by its owner alone.
    now : datetime

    Raises
    ------
    FileExistsError
        ``target`` exists: an earlier answer is not overwritten.
    """
    calls = calls_of(store, number)
    written, missing = 0, []
    handle = os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")
    try:
        with handle, zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr(
                "README.txt", _ABOUT.format(number=number, time=now.isoformat(timespec="seconds"))
            )
            packed.writestr(
                "data.json", json.dumps(_data(store, calls), ensure_ascii=False, indent=1, default=str)
            )
            for recording in store.find(Recording, call_id=[call.id for call in calls]):
                try:
                    with folder.sound(recording) as sound:
                        content = sound.read()
                except (OSError, RecordingError):
                    missing.append(recording.uri)
                    continue
                packed.writestr(f"recordings/{recording.call_id}-{recording.id}.wav", content)
                written += 1
    except BaseException:
        with suppress(OSError):
            target.unlink()
        raise
    return Disclosure(len(calls), written, tuple(missing))


def _data(store: Store, calls: Sequence[Call]) -> list[dict[str, Any]]:
    ids = [call.id for call in calls]
    parts: dict[str, dict[str, list[Any]]] = {call: {} for call in ids}
    for kind in KINDS:
        for record in store.find(kind, call_id=ids):
            parts[record.call_id].setdefault(kind.__name__, []).append(asdict(record))
    reviews = {each.id: each.call_id for each in store.find(Review, call_id=ids)}
    for appeal in store.find(Appeal, review_id=list(reviews)):
        parts[reviews[appeal.review_id]].setdefault("Appeal", []).append(asdict(appeal))
    cases = {each.id: each.call_id for each in store.find(Case, call_id=ids)}
    for step in store.find(CaseStep, case_id=list(cases)):
        parts[cases[step.case_id]].setdefault("CaseStep", []).append(asdict(step))
    return [{"Call": asdict(call), **parts[call.id]} for call in calls]
