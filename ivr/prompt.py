"""What a flow says: every prompt has a text and a name, and a recorded <name>.wav takes its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

#: Ends the name of a prompt with filled-in values: :data:`speech.prompts.ONE_CALL`.
FILLED = "~"

_VARIABLE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something to say.

    Parameters
    ----------
    name : str
        The node, with ``-again``, ``-no-input-1`` and the like for its other prompts, ``@en`` for
        another language than the flow's own, and :data:`FILLED` at the end where values were filled in,
        so that no recording can stand in for a prompt that differs per call.
    text : str
        What is said.
    language : str
        In which it is said.
    """

    name: str
    text: str
    language: str = "zh"

    def filled(self, values: Mapping[str, str]) -> Prompt:
        """Return the prompt with its variables filled in; one that has no value stays empty."""
        if not variables_in(self.text):
            return self
        return replace(self, name=self.name + FILLED, text=fill(self.text, values))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return a template with its variables filled in; one that has no value stays empty."""
    return _VARIABLE.sub(lambda match: values.get(match[1], ""), text)


def variables_in(text: str) -> list[str]:
    """Return the names in braces within a prompt's text."""
    return _VARIABLE.findall(text)
