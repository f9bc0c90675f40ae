"""Recordings on an object store, listed a page at a time in the order of their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from calls.errors import BatchError, RecordingError
from calls.objectstore import ObjectUrl, filesystem, told
from huawu.batch.entry import Entry
from huawu.batch.sources.folder import SUFFIXES, reason_to_leave
from huawu.batch.sources.tally import Tally

#: Objects that are asked for at once.
PAGE = 1000


def objects_below(url: ObjectUrl, tally: Tally) -> Iterator[Entry]:
    """Yield the recordings whose URL is ``url`` or lies below it.

    From S3 they come by pages, however many there are; from other stores a folder at a time.

    Raises
    ------
    BatchError
        The store cannot be asked, or there is nothing.
    """
    files = filesystem(url.scheme)
    found = False
    pages = _s3_pages(files, url) if url.scheme == "s3" else _walk(files, url)
    try:
        for key, size in pages:
            found = True
            hidden = any(part.startswith(".") for part in key[len(url.key) :].split("/"))
            reason = "hidden" if hidden else reason_to_leave(key.rsplit("/", 1)[-1], SUFFIXES)
            if reason and key != url.key:
                tally.left_out[reason] += 1
                continue
            try:
                place = str(ObjectUrl.parse(f"{url.scheme}://{url.bucket}/{key}"))
            except RecordingError as error:
                tally.fault(BatchError(error.message, "rename it"))
                continue
            yield Entry(place=place, size=size)
    except RecordingError as error:
        raise BatchError(error.message, error.hint) from None
    if not found:
        raise BatchError(f"{url}: there is nothing below it", "check the bucket and the folder")


def _s3_pages(files: Any, url: ObjectUrl) -> Iterator[tuple[str, int]]:
    asked: dict[str, Any] = {"Bucket": url.bucket, "Prefix": url.key, "MaxKeys": PAGE}
    while True:
        with told(str(url)):
            page = files.call_s3("list_objects_v2", **asked)
        for each in page.get("Contents", ()):
            key = each["Key"]
            if not key.endswith("/") and url.covers(ObjectUrl(url.scheme, url.bucket, key)):
                yield key, int(each["Size"])
        if not page.get("IsTruncated"):
            return
        asked["ContinuationToken"] = page["NextContinuationToken"]


def _walk(files: Any, url: ObjectUrl) -> Iterator[tuple[str, int]]:
    with told(str(url)):
        listed = sorted(files.ls(url.path, detail=True), key=lambda each: str(each["name"]))
    for each in listed:
        key = str(each["name"]).lstrip("/").removeprefix(f"{url.bucket}/")
        if each["type"] == "directory":
            if key.rstrip("/") != url.key.rstrip("/"):
                yield from _walk(files, ObjectUrl(url.scheme, url.bucket, key))
        else:
            yield key, int(each["size"] or 0)
