"""Passwords and the like: masked, keyed rather than said, and sent encrypted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from ivr.flow import CollectNode, HttpNode
from ivr.lint.finding import Finding
from ivr.lint.study import Study

_SECRET = re.compile(
    r"密码|口令|验证码|校验码|动态码|安全码|有效期|\b(?:pin|password|passcode|cvv|security code)\b",
    re.IGNORECASE,
)
#: Words for giving something, and what they govern to the end of the clause.
_ASKED = re.compile(
    r"(?<!勿)(?<!无需|不用|不必|不要)(?:输入|键入|填写|提供|说出|报出)([^，。；！？,;!?]*)"
    r"|\b(?:enter|key in|type|dial|say|give)\b([^.,;!?]*)",
    re.IGNORECASE,
)
#: What says how long a value is, and not which.
_LENGTH = re.compile("[0-9一二两三四五六七八九十]+位(?:数字?)?")
#: Kinds that are something else by themselves: a telephone number is no password.
_UNTYPED = ("digits", "order")
_SAY = re.compile(
    r"说出|说一下|念出|报出|报一下|读出|告诉|口述|\b(?:say|speak|tell us|read out)\b", re.IGNORECASE
)
_OWN_MACHINE = ("localhost", "127.0.0.1", "::1")


def check(study: Study) -> Iterator[Finding]:
    """Find secrets that are not marked, are said aloud, or are sent in the clear."""
    for flow, name, node in study.places():
        if isinstance(node, CollectNode):
            yield from _collected(study, flow, name, node)
    secrets = {variable for variable, node in study.collected().items() if node.secret}
    for flow, name, node in study.places():
        if isinstance(node, HttpNode) and _is_open(node.url):
            for variable in sorted({read for _, read in node.reads()} & secrets):
                yield study.find(
                    "secret-in-clear",
                    flow,
                    ("nodes", name, "url"),
                    f"{variable!r} is secret and is sent without encryption",
                    "use https",
                )


def _collected(study: Study, flow: str, name: str, node: CollectNode) -> Iterator[Finding]:
    place = ("nodes", name)
    prompt = " ".join(node.prompt.values())
    if not node.secret:
        named = next(filter(None, map(_SECRET.search, asked_for(prompt))), None)
        if named and node.kind in _UNTYPED:
            yield study.find(
                "secret-unmarked",
                flow,
                place,
                f"this asks for {named[0]!r}, which is recorded and written into the trace",
                "write secret: true",
            )
    elif node.spoken:
        yield study.find(
            "spoken-secret",
            flow,
            (*place, "spoken"),
            "a secret that is said aloud is heard by whoever is near the caller",
            "ask for keys only: spoken: false",
        )
    elif said := _SAY.search(prompt):
        yield study.find(
            "spoken-secret",
            flow,
            (*place, "prompt"),
            f"callers are told to say a secret ({said[0]!r}), which is not listened for",
            "ask them to press it",
        )


def asked_for(prompt: str) -> list[str]:
    """Return what a prompt asks callers to give; all that it says where that stands elsewhere in it."""
    asked = ["".join(filter(None, match.groups())).strip() for match in _ASKED.finditer(prompt)]
    return asked if any(_LENGTH.sub("", each) for each in asked) else [prompt]


def _is_open(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in _OWN_MACHINE
