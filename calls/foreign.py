"""Ids of what other systems know.

A recording, a line of a CDR file and a queue log that name the same call, agent or queue give the same id
here, in whatever order they come.
"""

from __future__ import annotations

import hashlib
import re

#: Door of the calls that another system has told of.
IMPORTED = "import"
#: Door of the calls of which only a recording is known, with times that a batch has guessed.
ARCHIVE = "archive"
#: What can stand in an address of the desk and in a file's name as it is.
_PLAIN = re.compile(r"\w[\w.-]{0,63}")
#: ``SIP/1001``, ``Agent/1001``, ``PJSIP/1001-0000002a``, ``Local/1001@queue-members-0001;1``.
_TECHNOLOGY = re.compile(
    r"(?:SIP|PJSIP|IAX2|DAHDI|Local|Agent|SCCP|sofia|user|verto|loopback)/", re.IGNORECASE
)
_CHANNEL = re.compile(r"-[0-9a-f]{8}(?:;[12])?$")


def call_id_of(system_id: str) -> str:
    """Return the id of the call that another system knows by ``system_id``.

    That is the id itself (``1764315600.42``, a UUID) where it can stand in an address, so that people find
    the call by it, and a digest of it otherwise. Two systems that count alike must be told apart before,
    as by Asterisk's ``systemname``.
    """
    return _id_of("call", system_id.strip())


def agent_id_of(name: str) -> str:
    """Return the id of the agent whom another system calls ``name``: a number, a name, ``SIP/1001``.

    The technology of a telephone and the part that numbers its channel are left out.
    """
    short = _TECHNOLOGY.sub("", name.strip(), count=1)
    if short != name.strip():
        short = _CHANNEL.sub("", short).split("@")[0].removesuffix("/n")
        short = short.rsplit("/", 1)[-1]  # sofia/internal/1001@…
    return _id_of("agent", short)


def queue_id_of(name: str) -> str:
    """Return the id of the queue that another system calls ``name``."""
    return _id_of("queue", name.strip())


def _id_of(what: str, text: str) -> str:
    if not text or _PLAIN.fullmatch(text):
        return text
    return hashlib.sha256(f"{what}\0{text}".encode()).hexdigest()[:32]
