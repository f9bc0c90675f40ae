"""What each process of a centre is told at its start, made of the configuration."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from calls.document import Location
from huawu import places
from huawu.centre.config import Centre
from huawu.centre.desk import DeskSettings
from huawu.centre.plan import Child, Plan
from ivr.ears.settings import EarSettings
from ivr.ears.settings import socket_path as ear_socket
from ivr.gateway.settings import SOCKET as GATEWAY_SOCKET
from ivr.gateway.settings import GatewaySettings
from ivr.live.settings import EngineSettings
from ivr.media.settings import SOCKET as MEDIA_SOCKET
from ivr.media.settings import MediaSettings
from ivr.sip.settings import SipSettings

SIP_SOCKET = "sip.sock"
#: Libraries that multiply matrices use one thread: more disturb the clock, or the ears beside them.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
#: Where the ring of sound lies if that is a memory file system.
MEMORY = Path("/dev/shm")


def ring_path(run: Path) -> Path:
    """Return the file of the ring of sound that belongs to a run folder."""
    if not os.access(MEMORY, os.W_OK):
        return run / "sound.ring"
    return MEMORY / f"huawu-{hashlib.sha256(os.fsencode(run)).hexdigest()[:8]}.ring"


def plan_of(centre: Centre, environment: Mapping[str, str]) -> Plan:
    """Return the plan for the supervisor.

    Parameters
    ----------
    centre : Centre
    environment : mapping
        Where secrets are looked up.

    Raises
    ------
    ServeError
        A secret is not in the environment, or values do not fit together.
    """
    file, run = centre.file, centre.run
    host = _reached(file.engine.http_host)
    http = _address(host, file.engine.http_port)
    first = [_child("media", media_settings(centre), ONE_THREAD, sockets=[str(run / MEDIA_SOCKET)])]
    if file.sip.enabled:
        first.append(_child("sip", sip_settings(centre, environment), sockets=[str(run / SIP_SOCKET)]))
    if centre.ears:
        sockets = [str(ear_socket(run, number)) for number in range(centre.ears)]
        first.append(_child("ear", ear_settings(centre), ONE_THREAD, sockets=sockets))
    gateway = gateway_settings(centre, environment)
    if gateway:
        first.append(_child("gateway", gateway, sockets=[str(run / GATEWAY_SOCKET)]))
    stages = [first, [_child("engine", engine_settings(centre, environment), answers=f"{http}/readyz")]]
    if file.console.enabled:
        desk = desk_settings(centre, gateway)
        stages.append([_child("console", desk, answers=f"127.0.0.1:{file.console.port}/signin")])
    return Plan(
        run=str(run),
        stages=stages,
        drain_seconds=file.engine.drain_minutes * 60,
        pulse=f"{http}/healthz",
        hang_seconds=file.hang_seconds,
        temporary=[str(ring_path(run))],
        notes={"http": http},
    )


def media_settings(centre: Centre) -> MediaSettings:
    """Return what the media process is told."""
    media = centre.file.media
    room = (media.port_max - media.port_min + 1) // 2
    if room < centre.slots:
        raise centre.complaint(
            ("media", "port_max"),
            f"ports {media.port_min} to {media.port_max} are enough for {room} legs, not for {centre.slots}",
            "each leg takes two: widen the range, or lower media.slots or sip.max_calls",
        )
    return MediaSettings(
        run=str(centre.run),
        ring=str(ring_path(centre.run)),
        host=centre.media_host,
        port_min=media.port_min,
        port_max=media.port_max,
        slots=centre.slots,
        rtp_timeout_seconds=media.rtp_timeout_seconds,
        message_minutes=media.message_minutes,
        realtime=media.realtime,
    )


def sip_settings(centre: Centre, environment: Mapping[str, str]) -> SipSettings:
    """Return what the signalling process is told."""
    sip = centre.file.sip
    trunks = [
        {
            "name": trunk.name,
            "proxies": list(trunk.proxies),
            "user": trunk.user,
            "password": _secret(centre, ("sip", "trunks", index, "password_env"), environment),
            "domain": trunk.domain,
            "register": trunk.registers,
            "expires": trunk.expires_seconds,
        }
        for index, trunk in enumerate(sip.trunks)
    ]
    return SipSettings(
        run=str(centre.run),
        host=sip.host,
        port=sip.port,
        advertise=sip.advertise,
        allow_sources=sip.allow_sources,
        trusted_sources=sip.trusted_sources,
        allow_targets=sip.allow_targets,
        targets_per_hour=sip.targets_per_hour,
        max_calls=sip.max_calls,
        full_code=sip.full_code,
        rate_per_second=sip.rate_per_second,
        trunks=trunks,
        session_expires=sip.session_expires_seconds,
    )


def ear_settings(centre: Centre) -> EarSettings:
    """Return what the recognisers are told."""
    return EarSettings(
        run=str(centre.run),
        ring=str(ring_path(centre.run)),
        count=centre.ears,
        model=centre.file.ears.model,
        most_calls=centre.slots,
    )


def gateway_settings(centre: Centre, environment: Mapping[str, str]) -> GatewaySettings | None:
    """Return what the gateway is told, ``None`` where it does not run."""
    gateway = centre.gateway
    if gateway is None:
        return None
    return GatewaySettings(
        run=str(centre.run),
        host=gateway.host,
        web_port=gateway.web_port,
        audiosocket_port=gateway.audiosocket_port,
        token=_secret(centre, ("gateway", "token_env"), environment),
        web_secret=secrets.token_urlsafe(32),
        most_calls=gateway.max_calls,
        media_host=_reached(centre.media_host),
        sources=gateway.sources,
        origins=gateway.origins,
    )


def engine_settings(centre: Centre, environment: Mapping[str, str]) -> EngineSettings:
    """Return what the engine is told."""
    file = centre.file
    engine, agents = file.engine, file.agents
    music = centre.beside(engine.hold_music) if engine.hold_music else None
    if music and not music.is_file():
        raise centre.complaint(("engine", "hold_music"), f"there is no file {music}")
    folders = [centre.beside(folder) for folder in engine.prompts]
    for index, folder in enumerate(folders):
        if not folder.is_dir():
            raise centre.complaint(("engine", "prompts", index), f"there is no folder {folder}")
    trunks = [trunk.name for trunk in file.sip.trunks]
    if file.sip.outbound_trunk and file.sip.outbound_trunk not in trunks:
        raise centre.document.unknown(("sip", "outbound_trunk"), "trunk", file.sip.outbound_trunk, trunks)
    return EngineSettings(
        run=str(centre.run),
        ring=str(ring_path(centre.run)),
        flows=[[pattern, str(path)] for pattern, path in centre.flows],
        database=file.database,
        recordings=file.recordings.folder,
        node=file.node or socket.gethostname(),
        fsync_seconds=file.recordings.fsync_seconds,
        prompts=[str(folder) for folder in folders],
        prompt_cache=str(places.cache("prompts")),
        media_host=file.sip.advertise or _reached(centre.media_host),
        address=_address(file.sip.advertise or _reached(file.sip.host), file.sip.port)
        if file.sip.enabled
        else "",
        sip=file.sip.enabled,
        gateway=centre.gateway is not None,
        ears=centre.ears,
        most_recognitions=file.ears.most_recognitions,
        most_calls=centre.most_calls,
        drain_seconds=engine.drain_minutes * 60,
        http_host=engine.http_host,
        http_port=engine.http_port,
        token=_secret(centre, ("engine", "token_env"), environment),
        allow_web=[*engine.allow_web],
        outbound=file.sip.outbound,
        trunk=file.sip.outbound_trunk,
        refer=[*file.sip.refer],
        ring_seconds=agents.ring_seconds,
        wrap_up_seconds=agents.wrap_up_seconds,
        most_no_answers=agents.max_no_answers,
        codes={name: code for name, code in agents.codes.model_dump().items() if code},
        hold_music=str(music) if music else "",
    )


def desk_settings(centre: Centre, gateway: GatewaySettings | None) -> DeskSettings:
    """Return what the QA desk is told; what the gateway is told tells it how browsers call."""
    file, section = centre.file, centre.gateway
    address = ""
    if gateway and section and gateway.web_port:
        address = section.web_url or f"ws://{_reached(gateway.host)}:{gateway.web_port}"
    return DeskSettings(
        database=file.database,
        recordings=file.recordings.folder,
        port=file.console.port,
        public_hosts=file.console.public_hosts,
        behind_proxy=file.console.behind_proxy,
        gateway=address,
        web_secret=gateway.web_secret if gateway else "",
        numbers=_callable(centre) if address else (),
    )


def _callable(centre: Centre) -> list[list[str]]:
    """Return numbers that can be dialled by a click: those without a wildcard, and one for all others."""
    return [
        [
            path.stem if pattern == "*" else pattern,
            path.stem if pattern == "*" else f"{pattern} · {path.stem}",
        ]
        for pattern, path in centre.flows
        if pattern == "*" or not {*pattern} & {*"*?"}
    ]


def _child(name: str, settings: Any, environment: Mapping[str, str] | None = None, **ready: Any) -> Child:
    return Child(
        name=name,
        command=[sys.executable, "-P", "-m", "huawu.child", name, "-"],
        settings=json.dumps(asdict(settings)),
        environment=dict(environment or {}),
        **ready,
    )


def _secret(centre: Centre, location: Location, environment: Mapping[str, str]) -> str:
    """Return what the environment variable holds that a field names; nothing where it names none."""
    value: Any = centre.document.data
    for part in location:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return ""
    if value and not environment.get(value):
        raise centre.complaint(
            location, f"the environment variable {value} is not set", "set it where huawu serve runs"
        )
    return environment[value] if value else ""


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _reached(host: str) -> str:
    """Return an address at which this machine reaches a socket that listens at ``host``."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
