"""Looking at a configuration and at this machine before anything is started."""

from __future__ import annotations

import os
import resource
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from importlib.util import find_spec
from ipaddress import ip_address

from calls.errors import HuawuError, ServeError
from calls.store.engine import database_url
from huawu.centre.config import Centre
from huawu.centre.run_folder import read_state
from huawu.centre.settings import plan_of, ring_path
from ivr.flow.loading import read_flow
from ivr.wire.ring import FRAME, FRAMES
from speech.models import find_model

#: Files that a leg takes at most, and those that a process has anyway.
_FILES_PER_LEG, _FILES_OF_ITS_OWN = 4, 200
_NICE_OF_MEDIA = 10


def faults(centre: Centre, environment: Mapping[str, str]) -> list[HuawuError]:
    """Return everything because of which a centre could not start.

    Looked at are flows, secrets, the model, the database's address, what is installed, memory, files and
    ports; the ports only where the centre does not run already.
    """
    found: list[HuawuError] = []
    for file in dict.fromkeys(path for _, path in centre.flows):
        found += read_flow(file)[1]
    for look in (
        lambda: plan_of(centre, environment),
        lambda: centre.ears and find_model(centre.file.ears.model or None),
        lambda: database_url(centre.file.database),
    ):
        try:
            look()
        except HuawuError as error:
            found.append(error)
    if centre.file.sip.enabled and find_spec("sippy") is None:
        found.append(ServeError("sip: sippy is not installed", "pip install 'huawu[sip]'"))
    found += _room(centre)
    if read_state(centre.run) is None:
        found += _ports(centre)
    return found


def warnings(centre: Centre) -> Iterator[str]:
    """Yield what is allowed, but may not be meant."""
    sip = centre.file.sip
    if sip.enabled and ip_address(sip.host).is_loopback:
        yield f"sip.host {sip.host}: only this machine can call"
    if sip.enabled and any(network.endswith("/0") for network in sip.allow_sources):
        yield "sip.allow_sources: everybody in the world may call"
    if centre.file.media.realtime and scheduling() != "fifo":
        yield (
            f"media: the system permits no real-time scheduling, its clock runs with {scheduling()}"
            " → give it CAP_SYS_NICE, or LimitRTPRIO= in systemd"
        )
    if centre.ears and find_model(centre.file.ears.model or None).builtin:
        yield "ears: the built-in model hears synthetic voices only → huawu models fetch, or keys"


def scheduling() -> str:
    """Return what the system permits the media process: ``fifo``, ``nice -10`` or ``normal``."""
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        nice = 20 - resource.getrlimit(resource.RLIMIT_NICE)[0]
        return f"nice -{_NICE_OF_MEDIA}" if nice <= -_NICE_OF_MEDIA else "normal"
    os.sched_setscheduler(0, policy, parameters)
    return "fifo"


def _room(centre: Centre) -> Iterator[HuawuError]:
    ring = ring_path(centre.run)
    needed = centre.slots * FRAME * FRAMES
    if ring.parent.exists():
        free = shutil.disk_usage(ring.parent).free + (ring.stat().st_blocks * 512 if ring.exists() else 0)
        if free < needed:
            problem = f"{centre.slots} legs need {needed >> 20} MiB in {ring.parent}, {free >> 20} are free"
            yield centre.complaint(
                ("media", "slots"), problem, "choose fewer, or give a container more with --shm-size"
            )
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = centre.slots * _FILES_PER_LEG + _FILES_OF_ITS_OWN
    if files != resource.RLIM_INFINITY and files < wanted:
        problem = f"{centre.slots} legs need up to {wanted} open files, {files} are permitted"
        yield centre.complaint(
            ("media", "slots"), problem, "choose fewer, or raise the limit (LimitNOFILE= in systemd)"
        )


def _ports(centre: Centre) -> Iterator[HuawuError]:
    file, gateway = centre.file, centre.gateway
    wanted = [("engine.http_port", file.engine.http_host, file.engine.http_port, socket.SOCK_STREAM)]
    if file.sip.enabled:
        wanted.append(("sip.port", file.sip.host, file.sip.port, socket.SOCK_DGRAM))
    if file.console.enabled:
        wanted.append(("console.port", "127.0.0.1", file.console.port, socket.SOCK_STREAM))
    if gateway:
        wanted += [
            ("gateway.web_port", gateway.host, gateway.web_port, socket.SOCK_STREAM),
            ("gateway.audiosocket_port", gateway.host, gateway.audiosocket_port, socket.SOCK_STREAM),
        ]
    wanted.append(("media.host", centre.media_host, 0, socket.SOCK_DGRAM))
    with ExitStack() as taken:
        for field, host, port, kind in wanted:
            if not port and field != "media.host":
                continue
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            tried = taken.enter_context(socket.socket(family, kind))
            if kind == socket.SOCK_STREAM:  # as servers do: connections that have ended do not count
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((host, port))
                if kind == socket.SOCK_STREAM:
                    tried.listen()
            except OSError as error:
                place = tuple(field.split("."))
                problem = f"{host}:{port} cannot be used: {error.strerror}"
                yield centre.complaint(place, problem, "choose another, or stop who has it")
