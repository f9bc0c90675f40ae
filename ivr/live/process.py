"""The engine's process: everything that the switchboard stands on, from start to SIGTERM."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import structlog
from aiohttp import web

from calls.errors import HuawuError, ServeError, VoiceError
from calls.recordings import RecordingFolder
from calls.records import utc_now
from calls.recovery import recover
from calls.store import Store
from ivr.agents.api import add_routes
from ivr.agents.codes import DialCodes
from ivr.agents.rules import Rules
from ivr.ears.pool import EarPool
from ivr.ears.settings import socket_path
from ivr.live.desk import AgentDesk
from ivr.live.figures import Figures
from ivr.live.pages import application
from ivr.live.settings import EngineSettings
from ivr.live.sounds import SoundShelf
from ivr.live.switchboard import Switchboard
from ivr.shelf import FlowShelf
from speech.audio import read_audio, resample, to_int16
from speech.prompts import PromptLibrary
from speech.resources import resource
from speech.voices import Speaker

_RECOVERY_PAUSE, _RECOVERY_TRIES = 1.0, 30


def run(settings: EngineSettings) -> None:
    """Hold calls until SIGTERM, then let them end; SIGINT ends them at once.

    Raises
    ------
    HuawuError
        A flow is wrong, the database cannot be opened, the port of the pages is taken.
    """
    shelves = [(pattern, FlowShelf(path)) for pattern, path in settings.flows]
    speaker = _speaker()
    try:
        with Store.open(settings.database) as store:
            asyncio.run(_serve(settings, store, shelves, speaker))
    finally:
        if speaker is not None:
            speaker.close()


async def _serve(
    settings: EngineSettings, store: Store, shelves: list[tuple[str, FlowShelf]], speaker: Speaker | None
) -> None:
    loop = asyncio.get_running_loop()
    library = PromptLibrary(
        [*map(Path, settings.prompts), resource("prompts")],
        Path(settings.prompt_cache or Path(settings.run) / "prompt-cache"),
        speaker,
    )
    sounds = SoundShelf(Path(settings.run) / "sounds", library.audio)
    if settings.hold_music:
        audio = read_audio(Path(settings.hold_music))
        sounds.take_music(to_int16(resample(audio.samples.mean(axis=0), audio.rate, 8000)))
    board = Switchboard(settings, store, sounds, shelves, Figures())
    async with AsyncExitStack() as stack:
        stack.callback(sounds.close)
        tasks = [
            *(loop.create_task(each.keep()) for each in (board.media, *board.doors.values())),
            loop.create_task(_recover(store, board.folder, settings.node)),
            loop.create_task(_prepare(sounds, shelves)),
        ]
        stack.push_async_callback(_cancel, tasks)
        desk = await _furnish(board, settings, stack)
        app = application(board, settings.token)
        add_routes(app, desk)
        await _open_pages(app, settings, stack)
        over, now = asyncio.Event(), asyncio.Event()

        def at_once() -> None:
            board.give_up()
            now.set()
            over.set()

        loop.add_signal_handler(signal.SIGTERM, over.set)
        loop.add_signal_handler(signal.SIGINT, at_once)
        loop.add_signal_handler(signal.SIGHUP, lambda: None)  # flows are looked at with every call anyway
        structlog.get_logger().info("the engine runs", flows=[shelf.current().name for _, shelf in shelves])
        await over.wait()
        await board.drain(0.0 if now.is_set() else settings.drain_seconds)


async def _furnish(board: Switchboard, settings: EngineSettings, stack: AsyncExitStack) -> AgentDesk:
    """Bring in who listens to callers, and who answers them."""
    pool = EarPool(
        [socket_path(settings.run, number) for number in range(settings.ears)],
        most_recognitions=settings.most_recognitions,
        told=board.heard,
        deaf=board.deaf,
    )
    board.hearing = pool
    board.figures.ears = lambda: pool.figures
    board.ears_silent = lambda: pool.silent
    pool.start()
    stack.push_async_callback(pool.close)
    rules = Rules(
        ring_seconds=settings.ring_seconds,
        wrap_up_seconds=settings.wrap_up_seconds,
        most_no_answers=settings.most_no_answers,
    )
    desk = AgentDesk(board, rules, DialCodes(settings.codes))
    board.waiting, board.special = desk, desk.special
    following = board.loop.create_task(desk.follow_staff())
    stack.push_async_callback(_cancel, [following])
    return desk


async def _open_pages(app: web.Application, settings: EngineSettings, stack: AsyncExitStack) -> None:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, settings.http_host, settings.http_port)
    try:
        await site.start()
    except OSError as error:
        raise ServeError(
            f"engine.http: {settings.http_host}:{settings.http_port}: {error.strerror or error}",
            "choose another port, or end who holds it",
        ) from None


async def _prepare(sounds: SoundShelf, shelves: list[tuple[str, FlowShelf]]) -> None:
    """Make the prompts; an engine that takes over has most of them, and those who call now come first."""
    if sounds.recalled:
        await asyncio.sleep(_RECOVERY_PAUSE)
    await asyncio.to_thread(sounds.prepare, [shelf.current() for _, shelf in shelves])


async def _recover(store: Store, folder: RecordingFolder, node: str) -> None:
    """Close the calls that an engine before this one left open, as soon as their recordings are free."""
    started = utc_now()
    for _ in range(_RECOVERY_TRIES):
        await asyncio.sleep(_RECOVERY_PAUSE)  # those who call now come first
        try:
            closed = await asyncio.to_thread(recover, store, folder, started_before=started, node=node)
        except HuawuError as error:
            structlog.get_logger().error("recovery failed", why=str(error))
            return
        for each in closed:
            structlog.get_logger().warning(
                "a call of a dead engine is closed", call=each.call_id, seconds=each.seconds, why=each.problem
            )


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for each in tasks:
        each.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)


def _speaker() -> Speaker | None:
    """Return the voice, ``None`` where none is installed: then only recorded prompts are heard."""
    try:
        return Speaker()
    except VoiceError as error:
        structlog.get_logger().warning("prompts without a recording stay silent", why=str(error))
        return None
