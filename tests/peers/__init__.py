"""The other end of the line, for tests: real SIP telephones, and a party that really listens.

SIPp (:mod:`.sipp`, playing a :mod:`.scenario`) and baresip (:mod:`.baresip`) are telephones that somebody
else wrote. SIPp cannot hear, so :mod:`.receiver` is the ear and the mouth at the port that SIPp's session
names: it knows nothing of our own RTP, and reads G.711 by tables of its own (:mod:`.rtp`).
:mod:`.shaper` spoils what passes between two parties, :mod:`.namespaces` gives each a host of its own.
"""
