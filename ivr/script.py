"""Scenarios: what a test caller, and after a hand-off a test agent, say and do in one call.

One YAML file a call; `docs/flows.md` explains the fields. What is written here is what a machine is
later scored against, so nothing but the scripted parties and the scoring may read it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from calls.document import Section, read_document
from calls.errors import ScenarioError
from calls.records import Outcome
from ivr.flow import Flow

Line = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Delay = Annotated[float, Field(ge=0, le=300)]
PhoneNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{3,15}$")]


class CallerPart(Section):
    """Who calls: a voice of :data:`speech.voices.VOICES`, a number, and the telephone line.

    With ``tones`` the keys are also heard on the line, as from telephones that send them in-band.
    """

    voice: str
    number: PhoneNumber
    snr_db: float = Field(25.0, ge=0, le=60)
    codec: Literal["alaw", "ulaw"] = "alaw"
    tones: bool = False


class AgentPart(Section):
    """Who answers in the queue, and how many seconds after the caller entered it."""

    voice: str
    id: str
    name: str
    team: str = ""
    answers_after: Delay = 5.0


class Step(Section):
    """One turn of the caller: what to do at a node, and when.

    Parameters
    ----------
    at : str
        The node whose prompt is answered; the step waits until the call gets there.
    say : str or tuple of str, optional
        Said, with a breath between several lines.
    press : str, optional
        Keys, pressed after what is said.
    silent : bool
        Do nothing this time.
    hang_up : bool
        Leave.
    pause : float
        Seconds between the end of the prompt and the turn.
    barge_in : float, optional
        Instead of waiting for the prompt's end, begin so many seconds after its start.
    """

    at: str
    say: Line | tuple[Line, ...] = ()
    press: Annotated[str, StringConstraints(pattern=r"^[0-9*#]*$")] = ""
    silent: bool = False
    hang_up: bool = False
    pause: Delay = 0.7
    barge_in: Delay | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> Step:
        if sum([bool(self.say or self.press), self.silent, self.hang_up]) != 1:
            raise ValueError("a step says or presses something, is silent, or hangs up")
        return self

    @property
    def lines(self) -> tuple[str, ...]:
        """What is said, line by line."""
        return (self.say,) if isinstance(self.say, str) else self.say


class Turn(Section):
    """One line of the conversation with the agent.

    ``pause`` is the silence before it in seconds; ``overlap`` lets it begin so many seconds before
    the line before it ends.
    """

    caller: Line | None = None
    agent: Line | None = None
    pause: Delay | None = None
    overlap: Delay = 0.0

    @model_validator(mode="after")
    def _one_speaks(self) -> Turn:
        if (self.caller is None) == (self.agent is None):
            raise ValueError("a line has one speaker, caller or agent")
        return self

    @property
    def text(self) -> str:
        """What is said."""
        return self.caller or self.agent or ""


class Truth(Section):
    """What the call is about, for scoring only: labels of the analytics."""

    topics: tuple[str, ...]
    complaint: Literal["none", "一般", "重大", "紧急"]
    sentiment: Literal["negative", "neutral", "positive"]


class Expectation(Section):
    """How the call should end: outcome, queue, and nodes entered in this order (others between)."""

    outcome: Outcome
    queue: str | None = None
    path: tuple[str, ...] = ()


class Scenario(Section):
    """One scripted call.

    Parameters
    ----------
    id, title : str
        The file's name, and what happens.
    heldout : bool
        Whether its lines are kept out of every training text.
    caller, agent : CallerPart, AgentPart
        Without an agent nobody answers in the queue.
    steps : tuple of Step
        The caller's turns in the menus, in order.
    conversation : tuple of Turn
        With the agent.
    hang_up : {"caller", "agent"}
        Who ends the conversation.
    truth : Truth
        For scoring.
    expect : Expectation
        For scoring.
    """

    id: str
    title: str
    heldout: bool
    caller: CallerPart
    agent: AgentPart | None = None
    steps: tuple[Step, ...] = ()
    conversation: tuple[Turn, ...] = ()
    hang_up: Literal["caller", "agent"] = "caller"
    truth: Truth
    expect: Expectation

    @model_validator(mode="after")
    def _conversation_needs_an_agent(self) -> Scenario:
        if self.conversation and self.agent is None:
            raise ValueError("a conversation needs an agent")
        return self


def load_scenarios(folder: str | Path, flow: Flow | None = None) -> list[Scenario]:
    """Read all scenarios of a folder, in the order of their file names.

    Parameters
    ----------
    folder : path
        With one ``.yaml`` file per call.
    flow : Flow, optional
        The flow they are to walk through: the nodes they name are checked against it.

    Raises
    ------
    ScenarioError
        A file is wrong (file, line, field are named), or there is none.
    """
    paths = sorted(Path(folder).glob("*.yaml"))
    if not paths:
        raise ScenarioError(f"{folder}: holds no scenario", "give a folder with .yaml files")
    return [load_scenario(path, flow) for path in paths]


def load_scenario(path: str | Path, flow: Flow | None = None) -> Scenario:
    """Read one scenario; see :func:`load_scenarios`."""
    document = read_document(Path(path), ScenarioError)
    scenario = document.read_as(Scenario)
    if scenario.id != Path(path).stem:
        raise document.complaint(("id",), f"{scenario.id!r} is not the name of the file")
    if flow is not None:
        for number, step in enumerate(scenario.steps):
            if step.at not in flow.nodes:
                raise document.unknown(("steps", number, "at"), "node", step.at, flow.nodes)
        for number, name in enumerate(scenario.expect.path):
            if name not in flow.nodes:
                raise document.unknown(("expect", "path", number), "node", name, flow.nodes)
    return scenario
