"""All features of one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite

import numpy as np
import numpy.typing as npt

from analytics.conversation.definitions import FEATURES
from analytics.conversation.loudness import measure_loudness
from analytics.conversation.part import conversation_of, merged
from analytics.conversation.sentiment import measure_sentiment
from analytics.conversation.timing import holds_of, measure_hold, measure_time
from analytics.conversation.values import Values
from analytics.conversation.wording import measure_turns, measure_wording
from calls.records import Call, CallEvent, EventKind, Role, Transcript

NO_CALL = "no record of the call was given"
NO_HISTORY = "no list of the caller's earlier calls was given"


@dataclass(frozen=True, slots=True)
class ConversationFeatures:
    """The features of one call, by the names of :data:`~analytics.conversation.definitions.FEATURES`.

    Parameters
    ----------
    values : dict of str to float or None
        Every feature, in the order of the register; ``None`` where it is not available.
    unavailable : dict of str to str
        Why, for exactly those that are ``None``.
    """

    values: dict[str, float | None]
    unavailable: dict[str, str]

    def vector(self, names: Sequence[str] = tuple(FEATURES)) -> npt.NDArray[np.float64]:
        """Return some features as an array, shape (len(names),), NaN where one is not available."""
        return np.array([self.values[name] for name in names], np.float64)


def features_of(
    transcript: Transcript,
    *,
    call: Call | None = None,
    events: Sequence[CallEvent] = (),
    polarity: Sequence[float | None] | None = None,
    loudness: Sequence[float | None] | None = None,
    earlier: Sequence[datetime] | None = None,
) -> ConversationFeatures:
    """Measure one call.

    Parameters
    ----------
    transcript : Transcript
        A written dialogue, whose utterances all lie at 0.0, gets no features of time.
    call : Call, optional
        For the history: when this call began; and for when it ended.
    events : sequence of CallEvent, optional
        All events of the call; without any, its holds are not known, and a conversation behind a menu
        begins with the agent's first word.
    polarity : sequence of float or None, optional
        Sentiment of each utterance of the transcript, -1 to 1, ``None`` where not judged.
    loudness : sequence of float or None, optional
        Level of each utterance of the transcript, from
        :func:`~analytics.conversation.loudness.utterance_levels`.
    earlier : sequence of datetime, optional
        When the same caller's other calls began (aware); an empty one says that there were none. Leave it
        out for a withheld number.

    Returns
    -------
    ConversationFeatures

    Raises
    ------
    ValueError
        ``polarity`` or ``loudness`` has another length than the transcript.
    """
    for name, given in (("polarity", polarity), ("loudness", loudness)):
        if given is not None and len(given) != len(transcript.utterances):
            raise ValueError(f"{name} has {len(given)} items for {len(transcript.utterances)} utterances")
    values = Values()
    connected = [event.at for event in events if event.kind is EventKind.CONNECT]
    conversation = conversation_of(transcript, min(connected, default=None))
    end = _end(transcript, call, events)
    measure_hold(values, events, end)
    if conversation.no_words:
        values.withhold_rest(
            conversation.no_words,
            "Talk",
            "Silence",
            "Overlap",
            "Pace",
            "Loudness",
            "Turns",
            "Wording",
            "Sentiment",
        )
    else:
        if conversation.no_times:
            values.withhold_rest(conversation.no_times, "Talk", "Silence", "Overlap", "Pace")
        else:
            held = merged(sorted(holds_of(events, end, Role.AGENT) + holds_of(events, end, Role.CALLER)))
            measure_time(values, conversation, held)
        measure_turns(values, conversation)
        measure_wording(values, conversation)
        measure_loudness(values, conversation, loudness)
        measure_sentiment(values, conversation, polarity)
    _measure_history(values, call, earlier)
    return ConversationFeatures(
        {name: values.given.get(name) for name in FEATURES},
        {name: values.withheld[name] for name in FEATURES if name not in values.given},
    )


def _end(transcript: Transcript, call: Call | None, events: Sequence[CallEvent]) -> int:
    """Return when the call ended, in milliseconds, as far as is known."""
    known = [event.at for event in events] + [utterance.end for utterance in transcript.utterances]
    if call is not None and call.ended_at is not None:
        known.append((call.ended_at - (call.answered_at or call.started_at)).total_seconds())
    return round(1000 * max(filter(isfinite, known), default=0.0))


def _measure_history(values: Values, call: Call | None, earlier: Sequence[datetime] | None) -> None:
    """Set the features of the group *History*."""
    if earlier is None or call is None:
        values.withhold_rest(NO_HISTORY if earlier is None else NO_CALL, "History")
        return
    for days in (7, 30):
        since = call.started_at - timedelta(days=days)
        values[f"caller_earlier_calls_{days}_days_count"] = sum(
            since <= at < call.started_at for at in earlier
        )
