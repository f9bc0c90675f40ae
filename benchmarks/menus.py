"""Speech menus: how many phrases and numbers are heard, and how much is heard that nobody offers.

Everything is said by the synthetic voices that the demo model was never trained with, at drawn speeds and
pitches, on a telephone line (300–3400 Hz, A-law, −12 to 0 dB) whose noise goes on before and after; the
whole of it is fed to :class:`ivr.listener.Listener`. The peer is Vosk as its documentation uses it, with
the same grammar: the whole sound into one recogniser, an answer where the text is a phrase.

    python -m benchmarks.menus [--blind] [--json] [--only phrases numbers sweep variants]

Without ``--blind`` the development set is used, on which everything was tuned.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.machine import machine
from benchmarks.menu_sets import (
    Asked,
    Part,
    answers,
    negations,
    other_phrases,
    phone_numbers,
    sentences,
    short_words,
    stories,
)
from huawu import logs
from ivr import listener
from ivr.actions import Listen
from ivr.doors import RATE, Samples
from ivr.events import Heard
from ivr.listener import Listener
from ivr.values import from_speech, spoken_words
from speech.channel import telephone
from speech.grammar import Grammar
from speech.joining import join
from speech.models import BUILTIN, find_model
from speech.recogniser import VoskModel, load
from speech.voices import HELD_OUT_VARIANTS, Speaker, Voice

OURS, PEER = "huawu", "vosk grammar"
CLEAN, TELEPHONE = (45.0, 45.0), (15.0, 30.0)  # decibels of speech over line noise, drawn evenly between
SWEEP = (10.0, 15.0, 18.0, 20.0, 25.0, 30.0, 40.0)
THRESHOLDS = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_SEEDS: dict[Part, int] = {"dev": 1, "blind": 31_415}
_SET_NUMBERS = {
    "phrases": 1,
    "sentences": 2,
    "short": 3,
    "denied": 4,
    "stories": 5,
    "elsewhere": 6,
    "numbers": 7,
}
_STEP = RATE // 20  # 50 ms, as a door delivers it
_AFTER = 2.4  # seconds of line noise after the speech


@dataclass(frozen=True, slots=True)
class Said:
    """Sound on a line, and the second at which the speech in it ends."""

    sound: Samples
    end: float
    variant: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was made of one utterance; ``delay`` is from the end of the speech to the answer, in seconds."""

    answer: str | None
    confidence: float = 0.0
    delay: float = 0.0


Hear = Callable[[Listen, Samples], tuple[Outcome, float]]


class Bench:
    """The voices, the model, and what both systems make of what is said."""

    def __init__(self, model: VoskModel, speaker: Speaker, part: Part) -> None:
        self._model, self._speaker, self.part = model, speaker, part
        self._grammars: dict[tuple[str, ...], Grammar] = {}

    def say(self, kind: str, number: int, text: str, snr_db: tuple[float, float], again: int = 0) -> Said:
        """Say ``text``: a voice of its own for each number, another speed, pitch and noise ``again``."""
        voice = np.random.default_rng((_SEEDS[self.part], _SET_NUMBERS[kind], number))
        variant = str(voice.choice(HELD_OUT_VARIANTS))
        seed = (_SEEDS[self.part], _SET_NUMBERS[kind], number, again, *(round(10 * snr) for snr in snr_db))
        rng = np.random.default_rng(seed)
        spoken = Voice(
            "caller",
            variant,
            rate=int(rng.integers(150, 201)),
            pitch=int(rng.integers(35, 66)),
            pitch_range=int(rng.integers(35, 66)),
        )
        speech = self._speaker.say(text, spoken, RATE)
        before = np.zeros(round(rng.uniform(0.8, 2.0) * RATE), np.int16)
        whole = np.concatenate([before, speech, np.zeros(round(_AFTER * RATE), np.int16)])
        sound = telephone(
            whole,
            snr_db=float(rng.uniform(*snr_db)),
            codec="alaw",
            rng=rng,
            level_db=float(rng.uniform(-12, 0)),
        )
        return Said(sound, (len(before) + len(speech)) / RATE, variant)

    def ours(self, listen: Listen, sound: Samples) -> tuple[Outcome, float]:
        """Return what our listener answers, and when (seconds of sound)."""
        ear = Listener(self._model)
        ear.start(listen)
        for first in range(0, len(sound), _STEP):
            for event in ear.feed(sound[first : first + _STEP]):
                if isinstance(event, Heard):
                    return Outcome(event.answer, event.confidence), (first + _STEP) / RATE
        return Outcome(None), len(sound) / RATE

    def peer(self, listen: Listen, sound: Samples) -> tuple[Outcome, float]:
        """Return what a plain Vosk recogniser makes of the whole sound."""
        phrases = listen.phrases or spoken_words("phone")
        if phrases not in self._grammars:
            self._grammars[phrases] = Grammar(phrases, self._model)
        recogniser = self._model.recogniser(RATE, self._grammars[phrases].tokens)
        heard = [recogniser.accept(sound[first : first + _STEP]) for first in range(0, len(sound), _STEP)]
        parts = [part for part in [*heard, recogniser.finish()] if part is not None and part.words]
        text = join(part.text for part in parts)
        confidence = min((word.confidence for part in parts for word in part.words), default=0.0)
        value = from_speech("phone", text) if listen.value else text if text in phrases else None
        return Outcome(value, confidence), len(sound) / RATE


