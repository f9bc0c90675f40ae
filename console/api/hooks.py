"""Pages: webhooks, and what became of their messages."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from analytics.webhooks.messages import EVENTS
from analytics.webhooks.sending import ForbiddenAddress, checked_url
from analytics.webhooks.signature import new_secret
from calls.people import Webhook, WebhookDelivery
from calls.records import new_id
from console.access import allow, entry, the_settings
from console.clock import the_time
from console.desk import the_desk
from console.language import t
from console.rights import Right

blueprint = Blueprint("hooks", __name__)

#: Webhooks at most, and messages that the page shows.
MOST, SHOWN = 20, 100


@blueprint.get("/webhooks")
@allow(Right.PRIVACY)
def hooks() -> str:
    """List webhooks and the latest messages."""
    return _page()


@blueprint.post("/webhooks")
@allow(Right.PRIVACY)
def add() -> tuple[str, int]:
    """Make a webhook and show its secret, once."""
    store, url = the_desk().store, request.form.get("url", "").strip()
    events = tuple(each for each in EVENTS if each in request.form.getlist("events"))
    if not events:
        return _page(problem=t("hooks.no-event"), typed=url), 400
    if store.count(Webhook) >= MOST:
        return _page(problem=t("hooks.most", most=MOST), typed=url), 400
    try:
        checked_url(url, the_settings().webhooks)
    except ForbiddenAddress:
        return _page(problem=t("hooks.forbidden"), typed=url), 400
    hook = Webhook(url=url, secret=new_secret(), events=events, created_at=the_time())
    store.add(hook, entry("webhook.add", subject=hook.id, events=list(events)))
    return _page(made=hook), 201


@blueprint.post("/webhooks/<hook_id>/<any(on, off):state>")
@allow(Right.PRIVACY)
def switch(hook_id: str, state: str) -> Response:
    """Switch a webhook on or off; messages for one that is off fail."""
    hook = _known(hook_id)
    action = entry(f"webhook.{state}", subject=hook.id)
    the_desk().store.change(replace(hook, active=state == "on"), action, active=hook.active)
    return redirect(url_for("hooks.hooks"), 303)


@blueprint.post("/webhooks/messages/<message_id>/again")
@allow(Right.PRIVACY)
def again(message_id: str) -> Response:
    """Send a message that failed once more, under an id of its own."""
    store = the_desk().store
    found = store.find(WebhookDelivery, id=message_id, state="failed")
    if not found or not found[0].payload:
        abort(404, description=t("hooks.unknown-message"))
    now = the_time()
    anew = replace(found[0], id=new_id(), state="open", attempts=0, error="", due_at=now, created_at=now)
    store.add(anew, entry("webhook.again", subject=anew.webhook_id, call_id=anew.call_id))
    return redirect(url_for("hooks.hooks"), 303)


def _known(hook_id: str) -> Webhook:
    found = the_desk().store.find(Webhook, id=hook_id)
    if not found:
        abort(404, description=t("hooks.unknown"))
    return found[0]


def _page(problem: str = "", typed: str = "", made: Webhook | None = None) -> str:
    store = the_desk().store
    return render_template(
        "webhooks.html",
        hooks=store.find(Webhook, order_by="created_at"),
        messages=store.find(WebhookDelivery, order_by=("-created_at", "-id"), limit=SHOWN),
        events=EVENTS,
        problem=problem,
        typed=typed,
        made=made,
        allowed=the_settings().webhooks,
    )
