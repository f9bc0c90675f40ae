"""Key presses heard and imagined: ours, spandsp and multimon-ng on the same sound in the same run.

    python -m benchmarks.dtmf [--hours 0.2] [--repeats 1] [--json] [--write]

Four parts, all after A-law at 8 kHz:

- known answers: the recordings of ``$HUAWU_DATA/dtmf_known_answers``, each right or not;
- grid: generated digits by noise, offset, twist, level, length and pause, with counts;
- talk-off: digits heard in speech, where there are none. The real recordings of ``$HUAWU_DATA`` at three
  levels, as they are and within 300–3400 Hz, and ``--hours`` of our own synthetic speech: sentences of the
  demo model's corpus (30,000 distinct ones, about 26 hours; beyond that they come again with other voices)
  said by espeak-ng with 19 vocal tracts, pitches and rates drawn at random, at levels drawn from the same
  three, every second minute within 300–3400 Hz. One rule-driven synthesiser is not a population: read the
  figure beside that of the real recordings. Upper bounds are one-sided 95 % limits of a Poisson rate;
- cost: seconds of sound per CPU second, and ours for a tick of 20 ms of many calls.

The peers: ``apt-get install multimon-ng libspandsp2``. One that is not installed has rows that say so.
multimon-ng listens at 22.05 kHz; the conversion is not counted, starting its process is. spandsp is called
through ctypes with chunks of 20 ms. We get whole recordings, and in the first two parts chunks of 20 ms as
well, which must come to the same. CPU times cover all parts but the ticks.

``--write`` puts the report where the documentation takes its figures from, ``benchmarks/results/dtmf.json``.
"""

from __future__ import annotations

import argparse
import csv
import ctypes
import ctypes.util
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.machine import machine
from huawu import logs
from models.tiny_cn import corpus
from speech import g711
from speech.audio import read_audio, resample, to_int16
from speech.channel import band_limited
from speech.dtmf import DigitStart, DtmfDetector, detect_digits
from speech.error_rate import character_error_rate
from speech.keytones import KEYS, key_tones
from speech.voices import Speaker, Voice

RATE = 8000
CHUNK = 160
LEVELS = (-16.0, -26.0, -36.0)  # of speech, pauses left out, in dB relative to full scale
VARIANTS = tuple("m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 f5 linda robert steph2 steph3 Nguyen gustave".split())
RESULTS = Path(__file__).parent / "results" / "dtmf.json"
MISSING = "not installed: apt-get install multimon-ng libspandsp2"

Sound = npt.NDArray[np.int16]


class Receiver:
    """One of the systems; counts the CPU time it takes."""

    name = ""

    def __init__(self) -> None:
        self.audio_seconds = self.cpu_seconds = 0.0

    def hear(self, sound: Sound) -> str:
        """Return the digits in ``sound``."""
        begun = self._clock()
        digits = self._hear(sound)
        self.cpu_seconds += self._clock() - begun
        self.audio_seconds += len(sound) / RATE
        return digits

    _clock: Callable[[], float] = staticmethod(time.process_time)

    def _hear(self, sound: Sound) -> str:
        raise NotImplementedError


class Huawu(Receiver):
    """Ours, on whole recordings."""

    name = "huawu"

    def _hear(self, sound: Sound) -> str:
        return "".join(each.digit for each in detect_digits(sound))


class HuawuChunks(Receiver):
    """Ours, fed as a media loop would feed a single call."""

    name = "huawu, 20 ms chunks of one call"

    def _hear(self, sound: Sound) -> str:
        detector = DtmfDetector()
        events = []
        for start in range(0, len(sound), CHUNK):
            events += detector.feed(sound[None, start : start + CHUNK])
        events += detector.finish()
        return "".join(each.digit for each in events if isinstance(each, DigitStart))


class Spandsp(Receiver):
    """Debian's library through its four functions for receivers."""

    name = "spandsp"

    def __init__(self) -> None:
        super().__init__()
        path = ctypes.util.find_library("spandsp")
        if path is None:
            raise FileNotFoundError(self.name)
        library = ctypes.CDLL(path)
        library.dtmf_rx_init.restype = ctypes.c_void_p
        library.dtmf_rx_init.argtypes = [ctypes.c_void_p] * 3
        library.dtmf_rx.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
        library.dtmf_rx_get.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
        library.dtmf_rx_get.restype = ctypes.c_size_t
        library.dtmf_rx_free.argtypes = [ctypes.c_void_p]
        self._library = library

    def _hear(self, sound: Sound) -> str:
        state = self._library.dtmf_rx_init(None, None, None)
        samples = np.ascontiguousarray(sound)
        buffer = ctypes.create_string_buffer(129)
        digits = ""
        for start in range(0, len(samples), CHUNK):
            count = min(CHUNK, len(samples) - start)
            self._library.dtmf_rx(state, samples.ctypes.data + 2 * start, count)
            if start // CHUNK % 50 == 49 or start + count == len(samples):
                self._library.dtmf_rx_get(state, buffer, 128)
                digits += buffer.value.decode()
        self._library.dtmf_rx_free(state)
        return digits


