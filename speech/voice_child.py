"""The child process in which espeak-ng speaks; :class:`speech.voices.Speaker` is its parent.

espeak-ng can die of a segmentation fault, and what it says depends on what it said before. So this
process only loads the library, and forks for every text: a crash ends one fork, and each text is spoken
by the same fresh state, which makes the samples a function of the request alone.

Frames on stdin and stdout: a kind (one byte), the length of the body (4 bytes, little endian), the body.

====  ==========================================================================================
kind  body
====  ==========================================================================================
Q     to the child: JSON ``{"text", "voice", "rate", "pitch", "pitch_range", "limit_seconds"}``
R     ready, sent once: name and version of the engine
S     sound: int16 samples, little endian, 22050 Hz
E     refused: JSON ``[message, hint]``
C     the fork died: JSON number of the signal
====  ==========================================================================================
"""

from __future__ import annotations

import json
import os
import signal
import struct
import traceback
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, BinaryIO, NoReturn

from calls.errors import VoiceError
from speech.espeak import Espeak

HEADER = struct.Struct("<cI")
REQUEST, READY, SOUND, REFUSED, CRASHED = b"Q", b"R", b"S", b"E", b"C"


def write_frame(stream: BinaryIO, kind: bytes, body: bytes) -> None:
    """Write one frame and flush it."""
    stream.write(HEADER.pack(kind, len(body)) + body)
    stream.flush()


def main(speak: Callable[[dict[str, Any]], bytes] | None = None) -> None:
    """Answer requests until stdin ends, as it does when the parent dies.

    Parameters
    ----------
    speak : callable, optional
        From a request to samples; espeak-ng if left out.
    """
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the library prints must not get between the frames
    try:
        speak = speak or _espeak()
    except VoiceError as error:
        write_frame(answers, REFUSED, json.dumps([error.message, error.hint]).encode())
        return
    write_frame(answers, READY, f"espeakng-loader-{version('espeakng-loader')}".encode())
    while len(header := requests.read(HEADER.size)) == HEADER.size:
        _, length = HEADER.unpack(header)
        request = json.loads(requests.read(length))
        fork = os.fork()
        if fork == 0:
            _answer(answers, speak, request)
        _, status = os.waitpid(fork, 0)
        if status != 0:
            ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
            write_frame(answers, CRASHED, json.dumps(ended_by).encode())


def _answer(answers: BinaryIO, speak: Callable[[dict[str, Any]], bytes], request: dict[str, Any]) -> NoReturn:
    """Answer in the fork, and end it whatever happens."""
    try:
        signal.setitimer(signal.ITIMER_REAL, request["limit_seconds"])  # SIGALRM ends a fork that hangs
        try:
            kind, body = SOUND, speak(request)
        except VoiceError as error:
            kind, body = REFUSED, json.dumps([error.message, error.hint]).encode()
        write_frame(answers, kind, body)
        os._exit(0)
    except BrokenPipeError:
        os._exit(1)  # the parent is gone, and nobody misses the answer
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _espeak() -> Callable[[dict[str, Any]], bytes]:
    espeak = Espeak()

    def speak(request: dict[str, Any]) -> bytes:
        spoken = espeak.speak(
            request["text"], request["voice"], request["rate"], request["pitch"], request["pitch_range"]
        )
        return spoken.samples.astype("<i2").tobytes()

    return speak


if __name__ == "__main__":
    main()
