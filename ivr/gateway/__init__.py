"""Calls that do not come by SIP: from an Asterisk (chan_websocket, AudioSocket) and from a browser page.

To the engine this is one more signalling process (:mod:`ivr.wire.signalling`). To the media process each
of its calls looks like any RTP party: the sound that a party sends over its WebSocket leaves as RTP from a
port of the call's own, and the RTP that comes there goes to the party. So the clock and the recording are
the media process's here as well.
"""
