"""What callers speak of this week and did not before: hot words, and themes that no topic covers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import normalize

from analytics.themes.rise import rise
from analytics.themes.terms import Incidence, heard, incidence
from analytics.themes.topicmodel import TopicModel
from calls.records import Evidence, Transcript

#: Calls that must hold a term, in all five weeks together, for it to be tested.
LEAST_CALLS = 5
#: Terms found in so much the same calls are one (Jaccard index).
SAME = 0.6
#: A call belongs to the theme that its terms are at least so close to (cosine).
NEAR = 0.2
#: Calls per theme looked for, and themes looked for at most.
CALLS_PER_THEME, MOST_THEMES = 8, 30
#: Terms that name a theme, and example calls of everything found.
NAMES, EXAMPLES = 3, 3


@dataclass(frozen=True, slots=True)
class Example:
    """A call that shows what was found, and where it is heard."""

    call_id: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class HotTerm:
    """A word or phrase that is said in more calls than before.

    ``calls`` and ``calls_before`` count the calls that hold it in the two periods; ``share`` and
    ``share_before`` are those of all calls. The statistics are those of :class:`analytics.themes.rise.Rise`.
    """

    term: str
    calls: int
    calls_before: int
    share: float
    share_before: float
    lift: float
    lift_low: float
    g2: float
    p_value: float
    q_value: float
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTheme:
    """Calls of one theme that the topics do not cover, more of them than before.

    ``names`` are the terms most specific to it, strongest first; ``call_ids`` its calls of this week. The
    other fields are as in :class:`HotTerm`.
    """

    names: tuple[str, ...]
    call_ids: tuple[str, ...]
    calls: int
    calls_before: int
    share: float
    share_before: float
    lift: float
    lift_low: float
    p_value: float
    q_value: float
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What is new this week.

    ``terms_tested`` and ``themes_tested`` say among how many the false discovery rate was held;
    ``uncovered`` in how many calls of this week no topic was named (``None`` without a model).
    """

    calls: int
    calls_before: int
    terms: tuple[HotTerm, ...]
    themes: tuple[NewTheme, ...]
    terms_tested: int
    themes_tested: int
    uncovered: int | None


def discover(
    this_week: Sequence[Transcript],
    last_four_weeks: Sequence[Transcript],
    model: TopicModel | None = None,
    *,
    rate: float = 0.05,
    least_lift: float = 1.5,
    most: int = 20,
    seed: int = 0,
) -> Discovery:
    """Find what more callers speak of this week than in the last four.

    Parameters
    ----------
    this_week, last_four_weeks : sequence of Transcript
        Two periods of any length.
    model : TopicModel, optional
        Names the topics of calls; new themes are looked for among calls on which it abstains, and not
        without it.
    rate : float in (0, 1), default 0.05
        False discovery rate, for terms and for themes each.
    least_lift : float, default 1.5
        Leave out what is not at least so many times as frequent, however certain that is.
    most : int, default 20
        Terms and themes to report at most, the clearest first.
    seed : int, default 0
        Of the search for themes.
    """
    calls = [*this_week, *last_four_weeks]
    now = np.arange(len(calls)) < len(this_week)
    found = incidence(calls, LEAST_CALLS)
    terms = _hot_terms(calls, now, found, rate, least_lift, most)
    themes: list[NewTheme] = []
    tested, uncovered = 0, None
    if model is not None:
        open_calls = np.array([not named for named in model.name(calls)], dtype=bool)
        uncovered = int((open_calls & now).sum())
        themes, tested = _new_themes(calls, now, found, open_calls, rate, least_lift, most, seed)
    return Discovery(
        calls=len(this_week),
        calls_before=len(last_four_weeks),
        terms=tuple(terms),
        themes=tuple(themes),
        terms_tested=len(found.terms),
        themes_tested=tested,
        uncovered=uncovered,
    )


def _hot_terms(
    calls: Sequence[Transcript],
    now: np.ndarray,
    found: Incidence,
    rate: float,
    least_lift: float,
    most: int,
) -> list[HotTerm]:
    held = _columns(found.held)
    count, before = (np.asarray(found.held[some].sum(axis=0)).ravel() for some in (now, ~now))
    change = rise(count, before, int(now.sum()), int((~now).sum()))
    rising = np.flatnonzero((change.q_value <= rate) & (change.lift >= least_lift)).tolist()
    order = sorted(rising, key=lambda term: (-change.g2[term], -len(found.terms[term]), found.terms[term]))
    kept: list[int] = []
    for term in order:
        if len(kept) == most:
            break
        # the parts of a phrase, and what is said with it, are found in the same calls
        if not any(_alike(held, term, other) for other in kept):
            kept.append(term)
    return [
        HotTerm(
            term=found.terms[term],
            calls=int(count[term]),
            calls_before=int(before[term]),
            share=float(count[term] / now.sum()),
            share_before=float(before[term] / (~now).sum()),
            lift=float(change.lift[term]),
            lift_low=float(change.lift_low[term]),
            g2=float(change.g2[term]),
            p_value=float(change.p_value[term]),
            q_value=float(change.q_value[term]),
            examples=_examples(calls, [call for call in _rows(held, term) if now[call]], [found.terms[term]]),
        )
        for term in kept
    ]


