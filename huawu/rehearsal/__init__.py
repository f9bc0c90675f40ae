"""Scenarios over real telephone lines: SIP and RTP on loopback between two sets of processes.

One is a whole centre, as ``huawu serve`` runs it. The other is a signalling and a media process whose
"engine" is the demo: its parties are the scenarios' callers and agents, who speak, press keys and hang up.
"""