def wilson(count: int, of: int) -> list[float]:
    """Return the 95 % interval of a share, in percent (E. B. Wilson, JASA 22, 1927)."""
    z, share = 1.959964, count / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return [round(100 * max(middle - half, 0.0), 2), round(100 * min(middle + half, 1.0), 2)]


def phrase_row(
    bench: Bench, kind: str, asked: Sequence[Asked], snr_db: tuple[float, float], system: str, hear: Hear
) -> tuple[dict[str, Any], list[tuple[Asked, Outcome]]]:
    """Count right and wrong answers; where nothing is meant, every answer is wrong."""
    done, missed, sound_seconds, seconds = [], [], 0.0, 0.0
    for number, one in enumerate(asked):
        said = bench.say(kind, number, one.text, snr_db)
        begun = time.process_time()
        outcome, at = hear(Listen(number, one.phrases), said.sound)
        seconds += time.process_time() - begun
        sound_seconds += len(said.sound) / RATE
        outcome = replace(outcome, delay=at - said.end)
        done.append((one, outcome))
        if not _right(one, outcome):
            missed.append([one.text, outcome.answer, said.variant])
    accepted = [outcome for _, outcome in done if outcome.answer is not None]
    right = len(done) - len(missed)
    meant = any(one.meant for one in asked)
    count = right if meant else len(accepted)
    row = {
        "set": kind,
        "snr_db": list(snr_db),
        "system": system,
        "said": len(done),
        **({"right": right, "wrong": len(accepted) - right} if meant else {"accepted": len(accepted)}),
        "percent": round(100 * count / len(done), 2),
        "interval_95": wilson(count, len(done)),
        "cpu_seconds": round(seconds, 1),
        "sound_seconds": round(sound_seconds, 1),
        "missed": missed,
    }
    if meant and system != PEER:
        row |= _delays([outcome for _, outcome in done if outcome.answer is not None])
    return row, done


def number_row(
    bench: Bench, snr_db: tuple[float, float], system: str, hear: Hear, count: int
) -> dict[str, Any]:
    """Ask for mobile numbers as a flow does.

    What is no phone number is asked for again, once. What is one is read back, and the caller says
    truthfully (by key) whether it is right; if not, it is asked for again, once. The second answer is
    read back too; a call that has no confirmed right number after it has failed.
    """
    first = second = refused = denied = 0
    outcomes: list[tuple[bool, Outcome]] = []
    seconds = 0.0
    missed = []
    for number, text in enumerate(phone_numbers(bench.part, count)):
        wanted = from_speech("phone", text)
        for again in (0, 1):
            said = bench.say("numbers", number, text, snr_db, again)
            begun = time.process_time()
            outcome, _ = hear(Listen(number, value="phone"), said.sound)
            seconds += time.process_time() - begun
            outcomes.append((outcome.answer == wanted, outcome))
            if outcome.answer == wanted:
                first, second = first + (again == 0), second + again
                break
            refused, denied = refused + (outcome.answer is None), denied + (outcome.answer is not None)
            missed.append([again, said.variant])
    right = first + second
    return {
        "set": "numbers",
        "snr_db": list(snr_db),
        "system": system,
        "said": count,
        "right_at_once": first,
        "interval_95_at_once": wilson(first, count),
        "right_after_one_repeat": right,
        "percent": round(100 * right / count, 2),
        "interval_95": wilson(right, count),
        "refused": refused,
        "denied_in_read_back": denied,
        "cpu_seconds": round(seconds, 1),
        "missed": missed,
        "confidence": [
            {
                "at_least": threshold,
                "right": sum(good and each.confidence >= threshold for good, each in outcomes),
                "wrong": sum(
                    not good and each.answer is not None and each.confidence >= threshold
                    for good, each in outcomes
                ),
            }
            for threshold in THRESHOLDS
        ],
    }


def confidence_rows(named: dict[str, list[tuple[Asked, Outcome]]]) -> list[dict[str, Any]]:
    """Return, for each least confidence, what would still be accepted."""
    return [
        {
            "set": "confidence",
            "at_least": threshold,
            **{
                name: {
                    "right": sum(_right(one, o) for one, o in done if o.answer and o.confidence >= threshold),
                    "wrong": sum(
                        not _right(one, o) for one, o in done if o.answer and o.confidence >= threshold
                    ),
                    "said": len(done),
                }
                for name, done in named.items()
            },
        }
        for threshold in THRESHOLDS
    ]


