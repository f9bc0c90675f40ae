"""The flow language: a call centre's menus in YAML files that a supervisor can read.

A flow is a set of named nodes; each says what is played, what the caller may do, and where to go
next. `docs/flows.md` teaches it; `prompts/flows/main.yaml` is the demo's.
"""

from ivr.flow.flow import AnyNode, Defaults, Flow
from ivr.flow.inputs import (
    REASONS,
    Answer,
    AnyInput,
    Choice,
    CollectNode,
    ConfirmNode,
    InputNode,
    MenuNode,
    Reason,
    Retries,
    SurveyNode,
)
from ivr.flow.loading import load_flow, read_flow
from ivr.flow.node import Node, Spoken, Way
from ivr.flow.steps import (
    BranchNode,
    CallbackNode,
    GotoNode,
    HangupNode,
    HoursNode,
    HttpNode,
    LanguageNode,
    PlayNode,
    QueueNode,
    RecordNode,
    ReturnNode,
    SetNode,
    SplitNode,
    TransferNode,
)

__all__ = [
    "REASONS",
    "Answer",
    "AnyInput",
    "AnyNode",
    "BranchNode",
    "CallbackNode",
    "Choice",
    "CollectNode",
    "ConfirmNode",
    "Defaults",
    "Flow",
    "GotoNode",
    "HangupNode",
    "HoursNode",
    "HttpNode",
    "InputNode",
    "LanguageNode",
    "MenuNode",
    "Node",
    "PlayNode",
    "QueueNode",
    "Reason",
    "RecordNode",
    "Retries",
    "ReturnNode",
    "SetNode",
    "SplitNode",
    "Spoken",
    "SurveyNode",
    "TransferNode",
    "Way",
    "load_flow",
    "read_flow",
]
