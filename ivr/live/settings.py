"""What the engine is told at its start; ``huawu serve`` makes it of its configuration."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """All fields are of JSON's types.

    Parameters
    ----------
    run : str
        Folder of the sockets, and of what lives no longer than the processes.
    ring : str
        File of :class:`ivr.wire.ring.SoundRing`.
    node : str
        Name of this machine, where several share a database.
    flows : list of [pattern, path]
        Which flow answers which dialled number: the first pattern (``*`` and ``?`` as in file names) that
        fits counts.
    database, recordings : str
        Where calls are kept.
    fsync_seconds : float
        Hand recordings to the disk itself this often; 0 leaves it to the system.
    prompts : list of str
        Folders of recorded prompts, before those that ship.
    prompt_cache : str
        Folder for rendered prompts.
    media_host : str
        The address at which callers reach the media process, for SDP.
    address : str
        ``host:port`` at which telephones reach the signalling process; empty where none runs.
    sip, gateway : bool
        Which signalling processes run.
    ears : int
        How many recogniser processes run.
    most_recognitions : int
        Utterances that are recognised at a time; menus beyond that go on with keys only.
    most_calls : int
        Calls at a time; others get 503.
    drain_seconds : float
        After SIGTERM calls may go on for so long.
    http_host, http_port : str, int
        Of the engine's own pages: health, metrics, running calls, agents.
    token : str
        Bearer token for all of them but health and metrics; empty: only loopback may ask.
    allow_web : list of str
        Web services that flows may ask.
    outbound : str
        URI to dial for a number: ``sip:{number}@10.0.0.1``. Empty: numbers cannot be dialled.
    trunk : str
        Trunk over which numbers are dialled.
    refer : list of str
        Patterns of numbers or URIs to which callers are sent by REFER instead of being bridged.
    ring_seconds, wrap_up_seconds : float
        How long an agent's phone rings, and how long the agent is left alone after a conversation.
    most_no_answers : int
        Unanswered rings in a row after which an agent is paused.
    codes : dict of str to str
        Dial codes of agents' phones: ``login``, ``logout``, ``pause``, ``unpause`` → number.
    hold_music : str
        A-law or WAV file; empty plays the built-in one.
    """

    run: str
    ring: str
    flows: list[list[str]]
    database: str
    recordings: str
    node: str = ""
    fsync_seconds: float = 0.0
    prompts: list[str] = field(default_factory=list)
    prompt_cache: str = ""
    media_host: str = "127.0.0.1"
    address: str = ""
    sip: bool = True
    gateway: bool = False
    ears: int = 1
    most_recognitions: int = 50
    most_calls: int = 1000
    drain_seconds: float = 600.0
    http_host: str = "127.0.0.1"
    http_port: int = 8060
    token: str = field(default="", repr=False)
    allow_web: list[str] = field(default_factory=list)
    outbound: str = ""
    trunk: str = ""
    refer: list[str] = field(default_factory=list)
    ring_seconds: float = 20.0
    wrap_up_seconds: float = 15.0
    most_no_answers: int = 3
    codes: dict[str, str] = field(default_factory=dict)
    hold_music: str = ""
