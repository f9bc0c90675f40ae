"""The engine of a running centre: one asyncio process that holds the dialogs of all calls.

It opens no sound device and no SIP port: it is the client of the media process, of the signalling
processes and of the ears (:mod:`ivr.wire`), and the only one of them that opens the database.
"""
