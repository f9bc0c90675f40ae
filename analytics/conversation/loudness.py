"""How loud each utterance is, from the recording, and each party over the call."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10

from analytics.conversation.part import Conversation
from analytics.conversation.timing import PARTIES
from analytics.conversation.values import Values
from calls.records import Transcript

NO_SOUND = "no sound of the call was given"


def levels_of(transcript: Transcript) -> tuple[float | None, ...] | None:
    """Return the levels of a transcript's utterances; ``None`` where no utterance has one."""
    levels = tuple(each.level for each in transcript.utterances)
    return levels if any(level is not None for level in levels) else None


def measure_loudness(
    values: Values, conversation: Conversation, levels: Sequence[float | None] | None
) -> None:
    """Set the features of the group *Loudness*; ``levels`` as of :func:`levels_of`."""
    reason = conversation.no_times or conversation.no_roles or ("" if levels is not None else NO_SOUND)
    if levels is None or reason:
        values.withhold_rest(reason, "Loudness")
        return
    quarters = conversation.quarters()
    for role in PARTIES:
        heard = [
            (level, each.end - each.start, quarter)
            for each, quarter in zip(conversation.said, quarters, strict=True)
            if each.role is role and (level := levels[each.place]) is not None and each.end > each.start
        ]
        if not heard:
            values.withhold(f"no sound of the {role}", f"{role}_loudness_dbov", f"{role}_loudness_change_db")
            continue
        values[f"{role}_loudness_dbov"] = _mean([(level, length) for level, length, _ in heard])
        first, last = ([(level, n) for level, n, quarter in heard if quarter == q] for q in (0, 3))
        if first and last:
            values[f"{role}_loudness_change_db"] = _mean(last) - _mean(first)
        else:
            values.withhold(
                f"the {role} did not speak in both the first and the last quarter",
                f"{role}_loudness_change_db",
            )


def _mean(levels: list[tuple[float, int]]) -> float:
    """Return the level of the mean power of (level, length) pairs."""
    power = sum(length * 10 ** (level / 10) for level, length in levels)
    return 10 * log10(power / sum(length for _, length in levels))
