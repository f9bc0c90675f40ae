"""Sound files: any rate, width and coding → float samples, one row per channel.

libsndfile reads WAV (A-law and µ-law too), FLAC, OGG, MP3, AIFF and more; whatever it refuses goes to
ffmpeg in a child process where that is installed. Reading says how the voices lie on the channels
(:class:`calls.records.Layout`), because what can be known of roles depends on it.
"""

from __future__ import annotations

import io
import os
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from calls.errors import AudioError
from calls.records import Layout

#: A working day in one file: longer recordings are most likely not calls.
MAX_SECONDS = 8 * 3600.0
#: 8 h of stereo at 48 kHz, 24 bits.
MAX_BYTES = 8_500_000_000
#: What ffmpeg may take for one file.
FFMPEG_SECONDS = 300.0
#: Flag of a file that ends before its header says it does; what is there has been read.
TRUNCATED = "truncated"

_BLOCK = 4096  # frames at a time, as long as a block of FLAC: what is lost at a break
_RATES = range(4000, 384_001)
_TWIN_BLOCK_SECONDS = 0.5
_TWIN_RESIDUAL = 0.02  # G.711 leaves 0.02 %, MP3 joint stereo up to 1 %; other voices leave 100 %
_TWIN_QUIET = 1e-3  # of the loud blocks' power: coding noise rules below
_TWIN_SHARE = 0.95  # of the blocks with sound: so that music on hold on both sides does not decide
_TWIN_LAG_SECONDS = 0.02  # recorders delay one leg by up to a packet
_SILENCE = 1e-4  # root mean square, −80 dBFS: below every line's own noise


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Sound in memory.

    Attributes
    ----------
    samples : ndarray of float32, shape (channels, n)
        In ``[-1, 1]``; one or two channels.
    rate : int
        Samples per second.
    layout : Layout
        How the voices lie on the channels.
    path : Path, optional
        Where it was read from.
    flags : tuple of str
        What is wrong with the file, if anything: :data:`TRUNCATED`.
    """

    samples: npt.NDArray[np.float32]
    rate: int
    layout: Layout
    path: Path | None = None
    flags: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Duration."""
        return float(self.samples.shape[1]) / self.rate


@dataclass(frozen=True, slots=True)
class Heading:
    """What the head of a sound file says: its length in seconds, channels, and samples per second."""

    seconds: float
    channels: int
    rate: int


def read_audio(
    path: Path | str,
    *,
    max_seconds: float = MAX_SECONDS,
    max_bytes: int = MAX_BYTES,
    ffmpeg: str | None = "ffmpeg",
) -> Audio:
    """Read a sound file.

    Parameters
    ----------
    path : Path or str
        The file.
    max_seconds, max_bytes : float, int
        Longer or larger files are refused before they are decoded.
    ffmpeg : str, optional
        Program for what libsndfile cannot read; ``None`` never tries it.

    Returns
    -------
    Audio
        Of a truncated file what is there, flagged :data:`TRUNCATED`.

    Raises
    ------
    AudioError
        The file is missing, empty, no sound, without samples, too long, or has three or more channels.
    """
    path = Path(path)
    _check_file(path, max_bytes)
    try:
        samples, rate, truncated = _decode(path, path, max_seconds)
    except soundfile.LibsndfileError as refusal:
        converted = io.BytesIO(_convert(path, ffmpeg, max_seconds, refusal.error_string))
        try:
            samples, rate, truncated = _decode(converted, path, max_seconds)
        except soundfile.LibsndfileError as error:
            raise AudioError(
                f"{path}: ffmpeg's output is not sound: {error.error_string}", "give another file"
            ) from error
    flags = (TRUNCATED,) if truncated or _ends_early(path) else ()
    return Audio(samples, rate, layout_of(samples, rate), path, flags)


def resample(x: npt.NDArray[np.float32], src: int, dst: int) -> npt.NDArray[np.float32]:
    """Change the sampling rate of a whole signal, keeping its time axis.

    Parameters
    ----------
    x : ndarray of float32, shape (n,) or (channels, n)
        Samples at ``src`` hertz.
    src, dst : int
        Rates in hertz.

    Returns
    -------
    ndarray of float32
        Same number of dimensions, at ``dst`` hertz (soxr, high quality).
    """
    if src == dst:
        return x
    converted: npt.NDArray[np.float32] = soxr.resample(x.T, src, dst, quality="HQ").T
    return converted


