"""The engine's ears: which of them hears which call, and how many callers are listened to at a time.

Every ear has every call attached, which costs nothing as long as nobody is listened to, so that any of
them knows the last seconds of any call. A call is given to the ear with the fewest calls when it is first
listened to, and stays there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivr import actions
from ivr.ears.contact import EarContact
from ivr.wire import ears

#: What an ear says of a call.
Told = ears.SpeechStarted | ears.Heard | ears.FellSilent


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """For Prometheus.

    Parameters
    ----------
    ears, ready : int
        How many there should be, and are.
    attached, listening, awaiting : int
        Calls now: with sound in the ring; of which the next utterance, or the next silence, is waited for.
    behind_ms : float
        The age of the oldest sound when it was heard, of all ears over the last second.
    refused, unheard, lost : int
        Since the start: questions that went on with keys only because too many callers were listened to;
        because no ear was ready; and because their ear died meanwhile.
    """

    ears: int
    ready: int
    attached: int
    listening: int
    awaiting: int
    behind_ms: float
    refused: int
    unheard: int
    lost: int


@dataclass(slots=True, eq=False)
class _Call:
    slot: int
    ear: EarContact | None = None
    listen: int | None = None
    silence: tuple[int, float] | None = None


class EarPool:
    """Ears that hear the calls of an engine. Of one asyncio loop; nothing here waits for an ear.

    Parameters
    ----------
    sockets : sequence of path
        Where the ears listen (:func:`ivr.ears.settings.socket_path`).
    most_recognitions : int
        Callers listened to at a time.
    told : callable
        Called with each :class:`~ivr.wire.ears.SpeechStarted`, :class:`~ivr.wire.ears.Heard` and
        :class:`~ivr.wire.ears.FellSilent` that is still waited for.
    deaf : callable
        Called with a call that was being listened to when its ear died: nothing more comes of it, and the
        next :meth:`listen` goes to another ear.
    sleep : callable, optional
        As in :class:`EarContact`.
    """

    def __init__(
        self,
        sockets: Sequence[str | Path],
        *,
        most_recognitions: int,
        told: Callable[[Told], None],
        deaf: Callable[[str], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.told = told
        self.deaf = deaf
        self._most = most_recognitions
        self._ears = [
            EarContact(Path(path), self._found, self._lost, self._take, sleep=sleep) for path in sockets
        ]
        self._calls: dict[str, _Call] = {}
        self._listening = 0
        self._refused = self._unheard = self._lost_questions = 0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Look for the ears from now on."""
        self._tasks = [asyncio.create_task(ear.keep(), name=f"contact {ear.path.name}") for ear in self._ears]

    async def close(self) -> None:
        """Leave the ears; nothing more is told."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    @property
    def model(self) -> str:
        """What the ears hear with, for the call's record; empty as long as none was ever ready."""
        return next((ear.model for ear in self._ears if ear.model), "")

    @property
    def figures(self) -> PoolFigures:
        """How it stands."""
        ready = [ear for ear in self._ears if ear.ready]
        return PoolFigures(
            ears=len(self._ears),
            ready=len(ready),
            attached=len(self._calls),
            listening=self._listening,
            awaiting=sum(call.silence is not None for call in self._calls.values()),
            behind_ms=max((ear.behind_ms for ear in ready), default=0.0),
            refused=self._refused,
            unheard=self._unheard,
            lost=self._lost_questions,
        )

    @property
    def silent(self) -> int:
        """Seconds in which no ear said anything; 0 where none is connected."""
        return min((ear.silent for ear in self._ears if ear.silent is not None), default=0)

    def attach(self, call: str, slot: int) -> None:
        """Know that the sound of ``call`` is in ``slot`` of the ring from now on."""
        self.detach(call)
        self._calls[call] = _Call(slot)
        for ear in self._ears:
            ear.send(ears.Attach(call, slot))

    def detach(self, call: str) -> None:
        """Forget a call."""
        known = self._calls.get(call)
        if known is None:
            return
        self._release(known)
        del self._calls[call]
        for ear in self._ears:
            ear.calls.discard(call)
            ear.send(ears.Detach(call))

    def listen(self, call: str, listen: actions.Listen) -> bool:
        """Listen to the caller's next utterance.

        Returns
        -------
        bool
            Whether it will be: not where too many are listened to, or no ear is ready. The menu then goes
            on with keys only, and what was listened to before is dropped.
        """
        known = self._calls.get(call)
        if known is None:
            return False
        if known.listen is None and self._listening >= self._most:
            self._refused += 1
            return False
        ear = self._ear_of(call, known)
        if ear is None:
            self._unheard += 1
            return False
        self._listening += known.listen is None
        known.listen = listen.id
        ear.send(ears.Listen(call, listen.id, listen.phrases, listen.value or "", listen.secret))
        return True

    def stop(self, call: str) -> None:
        """Drop the utterance."""
        known = self._calls.get(call)
        if known is not None and known.listen is not None:
            self._release(known)
            self._send(known, ears.StopListening(call))

    def await_silence(self, call: str, record: int, seconds: float) -> None:
        """Have it told once when the caller has not spoken for so long.

        Where no ear is ready, the time begins when one is.
        """
        known = self._calls.get(call)
        if known is not None:
            known.silence = record, seconds
            self._place(call, known)

    def stop_awaiting(self, call: str) -> None:
        """Do not tell."""
        known = self._calls.get(call)
        if known is not None and known.silence is not None:
            known.silence = None
            self._send(known, ears.StopAwaiting(call))

    def _ear_of(self, call: str, known: _Call) -> EarContact | None:
        if known.ear is None:
            ready = [ear for ear in self._ears if ear.ready]
            known.ear = min(ready, key=lambda ear: len(ear.calls), default=None)
            if known.ear is not None:
                known.ear.calls.add(call)
        return known.ear

    def _place(self, call: str, known: _Call) -> None:
        """Have an ear wait for the silence that is wanted, if one is ready."""
        ear = self._ear_of(call, known)
        if ear is not None and known.silence is not None:
            ear.send(ears.AwaitSilence(call, *known.silence))

    def _send(self, known: _Call, message: Any) -> None:
        if known.ear is not None:
            known.ear.send(message)

    def _release(self, known: _Call) -> None:
        if known.listen is not None:
            known.listen = None
            self._listening -= 1

    def _found(self, ear: EarContact) -> None:
        for call, known in self._calls.items():
            ear.send(ears.Attach(call, known.slot))
        for call, known in self._calls.items():
            if known.ear is None and known.silence is not None:
                self._place(call, known)

    def _lost(self, ear: EarContact) -> None:
        names, ear.calls = ear.calls, set()
        deaf = []
        for call in sorted(names):
            known = self._calls[call]
            known.ear = None
            if known.listen is not None:
                self._release(known)
                self._lost_questions += 1
                deaf.append(call)
            if known.silence is not None:
                self._place(call, known)
        for call in deaf:
            self.deaf(call)

    def _take(self, ear: EarContact, message: Told) -> None:
        known = self._calls.get(message.call)
        if known is None or known.ear is not ear:
            return
        match message:
            case ears.SpeechStarted(_, listen) if listen == known.listen:
                self.told(message)
            case ears.Heard(_, listen) if listen == known.listen:
                self._release(known)
                self.told(message)
            case ears.FellSilent(_, record) if known.silence is not None and record == known.silence[0]:
                known.silence = None
                self.told(message)
