"""What hearing callers costs: our ear beside plain Vosk on the same sound, and an ear of a running centre.

    python -m benchmarks.ears [--calls 20] [--seconds 16] [--live 50 100 150] [--model M] [--json] [--write]

Two parts; every row is ``{engine, state, calls, seconds, cpu_core, …}``, where ``cpu_core`` is the share of
one core that all of the calls take together:

- cost: :class:`ivr.ears.hearing.Ear` and a ring, as fast as it goes; only the ear's own CPU time counts, not
  the writing of the ring. The states of a call: ``idle``, nobody listens (it talks with an agent, waits,
  hears a prompt without barge-in); ``silence``, listened to while it says nothing; ``speech``, it says a
  phrase every 2 s and is listened to all the time; ``menu``, it is asked every 8 s and answers once, after a
  prompt of 2.5 s. The peer is a recogniser for each call with the same grammar, given all of the sound in
  blocks of 100 ms and asked for its partial result, which is what barge-in by speech takes;
- live: a process of one ear as ``huawu serve`` starts it (nice 10), calls in state ``menu``, each at another
  moment, in real time. ``behind_ms`` is the age of the oldest sound when it was heard; ``decision_ms`` the
  time from the end of the speech to the message that tells the answer, of which the endpoint is 300 ms;
  ``private_mb`` what the ear does not share with the process that holds the model.

``--write`` puts the rows where docs/ears.md takes its figures from, ``benchmarks/results/ears.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.machine import machine
from calls.errors import LinkError
from huawu import logs
from ivr.doors import RATE
from ivr.doors.line import Line
from ivr.ears.hearing import Ear
from ivr.ears.settings import socket_path
from ivr.wire import ears
from ivr.wire.link import Link, connect_to
from ivr.wire.ring import FRAME, FRAMES, SoundRing
from speech import g711
from speech.grammar import Grammar
from speech.models import BUILTIN, find_model
from speech.recogniser import VoskModel, load
from speech.voices import VOICES, Speaker

OURS, PEER = "huawu", "vosk, a recogniser for each call"
PHRASES = ("查话费", "人工服务", "携号转网", "办理套餐", "投诉建议")
RESULTS = Path(__file__).parent / "results" / "ears.json"
PER_SECOND = RATE // FRAME
PROMPT, ASKED_EVERY, SPOKEN_EVERY = 2.5, 8.0, 2.0  # seconds

Frames = npt.NDArray[np.uint8]


class Caller:
    """A call's sound, again and again: shape (frames, FRAME), and where its speech ends."""

    def __init__(self, clip: npt.NDArray[np.int16] | None, begin: float, seconds: float, seed: int) -> None:
        line = Line(snr_db=30.0, codec="alaw", rng=np.random.default_rng(seed))
        self.ends = line.say(round(begin * RATE), clip) / RATE if clip is not None else 0.0
        sound = line.read(0, round(seconds * RATE))
        self.frames: Frames = np.frombuffer(g711.alaw_encode(sound), np.uint8).reshape(-1, FRAME)


def callers(state: str, count: int, speaker: Speaker) -> list[Caller]:
    clips = [speaker.say(phrase, VOICES["caller-1"], RATE) for phrase in PHRASES]
    every, begin = {"speech": (SPOKEN_EVERY, 0.1)}.get(state, (ASKED_EVERY, PROMPT))
    spoken = state in ("speech", "menu")
    return [Caller(clips[n % len(clips)] if spoken else None, begin, every, n) for n in range(count)]


def question(call: int, number: int) -> ears.Listen:
    return ears.Listen(f"c{call}", number, PHRASES)


