"""Page: call a flow from the browser. The sound goes from the page to the gateway; this gives it a ticket."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, abort, current_app, jsonify, render_template, request
from werkzeug.wrappers import Response

from calls import ticket
from console import guard
from console.access import allow
from console.language import t
from console.rights import Right

blueprint = Blueprint("webcall", __name__)

#: Words that the page's script says, by their key below ``webcall.``.
WORDS = (
    "state.idle",
    "state.microphone",
    "state.connecting",
    "state.ringing",
    "state.answered",
    "state.ended",
    "mute",
    "unmute",
    "fault.insecure",
    "fault.denied",
    "fault.no-microphone",
    "fault.microphone-busy",
    "fault.sound",
    "fault.ticket",
    "fault.gateway",
    "fault.refused",
    "fault.not-found",
    "fault.busy",
    "fault.unavailable",
    "fault.lost",
    "who.say",
    "who.heard",
    "who.key",
    "unheard",
)


@dataclass(frozen=True, slots=True)
class WebCalls:
    """What the page needs of the gateway.

    Parameters
    ----------
    gateway : str
        Where a browser reaches it: ``ws://127.0.0.1:8061``, or ``wss://desk.example.cn/gateway`` through a
        proxy with TLS.
    secret : str
        The ``web_secret`` of the gateway.
    flows : tuple of (str, str)
        Name and title of each flow that can be called. Without any, a call goes to whatever the centre
        answers with.
    """

    gateway: str
    secret: str
    flows: tuple[tuple[str, str], ...] = ()


def offered() -> WebCalls | None:
    """Return what the present application knows of the gateway."""
    known: WebCalls | None = current_app.extensions.get("web-calls")
    return known


@blueprint.get("/webcall")
@allow(Right.WEB_CALL)
def page() -> str:
    """Show the telephone."""
    web_calls = _required()
    where = urlsplit(web_calls.gateway)
    guard.let_connect(f"{where.scheme}://{where.netloc}")
    words = {key: t(f"webcall.{key}") for key in WORDS}
    return render_template("webcall.html", flows=web_calls.flows, words=json.dumps(words, ensure_ascii=False))


@blueprint.post("/webcall/ticket")
@allow(Right.WEB_CALL)
def give_ticket() -> Response:
    """Return the address for one call, as JSON."""
    web_calls = _required()
    flow = request.form.get("flow", "")
    if flow not in {name for name, _ in web_calls.flows or (("", ""),)}:
        abort(400, description=t("webcall.fault.flow", flow=flow[:40]))
    query = urlencode({"ticket": ticket.sign(web_calls.secret, flow, time.time())})
    return jsonify(address=f"{web_calls.gateway}/web/call?{query}")


def _required() -> WebCalls:
    found = offered()
    if found is None:
        abort(404, description=t("webcall.none"))
    return found
