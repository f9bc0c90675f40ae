"""The sections of the accuracy page: on which file, how divided, judged by what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analytics.evaluation.contest import Setup
from analytics.evaluation.folds import Plan, in_lockbox
from analytics.evaluation.metrics import as_json
from analytics.evaluation.models import COMPLAINTS, COMPLAINTS_BY_TEXT, SENTIMENT, TOPIC
from analytics.evaluation.raters import panel
from analytics.evaluation.sets import DISSATISFIED, read_dialogues
from analytics.evaluation.tasks import Task, evaluate

DIALOGUES = "weibo_helpdesk_satisfaction/dialogues.jsonl"
WAIMAI = "waimai_sentiment/reviews.csv"
SHOPPING = "online_shopping_sentiment/reviews.csv"
MESSAGES = "gov_hotline_messages/topic7.csv"
COMMANDS = "voice_command_intents_smp/utterances.csv"
#: The rate of errors that the noisy sections ask for.
NOISE = 0.20


@dataclass(frozen=True, slots=True)
class Section:
    """One run behind the page.

    Attributes
    ----------
    key : str
        Its name in the results, and for ``--only`` and ``--again``.
    file : str
        Below the folder of the data.
    command : str
        What gives the same figures by hand; empty where nothing does.
    run : callable
        From the file to the results, as JSON has them.
    once : bool
        It is run only where it is named, and never again: the lockbox.
    """

    key: str
    file: str
    command: str
    run: Callable[[Path], dict[str, Any]]
    once: bool = False


def _section(key: str, file: str, task: Task, options: str, setup: Setup, **more: Any) -> Section:
    def run(path: Path) -> dict[str, Any]:
        rows = task.read(path)
        train, test = (None, rows) if "--test" in options else (rows, None)
        return evaluate(task, train, test, setup, **more).as_json()

    return Section(key, file, f"huawu evaluate {task.name} {options}", run, setup.lockbox)


def _raters(key: str, size: int) -> Section:
    def run(path: Path) -> dict[str, Any]:
        rows = read_dialogues(path)
        rows = rows.select(~in_lockbox(rows.ids))
        share = float((rows.labels == DISSATISFIED).mean())
        facts = {"n": len(rows), "wanted": DISSATISFIED, "wanted_share": round(share, 5)}
        return facts | as_json(panel(rows, size))

    return Section(key, DIALOGUES, "", run)


SECTIONS: tuple[Section, ...] = (
    _raters("one-rater", 1),
    _raters("nine-raters", 9),
    _section(
        "complaints",
        DIALOGUES,
        COMPLAINTS,
        "--train FILE --cv 5x3 --group-by opening --noise 0.2",
        Setup(noise=NOISE),
    ),
    _section(
        "complaints-by-text",
        DIALOGUES,
        COMPLAINTS_BY_TEXT,
        "--train FILE --cv 5x3 --group-by opening --without-shape",
        Setup(),
    ),
    _section(
        "complaints-untrained", DIALOGUES, COMPLAINTS, "--test FILE --untrained", Setup(), untrained=True
    ),
    _section(
        "waimai",
        WAIMAI,
        SENTIMENT,
        "--train FILE --cv 5x1 --group-by opening --noise 0.2",
        Setup(Plan(5, 1), noise=NOISE),
    ),
    _section("waimai-untrained", WAIMAI, SENTIMENT, "--test FILE --untrained", Setup(), untrained=True),
    _section("shopping", SHOPPING, SENTIMENT, "--train FILE --cv 5x1 --group-by opening", Setup(Plan(5, 1))),
    _section("shopping-untrained", SHOPPING, SENTIMENT, "--test FILE --untrained", Setup(), untrained=True),
    _section("messages", MESSAGES, TOPIC, "--train FILE --cv 5x3 --group-by opening", Setup()),
    _section("commands", COMMANDS, TOPIC, "--train FILE --cv 5x3 --group-by opening", Setup()),
    _section(
        "commands-noisy",
        COMMANDS,
        TOPIC,
        "--train FILE --cv 5x1 --group-by opening --noise 0.2",
        Setup(Plan(5, 1), noise=NOISE),
    ),
    _section("complaints-lockbox", DIALOGUES, COMPLAINTS, "--train FILE --lockbox", Setup(lockbox=True)),
)
