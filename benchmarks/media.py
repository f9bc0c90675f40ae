"""The media process under load: processor time, pace of what it sends, and how soon it answers keys.

Each engine serves 50, 200, 500 and 1000 calls in turn. A load generator in a process of its own sends every
call's sound (speech-like for 40 % of the time, line noise else, a telephone-event every 5 s), 50 packets a
second, and notes by the kernel's time stamps when the engine's packets come: ``p50_ms`` and ``p99_ms`` are
those of the deviation of gaps from 20 ms, of up to 100 of the calls. The engine has the first processor, the
generator the last, and both ask for real-time scheduling.

- ``huawu``: the media process with everything on: jitter buffers, RFC 4733 and tones, voice activity, a
  prompt in a loop, stereo recordings to the disk, the ring for recognisers, RTCP;
- ``huawu epoll``: the same where the system does not permit io_uring: each packet is a call of its own;
- ``bare``: an epoll loop in Python, written here, that receives, and sends ready-made packets, and no more:
  what packets cost by themselves;
- ``rtp.io``: RTPProxy in a wheel, in C: plays a prompt, relays what callers say, copies it to a third place.
  It has no jitter buffer, no keys as tones, no voice activity, and records only without the copy.

What the peers do not do is the reason to look at the ratio with care: it says what the rest costs.

Two more parts, at 200 calls; they come first, since a peer that ends leaves the system gigabytes and
thousands of sockets to free for some seconds: ``busy``, the same with a process that is never idle (as an
engine at its limit) and two more at nice 10 (as recognisers) on the same processors; ``latency``, from a key
to the first packet of the prompt it asks for, and to silence where it stops one, through an engine that does
only that. A key as an event counts from its first packet, one as a tone from the moment of its 40th
millisecond.

    pip install rtp.io==1.1.1
    python -m benchmarks.media [--calls 50,200,500,1000] [--seconds 10] [--json]
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

OURS, SINGLY, BARE, PEER = "huawu", "huawu epoll", "bare", "rtp.io"
INSTALL = "pip install rtp.io==1.1.1"
WATCHED = 100
FRAME = 160
STEPS = 8  # of the generator in 20 ms
EVENT = 101
LATENCY_CALLS = 200
_TIMESTAMPS = 35  # SO_TIMESTAMPNS, and the type of its message
_SILENT = bytes([0xD5]) * FRAME


# -- what callers say -----------------------------------------------------------------------------------


def chatter(seconds: float = 40.0) -> bytes:
    """Syllables of harmonics below gliding formants, with pauses, over line noise; A-law."""
    from speech.g711 import alaw_encode

    chance = np.random.default_rng(4)
    count = int(seconds * 8000)
    sound = chance.standard_normal(count) * 12
    at = 0
    while at < count - 16_000:
        for _ in range(chance.integers(5, 12)):  # a phrase
            long = int(chance.integers(900, 2200))
            time_ = np.arange(long) / 8000
            pitch = chance.uniform(90, 230) * (1 + chance.uniform(-0.3, 0.3) * time_ / time_[-1])
            phase = 2 * np.pi * np.cumsum(pitch) / 8000
            formants = [chance.uniform(*span) for span in ((250, 800), (900, 2200), (2200, 3200))]
            voice = np.zeros(long)
            for number in range(1, 18):
                shape = sum(1 / (1 + ((number * pitch - each) / 120) ** 2) for each in formants)
                voice += shape * np.sin(number * phase)
            if at + long >= count:
                break
            voice += 0.25 * np.std(voice) * chance.standard_normal(long)  # breath
            sound[at : at + long] += 2500 * voice * np.hanning(long)
            at += long + int(chance.integers(0, 500))
        at += int(chance.uniform(0.8, 3.2) * 8000)
    return alaw_encode(np.clip(sound, -32768, 32767).astype(np.int16))


# -- the load generator: a process of its own -----------------------------------------------------------


def generate(order: dict[str, Any]) -> None:
    """Send and receive as many calls as asked; the ports go out first, the engine's come in."""
    alone_on(max)
    calls, warm, seconds = order["calls"], order["warm"], order["seconds"]
    sockets = _sockets(calls)
    print(json.dumps([each.getsockname()[1] for each in sockets]), flush=True)
    for each, port in zip(sockets, json.loads(sys.stdin.readline()), strict=True):
        each.connect(("127.0.0.1", port))
    report = _exchange(sockets, warm, seconds, events=order["events"])
    print(json.dumps(report), flush=True)


