"""Taking recordings in: what is new is read once, for its checksum and its head, and becomes a call."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from calls.batches import BatchFile, FileState, Step, file_id
from calls.errors import AudioError, HuawuError, StoreError, StoreLocked
from calls.foreign import ARCHIVE, agent_id_of, call_id_of, queue_id_of
from calls.objectstore import is_url
from calls.recordings import RecordingFolder, file_of, file_url
from calls.records import Agent, Call, Layout, Outcome, Queue, Recording, Role, new_id, utc_now
from calls.store import Store
from huawu.batch.entry import Entry
from huawu.batch.ledger import Ledger, at_step, failed
from speech.audio import MAX_BYTES, Heading, heading_of

#: Files that are read at the same time: they wait for the disk or the network.
READERS = 4
#: A file that is watched for is taken when it has not changed for so many seconds.
REST_SECONDS = 30.0
_BLOCK = 1 << 20


class Standing(Enum):
    """How an entry stands to what is known."""

    NEW = auto()
    CHANGED = auto()  # there is another file at its place by now
    GOES_ON = auto()  # its next step waits
    TRY_AGAIN = auto()  # it failed, and is to be tried again
    FAILED = auto()  # it failed, and is left so
    DONE = auto()
    GROWING = auto()  # it was changed just now


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry, how its file looks from outside, and how it stands."""

    entry: Entry
    size: int | None
    modified: str
    row: BatchFile | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class Read:
    """What reading a file gave; ``uri`` is where its recording lies."""

    sha256: str
    size: int
    uri: str
    heading: Heading | None


@dataclass(slots=True)
class Taken:
    """What became of some entries."""

    known: int = 0
    growing: int = 0
    taken: int = 0
    failed: int = 0
    duplicates: int = 0


class Ingest:
    """Takes entries into the database, some at a time.

    Parameters
    ----------
    store : Store
    folder : RecordingFolder
        Opens recordings, and holds the copies.
    ledger : Ledger
    copy : bool, optional
        Copy recordings into the folder, by their checksums; by default they are left where they are.
    retry_failed : bool, optional
        Try those again that failed.
    """

    def __init__(
        self,
        store: Store,
        folder: RecordingFolder,
        ledger: Ledger,
        *,
        copy: bool = False,
        retry_failed: bool = False,
    ) -> None:
        self._store = store
        self._folder = folder
        self._ledger = ledger
        self._copy = copy
        self._retry = retry_failed
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="ingest")

    def close(self) -> None:
        """End the threads that read. Idempotent."""
        self._pool.shutdown(cancel_futures=True)

    def look(self, entries: Sequence[Entry], resting_since: float | None = None) -> Iterator[Seen]:
        """Yield how entries stand; one that is named twice among them is met once.

        Parameters
        ----------
        entries : sequence of Entry
        resting_since : float, optional
            Leave files that were changed after this moment, in seconds since 1970.
        """
        known = self._ledger.known(each.place for each in entries)
        met = set[str]()
        for entry in entries:
            if entry.place in met:
                continue
            met.add(entry.place)
            row = known.get(file_id(entry.place))
            size, changed = entry.size, 0
            if not is_url(entry.place):
                try:
                    status = os.stat(entry.place)
                    size, changed = status.st_size, status.st_mtime_ns
                except OSError:
                    size = None
            modified = str(changed or "")
            standing = self._standing(row, size, modified)
            fresh = standing in (Standing.NEW, Standing.CHANGED)
            if fresh and resting_since is not None and changed / 1e9 > resting_since:
                standing = Standing.GROWING
            yield Seen(entry, size, modified, row, standing)

    def _standing(self, row: BatchFile | None, size: int | None, modified: str) -> Standing:
        if row is None:
            return Standing.NEW
        # of a file that is gone, or of whose size a manifest says nothing, no change can be seen
        if size is not None and (row.size, row.modified) != (size, modified):
            return Standing.CHANGED
        if row.state is FileState.FAILED:
            return Standing.TRY_AGAIN if self._retry else Standing.FAILED
        return Standing.GOES_ON if row.state is FileState.WAITING else Standing.DONE

    def take(self, seen: Sequence[Seen]) -> Taken:
        """Store what became of some entries in one transaction."""
        told = Taken()
        rows: list[BatchFile] = []
        fresh: list[Seen] = []
        for each in seen:
            standing, row = each.standing, each.row
            if standing is Standing.GROWING:
                told.growing += 1
            elif row is None or standing is Standing.CHANGED:
                fresh.append(each)
            elif standing is Standing.TRY_AGAIN and row.step is Step.INGEST:
                fresh.append(each)
            elif standing is Standing.TRY_AGAIN:
                told.taken += 1
                rows.append(replace(at_step(row, row.step), batch=self._ledger.batch))
            else:
                told.taken += standing is Standing.GOES_ON
                told.known += standing is not Standing.GOES_ON
                if row.batch != self._ledger.batch:
                    rows.append(replace(row, batch=self._ledger.batch))
        if rows:
            self._store.add(*rows)
        if fresh:
            self._take_in(fresh, list(self._pool.map(self._read, fresh)), told)
        return told

    def _take_in(self, fresh: Sequence[Seen], read: Sequence[Read | HuawuError], told: Taken) -> None:
        draft = Draft(self._store, self._ledger.batch, fresh, read)
        try:
            self._store.submit(*draft.records, unless_known=draft.stubs).result()
        except StoreLocked:
            raise
        except (StoreError, ValueError) as error:
            if len(fresh) > 1:  # find the one that the database does not take
                for seen, one in zip(fresh, read, strict=True):
                    self._take_in([seen], [one], told)
                return
            row = failed(_row(fresh[0], self._ledger.batch), f"it cannot be stored: {error}")
            self._store.add(row)
            told.failed += 1
            return
        for row in draft.rows:
            told.failed += row.state is FileState.FAILED
            told.duplicates += row.state is FileState.DUPLICATE
            told.taken += row.state is FileState.WAITING
            told.known += row.state is FileState.DONE

    def _read(self, seen: Seen) -> Read | HuawuError:
        place = seen.entry.place
        try:
            if not is_url(place):
                _check(place)
            uri = place if is_url(place) else file_url(Path(place))
            with self._folder.sound(Recording(call_id="", uri=uri, channels=())) as sound:
                return self._copied(sound, place) if self._copy else _digested(sound, place, uri)
        except HuawuError as error:
            return error
        except OSError as error:
            return AudioError(f"{place}: {error.strerror or error}", "check the file and its rights")

    def _copied(self, sound: BinaryIO, place: str) -> Read:
        """Copy a recording under its checksum."""
        read = _digested(sound, place, "")
        sound.seek(0)
        name = f"archive/{read.sha256[:2]}/{read.sha256}{PurePosixPath(place).suffix.lower()}"
        return replace(read, uri=self._folder.keep(sound, name))


