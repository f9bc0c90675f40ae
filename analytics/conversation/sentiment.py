"""The mood of each party over the quarters of a conversation."""

from __future__ import annotations

from collections.abc import Sequence

from analytics.conversation.part import Conversation
from analytics.conversation.timing import PARTIES
from analytics.conversation.values import Values

NO_POLARITY = "no sentiment of the utterances was given"


def measure_sentiment(
    values: Values, conversation: Conversation, polarity: Sequence[float | None] | None
) -> None:
    """Set the features of the group *Sentiment*.

    Parameters
    ----------
    values : Values
    conversation : Conversation
    polarity : sequence of float or None
        One for each utterance of the transcript, -1 (negative) to 1 (positive); ``None`` for one that was
        not judged.
    """
    reason = conversation.no_roles or ("" if polarity is not None else NO_POLARITY)
    if polarity is None or reason:
        values.withhold_rest(reason, "Sentiment")
        return
    quarters = conversation.quarters()
    for role in PARTIES:
        judged = [
            (quarter, value)
            for each, quarter in zip(conversation.said, quarters, strict=True)
            if each.role is role and (value := polarity[each.place]) is not None
        ]
        if judged:
            values[f"{role}_sentiment_mean"] = sum(value for _, value in judged) / len(judged)
        else:
            values.withhold(f"no utterance of the {role} was judged", f"{role}_sentiment_mean")
        means: list[float | None] = []
        for quarter in range(4):
            inside = [value for q, value in judged if q == quarter]
            means.append(sum(inside) / len(inside) if inside else None)
            name = f"{role}_sentiment_quarter_{quarter + 1}"
            if inside:
                values[name] = sum(inside) / len(inside)
            else:
                values.withhold(f"no utterance of the {role} was judged in quarter {quarter + 1}", name)
        if means[0] is not None and means[3] is not None:
            values[f"{role}_sentiment_change"] = means[3] - means[0]
        else:
            values.withhold(
                f"the {role} was not judged in both the first and the last quarter",
                f"{role}_sentiment_change",
            )
