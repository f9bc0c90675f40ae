"""The media process: the 20 ms clock, and everything that happens to sound at its pace.

One thread moves the RTP of all calls (:mod:`ivr.media.exchange`): their states are arrays with a row for each
leg (a slot), so that what happens to every frame of every call is a numpy operation on many rows.

======================================  ================================================================
:mod:`~ivr.media.rtp`, ``rtcp``         packets
:mod:`~ivr.media.telephone_event`       keys as packets, RFC 4733, both ways
:mod:`~ivr.media.jitter`                reordering, delay, clocks that differ
:mod:`~ivr.media.concealment`           what is heard in place of a lost frame
:mod:`~ivr.media.activity`, ``tones``   who makes sound; keys as tones
:mod:`~ivr.media.sounds`, ``playout``   prompts in memory, and what each party hears
:mod:`~ivr.media.history`, ``recorder`` the last frames of both sides, and their way to the disk
:mod:`~ivr.media.quality`               loss, jitter, and the E-model's estimate
:mod:`~ivr.media.inbox`, ``outbox``     packets of all legs, read and sent many at once
:mod:`~ivr.media.uring`, ``readiness``  the system's calls for that: io_uring, epoll
:mod:`~ivr.media.ports`, ``tempo``      sockets; the clock
======================================  ================================================================

Sound is A-law inside, 160 bytes a frame of 20 ms; µ-law is translated at the edge. The process speaks
:mod:`ivr.wire.media` to the engine and writes the callers' sound to :class:`ivr.wire.ring.SoundRing`.
"""
