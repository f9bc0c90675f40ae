"""Telephone calls of generated voices, with the silences that calls have, and what is said in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from speech.channel import telephone
from speech.voices import VOICES, Speaker, Voice

Say = Callable[[str, Voice], npt.NDArray[np.int16]]

RATE = 8000
SIDES = ("caller", "agent")
LINES = {
    "agent": (
        "您好，请问有什么可以帮您？",
        "请您稍等，我帮您查询一下。",
        "请提供一下您的手机号码。",
        "好的，已经帮您登记了。",
        "请问还有其他问题吗？",
        "感谢您的来电，再见。",
    ),
    "caller": (
        "您好，我想查询一下我的话费余额。",
        "我的宽带断了，网络连接不上，请帮我报修。",
        "一三八零零一三八零零零",
        "我要退款，已经等了一个星期了。",
        "你们的服务态度太差了，我要投诉。",
        "好的，谢谢。",
    ),
}


@dataclass(frozen=True, slots=True)
class SpokenCalls:
    """Some calls: each as one stereo file, and the same sound as two mono files.

    Attributes
    ----------
    mono, stereo : list of Path
    said : dict of str to str
        Name of a mono file → what is said in it; of a stereo file → what both say, in order.
    """

    mono: list[Path]
    stereo: list[Path]
    said: dict[str, str]


def generate(folder: Path, minutes: float, length: float = 5.0) -> SpokenCalls:
    """Write calls of ``length`` minutes each whose channels have ``minutes`` together, unless they are there.

    Parameters
    ----------
    folder : Path
        Made if missing; calls that it holds are taken as they are.
    minutes : float
        Minutes of channels: a call of five minutes counts ten.
    length : float
    """
    calls = max(1, round(minutes / (2 * length)))
    length = minutes / 2 / calls
    kept = folder / "said.json"
    wanted = f"{calls} calls of {length:.3f} minutes"
    known = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    if known.get("what") != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        said: dict[str, str] = {}
        with Speaker() as speaker:
            say = cache(partial(speaker.say, rate_hz=RATE))
            for number in range(calls):
                said |= _call(folder, number, length, say)
        known = {"what": wanted, "said": said}
        kept.write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8")
    names = sorted(known["said"])
    stereo = [folder / name for name in names if name.endswith("-both.wav")]
    return SpokenCalls(
        [folder / name for name in names if folder / name not in stereo], stereo, known["said"]
    )


def _call(folder: Path, number: int, minutes: float, say: Say) -> dict[str, str]:
    rng = np.random.default_rng(number)
    parts: dict[str, list[np.ndarray]] = {side: [] for side in SIDES}
    turns: list[tuple[str, str]] = []
    samples, talking = 0, "agent"
    while samples < minutes * 60 * RATE:
        text = str(rng.choice(LINES[talking]))
        spoken = say(text, VOICES[f"{talking}-{1 + number % 3}"])
        # people answer after half a second; sometimes somebody looks something up
        pause = int((rng.uniform(8, 20) if rng.random() < 0.1 else rng.uniform(0.3, 1.2)) * RATE)
        for side in SIDES:
            parts[side] += [spoken if side == talking else np.zeros_like(spoken), np.zeros(pause, np.int16)]
        samples += len(spoken) + pause
        turns.append((talking, text))
        talking = "caller" if talking == "agent" else "agent"
    heard = [telephone(np.concatenate(parts[side]), snr_db=30.0, codec="alaw", rng=rng) for side in SIDES]
    name = f"call-{number:03}"
    for side, sound in zip(SIDES, heard, strict=True):
        soundfile.write(folder / f"{name}-{side}.wav", sound, RATE, subtype="ALAW")
    soundfile.write(folder / f"{name}-both.wav", np.stack(heard, axis=1), RATE, subtype="ALAW")
    return {
        **{f"{name}-{side}.wav": "".join(text for who, text in turns if who == side) for side in SIDES},
        f"{name}-both.wav": "".join(text for _, text in turns),
    }
