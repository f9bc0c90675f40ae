"""Dial codes: what an agent's phone calls to log in, to pause, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal
from urllib.parse import unquote

from calls.errors import AgentError
from calls.records import Agent

Meaning = Literal["login", "logout", "pause", "unpause"]
#: Codes of a centre that names none.
CODES: dict[Meaning, str] = {"login": "*70", "logout": "*71", "pause": "*72", "unpause": "*73"}

_CODE = re.compile(r"[0-9*#]{2,8}")


class DialCodes:
    """The codes of a centre.

    Parameters
    ----------
    codes : mapping, optional
        Number by meaning; those that are not named keep their default, an empty one is switched off.

    Raises
    ------
    AgentError
        A meaning that does not exist, or a code that cannot be dialled or stands for two things.
    """

    def __init__(self, codes: Mapping[str, str] | None = None) -> None:
        self._meanings: dict[str, Meaning] = {}
        for name in codes or ():
            if name not in CODES:
                raise AgentError(
                    f"codes: {name!r} is no meaning of a dial code", f"known: {', '.join(CODES)}"
                )
        for meaning, default in CODES.items():
            code = (codes or {}).get(meaning, default)
            if not code:
                continue
            if not _CODE.fullmatch(code):
                raise AgentError(f"codes.{meaning}: {code!r} cannot be dialled", "use 2 to 8 of 0-9 * #")
            if code in self._meanings:
                raise AgentError(
                    f"codes.{meaning}: {code!r} already stands for {self._meanings[code]}", "choose another"
                )
            self._meanings[code] = meaning

    def meaning(self, callee: str) -> Meaning | None:
        """Return what a dialled number means, ``None`` for an ordinary one.

        Phones may send ``#`` and ``*`` percent-encoded (RFC 3261, 19.1.2).
        """
        return self._meanings.get(unquote(callee))


def agent_at(agents: Iterable[Agent], caller: str) -> Agent | None:
    """Return the agent whose phone calls, ``None`` where it is nobody's or could be two people's.

    Parameters
    ----------
    agents : iterable of Agent
        All of them.
    caller : str
        The calling URI, or its number alone. A caller can write there what it likes: who may call from
        outside with such a number must be stopped by the signalling's own lists.
    """
    wanted = _bare(caller)
    if not wanted:
        return None
    whole = "@" in wanted
    found = [agent for agent in agents if wanted in (_bare(agent.address), *_numbers(agent, whole=whole))]
    return found[0] if len(found) == 1 else None


def host_of(address: str) -> str:
    """Return the host of an agent's address, without brackets; empty where it names none."""
    _, at, host = _bare(address).rpartition("@")
    return host.strip("[]") if at else ""


def _numbers(agent: Agent, *, whole: bool) -> tuple[str, ...]:
    return () if whole else (_bare(agent.address).partition("@")[0],)


def _bare(address: str) -> str:
    """Return a URI without its scheme, port and parameters: ``1001@10.0.0.5``."""
    text = address.strip().rsplit("<", 1)[-1].partition(">")[0].partition(";")[0]
    scheme, colon, rest = text.partition(":")
    text = rest if colon and scheme.lower() in ("sip", "sips", "tel") else text
    user, at, host = text.rpartition("@")
    return f"{user}@{re.sub(r':[0-9]+$', '', host).lower()}" if at else text
