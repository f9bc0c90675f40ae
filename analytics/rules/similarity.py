"""How alike two texts are: cosine of the counts of their single and paired characters, or sounds."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import sqrt

#: Utterances longer than so many times a sample are compared stretch by stretch.
_STRETCH = 1.3


class Grams:
    """A text as counts of single characters and of pairs, ready to be compared.

    Parameters
    ----------
    text : str
        Normalised text, or its sound.
    """

    __slots__ = ("_counts", "_norm", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._counts = Counter([*text, *map("".join, pairwise(text))])
        self._norm = sqrt(sum(count * count for count in self._counts.values()))

    def cosine(self, other: Grams) -> float:
        """Return the cosine with another text, 0 to 1; 0 where one is empty."""
        few, many = sorted((self._counts, other._counts), key=len)
        shared = sum(count * many[gram] for gram, count in few.items() if gram in many)
        return shared / (self._norm * other._norm) if shared else 0.0

    def can_reach(self, heard: str, threshold: float) -> bool:
        """Tell whether any stretch of ``heard`` can be so similar.

        By the inequality of Cauchy and Schwarz no cosine is larger than the norm of those counts whose gram
        occurs at all, divided by the whole norm.
        """
        most = sum(count * count for gram, count in self._counts.items() if gram in heard)
        return sqrt(most) >= threshold * self._norm > 0

    def nearest(self, heard: str, threshold: float) -> tuple[float, int, int] | None:
        """Return the stretch of ``heard`` that is most similar, if it is similar enough.

        A text of about the length of this one is compared as a whole; of a longer one every stretch of
        this one's length.

        Returns
        -------
        (cosine, start, end) or None
        """
        if not self.can_reach(heard, threshold):
            return None
        length = len(self.text)
        if len(heard) <= max(length + 2, _STRETCH * length):
            cosine = self.cosine(Grams(heard))
            return (cosine, 0, len(heard)) if cosine >= threshold - 1e-9 else None
        best = (0.0, 0, 0)
        # beyond some thousand characters nobody said one utterance
        for start in range(min(len(heard), 5_000) - length + 1):
            if heard[start] in self._counts or heard[start + length - 1] in self._counts:
                cosine = self.cosine(Grams(heard[start : start + length]))
                best = max(best, (cosine, start, start + length), key=lambda each: each[0])
        return best if best[0] >= threshold - 1e-9 else None
