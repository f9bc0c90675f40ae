"""Callers without end, as SIPp: they speak, press keys at random, and hang up whenever they like.

Nothing is random while a call goes on: a scenario holds a number of ways through a call, drawn from a seed,
and SIPp draws one of them for each call.
"""

from __future__ import annotations

import os
import random
import signal
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.media import chatter
from speech.g711 import ALAW_SILENCE
from tests.peers.callee import Callee
from tests.peers.caller import Caller
from tests.peers.deadline import PeerError
from tests.peers.offer import USUAL, Offer
from tests.peers.scenario import Scenario
from tests.peers.sipp import Outcome, Sipp

STREAMED = replace(USUAL, streamed=True)
#: Pressed by callers: those that lead somewhere more often.
_KEYS = "0012233344459#*1"
_WAYS = 12
_URI = "sip:[service]@[remote_ip]:[remote_port]"


class Wanderer(Caller):
    """Somebody who wanders through a flow; begin with :meth:`wander`.

    Parameters
    ----------
    name : str
    sound : Path
        Headerless A-law, said again and again.
    seed : int
        Of the ways.
    longest : float
        Seconds between two keys, at most.
    patient : float
        Share of callers who wait until the centre ends the call.
    patience : float
        Seconds after which they hang up nevertheless: the centre may be dead.
    """

    def __init__(
        self,
        name: str,
        sound: Path,
        seed: int,
        *,
        longest: float = 6.0,
        patient: float = 0.1,
        patience: float = 60.0,
    ) -> None:
        super().__init__(name, number=f"139{seed:04d}[call_number]")
        self._sound = sound
        self._chance = random.Random(seed)
        self._longest = longest
        self._patient, self._patience = patient, patience

    def wander(self, offer: Offer = STREAMED, ways: int = _WAYS) -> Wanderer:
        """Call, and take one of so many ways, each as likely as the others."""
        self.invite(offer)
        self._provisional()
        self._receive(response=503, optional=True, extra='next="refused"')
        self._answered_quietly()
        self.stream(self._sound)
        names = [f"way{number}" for number in range(ways)]
        for number, name in enumerate(names[:-1]):
            self._act("", f'next="{name}" chance="{1 / (ways - number):.4f}"')
        for name in reversed(names):
            self._place(name)
            self._way()
        self._place("ended")
        self._reply(200)
        self._act("", 'next="done"')
        self._place("refused")
        self._cseq, self._established = 1, False
        self._acknowledge_refusal(_URI, f" <{_URI}>[peer_tag_param]")
        self._place("done")
        self._act("")
        return self

    def _answered_quietly(self) -> None:
        """Be answered without a word to the test, who has other things to do."""
        remote = self._variable("remote")
        header = f'<ereg regexp=".*" search_in="hdr" header="To:" assign_to="{remote}"/>'
        self._receive(response=200, actions=[header], extra='rtd="1" rrs="true"')
        self._remote = f"[${remote}]"
        self._established = True
        self._acknowledge(None)

    def _way(self) -> None:
        chance = self._chance
        if chance.random() < self._patient:
            self._wait(round(1000 * self._patience))
        else:
            for _ in range(chance.choice((0, 0, 1, 2, 2, 3, 4, 5, 6, 8))):
                self._wait(round(1000 * chance.uniform(0.3, self._longest)))
                self._press(chance.choice(_KEYS))
            self._wait(round(1000 * chance.choice((0.02, chance.uniform(0, 2), chance.uniform(0, 12)))))
        self._hang_up()

    def _wait(self, milliseconds: int) -> None:
        """Let time pass, unless the other side hangs up."""
        label = self._label()
        self._add(
            f'<recv request="BYE" timeout="{max(milliseconds, 1)}" ontimeout="{label}" next="ended"></recv>\n'
        )
        self._place(label)

    def _press(self, key: str) -> None:
        self._request(
            "INFO",
            f"Content-Type: application/dtmf-relay\nContent-Length: [len]\n\nSignal={key}\nDuration=160\n",
        )
        self._gone(481)
        self._receive(response=200)

    def _hang_up(self) -> None:
        self._request("BYE")
        self._gone(481)
        self._receive(response=200)
        self._act("", 'next="done"')

    def _gone(self, code: int) -> None:
        """Take it that the other side has ended the call, or is ending it."""
        self._receive(request="BYE", optional=True, extra='next="ended"')
        self._receive(response=code, optional=True, extra='next="done"')


