"""What the processes of a running centre tell each other, and how it gets there.

:mod:`~ivr.wire.media`, :mod:`~ivr.wire.signalling` and :mod:`~ivr.wire.ears` are the vocabularies: small
frozen dataclasses, commands from the engine and events to it. :mod:`~ivr.wire.codec` turns one into bytes,
:mod:`~ivr.wire.link` carries them over a Unix socket, :mod:`~ivr.wire.ring` holds the callers' sound in
memory that processes share.
"""