def to_int16(x: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    """Return samples in ``[-1, 1]`` as 16-bit integers, clipped."""
    integers: npt.NDArray[np.int16] = np.clip(np.rint(x * 32768.0), -32768, 32767).astype(np.int16)
    return integers


def layout_of(samples: npt.NDArray[np.float32], rate: int) -> Layout:
    """Tell how voices lie on channels.

    Two channels are twins when one is a copy of the other, also scaled, inverted or up to 20 ms late:
    in 95 % of the half-second blocks with sound the best such copy leaves less than 2 % of the energy.
    Two channels of which one is silent stay :attr:`Layout.STEREO`: a silent caller is still a caller.

    Parameters
    ----------
    samples : ndarray of float32, shape (channels, n)
        One or two channels.
    rate : int
        Samples per second.
    """
    if len(samples) == 1:
        return Layout.MONO
    left, right = samples
    if min(_rms(left), _rms(right)) < _SILENCE:
        return Layout.STEREO
    lag = _best_lag(left, right, rate)
    left, right = (left[lag:], right[: len(right) - lag]) if lag >= 0 else (left[:lag], right[-lag:])
    block = max(1, int(_TWIN_BLOCK_SECONDS * rate))
    blocks = [_blocks(channel, block) for channel in (left, right)]
    cross = np.einsum("ij,ij->i", *blocks)
    power = [np.einsum("ij,ij->i", channel, channel) for channel in blocks]
    gain = cross.sum() / power[0].sum()
    either = np.maximum(power[0] / power[0].sum(), power[1] / power[1].sum())
    loud = either > _TWIN_QUIET * np.quantile(either, 0.95)
    residual = power[1] - 2 * gain * cross + gain**2 * power[0]
    alike = residual <= _TWIN_RESIDUAL * np.maximum(power[1], gain**2 * power[0])
    return Layout.TWIN if alike[loud].mean() >= _TWIN_SHARE else Layout.STEREO


def heading_of(
    sound: BinaryIO, name: str, *, max_seconds: float = MAX_SECONDS, ffmpeg: str | None = "ffmpeg"
) -> Heading | None:
    """Return what a sound file says of itself, without decoding it.

    Parameters
    ----------
    sound : BinaryIO
        The file, at its beginning; it can be sought in.
    name : str
        For messages.
    max_seconds, ffmpeg
        As for :func:`read_audio`.

    Returns
    -------
    Heading or None
        ``None`` where libsndfile does not know the file, but ffmpeg may.

    Raises
    ------
    AudioError
        :func:`read_audio` would refuse it for certain.
    """
    try:
        with soundfile.SoundFile(sound) as file:
            _check_shape(name, file, max_seconds)
            if not file.frames:
                raise _no_sound(name)
            return Heading(file.frames / file.samplerate, file.channels, file.samplerate)
    except soundfile.LibsndfileError as refusal:
        if ffmpeg and shutil.which(ffmpeg):
            return None
        raise _unknown(name, refusal.error_string) from None


def _no_sound(name: str) -> AudioError:
    return AudioError(f"{name} holds no sound: its length is zero", "record it again")


def _unknown(name: str, refusal: str) -> AudioError:
    return AudioError(
        f"{name} is not sound that libsndfile knows ({refusal.rstrip('.')})",
        "convert it to WAV, or install ffmpeg for more formats",
    )


def _check_file(path: Path, max_bytes: int) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise AudioError(f"{path}: {error.strerror}", "check the file name") from error
    if not path.is_file():
        raise AudioError(f"{path} is not a file", "name the sound files themselves")
    if size == 0:
        raise AudioError(f"{path} is empty (0 bytes)", "copy or record it again")
    if not os.access(path, os.R_OK):
        raise AudioError(f"{path}: Permission denied", "check its rights")
    if size > max_bytes:
        raise AudioError(f"{path} has {size:,} bytes, more than {max_bytes:,}", "cut it into calls")


def _decode(
    source: Path | io.BytesIO, path: Path, max_seconds: float
) -> tuple[npt.NDArray[np.float32], int, bool]:
    """Return samples (channels, n), rate, and whether fewer samples came than the header promises."""
    # As bytes: soundfile itself cannot encode every name that a file system may hold.
    with soundfile.SoundFile(os.fsencode(source) if isinstance(source, Path) else source) as file:
        rate, promised = file.samplerate, file.frames
        _check_shape(str(path), file, max_seconds)
        frames = _read_all(file)
    if not len(frames):
        raise _no_sound(str(path))
    if not np.isfinite(frames).all():
        raise AudioError(f"{path} holds samples that are not numbers", "export it again as 16-bit WAV")
    samples = np.ascontiguousarray(np.clip(frames.T, -1.0, 1.0))
    return samples, rate, len(frames) < promised


def _check_shape(name: str, file: soundfile.SoundFile, max_seconds: float) -> None:
    if file.channels > 2:
        raise AudioError(
            f"{name} has {file.channels} channels; a call has one (mono) or two (one per side)",
            "mix it down to mono, or keep the caller's and the agent's channel",
        )
    if file.samplerate not in _RATES:
        raise AudioError(f"{name} has {file.samplerate} samples per second", "convert it to 8000 or 16000")
    if file.frames > max_seconds * file.samplerate:
        raise AudioError(
            f"{name} lasts {file.frames / file.samplerate:.0f} s, more than {max_seconds:.0f} s",
            "cut it into calls",
        )


def _read_all(file: soundfile.SoundFile) -> npt.NDArray[np.float32]:
    """Return samples (n, channels) up to the end, or up to where a compressed file is broken."""
    blocks = [np.zeros((0, file.channels), np.float32)]
    try:
        while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
            blocks.append(block)
    except soundfile.LibsndfileError:
        if len(blocks) == 1:
            raise
    return np.concatenate(blocks)


def _ends_early(path: Path) -> bool:
    """Tell whether a RIFF/WAVE file is shorter than its data chunk's size; libsndfile hides that."""
    with path.open("rb") as file:
        if file.read(4) not in (b"RIFF", b"RIFX"):
            return False
        order = "<" if file.seek(0) == 0 and file.read(4) == b"RIFF" else ">"
        file.seek(12)
        while len(head := file.read(8)) == 8:
            name, size = struct.unpack(f"{order}4sI", head)
            if name == b"data":
                # 0xFFFFFFFF is how streaming writers say that they do not know
                return bool(size != 0xFFFFFFFF and file.tell() + size > path.stat().st_size)
            file.seek(size + size % 2, io.SEEK_CUR)
    return True


def _convert(path: Path, ffmpeg: str | None, max_seconds: float, refusal: str) -> bytes:
    """Let ffmpeg turn ``path`` into the bytes of a 16-bit AU file."""
    program = shutil.which(ffmpeg) if ffmpeg else None
    if program is None:
        raise _unknown(str(path), refusal)
    # An absolute path with file: cannot be taken for an option or a URL, and the whitelist keeps
    # playlists from reaching the network. AU, unlike WAV, may say that its length is unknown.
    command = [program, "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe"]
    command += ["-i", f"file:{path.absolute()}", "-vn", "-t", str(max_seconds + 1)]
    command += ["-c:a", "pcm_s16be", "-f", "au", "pipe:1"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=FFMPEG_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise AudioError(
            f"{path}: ffmpeg took longer than {FFMPEG_SECONDS:.0f} s", "convert it by hand"
        ) from error
    if done.returncode or not done.stdout:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise AudioError(f"{path} is not sound: {lines[-1] if lines else 'ffmpeg gave nothing'}", "check it")
    return done.stdout


def _rms(x: npt.NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))


def _blocks(x: npt.NDArray[np.float32], size: int) -> npt.NDArray[np.float64]:
    padded = np.zeros(-(-len(x) // size) * size)
    padded[: len(x)] = x
    return padded.reshape(-1, size)


def _best_lag(left: npt.NDArray[np.float32], right: npt.NDArray[np.float32], rate: int) -> int:
    """Return by how many samples ``left`` lags ``right``, from the loudest half minute."""
    size = 1 << int(np.ceil(np.log2(_TWIN_BLOCK_SECONDS * rate)))
    lefts, rights = _blocks(left, size), _blocks(right, size)
    loudest = np.argsort((lefts**2).sum(axis=1) + (rights**2).sum(axis=1))[-60:]
    spectra = [np.fft.rfft(channel[loudest], 2 * size) for channel in (lefts, rights)]
    correlation = np.fft.irfft((spectra[0] * np.conj(spectra[1])).sum(axis=0))
    reach = int(_TWIN_LAG_SECONDS * rate)
    lags = np.arange(-reach, reach + 1)
    return int(lags[np.argmax(np.abs(correlation[lags]))])
