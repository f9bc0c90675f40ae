"""The page of the features: ``python -m analytics.conversation.page > docs/features.md``."""

from __future__ import annotations

from itertools import groupby

from analytics.conversation.definitions import FEATURES

_HEAD = """\
# Conversation features

What is measured of every call, and how exactly. This page is made from the register in
`analytics/conversation/definitions.py` by `python -m analytics.conversation.page`.

- The **conversation** is what caller and agent say to each other. Where a menu speaks, it begins when an
  agent answers (the call's `CONNECT` event; without events, the agent's first word) and ends before the first
  prompt behind the agent's last word: what callers tell a menu counts nowhere. Where a menu speaks and no
  agent does, there is no conversation.
- **Times** are those of the utterances, rounded to milliseconds.
- A **silence** is a time between the first and the last word of a conversation in which no party speaks, less
  what of it is spent on hold or in a prompt.
- A **character** is a Hanzi, a digit, or a word of Latin letters; signs and spaces are none. Hesitations
  count.
- The **quarters** of a conversation are equal in time, and an utterance lies in that of its middle. Where the
  transcript has no times they are equal in number of utterances.
- **Not available** is a value of its own, with its reason: the recording is mono, so it is not known who
  spoke; the dialogue is written and has no times; no sound, no events or no sentiment were given. Such a
  feature is never 0.
"""


def page() -> str:
    """Return the page in Markdown."""
    parts = [_HEAD]
    for group, features in groupby(FEATURES.values(), key=lambda feature: feature.group):
        parts.append(
            f"\n## {group}\n\n| feature | unit | 中文 | definition | after |\n|---|---|---|---|---|\n"
        )
        for each in features:
            parts.append(
                f"| `{each.name}` | {each.unit} | {each.chinese} | {each.definition} | {each.source} |\n"
            )
    return "".join(parts)


if __name__ == "__main__":
    print(page(), end="")
