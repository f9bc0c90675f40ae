"""What the engine counts, for Prometheus. Labels hold no personal data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from calls.records import EventKind
from ivr.actions import Note
from ivr.ears.pool import PoolFigures
from ivr.wire.media import MediaHealth, Quality
from ivr.wire.signalling import SignallingHealth


class Figures:
    """Counters and gauges of one engine."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()

        def counter(name: str, what: str, *labels: str) -> Counter:
            return Counter(f"huawu_{name}", what, labels, registry=registry)

        def gauge(name: str, what: str, *labels: str) -> Gauge:
            return Gauge(f"huawu_{name}", what, labels, registry=registry)

        self._began = counter("calls_started", "Calls taken", "door")
        self._ended = counter("calls_ended", "Calls over", "door", "outcome")
        self._refused = counter("calls_refused", "Calls refused by the engine", "reason")
        self._lost = counter("processes_lost", "Connections to other processes that ended", "process")
        self._broke = counter("calls_broken", "Calls ended by an error of ours")
        self._notes = counter("events", "What happened in calls, by the kinds of the call record", "kind")
        self._calls = gauge("calls", "Calls now")
        self._legs = gauge("media_legs", "Legs of the media process now")
        self._late = gauge("media_late_ms", "By how much frames were sent late over the last second", "of")
        self._scheduling = gauge("media_scheduling", "1 for how the system lets the media process run", "of")
        self._dropped = gauge("dropped_events", "Events that a process could not deliver", "process")
        self._signalling = gauge("signalling_calls", "Calls of a signalling process now", "process")
        self._limited = gauge("signalling_refused", "Requests refused by limits", "process")
        self._trunks = gauge("trunk_registered", "1 where a trunk is registered", "trunk")
        self._agents = gauge("agents", "Agents by what they do", "state")
        self._agent: dict[str, str] = {}
        self._mos = Histogram(
            "huawu_call_mos",
            "Estimated mean opinion score of callers' sound",
            registry=registry,
            buckets=(2, 2.5, 3, 3.3, 3.6, 3.8, 4, 4.1, 4.2, 4.3, 4.4, 4.5),
        )
        self._loss = Histogram(
            "huawu_call_loss_ratio",
            "Share of callers' packets that were lost or late",
            registry=registry,
            buckets=(0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 1),
        )

        self._ears = gauge("ears", "Recogniser processes and what they hear", "of")
        #: Asked for the ears' figures whenever somebody reads.
        self.ears: Callable[[], PoolFigures] | None = None

    def text(self) -> bytes:
        """Return all of it as Prometheus reads it."""
        if self.ears is not None:
            for name, value in asdict(self.ears()).items():
                self._ears.labels(name).set(value)
        return generate_latest(self.registry)

    def began(self, door: str) -> None:
        """Count a call."""
        self._began.labels(door).inc()

    def ended(self, door: str, outcome: str, cause: str) -> None:
        """Count its end."""
        self._ended.labels(door, outcome).inc()

    def refused(self, reason: str) -> None:
        """Count a call that was not taken."""
        self._refused.labels(reason).inc()

    def lost(self, process: str) -> None:
        """Count a process that went."""
        self._lost.labels(process).inc()

    def broke(self) -> None:
        """Count an error of ours that ended a call."""
        self._broke.inc()

    def calls(self, number: int) -> None:
        """Take how many calls there are."""
        self._calls.set(number)

    def observe(self, note: Note, _at: float) -> None:
        """Count what happens in calls."""
        if note.kind is not EventKind.NODE:
            self._notes.labels(note.kind.value).inc()

    def media(self, health: MediaHealth) -> None:
        """Take the media process's own figures."""
        self._legs.set(health.legs)
        self._late.labels("p99").set(health.late_ms_p99)
        self._late.labels("max").set(health.late_ms_max)
        self._dropped.labels("media").set(health.dropped)
        self._scheduling.clear()
        self._scheduling.labels(health.scheduling).set(1)

    def signalling(self, process: str, health: SignallingHealth) -> None:
        """Take a signalling process's own figures."""
        self._signalling.labels(process).set(health.calls)
        self._limited.labels(process).set(health.refused)
        self._dropped.labels(process).set(health.dropped)

    def agent(self, agent: str, state: str) -> None:
        """Take what an agent does now."""
        before = self._agent.get(agent)
        if before is not None:
            self._agents.labels(before).dec()
        self._agents.labels(state).inc()
        self._agent[agent] = state

    def trunk(self, trunk: str, registered: bool) -> None:
        """Take whether a trunk is registered."""
        self._trunks.labels(trunk).set(registered)

    def quality(self, quality: Quality) -> None:
        """Take how a call's sound came."""
        if quality.packets:
            self._mos.observe(quality.mos)
            wanted = quality.packets + quality.lost
            self._loss.observe((quality.lost + quality.late) / wanted)
