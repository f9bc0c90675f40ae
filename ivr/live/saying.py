"""What a caller hears of us: prompts, the beep, and something to fill the time while nothing is said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from calls.records import EventKind
from ivr import events
from ivr.live.sounds import LoadedSound, SoundShelf, SpokenSound
from ivr.prompt import Prompt
from ivr.wire import media

#: Number of a play that is no prompt of the dialog's: music, ringing, the beep.
NO_PLAY = 0
#: A-law bytes of a message that carries a piece of a spoken prompt: half a second.
_PIECE = 4000

Ended = events.PromptEnded | events.PromptFailed


class Saying:
    """The mouth of a call.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        Where it is used.
    sounds : SoundShelf
        Makes prompts.
    load : callable
        Has the media process know a sound, and returns its name there.
    leg : callable
        Returns the id of the caller's leg.
    send : callable
        Sends a command to the media process.
    ended : callable
        Told when a prompt was said, or cannot be.
    observe : callable
        Told what went wrong: the kind of an entry of the trace, and its data.
    show : callable or None
        Shown what is said, for a caller who has a screen.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sounds: SoundShelf,
        *,
        load: Callable[[LoadedSound], str],
        leg: Callable[[], str],
        send: Callable[[Any], None],
        ended: Callable[[Ended], None],
        observe: Callable[[EventKind, dict[str, Any]], None],
        show: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        self._loop = loop
        self._sounds = sounds
        self._load = load
        self._leg = leg
        self._send = send
        self._ended = ended
        self._observe = observe
        self._show = show
        self._play: int | None = None
        self._preparing: asyncio.Task[None] | None = None
        self._filler: LoadedSound | None = None
        self._filling = False
        self._closed = False

    def say(self, play: int, prompt: Prompt) -> None:
        """Say a prompt, as soon as it is made."""
        self._begin(play)
        if self._show is not None:
            self._show({"say": prompt.text})
        ready = self._sounds.ready(prompt)
        if ready is not None:
            self.play(play, ready)
        else:
            self._preparing = self._loop.create_task(self._prepare(play, prompt))

    def replay(self, play: int) -> None:
        """Play the message that the caller has left."""
        self._begin(play)
        self._send(media.PlayMessage(self._leg(), play))

    def beep(self) -> None:
        """Beep."""
        self.play(NO_PLAY, self._sounds.beep)

    def play(self, play: int, sound: LoadedSound, *, loop: bool = False) -> None:
        """Play a sound."""
        self._send(media.Play(self._leg(), play, self._load(sound), loop))

    def stop(self) -> None:
        """Fall silent."""
        self._quiet()
        self._send(media.StopPlaying(self._leg()))

    def fill(self, filler: LoadedSound | None) -> None:
        """Have something to hear while nothing is said, or no longer."""
        if filler is None and self._filling:
            self._send(media.StopPlaying(self._leg()))
        self._filler, self._filling = filler, False
        self.fill_silence()

    def fill_silence(self) -> None:
        """Begin to fill the time if nothing is said now."""
        if self._filler is not None and self._play is None and not self._filling and not self._closed:
            self._filling = True
            self.play(NO_PLAY, self._filler, loop=True)

    def give_way(self) -> None:
        """Be silent without saying so: a bridge ends what is played."""
        self._quiet()
        self._filler = None

    def played(self, play: int, event: Ended) -> None:
        """Take in that a sound has ended."""
        if play != NO_PLAY and play == self._play:
            self._play = None
            self._ended(event)

    def close(self) -> None:
        """Say no more."""
        self.give_way()
        self._closed = True

    async def _prepare(self, play: int, prompt: Prompt) -> None:
        """Make a prompt; whatever is wrong with it, the call goes on without."""
        try:
            sound = await self._sounds.sound(prompt)
        except Exception as error:
            # what was to be said may be about the caller: it stays out of trace and log
            problem = type(error).__name__
            self._observe(EventKind.ERROR, {"reason": "prompt", "name": prompt.name, "problem": problem})
            self._preparing = None
            self.played(play, events.PromptFailed(play))
            return
        if self._play != play:
            return
        if isinstance(sound, LoadedSound):
            self.play(play, sound)
        else:
            self._stream(play, sound)

    def _stream(self, play: int, spoken: SpokenSound) -> None:
        leg = self._leg()
        self._send(media.PlayStream(leg, play))
        for first in range(0, len(spoken.sound), _PIECE):
            self._send(media.Feed(leg, play, spoken.sound[first : first + _PIECE]))
        self._send(media.Feed(leg, play, b"", last=True))

    def _begin(self, play: int) -> None:
        self._quiet()
        self._play = play

    def _quiet(self) -> None:
        self._play = None
        self._filling = False
        if self._preparing is not None:
            self._preparing.cancel()
            self._preparing = None
