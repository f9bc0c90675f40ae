"""How soon a caller hears what a key or a word leads to, in a whole centre with many calls.

Most calls are SIPp's: they send sound and press keys now and then. Some are probes, in a process of their
own with sockets whose packets the kernel stamps; they walk round in a flow made for the purpose, whose
prompts are tones that tell where they are. Rows tell, for each way of answering, in milliseconds:

- ``prompt``: from a key, while nothing was to be heard, to the first packet of the next prompt;
- ``silence``: from a key in the midst of a prompt to the first packet of silence;
- ``other``: from a key in the midst of a prompt to the first packet of another one;
- ``decision``: from the end of a word to the time that the call's record gives for its recognition, which is
  when the engine goes on; ``prompt`` is the packet that follows.

A key by telephone-events counts from its first packet, a key in the sound from the 40th millisecond of its
tone, a word from the end of its sound: before the recogniser can decide it has to wait for the end of the
phrase (300 ms where it is one of the menu's).

    python -m benchmarks.latency [--calls 200] [--probes 20] [--seconds 30] [--json]

The generator and the probes share the machine with the centre; what each used is in the rows.
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import random
import re
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from benchmarks.callers import Crowd
from benchmarks.centre import Books, Centre, about, metrics, usage
from benchmarks.ears import PHRASES
from benchmarks.ears import Caller as Speech
from ivr.flow.loading import load_flow
from speech.g711 import ALAW_SILENCE, alaw_decode, alaw_encode
from speech.keytones import key_tones
from speech.voices import VOICES, Speaker

FRAME, EVENT = 160, 101
SILENT = bytes([ALAW_SILENCE]) * FRAME
#: Hertz of the prompts; a frame of 20 ms holds whole periods of each.
TONES = {"one": 500, "two": 1000}
#: Seconds of a prompt; one that is spoken after is short.
LONG, SHORT = 8.0, 0.6
_TIMESTAMPS = 35  # SO_TIMESTAMPNS, and the type of its message
_RETRIES = "no_input: {max: 10, next: bye}\n    no_match: {max: 10, next: bye}"
KEYS_FLOW = f"""
name: keys
title: keys
start: one
max_hops: 1000
defaults:
    {_RETRIES}
nodes:
  one:
    type: collect
    prompt: 一
    variable: code
    min_length: 2
    max_length: 2
    terminator: null
    first_input_seconds: 60
    inter_digit_seconds: 30
    next: two
  two:
    type: menu
    prompt: 二
    first_input_seconds: 60
    choices: [{{digits: "5", next: one}}]
  bye: {{type: hangup}}
"""
SPEECH_FLOW = f"""
name: speech
title: speech
start: one
max_hops: 1000
defaults:
    {_RETRIES}
nodes:
  one:
    type: menu
    prompt: 一
    first_input_seconds: 20
    choices: [{{digits: "5", phrases: [{", ".join(PHRASES)}], next: two}}]
  two:
    type: menu
    prompt: 二
    first_input_seconds: 20
    choices: [{{digits: "5", phrases: [{", ".join(PHRASES)}], next: one}}]
  bye: {{type: hangup}}
