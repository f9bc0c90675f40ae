"""Calls and sentences per second of processor time through the analytics, and their memory.

- ``judge``: everything that is found of a call, on calls of 40 utterances that are given together, as where
  many calls wait or are judged anew. The calls are put together from the seed, and one character in ten is
  made wrong as a recogniser does it: hardly an utterance comes twice, so that no cache helps as it would not
  on real calls.
- ``one by one``: the same calls, each given alone, as they come in from the telephone.
- ``sentiment``: the sentiment of single sentences, the same that the peer is given.
- ``snownlp``: the Chinese sentiment library most used on PyPI, as it comes.

Each system runs alone in a process of its own with one thread, in turns; what it loads first is not timed,
but counts in its memory, and so do the calls that it is given. SnowNLP judges positive against negative, one
sentence at a time; ours also says neutral and abusive, and takes all sentences at once.

    pip install snownlp==0.12.3
    python -m benchmarks.analytics [--calls 300] [--sentences 4000] [--rounds 3] [--json]
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.machine import machine
from calls.records import Role, Transcript, Utterance

if TYPE_CHECKING:
    from analytics.judge import Judge

JUDGE, ALONE, SENTIMENT, PEER = "judge", "one by one", "sentiment", "snownlp"
INSTALL = "pip install snownlp==0.12.3"
UTTERANCES = 40
#: Character errors that make the utterances of generated calls differ.
NOISE = 0.10
#: Seconds that an utterance of a generated call lasts, and to the beginning of the next.
LASTS, EVERY = 3.0, 4.0
THREADS = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


Said = list[list[str]]


def generated(calls: int, seed: int) -> list[Said]:
    """Return calls of 40 utterances, each as [role, text]; other ones for another seed."""
    from analytics.evaluation.noise import corrupt
    from analytics.seed.assembly import assemble, family_groups
    from analytics.seed.corpus import read_seed

    rows = read_seed()
    # an assembled call has two turns or more
    parts = assemble(rows, family_groups(rows, 6), calls * UTTERANCES // 2, seed)
    turns = [turn for part in parts for turn in part.turns][: calls * UTTERANCES]
    heard, _ = corrupt([text for _, text in turns], NOISE, seed)
    said = [[role, text] for (role, _), text in zip(turns, heard, strict=True)]
    return [said[first : first + UTTERANCES] for first in range(0, len(said), UTTERANCES)]


def transcript(name: str, said: Said) -> Transcript:
    """Return a call as the recogniser would give it."""
    return Transcript(
        call_id=name,
        recogniser="generated",
        model="generated",
        utterances=tuple(
            Utterance(number=n, role=Role(role), start=EVERY * n, end=EVERY * n + LASTS, text=text)
            for n, (role, text) in enumerate(said)
        ),
    )


def prepared(calls: list[Said], warm: list[Said]) -> tuple[Judge, list[Transcript]]:
    """Return a judge that has judged some calls, and the others as transcripts."""
    from analytics.judge import Judge

    model = Judge.load()
    given = [transcript(f"call-{number}", said) for number, said in enumerate(calls)]
    for said in warm:
        model.judge(transcript("warm", said))
    return model, given


def judge(calls: list[Said], warm: list[Said]) -> tuple[Callable[[], object], int]:
    """Return what judges calls together, and how many."""
    model, given = prepared(calls, warm)
    return lambda: model.judge_each(given), len(given)


def alone(calls: list[Said], warm: list[Said]) -> tuple[Callable[[], object], int]:
    """Return what judges calls one by one, and how many."""
    model, given = prepared(calls, warm)
    return lambda: [model.judge(call) for call in given], len(given)


def sentiment(calls: list[Said], warm: list[Said]) -> tuple[Callable[[], object], int]:
    """Return what judges the sentences of calls, and how many."""
    from analytics.feeling.model import SentimentModel

    model = SentimentModel.builtin()
    given = [text for said in calls for _, text in said]
    model.predict_proba([text for said in warm for _, text in said])
    return lambda: model.predict_proba(given), len(given)


def peer(calls: list[Said], warm: list[Said]) -> tuple[Callable[[], object], int]:
    """Return the peer's way to judge the same sentences, and how many."""
    library = import_module(PEER)
    # it fails on an empty text
    given = [text or "。" for said in calls for _, text in said]
    for said in warm:
        for _, text in said:
            library.SnowNLP(text or "。").sentiments  # noqa: B018
    return lambda: [library.SnowNLP(text).sentiments for text in given], len(given)


