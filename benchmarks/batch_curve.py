"""What ``huawu batch`` costs as archives grow: processor, time, memory and disk for each call.

    python -m benchmarks.batch_curve [--calls 1000 5000 10000 50000] [--jobs 2] [--json]

Every archive is a manifest of stereo calls, all different, done from nothing into a new database: taken in,
transcribed, judged, indexed. The calls are as short as calls can be, a few words of the caller, so that what
grows with their number is not drowned by recognition, which does not. Rows: ``{calls, channel_seconds,
cpu_seconds, wall_seconds, rss_mb, database_mb}``; ``rss_mb`` is the peak of the job itself, ``database_mb``
the database with its search index. Start-up, where the judge may have to learn its models first, is paid
before by an archive of one call.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from benchmarks.machine import machine, peak_megabytes
from benchmarks.spoken_calls import RATE
from speech.channel import telephone
from speech.voices import VOICES, Speaker

#: What callers say.
WORDS = ("您好。", "我要退款。", "我要投诉。", "谢谢。")
#: Different conversations; each call is one of them with noise of its own.
CONVERSATIONS = 24
#: Seconds between two looks at the job's memory.
LOOK = 0.2


def write_calls(folder: Path, number: int) -> list[Path]:
    """Write so many calls: a caller's few words on a line in stereo."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    pool = []
    with Speaker() as speaker:
        for each in range(min(CONVERSATIONS, number)):
            said = speaker.say(str(rng.choice(WORDS)), VOICES[f"caller-{1 + each % 3}"], RATE)
            sides = (said, np.zeros_like(said))
            pool.append(
                np.stack([telephone(side, snr_db=30.0, codec="alaw", rng=rng) for side in sides], axis=1)
            )
    paths = [folder / f"{each:06}.wav" for each in range(number)]
    for each, path in enumerate(paths):
        sound = pool[each % len(pool)].copy()
        sound[-200:] = rng.integers(-40, 40, (200, 2))
        soundfile.write(path, sound, RATE, subtype="ALAW")
    return paths


def run_job(folder: Path, files: list[Path], jobs: int) -> dict[str, Any]:
    """Do the files as an archive, in processes of their own; return what it cost."""
    folder.mkdir(parents=True)
    manifest = folder / "manifest.csv"
    manifest.write_text("path\n" + "".join(f"{path}\n" for path in files), encoding="utf-8")
    database = folder / "huawu.db"
    command = [sys.executable, "-m", "huawu", "batch", str(manifest), "--to", str(database)]
    command += ["--recordings", str(folder / "recordings"), "--model", "builtin", "--jobs", str(jobs)]
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        job = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        peak, pid = 0.0, 0
        while pid == 0:
            pid, status, usage = os.wait4(job.pid, os.WNOHANG)
            if pid == 0:
                with suppress(OSError, IndexError):  # it ends just now
                    peak = max(peak, peak_megabytes(job.pid))
                time.sleep(LOOK)
        job.returncode = os.waitstatus_to_exitcode(status)
        if job.returncode:
            said.seek(0)
            raise SystemExit(f"huawu batch failed: {said.read()[-2000:].decode(errors='replace')}")
    size = sum(each.stat().st_size for each in folder.glob("huawu.db*"))
    return {
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "wall_seconds": round(time.perf_counter() - begun, 2),
        "rss_mb": round(peak, 1),
        "database_mb": round(size / 1e6, 1),
    }


def rows_of(counts: list[int], jobs: int, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield a row for each archive."""
    calls = write_calls(folder / "calls", max(counts))
    run_job(folder / "first", calls[:1], jobs)
    lengths = [2 * soundfile.info(path).duration for path in calls[:CONVERSATIONS]]
    for count in counts:
        sound = sum(lengths[each % CONVERSATIONS] for each in range(count))
        cost = run_job(folder / f"job-{count}", calls[:count], jobs)
        yield {"calls": count, "channel_seconds": round(sound, 1), **cost}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calls", type=int, nargs="+", default=[1000, 5000, 10_000, 50_000])
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true", help="the raw rows alone")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        if not options.json:
            print(f"{machine()}; {options.jobs} workers", flush=True)
        for row in rows_of(options.calls, options.jobs, Path(folder)):
            rows.append(row)
            if not options.json:
                each = 1000 / row["calls"]
                print(
                    f"{row['calls']:>7} calls  {each * row['cpu_seconds']:.1f} ms of processor, "
                    f"{each * row['wall_seconds']:.1f} ms, {each * row['database_mb']:.1f} kB of database "
                    f"for each; memory of the job {row['rss_mb']} MB",
                    flush=True,
                )
    if options.json:
        print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
