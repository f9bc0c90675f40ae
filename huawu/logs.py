"""Logs for operators: readable lines on a terminal, JSON lines anywhere else, always on stderr."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from calls.masking import masked


def configure(*, verbose: bool = False, stream: Any = None, process: str = "") -> None:
    """Set up structlog for the process.

    Parameters
    ----------
    verbose : bool, optional
        Show debug lines too.
    stream : file, optional
        Standard error by default.
    process : str, optional
        Name that every line carries, where several processes share a log.
    """
    out = stream or sys.stderr
    terminal = out.isatty()
    render: Any = (
        structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            mask_numbers,
            *([_naming(process)] if process else []),
            structlog.processors.dict_tracebacks if not terminal else structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(out),  # a line in one piece: processes share it
        cache_logger_on_first_use=False,
    )


def _naming(process: str) -> structlog.types.Processor:
    def name(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        fields["process"] = process
        return fields

    return name


#: Fields that hold a telephone number.
NUMBER_FIELDS = frozenset({"caller", "callee", "number", "address"})


def mask_numbers(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep only the last four digits of telephone numbers."""
    for name in NUMBER_FIELDS & fields.keys():
        fields[name] = masked(str(fields[name]))
    return fields