def alone_on(which: Callable[[set[int]], int]) -> None:
    """Take a processor, and come before others there, as the media process does."""
    from ivr.media.tempo import ask_for_realtime

    os.sched_setaffinity(0, {which(os.sched_getaffinity(0))})
    ask_for_realtime(1)


def _sockets(count: int) -> list[socket.socket]:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
        each.setblocking(False)
    return sockets


def _exchange(
    sockets: list[socket.socket], warm: float, seconds: float, *, events: bool
) -> dict[str, float | None]:
    calls = len(sockets)
    watched = sockets[:: max(calls // WATCHED, 1)][:WATCHED]
    for each in watched:
        each.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)
    epoll = select.epoll()
    for each in sockets:
        epoll.register(each, select.EPOLLIN)
    came: dict[int, list[int]] = {each.fileno(): [] for each in watched}
    receive = {each.fileno(): each.recv for each in sockets}
    asked = {each.fileno(): each.recvmsg for each in watched}
    said = np.frombuffer(chatter(), np.uint8).reshape(-1, FRAME)
    rows = np.zeros((calls, 12 + FRAME), np.uint8)
    rows[:, 0], rows[:, 1] = 0x80, 8
    rows[:, 8:12] = np.arange(calls).astype(">u4").view(np.uint8).reshape(-1, 4)
    views = [row.data for row in rows]
    places = [range(step * calls // STEPS, (step + 1) * calls // STEPS) for step in range(STEPS)]
    begin = time.monotonic() + 0.05
    number = received = 0
    while number < (warm + seconds) * 50 * STEPS and time.monotonic() < begin + warm + seconds:
        due = begin + number * 0.02 / STEPS
        left = due - time.monotonic()
        if left > 0:
            time.sleep(left)
        frame, step = divmod(number, STEPS)
        here = places[step]
        which = slice(here.start, here.stop)
        rows[which, 2:4] = np.array([frame & 0xFFFF], ">u2").view(np.uint8)
        rows[which, 4:8] = np.array([frame * FRAME & 0xFFFFFFFF], ">u4").view(np.uint8)
        rows[which, 12:] = said[(frame + np.arange(here.start, here.stop) * 37) % len(said)]
        for call in here:
            pressing = (frame + call * 13) % 250 if events else 250
            try:
                if pressing < 5:
                    sockets[call].send(_event(frame, pressing, call))
                else:
                    sockets[call].send(views[call])
            except OSError:
                pass
        number += 1
        for descriptor, _ in epoll.poll(0, 4096):
            try:
                if descriptor in asked:
                    _, notes, _, _ = asked[descriptor](2048, 64)
                    came[descriptor].append(_stamp(notes))
                else:
                    receive[descriptor](2048)
            except OSError:
                continue
            received += 1
    gaps = np.concatenate([np.diff(each[int(warm * 50) :]) for each in came.values()]) / 1e6
    off = np.abs(gaps - 20.0)
    figures = (np.percentile(off, 50), np.percentile(off, 99), off.max()) if len(off) else ()
    names = ("p50_ms", "p99_ms", "max_ms")
    # without gaps there are no figures: the engine does not send to those that are watched
    pace = dict.fromkeys(names) | {
        name: round(float(figure), 3) for name, figure in zip(names, figures, strict=False)
    }
    return pace | {
        "packets_per_second": round(received / (warm + seconds)),
        "generator_behind_ms": round(1000 * (time.monotonic() - begin - number * 0.02 / STEPS), 1),
    }


def _event(frame: int, step: int, call: int) -> bytes:
    last = step >= 2
    payload = struct.pack(">BBH", call % 10, 10 | last << 7, FRAME * min(step + 1, 3))
    start = (frame - step) * FRAME & 0xFFFFFFFF
    head = struct.pack(">BBHII", 0x80, EVENT | (step == 0) << 7, frame & 0xFFFF, start, call)
    return head + payload


def _stamp(notes: list[tuple[int, int, bytes]]) -> int:
    seconds, nanoseconds = struct.unpack("qq", notes[0][2][:16])
    return seconds * 1_000_000_000 + nanoseconds


# -- the engines: each gives the ports to send to -------------------------------------------------------


@contextmanager
def _running(command: list[str], cwd: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=cwd
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


class Ours:
    """The media process and as much of an engine as it needs."""

    def __init__(self, folder: Path, process: subprocess.Popen[str]) -> None:
        from calls.errors import LinkError
        from ivr.wire import media
        from ivr.wire.link import connect_to

        self.words, self.folder, self.process = media, folder, process
        while True:
            try:
                self.link = connect_to(folder / "media.sock", media)
                break
            except LinkError:
                time.sleep(0.02)

    def say(self, *commands: Any) -> None:
        """Give commands, and take the time that the link needs for many."""
        for each in commands:
            self.link.send(each)
            while self.link.waiting:
                select.select([], [self.link], [], 1)
                self.link.flush()

    def heard(self, patience: float) -> list[Any]:
        """Return what it tells."""
        select.select([self.link], [], [], patience)
        return self.link.receive()

    def open(self, ports: list[int], *, everything: bool, events: bool = True) -> list[int]:
        """Connect a leg to each port; return the ports of the legs."""
        media = self.words
        (self.folder / "prompt").write_bytes(chatter(8.0))
        self.say(media.LoadSound("prompt", str(self.folder / "prompt")))
        self.say(*(media.OpenLeg(str(call)) for call in range(len(ports))))
        legs: dict[int, int] = {}
        while len(legs) < len(ports):
            for event in self.heard(5):
                if isinstance(event, media.LegOpened):
                    legs[int(event.leg)] = event.port
        for call, port in enumerate(ports):
            name = str(call)
            kind = EVENT if events else None
            self.say(media.ConnectLeg(name, "127.0.0.1", port, event_type=kind))
            if everything:
                path = str(self.folder / "recordings" / f"{name}.wav")
                self.say(media.StartRecording(name, path, silent=False))
                self.say(media.Play(name, 1, "prompt", loop=True))
        return [legs[call] for call in range(len(ports))]


@contextmanager
def ours(calls: int, network: str = "auto") -> Iterator[Ours]:
    """Start the media process, on the first processor."""
    with tempfile.TemporaryDirectory(prefix="huawu-bench-") as name:
        folder = Path(name)
        shared = Path("/dev/shm") if Path("/dev/shm").is_dir() else folder
        ring = shared / f"{folder.name}.ring"
        settings = {"run": name, "ring": str(ring), "slots": max(calls, 8), "network": network}
        core = str(min(os.sched_getaffinity(0)))
        command = ["taskset", "-c", core, sys.executable, "-m", "huawu.child", "media", json.dumps(settings)]
        with _running(command) as process:
            engine = Ours(folder, process)
            yield engine
            engine.link.close()


def bare() -> None:
    """Receive and send, nothing else: an engine in a process of its own."""
    there = json.loads(sys.stdin.readline())
    alone_on(min)
    sockets = _sockets(len(there))
    for each, port in zip(sockets, there, strict=True):
        each.connect(("127.0.0.1", port))
    print(json.dumps([each.getsockname()[1] for each in sockets]), flush=True)
    epoll = select.epoll()
    for each in sockets:
        epoll.register(each, select.EPOLLIN)
    receive = {each.fileno(): each.recv for each in sockets}
    packet = bytes([0x80, 8]) + bytes(10) + _SILENT
    groups = [sockets[phase::4] for phase in range(4)]
    begin, number = time.monotonic() + 0.05, 0
    while True:
        left = begin + number * 0.005 - time.monotonic()
        if left > 0:
            time.sleep(min(left, 0.0025))
        else:
            for each in groups[number % 4]:
                try:
                    each.send(packet)
                except OSError:
                    pass
            number += 1
        for descriptor, _ in epoll.poll(0, 4096):
            try:
                receive[descriptor](2048)
            except OSError:
                pass


def rtp_io(folder: str) -> None:
    """RTPProxy: plays, relays, copies; in a process of its own."""
    from rtp.io import rtpproxy  # type: ignore[import-not-found]

    there = json.loads(sys.stdin.readline())
    alone_on(min)
    os.chdir(folder)  # it leaves an account of its calls where it is
    Path("prompt.8").write_bytes(chatter(8.0))
    sink = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    for each in sink:  # nobody reads there: the rest is thrown away by the system
        each.bind(("127.0.0.1", 0))
    other, copy = (each.getsockname()[1] for each in sink)
    proxy = rtpproxy(
        debug_level="crit", port_min=40_000, port_max=49_998, extra_args=["-l", "127.0.0.1", "-F", "-i"]
    )
    line = proxy.rtpp_sock

    def ask(text: str) -> str:
        line.send((text + "\n").encode())
        answer: str = line.recv(2048).decode().strip()
        return answer

    ports = []
    for call, port in enumerate(there):
        ask(f"Uc8,0,{EVENT}z20 c{call} 127.0.0.1 {port} f{call};1")
        answer = ask(f"Lc8,0,{EVENT}z20 c{call} 127.0.0.1 {other} f{call};1 t{call};1")
        ports.append(int(answer.split()[0]))
    for call in range(len(there)):
        ask(f"P1000 c{call} {folder}/prompt session f{call};1 t{call};1")
        ask(f"C c{call} udp:127.0.0.1:{copy} f{call};1 t{call};1")
    print(json.dumps(ports), flush=True)
    signal.pause()


# -- measuring ------------------------------------------------------------------------------------------


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def measured(
    engine: str, calls: int, seconds: float, warm: float, *, condition: str = "alone"
) -> dict[str, Any]:
    """Return the row of an engine under load."""
    here = [sys.executable, "-m", "benchmarks.media"]
    order = json.dumps({"calls": calls, "warm": warm, "seconds": seconds, "events": engine in (OURS, SINGLY)})
    with ExitStack() as stack:
        load = stack.enter_context(_running([*here, "--generate", order]))
        assert load.stdin and load.stdout
        ports = json.loads(load.stdout.readline())
        huawu = None
        if engine in (OURS, SINGLY):
            huawu = stack.enter_context(ours(calls, "auto" if engine == OURS else "epoll"))
            process = huawu.process
            legs = huawu.open(ports, everything=True)
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            role = ["--bare"] if engine == BARE else ["--rtp-io", folder]
            process = stack.enter_context(_running([*here, *role]))
            assert process.stdin and process.stdout
            process.stdin.write(json.dumps(ports) + "\n")
            process.stdin.flush()
            legs = json.loads(process.stdout.readline())
        load.stdin.write(json.dumps(legs) + "\n")
        load.stdin.flush()
        _listen_for(warm, huawu)
        before, start = processor_seconds(process.pid), time.monotonic()
        health = _listen_for(seconds - 0.5, huawu)
        used = (processor_seconds(process.pid) - before) / (time.monotonic() - start)
        row = {
            "engine": engine,
            "condition": condition,
            "calls": calls,
            "seconds": seconds,
            "cpu_core": round(used, 4),
            "rss_mb": round(megabytes(process.pid), 1),
            "fds": len(os.listdir(f"/proc/{process.pid}/fd")),
        }
        row |= json.loads(load.stdout.readline())
        if health:
            row |= {"scheduling": health[-1].scheduling, "late_ms_max": max(h.late_ms_max for h in health)}
    return row


def _listen_for(seconds: float, engine: Ours | None) -> list[Any]:
    """Let time pass; return what the media process says of itself."""
    health: list[Any] = []
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if engine is None:
            time.sleep(left)
        else:
            health += [each for each in engine.heard(left) if isinstance(each, engine.words.MediaHealth)]
            time.sleep(min(0.02, max(end - time.monotonic(), 0)))
    return health


@contextmanager
def others_busy() -> Iterator[None]:
    """One process that is never idle, and two at nice 10, on any processor."""
    loop = "while True: pass"
    with ExitStack() as stack:
        for nice in (0, 10, 10):
            stack.enter_context(_running(["nice", "-n", str(nice), sys.executable, "-c", loop]))
        yield


def latency(calls: int, seconds: float, *, tones: bool) -> dict[str, Any]:
    """Return from key to prompt, and from key to silence, over all calls, in milliseconds."""
    here = [sys.executable, "-m", "benchmarks.media"]
    order = json.dumps({"calls": calls, "seconds": seconds, "tones": tones})
    with ExitStack() as stack:
        load = stack.enter_context(_running([*here, "--keys", order]))
        assert load.stdin and load.stdout
        engine = stack.enter_context(ours(calls))
        media = engine.words
        ports = json.loads(load.stdout.readline())
        legs = engine.open(ports, everything=False, events=not tones)
        load.stdin.write(json.dumps(legs) + "\n")
        load.stdin.flush()
        playing: set[str] = set()
        end = time.monotonic() + seconds + 2
        while (left := end - time.monotonic()) > 0:
            for event in engine.heard(left):
                if not isinstance(event, media.DigitPressed):
                    continue
                if event.leg in playing:
                    playing.discard(event.leg)
                    engine.say(media.StopPlaying(event.leg))
                else:
                    playing.add(event.leg)
                    engine.say(media.Play(event.leg, 1, "prompt", loop=True))
        return {"engine": OURS, "calls": calls, "keys": "tone" if tones else "event"} | json.loads(
            load.stdout.readline()
        )


def press(order: dict[str, Any]) -> None:
    """Press a key on each call every 2 s or so, and note when what is heard begins and ends."""
    from speech.g711 import alaw_encode
    from speech.keytones import key_tones

    alone_on(max)
    calls, tones = order["calls"], order["tones"]
    sockets = _sockets(calls)
    for each in sockets:
        each.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)
    print(json.dumps([each.getsockname()[1] for each in sockets]), flush=True)
    for each, port in zip(sockets, json.loads(sys.stdin.readline()), strict=True):
        each.connect(("127.0.0.1", port))
    epoll = select.epoll()
    for each in sockets:
        epoll.register(each, select.EPOLLIN)
    call_of = {each.fileno(): call for call, each in enumerate(sockets)}
    chance = np.random.default_rng(2)
    begin = time.time() + 0.1
    due = [(begin + 0.02 * call / calls, call, 0) for call in range(calls)]
    heapq.heapify(due)
    pressed: list[float] = [0.0] * calls
    loud: list[bool] = [False] * calls
    sound: list[bytes] = [b""] * calls
    keys = [int(chance.integers(50, 100)) for _ in range(calls)]
    took: dict[bool, list[float]] = {True: [], False: []}
    while (now := time.time()) < begin + order["seconds"]:
        while due and due[0][0] <= now:
            at, call, frame = heapq.heappop(due)
            payload, kind, stamp = _SILENT, 8, frame * FRAME
            since = frame - keys[call]
            if not tones and 0 <= since < 5:
                data = _event(frame, since, call)
                if since == 0:
                    pressed[call] = time.time()
            else:
                if tones and since == 0:
                    lead = int(chance.integers(0, FRAME))
                    made = alaw_encode(key_tones("5", on=0.1, off=0.1, level_dbm0=-8.0))
                    sound[call] = _SILENT[:lead] + made
                    # the 40th ms is the sample 320 after the lead; a packet leaves when its last sample is
                    # there
                    pressed[call] = at + (lead + 320 - FRAME) / 8000
                payload, sound[call] = (sound[call][:FRAME] + _SILENT)[:FRAME], sound[call][FRAME:]
                data = struct.pack(">BBHII", 0x80, kind, frame & 0xFFFF, stamp, call) + payload
            if since >= 40:
                keys[call] = frame + int(chance.integers(40, 80))
            try:
                sockets[call].send(data)
            except OSError:
                pass
            heapq.heappush(due, (at + 0.02, call, frame + 1))
        for descriptor, _ in epoll.poll(0.0005, 1024):
            call = call_of[descriptor]
            try:
                data, notes, _, _ = sockets[call].recvmsg(2048, 64)
            except OSError:
                continue
            heard = data[12:] != _SILENT
            if heard != loud[call] and len(data) == 12 + FRAME:
                loud[call] = heard
                took[heard].append(1000 * (_stamp(notes) / 1e9 - pressed[call]))
    report: dict[str, Any] = {}
    for name, times in (("prompt", took[True]), ("silence", took[False])):
        report |= {f"{name}_{part}_ms": round(float(np.percentile(times, part)), 2) for part in (50, 99)}
        report |= {f"{name}_presses": len(times)}
    print(json.dumps(report), flush=True)


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    model = names[0] if names else "unknown processor"
    return f"{model}, {os.cpu_count()} CPUs, Python {sys.version.split()[0]}, numpy {np.__version__}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calls", default="50,200,500,1000")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--warm", type=float, default=3.0, help="seconds before anything is measured")
    parser.add_argument("--engines", default=f"{OURS},{SINGLY},{BARE},{PEER}")
    parser.add_argument("--parts", default="busy,latency,load")
    parser.add_argument("--json", action="store_true", help="print the raw rows")
    for role in ("--generate", "--keys", "--rtp-io"):
        parser.add_argument(role, help=argparse.SUPPRESS)
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.generate:
        generate(json.loads(options.generate))
    elif options.keys:
        press(json.loads(options.keys))
    elif options.bare:
        bare()
    elif options.rtp_io:
        rtp_io(options.rtp_io)
    else:
        compare(options)


def compare(options: argparse.Namespace) -> None:
    engines = options.engines.split(",")
    missing = ""
    if PEER in engines:
        try:
            import rtp.io  # type: ignore[import-not-found]  # noqa: F401
        except ImportError:
            engines.remove(PEER)
            missing = f"{PEER} is not installed: {INSTALL}"
    counts = [int(each) for each in options.calls.split(",")]
    parts = options.parts.split(",")
    rows: list[dict[str, Any]] = []
    say = (lambda text: print(text, file=sys.stderr)) if options.json else print
    say(machine() + (f"; {missing}" if missing else ""))

    def add(row: dict[str, Any]) -> None:
        rows.append(row)
        say("  ".join(f"{name} {value}" for name, value in row.items()))

    if "busy" in parts:
        with others_busy():
            calls = min(LATENCY_CALLS, max(counts))
            add(measured(OURS, calls, options.seconds, options.warm, condition="busy"))
    if "latency" in parts:
        for tones in (False, True):
            add(latency(min(LATENCY_CALLS, max(counts)), options.seconds + 5, tones=tones))
    if "load" in parts:
        for calls in counts:
            for engine in engines:
                add(measured(engine, calls, options.seconds, options.warm))
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    for calls in counts:
        used = {
            row["engine"]: row["cpu_core"]
            for row in rows
            if row["calls"] == calls and row.get("condition") == "alone"
        }
        for peer in (BARE, PEER):
            if OURS in used and used.get(peer):
                print(
                    f"{calls} calls, processor time {OURS} ÷ {peer} = {used[OURS]:.3f} ÷ {used[peer]:.3f} "
                    f"of a core = {used[OURS] / used[peer]:.2f}"
                )


if __name__ == "__main__":
    main()
