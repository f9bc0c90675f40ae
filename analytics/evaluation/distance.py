"""The edit distance alone, for whole corpora.

:func:`speech.error_rate.character_error_rate` also gives the alignment, and takes ten to thirty times as
long; a test holds the two together.
"""

from __future__ import annotations


def edit_distance(reference: str, hypothesis: str) -> int:
    """Return the fewest substitutions, deletions and insertions that make one text of the other.

    A column of the table is two integers of as many bits as ``reference`` has characters (Myers, J. ACM
    46(3), 1999, in the form of Hyyrö 2003).

    >>> edit_distance("查询余额", "查余鹅")
    2
    """
    if not reference:
        return len(hypothesis)
    places: dict[str, int] = {}
    for number, character in enumerate(reference):
        places[character] = places.get(character, 0) | 1 << number
    every = (1 << len(reference)) - 1
    last = 1 << len(reference) - 1
    rises, falls, distance = every, 0, len(reference)
    for character in hypothesis:
        equal = places.get(character, 0)
        diagonal = (((equal & rises) + rises) ^ rises) | equal | falls
        right_rises = falls | (every & ~(diagonal | rises))
        right_falls = rises & diagonal
        if right_rises & last:
            distance += 1
        if right_falls & last:
            distance -= 1
        right_rises = (right_rises << 1 | 1) & every
        right_falls = (right_falls << 1) & every
        rises = right_falls | (every & ~(diagonal | right_rises))
        falls = right_rises & diagonal
    return distance