def our_cost(model: VoskModel, state: str, people: Sequence[Caller], seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        ring = SoundRing.create(Path(folder) / "ring", len(people))
        ear = Ear(model, lambda: ring)
        sound = np.stack([person.frames for person in people], axis=1)
        for call in range(len(people)):
            ear.take(ears.Attach(f"c{call}", call))
        cpu, asked, answered = 0.0, 0, 0
        for frame in range(round(seconds * PER_SECOND)):
            place = frame % len(sound)
            ring.frames[:, frame % FRAMES] = sound[place]
            ring.counters += 1
            begun = time.process_time()
            if state != "idle" and (place == 0 if state == "menu" else frame == 0):
                for call in range(len(people)):
                    ear.take(question(call, 1))
                    asked += 1
            for told in ear.step():
                if isinstance(told, ears.Heard):
                    answered += told.answer is not None
                    if state == "speech":
                        ear.take(ears.Listen(told.call, 1, PHRASES))
                        asked += 1
            cpu += time.process_time() - begun
    return {**row(OURS, state, len(people), seconds, cpu), "asked": asked, "answered": answered}


def peer_cost(model: VoskModel, state: str, people: Sequence[Caller], seconds: float) -> dict[str, Any]:
    grammar = Grammar(PHRASES, model)
    recognisers = [grammar.recogniser(RATE) for _ in people]
    cpu = 0.0
    for block in range(round(seconds * 10)):
        for person, recogniser in zip(people, recognisers, strict=True):
            places = np.arange(block * 5, block * 5 + 5) % len(person.frames)
            begun = time.process_time()
            recogniser.accept(g711.alaw_decode(person.frames[places].tobytes()))
            recogniser.partial()
            cpu += time.process_time() - begun
    return row(PEER, state, len(people), seconds, cpu)


def row(engine: str, state: str, calls: int, seconds: float, cpu: float) -> dict[str, Any]:
    share = cpu / seconds
    return {
        "engine": engine,
        "state": state,
        "calls": calls,
        "seconds": seconds,
        "cpu_core": round(share, 5),
        "ms_per_call_second": round(1000 * share / calls, 4),
        "calls_per_core": round(calls / share) if share > 1e-6 else None,
    }


def live(model: str, count: int, seconds: float, speaker: Speaker) -> dict[str, Any]:
    """Run an ear in real time with so many calls that are asked and answer."""
    people = callers("menu", count, speaker)
    with tempfile.TemporaryDirectory() as folder:
        ring = SoundRing.create(Path(folder) / "ring", count)
        settings = {"run": folder, "ring": f"{folder}/ring", "model": model}
        process = subprocess.Popen([sys.executable, "-m", "huawu.child", "ear", json.dumps(settings)])
        try:
            link = connected(socket_path(folder, 0))
            (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            return {
                **row(OURS, "live menu", count, seconds, 0.0),
                **Centre(people, ring, link, child).run(seconds),
            }
        finally:
            process.terminate()
            process.wait()


class Centre:
    """The media process and the engine of the live part, in one loop."""

    def __init__(self, people: Sequence[Caller], ring: SoundRing, link: Link, child: str) -> None:
        self.people, self.ring, self.link, self.child = people, ring, link, child
        length = len(people[0].frames)
        self.offsets = np.arange(len(people)) * length // len(people)
        self.sound = np.stack([person.frames for person in people])
        self.counted = [False] * len(people)
        self.ended: dict[str, float] = {}
        self.asked = self.answered = 0
        self.delays: list[float] = []
        self.behind: list[float] = []

    def run(self, seconds: float) -> dict[str, Any]:
        """Play the calls in real time, and return the figures."""
        for call in range(len(self.people)):
            self.link.send(ears.Attach(f"c{call}", call))
        cpu = self.cpu()
        begun = time.monotonic()
        for frame in range(round(seconds * PER_SECOND)):
            self.tick(frame, last=frame > (seconds - ASKED_EVERY) * PER_SECOND)
            self.fetch(begun + (frame + 1) / PER_SECOND)
        share = (self.cpu() - cpu) / seconds
        delays = np.array(self.delays or [np.nan]) * 1000
        return {
            "cpu_core": round(share, 5),
            "ms_per_call_second": round(1000 * share / len(self.people), 4),
            "calls_per_core": round(len(self.people) / share),
            "asked": self.asked,
            "answered": self.answered,
            "decision_ms_p50": round(float(np.percentile(delays, 50))),
            "decision_ms_p99": round(float(np.percentile(delays, 99))),
            "decision_ms_max": round(float(delays.max())),
            "behind_ms_max": max(self.behind, default=0.0),
            "private_mb": self.private_mb(),
        }

    def tick(self, frame: int, *, last: bool) -> None:
        """Write a frame of each call; ask those whose turn it is."""
        calls = np.arange(len(self.people))
        places = (frame + self.offsets) % self.sound.shape[1]
        self.ring.frames[calls, frame % FRAMES] = self.sound[calls, places]
        self.ring.counters[:] = frame + 1
        for call in np.flatnonzero(places == 0).tolist():
            self.link.send(question(call, frame + 1))
            self.asked += not last  # later ones are not answered before the end
            self.counted[call] = not last
        now = time.monotonic()
        for call, place in enumerate(places):
            if place == round(self.people[call].ends * PER_SECOND):
                self.ended[f"c{call}"] = now

    def fetch(self, until: float) -> None:
        """Take what the ear says until the next frame is due."""
        while (left := until - time.monotonic()) > 0:
            if not select.select([self.link], [], [], left)[0]:
                return
            for message in self.link.receive():
                match message:
                    case ears.Heard(call, _, _, answer):
                        self.answered += answer is not None and self.counted[int(call[1:])]
                        if call in self.ended:
                            self.delays.append(time.monotonic() - self.ended.pop(call))
                    case ears.EarHealth(_, behind):
                        self.behind.append(behind)

    def cpu(self) -> float:
        """Return the seconds of CPU that the ear has used."""
        fields = Path(f"/proc/{self.child}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def private_mb(self) -> float:
        """Return the memory of the ear that is not shared with the process that holds the model."""
        lines = Path(f"/proc/{self.child}/smaps_rollup").read_text().splitlines()
        return round(sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024, 1)


def connected(path: Path) -> Link:
    until = time.monotonic() + 60
    while True:
        try:
            return connect_to(path, ears)
        except LinkError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def rows(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    model = load(find_model(options.model))
    with Speaker() as speaker:
        for state in ("idle", "silence", "speech", "menu"):
            people = callers(state, options.calls, speaker)
            costs: list[Callable[..., dict[str, Any]]] = [our_cost, peer_cost]
            for cost in costs:
                yield cost(model, state, people, options.seconds)
        for count in options.live:
            yield live(options.model, count, options.seconds, speaker)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=16.0)
    parser.add_argument("--live", type=int, nargs="*", default=[50, 100, 150])
    parser.add_argument("--model", default=BUILTIN)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    logs.configure()
    found = list(rows(options))
    report = {"machine": machine(), "model": find_model(options.model).name, "rows": found}
    if options.write:
        RESULTS.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
        return
    print(f"{report['machine']}; model {report['model']}")
    for each in found:
        details = ", ".join(
            f"{name} {value}" for name, value in each.items() if name not in ("engine", "state")
        )
        print(f"{each['engine']} | {each['state']} | {details}")
    for state in ("silence", "speech", "menu"):
        ours, peer = (each["ms_per_call_second"] for each in found if each["state"] == state)
        print(f"{state}: the peer takes {peer / ours:.2f} times as much, {peer} and {ours} ms a second")


if __name__ == "__main__":
    main()
