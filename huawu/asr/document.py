"""A comparison as JSON."""

from __future__ import annotations

import math
from typing import Any

from analytics.evaluation.bootstrap import Measure
from huawu.asr.scores import Comparison, FileScore, ModelScore
from speech.spoken import FILLERS

SCHEMA = 1


def as_json(found: Comparison) -> dict[str, Any]:
    """Return all figures; rates are shares, memory MiB, times seconds, what is not known ``None``."""
    return {
        "schema": SCHEMA,
        "normaliser": {
            "applied": [name for name, applied in found.steps.items() if applied],
            "left_out": [name for name, applied in found.steps.items() if not applied],
            "fillers": FILLERS if found.steps["fillers"] else "",
        },
        "seed": found.seed,
        "models": [_model(found, score) for score in found.scores],
        "differences_to_first": [
            {"model": score.name, **_measure(found.difference(score)), "files": len(found.common)}
            for score in found.scores[1:]
        ],
        "files": [_file(found, place) for place in range(len(found.scores[0].files))],
        "problems": [{"file": each.name, "reason": each.reason} for each in found.problems],
    }


def _model(found: Comparison, score: ModelScore) -> dict[str, Any]:
    errors, heard = score.errors, score.heard
    return {
        "model": score.name,
        "engine": heard.engine,
        "synthetic_voices_only": heard.synthetic,
        "cer": _measure(found.rate(score)),
        "substitutions": errors.substitutions,
        "deletions": errors.deletions,
        "insertions": errors.insertions,
        "characters": errors.reference_length,
        "files": len(score.files) - len(score.failed),
        "failed": len(score.failed),
        "channel_seconds": round(score.seconds, 3),
        "real_time_factor": score.real_time_factor,
        "cpu_seconds": round(score.cpu_seconds, 3),
        "load_seconds": round(heard.load_seconds, 3),
        "loaded_mb": round(heard.idle_mb, 1),
        "peak_mb": round(heard.peak_mb, 1),
    }


def _file(found: Comparison, place: int) -> dict[str, Any]:
    reference = found.scores[0].files[place].reference
    return {
        "file": reference.name,
        "reference": reference.text,
        "results": [_result(score, score.files[place]) for score in found.scores],
    }


def _result(score: ModelScore, each: FileScore) -> dict[str, Any]:
    if each.errors is None:
        return {"model": score.name, "reason": each.hearing.reason}
    errors = each.errors
    return {
        "model": score.name,
        "hypothesis": each.hearing.text,
        "cer": errors.rate if math.isfinite(errors.rate) else None,
        "substitutions": errors.substitutions,
        "deletions": errors.deletions,
        "insertions": errors.insertions,
        "characters": errors.reference_length,
        "channel_seconds": round(each.hearing.seconds, 3),
        "wall_seconds": round(each.hearing.wall, 3),
    }


def _measure(found: Measure | None) -> dict[str, float | None]:
    if found is None:
        return {"value": None, "low": None, "high": None}
    values = {"value": found.value, "low": found.low, "high": found.high}
    return {name: value if math.isfinite(value) else None for name, value in values.items()}
