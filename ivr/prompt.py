"""What a flow says: every prompt has a text and a name, and a recorded <name>.wav takes its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_VARIABLE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something to say.

    Parameters
    ----------
    name : str
        The node, with ``-again``, ``-no-input-1`` and the like for its other prompts. Filled-in values
        are part of it, so that no recording can stand in for a prompt that differs per call.
    text : str
        What is said.
    """

    name: str
    text: str

    def filled(self, variables: Mapping[str, str]) -> Prompt:
        """Return the prompt with its variables filled in; one that was never collected stays empty."""
        values = [variables.get(name, "") for name in variables_in(self.text)]
        text = _VARIABLE.sub(lambda match: variables.get(match[1], ""), self.text)
        return Prompt("-".join([self.name, *values]), text)


def variables_in(text: str) -> list[str]:
    """Return the names in braces within a prompt's text."""
    return _VARIABLE.findall(text)
