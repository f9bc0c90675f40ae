"""Which web addresses the product may ask: none but those that the operator listed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote

import httpx

from calls.errors import WebError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """An allowed address: everything at or below a folder of one server.

    Parameters
    ----------
    scheme, host, port
        Of the server; each has to be the same.
    path : str
        The folder, with a slash at its end.
    """

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an entry such as ``https://crm.example.cn/`` or ``http://10.0.0.5:8080/api/``.

        Raises
        ------
        WebError
            It is no ``http`` or ``https`` address, or has a user name, a query or a fragment.
        """
        url = _parsed(text)
        if url is None or url.query or url.fragment:
            raise WebError(
                f"allowed address {text!r}: no address of a server",
                "write it as https://crm.example.cn/ or https://crm.example.cn/api/",
            )
        return cls(url.scheme, url.host, url.port or _PORTS[url.scheme], _path(url).rstrip("/") + "/")

    def covers(self, url: httpx.URL) -> bool:
        """Say whether ``url`` lies at or below this address."""
        server = (url.scheme, url.host, url.port or _PORTS[url.scheme])
        return server == (self.scheme, self.host, self.port) and f"{_path(url)}/".startswith(self.path)


def allowed(text: str, addresses: Sequence[Address]) -> httpx.URL | None:
    """Return the URL where one of ``addresses`` covers it, ``None`` where none does.

    What is returned is what was checked: a second parser, in the library that sends the request, could
    read another host in the same text.
    """
    url = _parsed(text)
    return url if url is not None and any(address.covers(url) for address in addresses) else None


def _parsed(text: str) -> httpx.URL | None:
    if re.search(r"[\s\\\x00-\x1f]", text):
        return None
    try:
        url = httpx.URL(text)
        host = url.host
    except (httpx.InvalidURL, ValueError, UnicodeError):
        return None
    if url.scheme not in _PORTS or not host or url.userinfo or _climbs(text):
        return None
    return url


def _climbs(text: str) -> bool:
    """Say whether a segment of the path could mean *up* to the server, in whatever way it is written."""
    path = re.split(r"[?#]", text, maxsplit=1)[0].partition("://")[2].partition("/")[2]
    segments = re.split(r"[/\\]", unquote(unquote(path)))
    return any(segment.partition(";")[0] in (".", "..") for segment in segments)


def _path(url: httpx.URL) -> str:
    return url.raw_path.decode("ascii").partition("?")[0]
