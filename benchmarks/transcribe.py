"""Our throughput ÷ that of ``vosk-transcriber``, on the same files and model in the same run.

``vosk-transcriber`` (from the vosk wheel) mixes a call's two sides into one, so both get the
channels of generated calls as separate mono files: the same work. Each runs in a fresh process with
as many threads as there are processors, alternately, for some rounds; the middle round counts. Both
character error rates against what was said are given, because speed without them says nothing.

    python -m benchmarks.transcribe [--calls 8] [--minutes 5] [--rounds 3] [--model M] [--json]

``vosk-transcriber`` decodes through ffmpeg. Where that is not installed its own loop (chunks of 4000
bytes, a partial result after each, its thread pool) is fed by libsndfile and soxr instead; the row
says so. Ours needs no ffmpeg.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from huawu import logs
from speech.audio import read_audio, resample, to_int16
from speech.channel import telephone
from speech.error_rate import character_error_rate, pooled
from speech.models import BUILTIN, find_model
from speech.voices import VOICES, Speaker

RATE = 8000
OURS, PEER = "huawu", "vosk-transcriber"
LINES = {
    "agent": (
        "您好，请问有什么可以帮您？",
        "请您稍等，我帮您查询一下。",
        "请提供一下您的手机号码。",
        "好的，已经帮您登记了。",
        "请问还有其他问题吗？",
        "感谢您的来电，再见。",
    ),
    "caller": (
        "您好，我想查询一下我的话费余额。",
        "我的宽带断了，网络连接不上，请帮我报修。",
        "一三八零零一三八零零零",
        "我要退款，已经等了一个星期了。",
        "你们的服务态度太差了，我要投诉。",
        "好的，谢谢。",
    ),
}


def generate(folder: Path, calls: int, minutes: float) -> tuple[list[Path], dict[str, str]]:
    """Write calls of two mono files each; return the files, and what is said in each."""
    said = {}
    with Speaker() as speaker:
        for number in range(calls):
            rng = np.random.default_rng(number)
            sides = {"caller": np.zeros(0, np.int16), "agent": np.zeros(0, np.int16)}
            texts: dict[str, list[str]] = {"caller": [], "agent": []}
            talking = "agent"
            while len(sides[talking]) < minutes * 60 * RATE:
                text = str(rng.choice(LINES[talking]))
                voice = VOICES[f"{talking}-{1 + number % 3}"]
                spoken = speaker.say(text, voice, RATE)
                # people answer after half a second; sometimes somebody looks something up
                pause = int((rng.uniform(8, 20) if rng.random() < 0.1 else rng.uniform(0.3, 1.2)) * RATE)
                for side, sound in sides.items():
                    turn = spoken if side == talking else np.zeros_like(spoken)
                    sides[side] = np.concatenate([sound, turn, np.zeros(pause, np.int16)])
                texts[talking].append(text)
                talking = "caller" if talking == "agent" else "agent"
            for side, sound in sides.items():
                path = folder / f"call-{number:03}-{side}.wav"
                heard = telephone(sound, snr_db=30.0, codec="alaw", rng=rng)
                soundfile.write(path, heard, RATE, subtype="ALAW")
                said[path.name] = "".join(texts[side])
    return sorted(folder.glob("*.wav")), said


def run_ours(model: str, files: list[Path], out: Path) -> dict[str, float]:
    from speech.recogniser import load
    from speech.transcribe import transcribe_files

    begun = time.perf_counter()
    loaded = load(find_model(model))
    ready = time.perf_counter()
    for result in transcribe_files(files, loaded, jobs=os.cpu_count() or 1):
        if isinstance(result.outcome, Exception):
            raise result.outcome
        lines = [utterance.text for utterance in result.outcome.utterances]
        (out / f"{result.path.stem}.txt").write_text("\n".join(lines), encoding="utf-8")
    return {"load_seconds": ready - begun, "seconds": time.perf_counter() - ready}


def run_peer(model: str, files: list[Path], out: Path) -> dict[str, float]:
    from vosk import SetLogLevel
    from vosk.transcriber.transcriber import SAMPLE_RATE, Transcriber

    class WithoutFfmpeg(Transcriber):  # type: ignore[misc]
        """The same, but for who decodes the file."""

        def resample_ffmpeg(self, infile: Path) -> Any:
            audio = read_audio(infile)
            samples: npt.NDArray[np.float32] = audio.samples.mean(axis=0)
            sound = to_int16(resample(samples, audio.rate, int(SAMPLE_RATE)))
            return SimpleNamespace(stdout=io.BytesIO(sound.tobytes()))

    SetLogLevel(-1)
    path = str(find_model(model).path)
    options = SimpleNamespace(model=path, model_name=None, lang=None, server=None, output_type="txt")
    begun = time.perf_counter()
    transcriber = (Transcriber if shutil.which("ffmpeg") else WithoutFfmpeg)(options)
    ready = time.perf_counter()
    transcriber.process_task_list([(file, str(out / f"{file.stem}.txt")) for file in files])
    return {"load_seconds": ready - begun, "seconds": time.perf_counter() - ready}


def peak_megabytes() -> float:
    """Return this process's greatest resident size; getrusage would count the parent's before exec."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def measure(who: str, model: str, files: list[Path], said: dict[str, str]) -> dict[str, Any]:
    """Run one of the two in a process of its own."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, __file__, "--child", who, "--model", model, "--out", out, *map(str, files)]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        if done.returncode:
            raise SystemExit(f"{who} failed: {done.stderr[-2000:]}")
        row: dict[str, Any] = {"system": who, **json.loads(done.stdout)}
        texts = {file.name: (Path(out) / f"{file.stem}.txt").read_text(encoding="utf-8") for file in files}
    errors = pooled(character_error_rate(said[name], text) for name, text in texts.items())
    audio = sum(soundfile.info(file).duration for file in files)
    row |= {
        "files": len(files),
        "audio_seconds": round(audio, 1),
        "times_real_time": round(audio / row["seconds"], 1),
        "cer_percent": round(100 * errors.rate, 2),
        "characters": errors.reference_length,
        "errors": errors.errors,
    }
    if who == PEER:
        row["decoder"] = "ffmpeg" if shutil.which("ffmpeg") else "libsndfile and soxr (no ffmpeg here)"
    return row


def machine() -> str:
    models = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
    ]
    name = models[0].partition(":")[2].strip() if models else platform.machine()
    return f"{name}, {os.cpu_count()} processors, Python {platform.python_version()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calls", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", default=BUILTIN)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", choices=[OURS, PEER], help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    logs.configure()
    if options.child:
        run = run_ours if options.child == OURS else run_peer
        row = run(options.model, options.files, options.out)
        print(json.dumps({**row, "peak_megabytes": round(peak_megabytes(), 1)}))
        return
    with tempfile.TemporaryDirectory() as folder:
        files, said = generate(Path(folder), options.calls, options.minutes)
        rows = [
            {"round": number, **measure(who, options.model, files, said)}
            for number in range(options.rounds)
            for who in ((OURS, PEER) if number % 2 == 0 else (PEER, OURS))
        ]
    middle = {
        who: statistics.median(row["times_real_time"] for row in rows if row["system"] == who)
        for who in (OURS, PEER)
    }
    ratio = round(middle[OURS] / middle[PEER], 2)
    if options.json:
        print(json.dumps({"machine": machine(), "ratio": ratio, "rows": rows}, ensure_ascii=False, indent=2))
        return
    print(f"{machine()}; {len(files)} mono files, {rows[0]['audio_seconds']:.0f} s of sound")
    for row in rows:
        print(
            f"round {row['round']}  {row['system']:<16}  {row['seconds']:6.2f} s  "
            f"{row['times_real_time']:6.1f} × real time  load {row['load_seconds']:.2f} s  "
            f"peak {row['peak_megabytes']:.0f} MB  CER {row['cer_percent']:.2f} %"
        )
    if not shutil.which("ffmpeg"):
        print(f"{PEER}: no ffmpeg here, its own loop fed by libsndfile and soxr")
    print(f"throughput {OURS} ÷ {PEER} = {middle[OURS]:.1f} ÷ {middle[PEER]:.1f} = {ratio:.2f}")


if __name__ == "__main__":
    main()
