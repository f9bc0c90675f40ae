"""The operators on what is said: each returns its hits in the whole call, wherever the condition looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from analytics.rules.conditions import Condition
from analytics.rules.entity import find_entities
from analytics.rules.pattern import any_of, spans
from analytics.rules.ruleset import RuleSet
from analytics.rules.similarity import Grams
from analytics.rules.subject import Heard, Hit
from analytics.sounds import Tolerance, sounds
from analytics.words import normalise

#: Takes the positions of the utterances that matter.
Search = Callable[[Heard, Sequence[int]], list[Hit]]
Decision = Callable[[Sequence[Hit]], bool]


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operator made ready: how it finds its hits, and what those within the scope decide."""

    search: Search
    decide: Decision


def keyword_groups(condition: Condition, rules: RuleSet) -> tuple[tuple[str, ...], ...]:
    """Return the groups of synonyms that a condition looks for."""
    assert condition.keywords is not None
    return rules.spread(condition.keywords.words)


def words_looked_for(condition: Condition, rules: RuleSet) -> Iterable[str]:
    """Yield every word that must be found for a condition, also those that make others not count."""
    if condition.keywords is not None:
        for group in (*keyword_groups(condition, rules), *rules.spread(condition.keywords.unless)):
            yield from group
    if condition.repetition is not None:
        for group in rules.spread(condition.repetition.unless):
            yield from group


def prepare(condition: Condition, rules: RuleSet) -> Prepared:
    """Make one of the operators keywords, similar, pattern, entity and repetition ready."""
    tolerance = condition.sounding or rules.sounding
    times = condition.times

    def often(hits: Sequence[Hit]) -> bool:
        return len(hits) >= times

    match condition.operator:
        case "keywords":
            return _keywords(condition, rules, tolerance, often)
        case "similar":
            return Prepared(_similar(condition, tolerance), often)
        case "pattern":
            return Prepared(_pattern(condition), often)
        case "repetition":
            return Prepared(_repetition(condition, rules, tolerance), often)
        case _:
            return Prepared(_entity(condition), often)


def _keywords(condition: Condition, rules: RuleSet, tolerance: Tolerance, often: Decision) -> Prepared:
    wanted = condition.keywords
    assert wanted is not None
    groups = keyword_groups(condition, rules)
    one_group = wanted.any is not None or wanted.none is not None  # which of them it is does not matter
    group_of = {
        word: tuple({0 if one_group else number for number, group in enumerate(groups) if word in group})
        for word in {word for group in groups for word in group}
    }
    excluded = {word for group in rules.spread(wanted.unless) for word in group}

    def search(heard: Heard, _: Sequence[int]) -> list[Hit]:
        said = heard.keywords[tolerance]
        found = [
            hit._replace(group=group)
            for word in group_of.keys() & said.keys()
            for hit in said[word]
            for group in group_of[word]
        ]
        if found and excluded:
            masks = [mask for word in excluded & said.keys() for mask in said[word]]
            found = [hit for hit in found if not any(_within(hit, mask) for mask in masks)]
        return apart(found)

    if wanted.none is not None:
        return Prepared(search, lambda hits: not hits)
    if wanted.any is not None:
        return Prepared(search, often)
    least = wanted.at_least if wanted.of is not None else len(groups)

    def enough(hits: Sequence[Hit]) -> bool:
        if not wanted.together:
            return often(hits) and len({hit.group for hit in hits}) >= least
        by_position: dict[int, set[int]] = {}
        for hit in hits:
            by_position.setdefault(hit.position, set()).add(hit.group)
        return often(hits) and any(len(each) >= least for each in by_position.values())

    return Prepared(search, enough)


def _within(hit: Hit, mask: Hit) -> bool:
    return hit.position == mask.position and mask.start <= hit.start and hit.end <= mask.end


def apart(hits: Iterable[Hit]) -> list[Hit]:
    """Return hits in order; of those of one group that overlap, the first and longest."""
    kept: list[Hit] = []
    last: dict[tuple[int, int], int] = {}
    for hit in sorted(hits, key=lambda each: (each.position, each.start, -each.end, each.group)):
        place = (hit.position, hit.group)
        if hit.start >= last.get(place, 0):
            kept.append(hit)
            last[place] = hit.end
    return kept


def _similar(condition: Condition, tolerance: Tolerance) -> Search:
    wanted = condition.similar
    assert wanted is not None
    samples = [Grams(sounds(normalise(sample).text, tolerance)) for sample in wanted.to]
    threshold = wanted.threshold

    def search(heard: Heard, positions: Sequence[int]) -> list[Hit]:
        said = heard.sounds(tolerance)
        joined = "\n".join(said)
        possible = [sample for sample in samples if sample.can_reach(joined, threshold)]
        hits = []
        for position in positions if possible else ():
            text = said[position]
            found = [near for sample in possible if (near := sample.nearest(text, threshold)) is not None]
            if found:
                _, start, end = max(found)
                spoken = normalise(heard.utterances[position].text)
                hits.append(Hit(position, *spoken.original_span(start, end)))
        return hits

    return search


def _pattern(condition: Condition) -> Search:
    wanted = condition.pattern
    assert wanted is not None
    expression = any_of(wanted.match)
    unless = any_of(wanted.unless) if wanted.unless is not None else None

    def search(heard: Heard, positions: Sequence[int]) -> list[Hit]:
        hits = []
        for position in positions:
            text = heard.utterances[position].text
            found = spans(expression, text)
            if found and unless is not None:
                masks = spans(unless, text)
                found = [span for span in found if not any(a < span[1] and span[0] < b for a, b in masks)]
            hits += [Hit(position, start, end) for start, end in found]
        return hits

    return search


def _entity(condition: Condition) -> Search:
    kinds = condition.entity or ()

    def search(heard: Heard, _: Sequence[int]) -> list[Hit]:
        written = [each.text for each in heard.utterances]
        return apart(Hit(*place) for kind in kinds for place in find_entities(written, kind))

    return search


def _repetition(condition: Condition, rules: RuleSet, tolerance: Tolerance) -> Search:
    wanted = condition.repetition
    assert wanted is not None
    excluded = {word for group in rules.spread(wanted.unless) for word in group}

    def search(heard: Heard, _: Sequence[int]) -> list[Hit]:
        said_at = heard.keywords[tolerance] if excluded else {}
        passed_over = {hit.position for word in excluded & said_at.keys() for hit in said_at[word]}
        hits = []
        for said in (*heard.by_role.values(), heard.system):
            long = [
                (position, Grams(heard.sounds(tolerance)[position]))
                for position in said
                if len(heard.texts[position]) >= wanted.min_characters and position not in passed_over
            ]
            order = {position: number for number, position in enumerate(said)}
            for number, (position, grams) in enumerate(long):
                earlier = [
                    other
                    for before, other in long[max(0, number - wanted.back) : number]
                    if order[position] - order[before] <= wanted.back
                ]
                alike = sum(grams.cosine(other) >= wanted.similarity for other in earlier)
                if alike >= wanted.repeats:
                    hits.append(heard.whole(position))
        return sorted(hits)

    return search