class Draft:
    """The records that some entries become.

    Attributes
    ----------
    records : list of Record
    stubs : list of Agent or Queue
        Stored where nothing better is known of them.
    rows : list of BatchFile
        Those among the records.
    """

    def __init__(
        self, store: Store, batch: str, fresh: Sequence[Seen], read: Sequence[Read | HuawuError]
    ) -> None:
        self.records: list[Any] = []
        self.stubs: list[Any] = []
        self.rows: list[BatchFile] = []
        self._now = utc_now()
        held = [each for each in read if isinstance(each, Read)]
        self._same: dict[str, Recording] = {}
        for each in reversed(store.find(Recording, sha256=[one.sha256 for one in held])):
            self._same[each.sha256] = each
        named = [call_id_of(each.entry.call) for each in fresh if each.entry.call]
        ids = [*named, *(each.row.call_id for each in fresh if each.row and each.row.call_id)]
        self._calls = {each.id: each for each in store.find(Call, id=ids)}
        self._heard = {each.call_id: each for each in store.find(Recording, call_id=ids)}
        for seen, one in zip(fresh, read, strict=True):
            row = _row(seen, batch)
            told = failed(row, str(one)) if isinstance(one, HuawuError) else self._of(seen, row, one)
            self.rows.append(told)
        self.records += self.rows

    def _of(self, seen: Seen, row: BatchFile, read: Read) -> BatchFile:
        before = seen.row
        row = replace(row, sha256=read.sha256, size=read.size if row.size is None else row.size)
        same = self._same.get(read.sha256)
        if same is not None and same.id != row.recording_id:
            reason = f"the same sound as {_shown(same)}"
            return replace(row, state=FileState.DUPLICATE, reason=reason, call_id=None, recording_id=None)
        if same is not None and before is not None and before.step is not Step.INGEST:
            # touched, or sealed, but not changed
            return replace(before, batch=row.batch, size=row.size, modified=row.modified)
        recording, call = self._recording(seen, row, read)
        self._same[read.sha256] = recording
        self._heard[call.id] = recording
        self._calls[call.id] = call
        self.records += [call, recording]
        return at_step(
            row, Step.TRANSCRIBE, seconds=recording.seconds, call_id=call.id, recording_id=recording.id
        )

    def _recording(self, seen: Seen, row: BatchFile, read: Read) -> tuple[Recording, Call]:
        heading, entry = read.heading, seen.entry
        first = entry.first_channel
        sides = (first, Role.CALLER if first is Role.AGENT else Role.AGENT)
        mono = heading is not None and heading.channels == 1
        seconds = heading.seconds if heading else 0.0
        call = self._call(seen, row, seconds)
        recording = Recording(
            id=row.recording_id or new_id(),
            call_id=call.id,
            uri=read.uri,
            channels=(Role.UNKNOWN,) if mono else sides,
            layout=Layout.MONO if mono else Layout.STEREO,
            sample_rate=heading.rate if heading else 8000,
            seconds=seconds,
            sha256=read.sha256,
        )
        return recording, call

    def _call(self, seen: Seen, row: BatchFile, seconds: float) -> Call:
        entry = seen.entry
        call_id = row.call_id or (call_id_of(entry.call) if entry.call else new_id())
        other = self._heard.get(call_id)
        if other is not None and other.id != row.recording_id:
            call_id = f"{call_id[:40]}-{row.id[:12]}"  # its call has a recording: this is a second one
        agent = agent_id_of(entry.agent) or None
        queue = queue_id_of(entry.queue) or None
        if agent:
            self.stubs.append(Agent(id=agent, name=_name(entry.agent, agent), team=entry.team))
        if queue:
            self.stubs.append(Queue(id=queue, name=_name(entry.queue, queue)))
        known = self._calls.get(call_id)
        if known is not None:
            return replace(
                known,
                caller=known.caller or entry.caller,
                callee=known.callee or entry.callee,
                agent_id=known.agent_id or agent,
                queue_id=known.queue_id or queue,
                ended_at=known.ended_at or known.started_at + timedelta(seconds=seconds),
            )
        started = entry.started_at or _begun(seen.modified, seconds) or self._now
        return Call(
            id=call_id,
            door=ARCHIVE,
            direction=entry.direction,
            caller=entry.caller,
            callee=entry.callee,
            started_at=started,
            answered_at=started,
            ended_at=started + timedelta(seconds=seconds),
            outcome=Outcome.HANDED_OFF if agent else None,
            agent_id=agent,
            queue_id=queue,
        )