def measured(system: str, file: Path) -> dict[str, Any]:
    """Run one system in this process on what the file holds."""
    prepare = {JUDGE: judge, ALONE: alone, SENTIMENT: sentiment, PEER: peer}[system]
    go, items = prepare(*json.loads(file.read_text("utf-8")))
    gc.collect()
    gc.freeze()  # as the workers of huawu batch do once their models are loaded
    began = time.process_time()
    go()
    seconds = time.process_time() - began
    # Linux counts in kibibytes
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "system": system,
        "items": items,
        "seconds": round(seconds, 3),
        "per_second": round(items / seconds, 1),
        "peak_megabytes": round(peak, 1),
    }


def in_child(system: str, calls: int, seed: int) -> dict[str, Any]:
    """Run one system in a process of its own, on calls that this one generates."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "calls.json"
        file.write_text(json.dumps([generated(calls, seed), generated(3, seed + 1000)]), "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.analytics", "--child", system, "--file", str(file)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env=os.environ | THREADS,
        )
    return dict(json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--sentences", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", choices=[JUDGE, ALONE, SENTIMENT, PEER], help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measured(options.child, options.file)))
        return
    sentences = -(-options.sentences // UTTERANCES)
    counts = {JUDGE: options.calls, ALONE: options.calls, SENTIMENT: sentences, PEER: sentences}
    missing = "" if find_spec(PEER) else f"{PEER} is not installed, so there is no peer: {INSTALL}"
    if missing:
        del counts[PEER]
    in_child(JUDGE, 1, options.seed)  # trains and keeps the models, where they are not kept yet
    rows = []
    for number in range(options.rounds):
        order = list(counts) if number % 2 == 0 else list(counts)[::-1]
        rows += [{"round": number, **in_child(who, counts[who], options.seed + number)} for who in order]
    middle = {
        who: {
            figure: statistics.median(row[figure] for row in rows if row["system"] == who)
            for figure in ("per_second", "peak_megabytes")
        }
        for who in counts
    }
    report = {
        "machine": machine(),
        "utterances": UTTERANCES,
        "median": middle,
        "ratio": None if missing else round(middle[SENTIMENT]["per_second"] / middle[PEER]["per_second"], 2),
        "peer": missing or PEER,
        "rows": rows,
    }
    if options.json:
        print(json.dumps(report, ensure_ascii=False, indent=2))
        return
    print(f"{report['machine']}; calls of {UTTERANCES} utterances; seconds of processor time, one thread")
    for row in rows:
        what = "calls" if row["system"] in (JUDGE, ALONE) else "sentences"
        print(
            f"round {row['round']}  {row['system']:<10} {row['items']:5} {what:<9}  {row['seconds']:7.2f} s  "
            f"{row['per_second']:8.1f} {what}/s  peak {row['peak_megabytes']:.0f} MB"
        )
    for who in (JUDGE, ALONE):
        figures = middle[who]
        print(f"{who}: {figures['per_second']:.0f} calls/s, peak {figures['peak_megabytes']:.0f} MB")
    if missing:
        print(missing)
        return
    ours, theirs = middle[SENTIMENT]["per_second"], middle[PEER]["per_second"]
    print(f"sentences {SENTIMENT} ÷ {PEER} = {ours:.0f} ÷ {theirs:.0f} = {report['ratio']}")


if __name__ == "__main__":
    main()
