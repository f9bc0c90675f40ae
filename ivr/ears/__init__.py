"""The recogniser processes (ears) of a running centre, and the engine's side of them.

:mod:`~ivr.ears.process` is the first process: it loads the model once and forks the ears
(:mod:`~ivr.ears.brood`), each of which serves the engine (:mod:`~ivr.ears.service`) with what
:mod:`~ivr.ears.hearing` makes of the sound in the ring. The engine shares its calls among them with
:mod:`~ivr.ears.pool`, which keeps a :mod:`~ivr.ears.contact` with each.
"""