def pieces(entries: Iterable[Entry], size: int) -> Iterator[list[Entry]]:
    """Yield entries in lists of at most so many."""
    piece: list[Entry] = []
    for entry in entries:
        piece.append(entry)
        if len(piece) >= size:
            yield piece
            piece = []
    if piece:
        yield piece


def _row(seen: Seen, batch: str) -> BatchFile:
    before = seen.row
    now = utc_now()
    return BatchFile(
        id=file_id(seen.entry.place),
        place=seen.entry.place,
        batch=batch,
        size=seen.size,
        modified=seen.modified,
        call_id=before.call_id if before else None,
        recording_id=before.recording_id if before else None,
        found_at=before.found_at if before else now,
        changed_at=now,
    )


def _check(place: str) -> None:
    """Refuse what is no file, in the words of :func:`speech.audio.read_audio`."""
    try:
        size = os.stat(place).st_size
    except OSError as error:
        raise AudioError(f"{place}: {error.strerror}", "check the file name") from None
    if not os.path.isfile(place):
        raise AudioError(f"{place} is not a file", "name the sound files themselves")
    if size == 0:
        raise AudioError(f"{place} is empty (0 bytes)", "copy or record it again")


def _digested(sound: BinaryIO, place: str, uri: str) -> Read:
    digest, size = hashlib.sha256(), 0
    while block := sound.read(_BLOCK):
        digest.update(block)
        size += len(block)
        if size > MAX_BYTES:
            raise AudioError(f"{place} has more than {MAX_BYTES:,} bytes", "cut it into calls")
    if not size:
        raise AudioError(f"{place} is empty (0 bytes)", "copy or record it again")
    sound.seek(0)
    return Read(digest.hexdigest(), size, uri, heading_of(sound, place))


def _begun(modified: str, seconds: float) -> datetime | None:
    """Return when a recording began that was last written at a time in nanoseconds."""
    if not modified:
        return None
    return datetime.fromtimestamp(int(modified) / 1e9, UTC) - timedelta(seconds=seconds)


def _name(text: str, its_id: str) -> str:
    return "" if its_id in text else text.strip()


def _shown(recording: Recording) -> str:
    return str(file_of(recording.uri)) if recording.uri.startswith("file://") else recording.uri