def rows(bench: Bench, only: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Measure everything that is asked for."""
    part = bench.part
    kept: dict[str, list[tuple[Asked, Outcome]]] = {}
    systems: tuple[tuple[str, Hear], ...] = ((OURS, bench.ours), (PEER, bench.peer))
    if "phrases" in only:
        for name, snr_db in (("clean", CLEAN), ("telephone", TELEPHONE)):
            for system, hear in systems:
                row, done = phrase_row(bench, "phrases", answers(part) * 3, snr_db, system, hear)
                kept |= {f"phrases, {name}": done} if system == OURS else {}
                yield row
        for kind, asked in _others(part).items():
            for system, hear in systems:
                row, done = phrase_row(bench, kind, asked, TELEPHONE, system, hear)
                kept |= {kind: done} if system == OURS else {}
                yield row
        yield from confidence_rows(kept)
    if "numbers" in only:
        for snr_db in (CLEAN, TELEPHONE):
            for system, hear in systems:
                yield number_row(bench, snr_db, system, hear, 200)
    if "sweep" in only:
        for snr in SWEEP:
            for system, hear in systems:
                yield phrase_row(bench, "phrases", answers(part), (snr, snr), system, hear)[0]
    if "variants" in only:
        yield from _variants(bench)


def _others(part: Part) -> dict[str, list[Asked]]:
    """Return what is no answer, from the easy to the hard."""
    return {
        "sentences": sentences(part),
        "stories": stories(part),
        "denied": negations(part),
        "elsewhere": other_phrases(part),
        "short": short_words(part),
    }


def _variants(bench: Bench) -> Iterator[dict[str, Any]]:
    """Measure what single decisions of the listener give and cost."""
    variants = (
        ("as it is", "APART", listener.APART),
        ("no word dropped at the ends", "SHORTEST_SYLLABLE", 0.0),
        ("every short word dropped at the ends", "APART", 0.0),
        ("no early answer", "END_OF_WHOLE_PHRASE", math.inf),
        ("early answer without a pause", "END_OF_WHOLE_PHRASE", 0.0),
    )
    for name, constant, value in variants:
        with patch.object(listener, constant, value):
            system = f"{OURS}: {name}"
            yield phrase_row(bench, "phrases", answers(bench.part), TELEPHONE, system, bench.ours)[0]
            for kind in ("stories", "denied", "short"):
                asked = _others(bench.part)[kind]
                yield phrase_row(bench, kind, asked, TELEPHONE, system, bench.ours)[0]


def _right(asked: Asked, outcome: Outcome) -> bool:
    return outcome.answer in asked.meant if asked.meant else outcome.answer is None


def _delays(outcomes: Sequence[Outcome]) -> dict[str, float]:
    half, most = np.percentile([outcome.delay for outcome in outcomes], (50, 90))
    return {"delay_median": round(float(half), 2), "delay_90_percent": round(float(most), 2)}


def line(row: dict[str, Any]) -> str:
    """Return a row for people."""
    if row["set"] == "confidence":
        kinds = (f"{k} {v['right']}+{v['wrong']}/{v['said']}" for k, v in row.items() if isinstance(v, dict))
        return f"confidence ≥ {row['at_least']:<4}  right+wrong/said: {'  '.join(kinds)}"
    count = row.get("right", row.get("accepted", row.get("right_after_one_repeat")))
    share = f"{row['percent']:6.2f} % ({row['interval_95'][0]:.1f}–{row['interval_95'][1]:.1f})"
    text = (
        f"{row['set']:<10} {row['snr_db'][0]:g}–{row['snr_db'][1]:g} dB  {row['system']:<44}"
        f" {count:>4}/{row['said']:<4} = {share}  {row['cpu_seconds']} s"
    )
    more = {
        key: row[key] for key in ("wrong", "right_at_once", "delay_median", "delay_90_percent") if key in row
    }
    return text + "".join(f"  {key} {value}" for key, value in more.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--blind", action="store_true")
    parser.add_argument("--json", action="store_true")
    parts = ("phrases", "numbers", "sweep", "variants")
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    parser.add_argument("--model", default=BUILTIN)
    options = parser.parse_args()
    logs.configure()
    begun = time.perf_counter()
    with Speaker() as speaker:
        bench = Bench(load(find_model(options.model)), speaker, "blind" if options.blind else "dev")
        found = []
        for row in rows(bench, options.only):
            found.append(row)
            if not options.json:
                print(line(row), flush=True)
    if options.json:
        report = {
            "machine": machine(),
            "part": bench.part,
            "seconds": round(time.perf_counter() - begun),
            "rows": found,
        }
        print(json.dumps(report, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
