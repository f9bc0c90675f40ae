"""More calls than there are scenarios: the same lines in other voices, from other numbers, on other lines."""

from __future__ import annotations

import numpy as np

from ivr.script import Scenario
from speech.voices import VOICES

#: Signal-to-noise ratios of the lines, in dB: a quiet office to a street.
NOISE_RANGE = (12.0, 30.0)

CALLERS = tuple(name for name in VOICES if name.startswith("caller-"))


def varied(scenario: Scenario, number: int, chance: np.random.Generator) -> Scenario:
    """Return a scenario as another caller would live it.

    Parameters
    ----------
    scenario : Scenario
        What is said stays as it is.
    number : int
        Becomes part of the id and of the caller's number; unlike those of other variations.
    chance : numpy.random.Generator
        Chooses voice and noise.
    """
    agent_voice = scenario.agent.voice if scenario.agent else None
    voices = [name for name in CALLERS if agent_voice is None or not same_sound(name, agent_voice)]
    caller = scenario.caller.model_copy(
        update={
            "voice": str(chance.choice(voices)),
            "number": f"199{number:08d}",
            "snr_db": round(float(chance.uniform(*NOISE_RANGE)), 1),
            "codec": str(chance.choice(["alaw", "ulaw"])),
        }
    )
    return scenario.model_copy(update={"id": f"{scenario.id}-{number}", "caller": caller})


def same_sound(one: str, other: str) -> bool:
    """Tell whether two voices share a vocal tract, so that a listener would mix them up."""
    return VOICES[one].variant == VOICES[other].variant