"""
_SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 8{events}\r\na=rtpmap:8 PCMA/8000\r\n{map}a=sendrecv\r\n"
)


# -- the probes: a process of their own -----------------------------------------------------------------


@dataclass(slots=True)
class Probe:
    """One call of the probes."""

    number: int
    rtp: socket.socket
    sip: Signalling
    way: str
    phrase: Any
    chance: random.Random
    far: tuple[str, int] | None = None
    frame: int = 0
    stamp: int = 0
    #: What is heard now: ``""`` for silence, or the name of a prompt.
    hears: str = ""
    #: What is awaited: a name of :data:`TONES`, or ``""`` for silence; since when, and what it is called.
    awaits: tuple[str, float, str] | None = None
    #: Frame at which the next key is pressed or word is said.
    turn: int = 100
    step: int = 0
    sound: list[bytes] = field(default_factory=list)
    event: int = -1
    took: dict[str, list[float]] = field(default_factory=dict)
    #: When words that were answered had ended, in seconds since the epoch.
    spoken: list[float] = field(default_factory=list)
    #: Answers that did not come.
    missed: int = 0

    def send(self, at: float) -> None:
        """Send a frame."""
        if self.frame >= self.turn:
            lost = self.awaits is not None
            self.missed += lost
            if lost and self.way != "speech":  # nobody knows which key it was that did not count
                self.turn = sys.maxsize
            else:
                self._act(at)
        payload, kind, stamp, marker = SILENT, 8, self.stamp, False
        if self.event >= 0:
            payload = struct.pack(">BBH", 5, 10 | (self.event >= 4) << 7, FRAME * min(self.event + 1, 5))
            kind, stamp, marker = EVENT, self.stamp - FRAME * self.event, self.event == 0
            self.event = self.event + 1 if self.event < 6 else -1
        elif self.sound:
            payload = self.sound.pop(0)
        elif self.way == "speech":
            payload = self.phrase.frames[self.frame % 40].tobytes()  # the line's noise
        head = struct.pack(
            ">BBHII", 0x80, kind | marker << 7, self.frame & 0xFFFF, stamp & 0xFFFFFFFF, self.number
        )
        try:
            self.rtp.sendto(head + payload, self.far)  # type: ignore[arg-type]
        except OSError:
            pass
        self.frame += 1
        self.stamp += FRAME

    def _act(self, at: float) -> None:
        """Press a key or say a word, and say what is to be heard then."""
        chance = self.chance
        if self.way == "speech":
            self.sound = [each.tobytes() for each in self.phrase.frames]
            # a packet leaves when its last sample is there
            ends = at + self.phrase.ends - FRAME / 8000
            self.awaits = (("two", "one")[self.step], ends, "prompt")
            self.turn = self.frame + len(self.sound) + round(50 * (SHORT + chance.uniform(2.2, 3.2)))
            return
        if self.way == "event":
            self.event, since = 0, time.time()
        else:
            lead = chance.randrange(FRAME)
            tone = SILENT[:lead] + alaw_encode(key_tones("5", on=0.1, off=0.1, level_dbm0=-8.0))
            self.sound = [
                (tone[first : first + FRAME] + SILENT)[:FRAME] for first in range(0, len(tone), FRAME)
            ]
            since = at + (lead + 320 - FRAME) / 8000  # the 40th ms is the sample 320 after the lead
        what = (("", since, "silence"), ("two", since, "prompt"), ("one", since, "other"))[self.step]
        self.awaits = what
        self.step = (self.step + 1) % 3
        self.turn = self.frame + chance.randint(40, 70)

    def receive(self) -> None:
        """Take what has come."""
        while True:
            try:
                data, notes, _, _ = self.rtp.recvmsg(2048, 64)
            except OSError:
                return
            if len(data) != 12 + FRAME or data[1] & 0x7F != 8:
                continue
            self.hears = heard(data[12:])
            if self.awaits is not None and self.hears == self.awaits[0]:
                _, since, name = self.awaits
                seconds, nanoseconds = struct.unpack("qq", notes[0][2][:16])
                self.took.setdefault(name, []).append(1000 * (seconds + nanoseconds / 1e9 - since))
                self.awaits = None
                if self.way == "speech":
                    self.step = 1 - self.step
                    self.spoken.append(since)


def heard(payload: bytes) -> str:
    """Return which prompt a frame is of, nothing where it is silent."""
    if payload == SILENT:
        return ""
    sound = alaw_decode(payload).astype(np.float64)
    spectrum = np.abs(np.fft.rfft(sound))
    return "one" if spectrum[TONES["one"] // 50] > spectrum[TONES["two"] // 50] else "two"


def caller(number: int) -> str:
    """Return the telephone number of a probe."""
    return f"1370000{number:04d}"


class Signalling:
    """The probes' SIP: as little of it as calls need."""

    def __init__(self, host: str, port: int, number: str, *, events: bool) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((host, port))
        self._near = self.socket.getsockname()[1]
        self._uri = f"sip:{number}@{host}:{port}"
        self._events = events
        self._mark = os.urandom(4).hex()
        self._to: dict[int, str] = {}

    def call(self, number: int, port: int) -> tuple[str, int]:
        """Call, wait for the answer, and return where the other side's sound is."""
        events = f" {EVENT}" if self._events else ""
        mapped = f"a=rtpmap:{EVENT} telephone-event/8000\r\n" if self._events else ""
        self._send("INVITE", number, 1, _SDP.format(port=port, events=events, map=mapped))
        while True:
            text = self.socket.recv(65_535).decode()
            if f"{self._mark}-{number}\r\n" not in text or not text.startswith("SIP/2.0 "):
                continue
            if int(text[8:11]) >= 200:
                break
        found = re.search(r"^m=audio (\d+)", text, re.MULTILINE)
        host = re.search(r"^c=IN IP4 (\S+)", text, re.MULTILINE)
        assert text.startswith("SIP/2.0 200") and found and host, text
        to = re.search(r"^To:.*$", text, re.MULTILINE)
        assert to is not None
        self._to[number] = to[0].strip()
        self._send("ACK", number, 1)
        return host[1], int(found[1])

    def hang_up(self) -> None:
        """End all calls."""
        for number in self._to:
            self._send("BYE", number, 2)

    def _send(self, method: str, number: int, count: int, body: str = "") -> None:
        call = f"{self._mark}-{number}"
        lines = [
            f"{method} {self._uri} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self._near};branch=z9hG4bK{call}{method}{count};rport",
            f"From: <sip:{caller(number)}@127.0.0.1:{self._near}>;tag={self._mark}",
            self._to.get(number, f"To: <{self._uri}>"),
            f"Call-ID: {call}",
            f"CSeq: {count} {method}",
            f"Contact: <sip:probe@127.0.0.1:{self._near}>",
            "Max-Forwards: 70",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self.socket.send("\r\n".join([*lines, "", body]).encode())


def probe(order: dict[str, Any]) -> dict[str, Any]:
    """Make the calls of the probes, and return what they took."""
    way, seconds = order["way"], order["seconds"]
    sip = Signalling(order["host"], order["port"], order["number"], events=way == "event")
    probes = []
    with Speaker() as speaker:
        for number in range(order["probes"]):
            phrase = None
            if way == "speech":
                clip = speaker.say(PHRASES[number % len(PHRASES)], VOICES["caller-1"], 8000)
                phrase = Speech(clip, 1.0, 1.1 + 0.02 * (-(-len(clip) // FRAME)), number)
            rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            rtp.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)
            rtp.bind(("127.0.0.1", 0))
            rtp.setblocking(False)
            probes.append(Probe(number, rtp, sip, way, phrase, random.Random(number)))
    for each in probes:
        each.far = sip.call(each.number, each.rtp.getsockname()[1])
        each.turn = each.chance.randint(100, 150)
    epoll = select.epoll()
    by_descriptor = {each.rtp.fileno(): each for each in probes}
    for descriptor in by_descriptor:
        epoll.register(descriptor, select.EPOLLIN)
    begin = time.time() + 0.1
    due = [(begin + 0.02 * each.number / len(probes), each.number) for each in probes]
    heapq.heapify(due)
    behind = 0.0
    while (now := time.time()) < begin + seconds:
        while due and due[0][0] <= now:
            at, number = heapq.heappop(due)
            behind = max(behind, now - at)
            probes[number].send(at)
            heapq.heappush(due, (at + 0.02, number))
        wait = max(due[0][0] - time.time(), 0)
        for descriptor, _ in epoll.poll(wait):
            by_descriptor[descriptor].receive()
    sip.hang_up()
    row: dict[str, Any] = {"probes": len(probes), "behind_ms_max": round(1000 * behind, 1)}
    row["missed"] = sum(each.missed for each in probes)
    for name in ("prompt", "silence", "other"):
        took = [ms for each in probes for ms in each.took.get(name, [])]
        if took:
            row[name] = spread(took)
    row["spoken"] = {caller(each.number): each.spoken for each in probes if each.spoken}
    return row


def spread(took: list[float]) -> dict[str, float]:
    """Return how milliseconds are spread."""
    return {
        "count": len(took),
        "p50": round(float(np.percentile(took, 50)), 1),
        "p99": round(float(np.percentile(took, 99)), 1),
        "max": round(max(took), 1),
    }


# -- the centre and its load ----------------------------------------------------------------------------


def write_flows(folder: Path) -> None:
    """Write the flows and their prompts."""
    for text, name, seconds in ((KEYS_FLOW, "keys", LONG), (SPEECH_FLOW, "speech", SHORT)):
        place = folder / f"{name}.yaml"
        place.write_text(text, encoding="utf-8")
        sounds = folder / f"{name}-prompts"
        sounds.mkdir()
        for prompt in load_flow(place).prompts():
            if prompt.name in TONES:
                moments = np.arange(round(seconds * 8000)) / 8000
                tone = 8000 * np.sin(2 * np.pi * TONES[prompt.name] * moments)
                soundfile.write(sounds / f"{prompt.name}.wav", tone.astype(np.int16), 8000)


def decisions(spoken: dict[str, list[float]], heard: dict[str, list[float]]) -> list[float]:
    """Return the milliseconds from the end of each word to the first recognition after it.

    Parameters
    ----------
    spoken, heard : dict of str to list of float
        By caller: when words ended, and when the call's record has recognitions, in seconds since the epoch.
    """
    took = []
    for number, ends in spoken.items():
        moments = np.sort(heard.get(number, []))
        after = np.searchsorted(moments, ends)
        assert after.max() < len(moments), f"caller {number} was answered without a recognition"
        took += (1000 * (moments[after] - ends)).tolist()
    return took


def measure(way: str, calls: int, probes: int, seconds: float) -> dict[str, Any]:
    """Return the row of one way of answering."""
    row: dict[str, Any] = {**about(), "way": way, "calls": calls, "seconds": seconds}
    flow = "speech" if way == "speech" else "keys"
    with tempfile.TemporaryDirectory(prefix="latency-") as name:
        folder = Path(name)
        write_flows(folder)
        sections: dict[str, Any] = {
            "flows": [
                {"numbers": "2001", "flow": str(folder / f"{flow}.yaml")},
                {"numbers": "2002", "flow": str(folder / "keys.yaml")},
            ],
            "engine": {"prompts": [str(folder / f"{flow}-prompts")]},
        }
        with (
            Centre(calls, **sections) as centre,
            Crowd(
                centre.address, ["2002"], calls - probes, rate=20, talkative=0, longest=20.0, patient=0.5
            ) as crowd,
        ):
            end = time.monotonic() + 60
            while len(centre.ask("/calls")) < calls - probes - 5 and time.monotonic() < end:
                time.sleep(0.5)
                crowd.drain()
            order = {"host": centre.host, "port": centre.port, "number": "2001", "way": way}
            order |= {"probes": probes, "seconds": seconds}
            before, began = usage(centre), time.monotonic()
            command = [sys.executable, "-m", "benchmarks.latency", "--probe", json.dumps(order)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
                while running.poll() is None:
                    time.sleep(0.5)
                    crowd.drain()
                    row["calls_at_end"] = len(centre.ask("/calls"))
                assert running.stdout is not None
                row |= json.loads(running.stdout.read())
            passed = time.monotonic() - began
            spoken = row.pop("spoken")
            if spoken:
                row["decision"] = spread(decisions(spoken, Books(centre).heard()))
            row["cpu_core"] = {
                name: round((each.cpu_seconds - before[name].cpu_seconds) / passed, 3)
                for name, each in usage(centre).items()
            }
            row["media_late_ms"] = {
                part: metrics(centre)[f'huawu_media_late_ms{{of="{part}"}}'] for part in ("p99", "max")
            }
            row["load_after"] = round(os.getloadavg()[0], 2)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--probes", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--ways", default="event,tone,speech")
    parser.add_argument("--json", action="store_true", help="print the raw rows")
    parser.add_argument("--probe", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.probe:
        print(json.dumps(probe(json.loads(options.probe))))
        return
    rows = [measure(way, options.calls, options.probes, options.seconds) for way in options.ways.split(",")]
    if options.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()))


if __name__ == "__main__":
    main()
