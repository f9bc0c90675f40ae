"""Turning an uploaded sound file into a recording, in a child that may take only so much time and memory.

``python -m console.api.intake FILE FOLDER`` reads what is known of the call as JSON from standard input,
writes the recording into the folder and its record as JSON to standard output. Decoders are large programs,
and are fed strangers' files: what breaks here breaks nothing else.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from calls.errors import AudioError, HuawuError
from calls.recordings import SAMPLE_RATE, RecordingFolder
from calls.records import Layout, Recording, Role

#: The longest recording that is taken in: three hours.
MOST_SECONDS = 3 * 3600.0
#: What the child may take: seconds of its processor and of the clock, bytes of memory.
CPU_SECONDS, CLOCK_SECONDS, MEMORY_BYTES = 120, 300, 4 << 30

_BLOCK = SAMPLE_RATE * 10


def take_in(file: Path, root: Path, call_id: str, channels: Sequence[Role], started: datetime) -> Recording:
    """Make a recording of a sound file that somebody sent.

    Parameters
    ----------
    file : Path
        Any format that :func:`speech.audio.read_audio` reads.
    root : Path
        The folder of the recordings.
    call_id : str
        Names the recording.
    channels : sequence of Role
        Who is on the first and on the second channel of a stereo file.
    started : datetime
        When the call began.

    Raises
    ------
    AudioError
        It is no sound, too long or has too many channels, or takes too much time or memory; nothing is left.
    """
    about = {"call_id": call_id, "channels": list(channels), "started": started.isoformat()}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "console.api.intake", str(file), str(root)],
            input=json.dumps(about).encode(),
            capture_output=True,
            timeout=CLOCK_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise AudioError(f"recording: reading it takes over {CLOCK_SECONDS} s", "send it as WAV") from None
    if done.returncode == 0:
        return _recording(json.loads(done.stdout))
    said = done.stdout.decode("utf-8", "replace").strip().splitlines()
    reason = said[-1] if done.returncode == 2 and said else "no sound that can be read"
    raise AudioError(f"recording: {reason}", "send WAV, FLAC, OGG, MP3 or AMR, with one or two channels")


def convert(file: Path, root: Path, call_id: str, channels: Sequence[Role], started: datetime) -> Recording:
    """Read the file and write the recording: telephone sound, 8 kHz A-law.

    Raises
    ------
    AudioError
        It cannot be read.
    """
    from speech.audio import read_audio, resample, to_int16
    from speech.g711 import alaw_encode

    audio = read_audio(file, max_seconds=MOST_SECONDS)
    samples = to_int16(resample(audio.samples, audio.rate, SAMPLE_RATE))
    stereo = audio.layout is Layout.STEREO
    heard = (
        tuple(channels)
        if stereo and len(channels) == 2
        else (Role.UNKNOWN,) * (len(samples) if stereo else 1)
    )
    writer = RecordingFolder(root).start(call_id, heard, started=started)
    for at in range(0, samples.shape[1], _BLOCK):
        parts = [alaw_encode(lane[at : at + _BLOCK]) for lane in samples[: len(heard)]]
        writer.write(*parts)
    return replace(writer.close(), layout=audio.layout, flags=audio.flags)


def _recording(made: dict[str, Any]) -> Recording:
    masked = tuple((start, end) for start, end in made.pop("masked"))
    channels = tuple(Role(each) for each in made.pop("channels"))
    return Recording(
        **{**made, "channels": channels, "masked": masked, "flags": tuple(made["flags"])},
    )


def main(arguments: Sequence[str]) -> int:
    """Convert one file; return 2, with the reason as last line, where it is not taken."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    about = json.loads(sys.stdin.read())
    try:
        made = convert(
            Path(arguments[0]),
            Path(arguments[1]),
            about["call_id"],
            [Role(each) for each in about["channels"]],
            datetime.fromisoformat(about["started"]),
        )
    except MemoryError:
        print("it takes too much memory")
        return 2
    except HuawuError as error:
        # the file has a name that its sender does not know
        print(str(error).replace(arguments[0], "it"))
        return 2
    print(json.dumps(asdict(made)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
