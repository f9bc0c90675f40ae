"""A file that says how the CDR files of some system are read: columns, times, and what texts stand for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from calls.document import Section, names_hint, read_document
from calls.errors import BatchError
from huawu.batch.sources.fields import BadValue, localised, moment
from huawu.imports.cdr import CdrFormat, mapped

_FIELDS = (
    "call started_at answered_at connected_at ended_at seconds direction caller callee agent queue "
    "hangup_cause"
).split()


class CdrTemplate(Section):
    """The file: which column holds what."""

    fields: dict[str, str] = Field(min_length=2)
    """Column by field; ``call`` and ``started_at`` must be there."""
    columns: tuple[str, ...] = ()
    """Names of the columns, where the first line of the files does not hold them."""
    delimiter: Literal[",", ";", "|", "\t"] = ","
    times: str = ""
    """How times are written, as of strftime: ``%d/%m/%Y %H:%M:%S``; by default as in manifests."""
    zone: str = ""
    """IANA name of the zone of times that say none; by default ``--zone`` or this machine's."""
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    """For a field, what its texts stand for: ``direction: {1: inbound}``."""


def read_template(path: Path, zone: tzinfo | None = None, node: str = "") -> CdrFormat:
    """Read a template of CDR files.

    Parameters
    ----------
    path : Path
        YAML.
    zone : tzinfo, optional
        Of times that say none, where the template does not say; this machine's by default.
    node : str, optional
        The name of the system.

    Raises
    ------
    BatchError
        The file is wrong; the message names it, the line and the field.
    """
    document = read_document(path, BatchError)
    template = document.read_as(CdrTemplate)
    for name in template.fields:
        if name not in _FIELDS:
            raise document.unknown(("fields", name), "field", name, _FIELDS)
        if template.columns and template.fields[name] not in template.columns:
            raise document.unknown(("fields", name), "column", template.fields[name], template.columns)
    for name in ("call", "started_at"):
        if name not in template.fields:
            raise document.complaint(("fields",), f"the field {name!r} is missing", "name its column")
    for name in template.values:
        if name not in template.fields:
            raise document.complaint(
                ("values", name), "its field has no column", names_hint(name, template.fields)
            )
    if template.zone:
        try:
            zone = ZoneInfo(template.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise document.complaint(
                ("zone",), f"unknown zone {template.zone!r}", "write it as Asia/Shanghai"
            ) from None
    read = mapped(template.fields, template.values, _times(template.times, zone), node)
    needs = tuple(template.fields.values())
    return CdrFormat(path.name, template.columns, 0, read, template.delimiter, needs)


def _times(form: str, zone: tzinfo | None) -> Callable[[str], datetime]:
    def read(text: str) -> datetime:
        if not form:
            return moment(text, zone)
        try:
            found = datetime.strptime(text, form)
        except ValueError:
            raise BadValue(f"no time as {form}", "correct it, or times in the template") from None
        return localised(found, zone) if found.tzinfo is None else found

    return read