class Colleague(Callee):
    """Somebody who is called by the centre: takes most calls, and hangs up when done."""

    def work(self, sound: Path, seed: int = 1) -> Colleague:
        """Take calls in a few ways."""
        chance = random.Random(seed)
        self.arrive().ring()
        ways = [f"way{number}" for number in range(8)]
        for number, name in enumerate(ways[:-1]):
            self._act("", f'next="{name}" chance="{1 / (len(ways) - number):.4f}"')
        for number, name in enumerate(reversed(ways)):
            self._place(name)
            self._fresh = False
            rings = 15_000 if number == 0 else round(1000 * chance.uniform(0.1, 2.5))
            label = self._label()
            self._add(
                f'<recv request="CANCEL" timeout="{rings}" ontimeout="{label}" next="cancelled"></recv>\n'
            )
            self._place(label)
            if number == 1:
                self.refuse(486)
                self._act("", 'next="done"')
                continue
            self._established = False
            self._answer(200, STREAMED)
            self._receive(request="ACK")
            self._established = True
            self.stream(sound)
            label = self._label()
            talk = round(1000 * chance.uniform(0.5, 10))
            self._add(f'<recv request="BYE" timeout="{talk}" ontimeout="{label}" next="ended"></recv>\n')
            self._place(label)
            self._request("BYE")
            self._receive(request="BYE", optional=True, extra='next="ended"')
            self._receive(response=481, optional=True, extra='next="done"')
            self._receive(response=200)
            self._act("", 'next="done"')
        self._established = False
        self._place("cancelled")
        self._reply(200)
        self._fresh = False
        self._refuse(487)
        self._act("", 'next="done"')
        self._place("ended")
        self._reply(200)
        self._place("done")
        self._act("")
        return self


class Load(Sipp):
    """SIPp that keeps so many calls up until told to stop; read what it says with :meth:`drain`."""

    def __init__(self, scenario: Scenario, target: str = "", number: str = "", **options: Any) -> None:
        super().__init__(scenario, target, number, **{"calls": 10_000_000, "seconds": 100_000} | options)
        self._stopping = False

    def drain(self) -> None:
        """Drop what it tells: a pipe that is full would stop it."""
        with suppress(BlockingIOError):
            while os.read(self._cues, 65536):
                pass

    def stop_calling(self) -> None:
        """Let the calls end that there are, and place no more."""
        if self._process.poll() is None and not self._stopping:
            self._stopping = True  # a second signal would end the calls as well
            os.kill(self._process.pid, signal.SIGUSR1)

    def close(self, seconds: float = 60.0) -> Outcome:
        """Wait until its calls are over; after so many seconds it is ended."""
        self.stop_calling()
        try:
            return self.finish(seconds)
        except PeerError:
            self._process.kill()
            return self.finish(10)


class Crowd:
    """Callers of several numbers and those whom the centre calls, in a ``with`` block.

    Parameters
    ----------
    target : str
        ``host:port`` of the centre.
    numbers : sequence of str
        Dialled; the callers are spread over them.
    calls : int
        At a time, all together.
    outside : int
        Port of those whom the centre calls; 0 for nobody.
    talkative : int
        Callers of the first so many numbers speak; others are quiet but for the noise of the line.
    rate : float
        Calls a second, all together.
    **wanderer
        Options of :class:`Wanderer`.
    """

    def __init__(
        self,
        target: str,
        numbers: Sequence[str],
        calls: int,
        *,
        outside: int = 0,
        talkative: int = 1,
        rate: float = 40.0,
        seed: int = 1,
        **wanderer: Any,
    ) -> None:
        self._target, self._numbers, self._calls = target, numbers, calls
        self._outside, self._talkative, self._rate, self._seed = outside, talkative, rate, seed
        self._wanderer = wanderer
        self.callers: list[Load] = []
        self.callees: list[Load] = []

    def __enter__(self) -> Crowd:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crowd-")))
            (folder / "speech").write_bytes(chatter())
            (folder / "quiet").write_bytes(_line_noise())
            if self._outside:
                scenario = Colleague("colleague").work(folder / "quiet")
                self.callees.append(stack.enter_context(Load(scenario, port=self._outside)))
            for place, number in enumerate(self._numbers):
                sound = folder / ("speech" if place < self._talkative else "quiet")
                share = len(range(place, self._calls, len(self._numbers)))
                if not share:
                    continue
                name = f"caller-{number}"
                scenario = Wanderer(name, sound, self._seed * 100 + place, **self._wanderer).wander()
                load = Load(
                    scenario, self._target, number, at_once=share, rate=self._rate / len(self._numbers)
                )
                self.callers.append(stack.enter_context(load))
            self._opened = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def drain(self) -> None:
        """Drop what they tell; to be done every few seconds."""
        for each in (*self.callers, *self.callees):
            each.drain()

    def close(self, seconds: float = 60.0) -> dict[str, Any]:
        """Stop calling, wait until all calls are over, and return what became of them as SIPp sees it."""
        for each in self.callers:
            each.stop_calling()
        outcomes = [each.close(seconds) for each in self.callers]
        for each in self.callees:
            each.close(15)
        answers = sorted(ms for each in outcomes for ms in each.response_ms)
        return {
            "as_planned": sum(each.succeeded for each in outcomes),
            "otherwise": sum(each.failed for each in outcomes),
            "retransmissions": sum(each.retransmissions for each in outcomes),
            "answer_ms_p50": answers[len(answers) // 2] if answers else None,
            "answer_ms_p99": answers[int(len(answers) * 0.99)] if answers else None,
            "aborted": sum(each.errors.count("Aborting call") for each in outcomes),
        }


def _line_noise(seconds: float = 20.0) -> bytes:
    """Return what a line sounds like when nobody speaks: the last bit, now and then."""
    chance = random.Random(3)
    codes = [ALAW_SILENCE, ALAW_SILENCE ^ 0x80, ALAW_SILENCE ^ 0x01]
    return bytes(chance.choices(codes, (5, 4, 1), k=round(seconds * 8000)))
