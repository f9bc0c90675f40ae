"""The signalling process: calls over SIP and UDP, told to the engine in the words of the wire.

:mod:`~ivr.sip.sdp` and :mod:`~ivr.sip.guard` are pure. :mod:`~ivr.sip.corrections` mends the SIP stack that
is used, `sippy <https://github.com/sippy/b2bua>`_; nothing outside this package knows it.
"""