def _new_themes(
    calls: Sequence[Transcript],
    now: np.ndarray,
    found: Incidence,
    open_calls: np.ndarray,
    rate: float,
    least_lift: float,
    most: int,
    seed: int,
) -> tuple[list[NewTheme], int]:
    """Return the rising themes among the open calls, and how many themes were tested."""
    members = _themes(found, np.flatnonzero(open_calls), seed)
    if not members:
        return [], 0
    count = np.array([int(now[theme].sum()) for theme in members])
    before = np.array([len(theme) for theme in members]) - count
    change = rise(count, before, int(now.sum()), int((~now).sum()))
    rising = np.flatnonzero((change.q_value <= rate) & (change.lift >= least_lift))
    themes = []
    for theme in sorted(rising, key=lambda each: change.p_value[each])[:most]:
        names = _names(found, members[theme])
        recent = [call for call in members[theme] if now[call]]
        themes.append(
            NewTheme(
                names=tuple(names),
                call_ids=tuple(calls[call].call_id for call in recent),
                calls=int(count[theme]),
                calls_before=int(before[theme]),
                share=float(count[theme] / now.sum()),
                share_before=float(before[theme] / (~now).sum()),
                lift=float(change.lift[theme]),
                lift_low=float(change.lift_low[theme]),
                p_value=float(change.p_value[theme]),
                q_value=float(change.q_value[theme]),
                examples=_examples(calls, recent, names),
            )
        )
    return themes, len(members)


def _themes(found: Incidence, open_calls: np.ndarray, seed: int) -> list[np.ndarray]:
    """Return the calls of each theme among the open ones.

    The week of a call plays no part in it, so that the test of what rises remains a test.
    """
    held = found.held[open_calls].astype(np.float64)
    often = np.flatnonzero(np.bincount(held.indices, minlength=held.shape[1]) >= LEAST_CALLS)
    rows = normalize(TfidfTransformer().fit_transform(held[:, often])) if len(often) else held[:, often]
    spoken = np.flatnonzero(np.diff(rows.indptr))
    count = min(MOST_THEMES, len(spoken) // CALLS_PER_THEME, len(often))
    if count < 2:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        parts = NMF(count, init="nndsvd", random_state=seed, max_iter=200, tol=1e-3).fit(rows[spoken])
    close = np.asarray(rows @ normalize(parts.components_).T)
    best = close.argmax(axis=1)
    near = close[np.arange(len(best)), best] >= NEAR
    themes = [open_calls[near & (best == theme)] for theme in range(count)]
    return [theme for theme in themes if len(theme) >= LEAST_CALLS]


def _names(found: Incidence, theme: np.ndarray) -> list[str]:
    """Return the terms that the calls of a theme hold more than all others, none of the same calls twice."""
    inside = np.zeros(found.held.shape[0], dtype=bool)
    inside[theme] = True
    count, other = (np.asarray(found.held[some].sum(axis=0)).ravel() for some in (inside, ~inside))
    change = rise(count, other, int(inside.sum()), int((~inside).sum()))
    held = _columns(found.held[inside])
    names: list[int] = []
    order = np.lexsort(
        (np.array([-len(term) for term in found.terms]), -np.where(change.lift > 1, change.g2, 0))
    )
    for term in order[: 20 * NAMES].tolist():
        if change.lift[term] > 1 and not any(
            _alike(held, term, name) or _within(found.terms[term], found.terms[name]) for name in names
        ):
            names.append(term)
        if len(names) == NAMES:
            break
    return [found.terms[term] for term in names]


def _within(one: str, other: str) -> bool:
    return one in other or other in one


def _columns(held: Any) -> Any:
    return sparse.csc_matrix(held)


def _rows(held: Any, term: int) -> np.ndarray:
    return np.asarray(held.indices[held.indptr[term] : held.indptr[term + 1]])


def _alike(held: Any, one: int, other: int) -> bool:
    first, second = _rows(held, one), _rows(held, other)
    both = len(np.intersect1d(first, second))
    return both >= SAME * (len(first) + len(second) - both)


def _examples(
    calls: Sequence[Transcript], members: Sequence[int], terms: Sequence[str]
) -> tuple[Example, ...]:
    """Return calls that say the first of the terms that they say, those of most terms first."""
    found: list[tuple[int, Example]] = []
    for call in members[: 10 * EXAMPLES]:
        spans = [evidence for term in terms if (evidence := heard(calls[call], term)) is not None]
        if spans:
            found.append((len(spans), Example(calls[call].call_id, spans[0])))
    found.sort(key=lambda each: -each[0])
    return tuple(example for _, example in found[:EXAMPLES])
