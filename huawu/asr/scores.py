"""What models heard, judged: character error rates with intervals, and how the models differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analytics.evaluation.bootstrap import RESAMPLES, Measure, measure, resamples
from huawu.asr.hearing import Heard, Hearing
from huawu.asr.references import Problem, Reference
from speech.error_rate import CharacterErrors, Step, character_error_rate, pooled

#: With fewer files nothing is said of an interval: resampling them says little.
LEAST_FILES = 5


@dataclass(frozen=True, slots=True)
class FileScore:
    """How right a model was on one file; ``errors`` is ``None`` where it heard nothing for a reason."""

    reference: Reference
    hearing: Hearing
    errors: CharacterErrors | None


@dataclass(frozen=True)
class ModelScore:
    """How right a model was on all files, in the order of the references."""

    heard: Heard
    files: tuple[FileScore, ...]

    @property
    def name(self) -> str:
        """The model's name."""
        return self.heard.model

    @cached_property
    def errors(self) -> CharacterErrors:
        """Those of all files that were heard, together."""
        return pooled(each.errors for each in self.files if each.errors is not None)

    @property
    def failed(self) -> tuple[FileScore, ...]:
        """The files that were not heard."""
        return tuple(each for each in self.files if each.errors is None)

    @property
    def seconds(self) -> float:
        """Seconds of sound that were heard, in all channels."""
        return sum(each.hearing.seconds for each in self.files if each.errors is not None)

    @property
    def real_time_factor(self) -> float | None:
        """Seconds that a second of a channel took, on one core; ``None`` where nothing was heard."""
        wall = sum(each.hearing.wall for each in self.files if each.errors is not None)
        return wall / self.seconds if self.seconds else None

    @property
    def cpu_seconds(self) -> float:
        """Seconds of processor time."""
        return sum(each.hearing.cpu for each in self.files if each.errors is not None)

    def confusions(self, most: int = 10) -> list[tuple[str, str, int]]:
        """Return what was said, what was heard instead, how often; the most frequent first."""
        found = Counter(
            (step.reference, step.hypothesis)
            for each in self.files
            if each.errors is not None
            for step in each.errors.alignment
            if step.operation == "substitution"
        )
        return [(said, heard, count) for (said, heard), count in found.most_common(most)]


@dataclass(frozen=True)
class Comparison:
    """Models on the same files.

    Attributes
    ----------
    scores : tuple of ModelScore
        In the order in which the models were named.
    steps : mapping of str to bool
        The steps of the normaliser, and whether each was applied.
    problems : tuple of Problem
        Files that no model was given.
    seed : int
        Of the intervals.
    """

    scores: tuple[ModelScore, ...]
    steps: Mapping[str, bool]
    problems: tuple[Problem, ...] = ()
    seed: int = 0

    @property
    def common(self) -> tuple[int, ...]:
        """Places of the files that every model heard."""
        count = len(self.scores[0].files)
        return tuple(
            place for place in range(count) if all(s.files[place].errors is not None for s in self.scores)
        )

    @property
    def complete(self) -> bool:
        """Whether every file was judged with every model."""
        return not self.problems and not any(score.failed for score in self.scores)

    def rate(self, score: ModelScore) -> Measure | None:
        """Return a model's rate on the files that it heard, with its interval over files.

        Low and high are nan with fewer than :data:`LEAST_FILES` files; ``None`` without any reference.
        """
        return _rates([[each.errors for each in score.files if each.errors is not None]], self.seed)

    def difference(self, score: ModelScore) -> Measure | None:
        """Return how much lower the first model's rate is, on the files that every model heard."""
        first, second = (
            [each for place in self.common if (each := one.files[place].errors) is not None]
            for one in (self.scores[0], score)
        )
        return _rates([second, first], self.seed)

    def worst(self, most: int) -> list[int]:
        """Return the places of the files with the most errors per character of any model, worst first."""

        def badness(place: int) -> float:
            found = [score.files[place].errors for score in self.scores]
            return max(each.errors / max(each.reference_length, 1) for each in found if each is not None)

        wrong = [
            place
            for place in range(len(self.scores[0].files))
            if any(errors.errors for score in self.scores if (errors := score.files[place].errors))
        ]
        return sorted(wrong, key=badness, reverse=True)[:most]


def score(references: Sequence[Reference], heard: Heard, normaliser: Step) -> ModelScore:
    """Judge what a model heard.

    Parameters
    ----------
    references : sequence of Reference
        In the order in which the files were heard.
    heard : Heard
    normaliser : callable
        Applied to both sides.
    """
    return ModelScore(
        heard,
        tuple(
            FileScore(
                reference,
                hearing,
                None if hearing.reason else character_error_rate(reference.text, hearing.text, normaliser),
            )
            for reference, hearing in zip(references, heard.hearings, strict=True)
        ),
    )


def _rates(samples: Sequence[Sequence[CharacterErrors]], seed: int) -> Measure | None:
    """Return the rate of one list of files, or the first list's less the second's, files drawn together."""
    errors = np.array([[each.errors for each in files] for files in samples], dtype=float)
    lengths = np.array([[each.reference_length for each in files] for files in samples], dtype=float)
    count = errors.shape[1]
    if not lengths.size or not lengths[0].sum():
        return None
    signs = np.array([1.0, -1.0][: len(samples)])

    def figure(weights: np.ndarray) -> np.ndarray:
        said = weights @ lengths.T
        with np.errstate(invalid="ignore", divide="ignore"):
            rates = np.where(said > 0, (weights @ errors.T) / said, np.nan)
        return np.asarray(rates @ signs)

    if count < LEAST_FILES:
        return Measure(float(figure(np.ones((1, count)))[0]), np.nan, np.nan)
    drawn = resamples(np.arange(count), np.zeros(count), RESAMPLES, seed)
    return measure({"rate": figure}, drawn, count)["rate"]
