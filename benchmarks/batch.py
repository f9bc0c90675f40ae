"""The batch's throughput beside that of ``vosk-transcriber`` and of bare libvosk, in the same run.

    python -m benchmarks.batch [--minutes 120] [--heavy-minutes 20] [--files 50000] [--json]

The sound is generated: telephone calls with the silences that calls have. ``vosk-transcriber`` mixes a call's
two sides into one, so that first both get the same channels as separate mono files, and then the calls in
stereo, where it hears the mixture. ``vosk`` is libvosk alone, fed with nothing but the speech that our gate
had found before: what the transcribe step adds to it is our cost. All is done with the demo model, and again
with the same model at a wide beam, where one second of speech takes a tenth of a second and more: with the
demo model alone, start-up would be measured. Then many tiny files are given out by the executor, and done by
a worker to which nobody gives them, to see what giving out costs, and by the whole of ``huawu batch`` from a
manifest, with its database and the judge.

Each row is one run in fresh processes: ``cpu_seconds`` and ``wall_seconds`` are those of the whole tree of
processes from their start to their end, model and imports included. ``rss_mb`` is the peak of one process
that recognises (of tiny files, of the one that gives them out, of the lone worker, or of the job). ``cer`` is
the character error rate in percent against what was said; a mixture is compared with both sides in turn.
``vosk-transcriber`` has as many threads as there are processors in its one process. It decodes by ffmpeg;
without that, its loop is fed by libsndfile and soxr.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from benchmarks.batch_curve import run_job
from benchmarks.batch_tools import ALONE, BARE, OURS, PEER, SEVERAL, TINY
from benchmarks.machine import machine
from benchmarks.spoken_calls import RATE, SpokenCalls, generate
from speech.error_rate import character_error_rate, pooled
from speech.gate import speech_spans
from speech.models import BUILTIN, find_model

ROOT = Path(__file__).resolve().parents[1]
#: What replaces the demo model's own settings in the heavy one.
HEAVY = {"max-active": 1_000_000, "beam": 56.0}

#: The whole job: taken in, transcribed, judged, indexed, all by ``huawu batch``.
JOB = "huawu batch, tiny files"

Row = dict[str, Any]


def measure(
    tool: str, model: Path, files: list[Path], said: dict[str, str], processes: int = 1, name: str = ""
) -> Row:
    """Run a tool once, and return its row."""
    parts = [files] if tool in SEVERAL else [files[number::processes] for number in range(processes)]
    begun = time.perf_counter()
    runs = [_start(tool, model, part, processes) for part in parts]
    cpu, results = 0.0, []
    for process, out in runs:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{tool} failed with exit code {process.returncode}")
        cpu += usage.ru_utime + usage.ru_stime
        out.seek(0)
        results.append(json.load(out))
        out.close()
    wall = time.perf_counter() - begun
    texts = {name: text for result in results for name, text in result["texts"].items()}
    errors = pooled(character_error_rate(said[name], text) for name, text in texts.items())
    return {
        "tool": name or tool,
        "model": model.name,
        "processes": processes,
        "files": len(files),
        "channel_seconds": round(sum(map(_channel_seconds, files)), 1),
        "cpu_seconds": round(cpu, 2),
        "wall_seconds": round(wall, 2),
        "rss_mb": round(max(result["rss_mb"] for result in results), 1),
        "cer": round(100 * errors.rate, 2) if texts else None,
    }


def _start(tool: str, model: Path, files: list[Path], processes: int) -> tuple[subprocess.Popen[bytes], Any]:
    task = {"tool": tool, "model": str(model), "processes": processes}
    given, out = tempfile.TemporaryFile(), tempfile.TemporaryFile()
    given.write("\n".join([json.dumps(task), *map(str, files)]).encode())
    given.seek(0)
    command = [sys.executable, "-m", "benchmarks.batch_tools"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=given, stdout=out, stderr=subprocess.DEVNULL)
    given.close()
    return process, out


def _channel_seconds(file: Path) -> float:
    if file.suffix == ".npy":
        file = file.parent.with_name("calls") / f"{file.stem}.wav"
    known = soundfile.info(file)
    return float(known.duration) * known.channels


def speech_of(files: list[Path], folder: Path) -> list[Path]:
    """Write the speech of each file as 16-bit samples, as our gate finds it."""
    folder.mkdir()
    for file in files:
        samples, rate = soundfile.read(file, dtype="float32")
        parts = [samples[int(start * rate) : int(end * rate)] for start, end in speech_spans(samples, rate)]
        speech = np.concatenate([*parts, np.zeros(0, np.float32)])
        np.save(folder / f"{file.stem}.npy", np.rint(np.clip(speech, -1, 1) * 32767).astype("<i2"))
    return sorted(folder.glob("*.npy"))


def heavy_model(folder: Path) -> Path:
    """Copy the demo model with :data:`HEAVY` settings."""
    copy = folder / f"tiny-cn-beam-{HEAVY['beam']:.0f}"
    shutil.copytree(find_model(BUILTIN).path, copy)
    conf = copy / "conf/model.conf"
    kept = [line for line in conf.read_text().splitlines() if line[2:].partition("=")[0] not in HEAVY]
    conf.write_text("\n".join([*kept, *(f"--{name}={value}" for name, value in HEAVY.items())]) + "\n")
    return copy


def tiny_files(folder: Path, number: int) -> list[Path]:
    """Write so many different recordings of a tenth of a second."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    paths = [folder / f"{each:05}.wav" for each in range(number)]
    for path in paths:
        soundfile.write(path, rng.integers(-20, 20, RATE // 10, dtype=np.int16), RATE)
    return paths


def comparisons(model: Path, calls: SpokenCalls, speech: list[Path]) -> Iterator[Row]:
    """Yield the rows of one model."""
    both = {**calls.said, **{f"{Path(name).stem}.wav": text for name, text in calls.said.items()}}
    many = os.cpu_count() or 1
    yield measure(OURS, model, calls.mono, both)
    yield measure(PEER, model, calls.mono, both)
    yield measure(BARE, model, speech, both)
    if many > 1:
        yield measure(OURS, model, calls.mono, both, 2)
        yield measure(BARE, model, speech, both, 2)
    yield measure(OURS, model, calls.stereo, both, min(2, many), f"{OURS}, stereo")
    yield measure(PEER, model, calls.stereo, both, name=f"{PEER}, stereo mixed")


def rows_of(options: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """Yield all rows."""
    # models are called by the names that transcripts have
    demo = folder / "tiny-cn"
    demo.symlink_to(find_model(BUILTIN).path)
    models = ((demo, options.minutes), (heavy_model(folder), options.heavy_minutes))
    for number, (model, minutes) in enumerate(models):
        if minutes <= 0:
            continue
        place = folder / f"{number}"
        calls = generate(place / "calls", minutes)
        yield from comparisons(model, calls, speech_of(calls.mono, place / "speech"))
    if options.files:
        files = tiny_files(folder / "tiny", options.files)
        yield measure(TINY, demo, files[: len(files) // 10], {})
        yield measure(TINY, demo, files, {})
        yield measure(ALONE, demo, files, {})
        run_job(folder / "first", files[:1], 1)  # the judge may have to learn its models
        for number in (len(files) // 10, len(files)):
            cost = run_job(folder / f"job-{number}", files[:number], 1)
            cost.pop("database_mb")
            sound = number / 10
            row = {"tool": JOB, "model": demo.name, "processes": 1, "files": number, "channel_seconds": sound}
            yield {**row, **cost, "cer": None}


def told(rows: list[Row]) -> Iterator[str]:
    """Say what the rows come to: each ratio with both figures."""
    for model in dict.fromkeys(row["model"] for row in rows):
        known = {(row["tool"], row["processes"]): row for row in rows if row["model"] == model}

        def per_cpu(tool: str, processes: int = 1, known: Any = known) -> float:
            row = known[tool, processes]
            return float(row["channel_seconds"] / row["cpu_seconds"])

        if (PEER, 1) in known:
            ours, peer, bare = per_cpu(OURS), per_cpu(PEER), per_cpu(BARE)
            yield f"{model}: channel seconds for each second of processor"
            yield f"  {OURS} ÷ {PEER} = {ours:.1f} ÷ {peer:.1f} = {ours / peer:.2f}"
            yield f"  {BARE} on the same speech ÷ {OURS} = {bare:.1f} ÷ {ours:.1f} = {bare / ours:.3f}"
            both, mixed = f"{OURS}, stereo", f"{PEER}, stereo mixed"
            pair = next(each for each in known.values() if each["tool"] == both)
            ours, peer = per_cpu(both, pair["processes"]), per_cpu(mixed)
            yield f"  stereo: {OURS} ÷ {PEER} (mixed) = {ours:.1f} ÷ {peer:.1f} = {ours / peer:.2f}"
            rates = [known[tool, 1]["cer"] for tool in (OURS, PEER)]
            yield f"  CER: {OURS} {rates[0]} %, {PEER} {rates[1]} %"
        if (BARE, 2) in known:
            gains = [known[tool, 1]["wall_seconds"] / known[tool, 2]["wall_seconds"] for tool in (OURS, BARE)]
            yield (
                f"  1 → 2 processes: {OURS} {gains[0]:.2f} times, {BARE} {gains[1]:.2f} times, "
                f"ratio {gains[0] / gains[1]:.3f}"
            )
    tiny = [row for row in rows if row["tool"] in (TINY, ALONE)]
    if tiny:
        few, all_of_them, alone = tiny
        spent = 1000 * (all_of_them["wall_seconds"] - alone["wall_seconds"]) / alone["files"]
        yield (
            f"{alone['files']} tiny files: {all_of_them['wall_seconds']} s given out to one worker, "
            f"{alone['wall_seconds']} s by it alone: {spent:.2f} ms for each file"
        )
        yield (
            f"  memory of who gives them out: {few['rss_mb']} MB after {few['files']} files, "
            f"{all_of_them['rss_mb']} MB after {all_of_them['files']}"
        )
    jobs = [row for row in rows if row["tool"] == JOB]
    if jobs:
        few, all_of_them = jobs
        more = all_of_them["files"] - few["files"]
        spent = [1000 * (all_of_them[what] - few[what]) / more for what in ("wall_seconds", "cpu_seconds")]
        yield (
            f"  the whole job: {spent[0]:.2f} ms for each further file, {spent[1]:.2f} ms of processor; "
            f"memory {few['rss_mb']} MB after {few['files']}, {all_of_them['rss_mb']} MB after "
            f"{all_of_them['files']}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=120.0, help="of channels, with the demo model")
    parser.add_argument("--heavy-minutes", type=float, help="the same with the heavy one", default=None)
    parser.add_argument("--files", type=int, default=50_000, help="tiny ones; 0 leaves them out")
    parser.add_argument("--json", action="store_true", help="the raw rows alone")
    options = parser.parse_args()
    if options.heavy_minutes is None:
        options.heavy_minutes = min(options.minutes, 20.0)  # the peer needs as long as they last, and longer
    with tempfile.TemporaryDirectory() as folder:
        rows = []
        if not options.json:
            print(machine(), "" if shutil.which("ffmpeg") else f"({PEER} without ffmpeg)", flush=True)
        for row in rows_of(options, Path(folder)):
            rows.append(row)
            if not options.json:
                print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    if options.json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        print(*told(rows), sep="\n")


if __name__ == "__main__":
    main()