class MultimonNg(Receiver):
    """Debian's program, a process per recording."""

    name = "multimon-ng"

    def __init__(self) -> None:
        super().__init__()
        program = shutil.which("multimon-ng")
        if program is None:
            raise FileNotFoundError(self.name)
        self._command = [program, "-q", "-a", "DTMF", "-t", "raw", "-"]

    def hear(self, sound: Sound) -> str:
        """Return the digits in ``sound``; the conversion to its rate is not timed."""
        padded = np.concatenate([sound, np.zeros(RATE // 2, np.int16)])
        self._input = to_int16(resample(padded.astype(np.float32) / 32768, RATE, 22050)).tobytes()
        return super().hear(sound)

    @staticmethod
    def _children() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    _clock = _children

    def _hear(self, sound: Sound) -> str:
        done = subprocess.run(self._command, input=self._input, capture_output=True, check=True)
        lines = done.stdout.decode().splitlines()
        return (
            "".join(line.partition("DTMF: ")[2].strip() for line in lines).replace("E", "*").replace("F", "#")
        )


def receivers() -> tuple[list[Receiver], list[str]]:
    """Return those that are installed, and the names of those that are not."""
    here, missing = [], []
    for kind in (Huawu, HuawuChunks, Spandsp, MultimonNg):
        try:
            here.append(kind())
        except FileNotFoundError:
            missing.append(kind.name)
    return here, missing


def alaw(sound: npt.NDArray[np.floating] | Sound) -> Sound:
    if sound.dtype != np.int16:
        sound = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
    return g711.alaw_decode(g711.alaw_encode(sound))


def compared(said: str, heard: str) -> dict[str, int]:
    errors = character_error_rate(said, heard, str)
    return {
        "sent": len(said),
        "hits": errors.hits,
        "substitutions": errors.substitutions,
        "deletions": errors.deletions,
        "insertions": errors.insertions,
    }


def known_answers(data: Path, systems: Sequence[Receiver]) -> Iterator[dict[str, Any]]:
    folder = data / "dtmf_known_answers"
    with (folder / "answers.csv").open(encoding="utf-8") as file:
        answers = {row["file"]: row["digits"] for row in csv.DictReader(file)}
    for system in systems:
        row = {"part": "known answers", "system": system.name, "files": len(answers), "right": 0}
        counts: dict[str, int] = {}
        wrong = {}
        for name, digits in answers.items():
            heard = system.hear(alaw(recording(folder / name)[0] * 32768))
            row["right"] += heard == digits
            if heard != digits:
                wrong[name] = {"expected": digits, "heard": heard}
            for key, value in compared(digits, heard).items():
                counts[key] = counts.get(key, 0) + value
        yield {**row, **counts, "wrong": wrong}


def recording(path: Path) -> npt.NDArray[np.float32]:
    audio = read_audio(path)
    return resample(audio.samples, audio.rate, RATE)


def grid(systems: Sequence[Receiver], repeats: int) -> Iterator[dict[str, Any]]:
    """Vary one thing at a time; else 50 ms of tone and 50 ms of silence at −10 dBm0, no noise."""
    conditions: list[tuple[str, float, dict[str, Any]]] = [("none", 0.0, {})]
    conditions += [
        ("white noise, SNR dB", snr, {"snr": snr}) for snr in (26, 20, 15, 12, 10, 9, 8, 7, 6, 5, 3)
    ]
    for offset in (1.5, 1.8, 2.0, 2.5, 3.0, 3.5):
        both = {"offset_percent": (offset, offset)}, {"offset_percent": (-offset, -offset)}
        conditions += [("offset %", sign * offset, each) for sign, each in zip((1, -1), both, strict=True)]
    conditions += [
        ("twist dB", twist, {"twist_db": twist}) for twist in (-12, -10, -9, -8, -4, 2, 4, 5, 6, 8)
    ]
    conditions += [
        ("level dBm0", level, {"level_dbm0": level}) for level in (3, 0, -20, -30, -35, -38, -42, -50)
    ]
    conditions += [("tone ms", on, {"on": on / 1000}) for on in (20, 23, 30, 35, 38, 40)]
    conditions += [("pause ms, equal digits", off, {"off": off / 1000}) for off in (5, 10, 15, 20, 30, 40)]
    for name, value, changed in conditions:
        rng = np.random.default_rng(7)
        sounds = []
        for _ in range(repeats):
            digits = "".join(rng.permutation(list(KEYS * 6)))
            if "equal" in name:
                digits = "".join(digit * 2 for digit in digits)
            sounds.append((digits, generated(digits, rng, **changed)))
        for system in systems:
            counts: dict[str, int] = {}
            for digits, sound in sounds:
                for key, number in compared(digits, system.hear(sound)).items():
                    counts[key] = counts.get(key, 0) + number
            yield {"part": "grid", "condition": name, "value": value, "system": system.name, **counts}


def generated(digits: str, rng: np.random.Generator, *, snr: float | None = None, **changed: Any) -> Sound:
    options = {"on": 0.05, "off": 0.05, "level_dbm0": -10.0, **changed}
    rest = np.zeros(RATE // 10)
    sounds = [rest]
    for index, digit in enumerate(digits):
        sounds.append(key_tones(digit, phases=tuple(rng.uniform(0, 2 * np.pi, 2)), **options).astype(float))
        # pairs stay together, and nothing keeps step with anybody's blocks
        pause = RATE // 5 if "off" in changed and index % 2 else 0
        sounds.append(
            np.zeros(pause + rng.integers(0, 2) * (changed.get("off") is None) * int(rng.integers(80)))
        )
    sound = np.concatenate([*sounds, rest])
    if snr is not None:
        power = (32767 * 10 ** ((options["level_dbm0"] - 3.14) / 20)) ** 2
        sound = sound + rng.standard_normal(len(sound)) * math.sqrt(power / 10 ** (snr / 10))
    return alaw(sound)


def at_level(sound: npt.NDArray[np.floating], level: float) -> Sound:
    frames = np.square(sound[: len(sound) // CHUNK * CHUNK], dtype=float).reshape(-1, CHUNK).mean(axis=1)
    active = frames[frames > frames.max(initial=0.0) * 1e-3]
    gain = 32768 * 10 ** (level / 20) / math.sqrt(active.mean()) if len(active) else 0.0
    return alaw(sound * gain)


def talk_off(data: Path, systems: Sequence[Receiver]) -> Iterator[dict[str, Any]]:
    folders = sorted([*data.glob("mandarin_*"), data / "dtmf_talkoff_negatives"])
    voices = {
        folder.name: [channel for path in sorted(folder.glob("*.wav")) for channel in recording(path)]
        for folder in folders
    }
    for line in ("as recorded", "300-3400 Hz"):
        for level in LEVELS:
            false = {system.name: dict.fromkeys(voices, 0) for system in systems}
            spoken = 0
            for folder, sounds in voices.items():
                for voice in sounds:
                    sound = at_level(voice if line == "as recorded" else band_limited(voice * 32768.0), level)
                    spoken += len(sound)
                    for system in systems:
                        false[system.name][folder] += len(system.hear(sound))
            for name, by_folder in false.items():
                yield {
                    "part": "talk-off",
                    "set": "recordings",
                    "line": line,
                    "level_dbov": level,
                    "system": name,
                    **rate(sum(by_folder.values()), spoken / RATE / 3600),
                    "by_folder": by_folder,
                }


def synthetic(hours: float, systems: Sequence[Receiver]) -> Iterator[dict[str, Any]]:
    """Speech of our own, a minute at a time."""
    rng = np.random.default_rng(2024)
    said = dict.fromkeys((system.name for system in systems), 0)
    spoken = 0
    utterances = 0
    with Speaker() as speaker:
        queue: list[str] = []
        minute = 0
        while spoken < hours * 3600 * RATE:
            parts: list[Sound] = []
            while sum(map(len, parts)) < 60 * RATE:
                if len(queue) < 3:
                    queue = [str(each) for each in rng.permutation(corpus.sentences())]
                text = "，".join(queue.pop() for _ in range(3))
                voice = Voice(
                    "talker",
                    str(rng.choice(VARIANTS)),
                    rate=int(rng.integers(140, 220)),
                    pitch=int(rng.integers(20, 81)),
                    pitch_range=int(rng.integers(20, 81)),
                )
                parts.append(speaker.say(text, voice, RATE))
                utterances += 3
            sound = np.concatenate(parts).astype(float)
            if minute % 2:
                sound = band_limited(sound)
            heard = at_level(sound, LEVELS[int(rng.integers(len(LEVELS)))])
            for system in systems:
                said[system.name] += len(system.hear(heard))
            spoken += len(heard)
            minute += 1
            if minute % 60 == 0:
                print(f"synthetic speech: {spoken / RATE / 3600:.2f} h, false digits {said}", file=sys.stderr)
    for name, false in said.items():
        yield {
            "part": "talk-off",
            "set": "synthetic speech",
            "utterances": utterances,
            "distinct_texts": min(utterances, len(corpus.sentences())),
            "system": name,
            **rate(false, spoken / RATE / 3600),
        }


def rate(false: int, hours: float) -> dict[str, Any]:
    return {
        "hours": round(hours, 4),
        "false": false,
        "per_hour": round(false / hours, 3),
        "per_hour_upper_95": round(poisson_upper(false) / hours, 3),
    }


def poisson_upper(count: int, level: float = 0.95) -> float:
    """Return the mean at which as few as ``count`` events or fewer have a chance of 1 − ``level``."""
    low, high = 0.0, count + 10.0 * math.sqrt(count + 1) + 10.0
    for _ in range(100):
        mean = (low + high) / 2
        term = total = math.exp(-mean)
        for number in range(1, count + 1):
            term *= mean / number
            total += term
        low, high = (mean, high) if total > 1 - level else (low, mean)
    return low


def ticks(seconds: float = 2.0) -> Iterator[dict[str, Any]]:
    """Ours alone: what 20 ms of many calls cost."""
    with Speaker() as speaker:
        speech = speaker.say("您好，请问有什么可以帮您？" * 4, rate_hz=RATE)
    contents = {
        "quiet line": alaw(np.random.default_rng(1).normal(0, 12, 4 * RATE)),
        "speech": speech,
        "keys all the time": key_tones(KEYS * 2),
    }
    count = int(seconds * RATE) // CHUNK
    for calls in (200, 1000):
        for name, content in contents.items():
            sound = np.stack([np.resize(np.roll(content, 97 * call), count * CHUNK) for call in range(calls)])
            detector = DtmfDetector(calls)
            costs = []
            for start in range(0, count * CHUNK, CHUNK):
                chunk = np.ascontiguousarray(sound[:, start : start + CHUNK])
                begun = time.process_time()
                detector.feed(chunk)
                costs.append(1000 * (time.process_time() - begun))
            middle, high = np.quantile(costs, (0.5, 0.99))
            yield {
                "part": "tick",
                "system": "huawu",
                "calls": calls,
                "content": name,
                "median_cpu_ms": round(float(middle), 2),
                "p99_cpu_ms": round(float(high), 2),
            }


def show(row: dict[str, Any]) -> str:
    return "  ".join(f"{value}" if key == "part" else f"{key} {value}" for key, value in row.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--hours", type=float, default=0.2, help="of synthetic speech")
    parser.add_argument("--repeats", type=int, default=1, help="times 96 digits per condition of the grid")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true", help=f"also write {RESULTS.name}")
    options = parser.parse_args()
    logs.configure()
    systems, missing = receivers()
    report: dict[str, Any] = {"machine": machine(), "seconds": 0.0, "rows": []}
    begun = time.perf_counter()

    def take(rows: Iterator[dict[str, Any]]) -> None:
        for row in rows:
            report["rows"].append(row)
            if not options.json:
                print(show(row), flush=True)

    take({"part": "all", "system": name, "missing": MISSING} for name in missing)
    take(ticks())
    take(grid(systems, options.repeats))
    speech = [system for system in systems if not isinstance(system, HuawuChunks)]
    data = os.environ.get("HUAWU_DATA")
    if data:
        take(known_answers(Path(data), systems))
        take(talk_off(Path(data), speech))
    else:
        take(iter([{"part": "known answers, talk-off of recordings", "missing": "HUAWU_DATA is not set"}]))
    take(synthetic(options.hours, speech))
    take(
        {
            "part": "cost",
            "system": system.name,
            "audio_seconds": round(system.audio_seconds, 1),
            "cpu_seconds": round(system.cpu_seconds, 2),
            "audio_per_cpu_second": round(system.audio_seconds / system.cpu_seconds, 1),
        }
        for system in systems
    )
    report["seconds"] = round(time.perf_counter() - begun, 1)
    text = json.dumps(report, ensure_ascii=False, indent=1)
    if options.write:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(text + "\n", encoding="utf-8")
    if options.json:
        print(text)


if __name__ == "__main__":
    main()
