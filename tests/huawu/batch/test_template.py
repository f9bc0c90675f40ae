"""Templates that read the names of recordings."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calls.errors import BatchError
from calls.records import Direction, Role
from huawu.batch.sources import NameTemplate

pytestmark = pytest.mark.unit

CHINA = ZoneInfo("Asia/Shanghai")
QUARTER_PAST_NINE = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
HALF_A_SECOND_LATER = QUARTER_PAST_NINE.replace(microsecond=500_000)
Q = {"queue": "a b", "started_at": QUARTER_PAST_NINE}


@pytest.mark.parametrize(
    ("template", "place", "told"),
    [
        (
            "{started_at:%Y%m%d-%H%M%S}_{agent}_{caller}_{queue}.wav",
            "/archive/20261102-091500_1001_13800001234_售后.wav",
            {"started_at": QUARTER_PAST_NINE, "agent": "1001", "caller": "13800001234", "queue": "售后"},
        ),
        (
            "{queue}/{started_at:%Y%m%d}/{started_at:%H%M}-{call}.*",
            "s3://rec/sales/20261102/0915-1762045200.1.MP3",
            {"started_at": QUARTER_PAST_NINE, "queue": "sales", "call": "1762045200.1"},
        ),
        (
            "{started_at:%Y/%m/%d}/{agent:4}{started_at:%H%M%S}*",
            "/r/2026/11/02/1001091500-more.wav",
            {"started_at": QUARTER_PAST_NINE, "agent": "1001"},
        ),
        ("{call}.wav", "/r/1762045200.1.wav", {"call": "1762045200.1"}),
        ("q-{queue}-{_}-{started_at:%s}.{_}.wav", "q-a b-x-1793582100.42.wav", Q),
        ("q-{queue}-{_}-{started_at:%s}.*", "q-a b-x-1793582100.wav", Q),
        (
            "{direction}_{first_channel}_{callee}.wav",
            "呼出_agent_95588.wav",
            {"direction": Direction.OUTBOUND, "first_channel": Role.AGENT, "callee": "95588"},
        ),
        ("{{{team}}}.wav", "{A}.wav", {"team": "A"}),
        ("{started_at:%y%j%H%M%S.%f}.wav", "26306091500.5.wav", {"started_at": HALF_A_SECOND_LATER}),
        (
            "{agent}_{started_at:%Y%m%d%H%M%S.%f}.wav",
            "7_20261102091500.500.wav",
            {"agent": "7", "started_at": HALF_A_SECOND_LATER},
        ),
    ],
)
def test_names_that_tell(template: str, place: str, told: dict[str, object]) -> None:
    assert NameTemplate.parse(template, CHINA).read(place) == told


@pytest.mark.parametrize(
    "name",
    [
        "20261302-091500_1001.wav",  # the 13th month
        "20260229-091500_1001.wav",  # no leap year
        "2026112-091500_1001.wav",
        "20261102-091500_.wav",
        "20261102-091500_1001.mp3",
        "20261102-091500_1001.wav.bak",
        "x20261102-091500_1001.wav",
        "２０２６1102-091500_1001.wav",
        "",
        "a\n.wav",
    ],
)
def test_names_that_do_not_fit(name: str) -> None:
    assert NameTemplate.parse("{started_at:%Y%m%d-%H%M%S}_{agent}.wav").read(name) is None


def test_times_without_a_zone_are_of_this_machine() -> None:
    local = datetime(2026, 11, 2, 9, 15).astimezone()
    assert NameTemplate.parse("{started_at:%Y%m%d%H%M}.wav").read("202611020915.wav") == {"started_at": local}


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("", "template '': 0 characters → write 1 to 1000"),
        ("call.wav", "template 'call.wav': no field in it → fields: call, agent"),
        ("{agnet}.wav", "unknown field 'agnet' → did you mean 'agent'? fields: call, agent, team"),
        ("{agent.wav", "a single '{' → close the field, or write {{ and }}"),
        ("{agent}_{agent}.wav", "the field 'agent' stands there twice → keep one, write {_} for the other"),
        ("{agent}{caller}.wav", "nothing stands between {agent} and what follows → put a character between"),
        ("{agent}{started_at:%H%M%Y%m%d}_{queue}.wav", "nothing stands between {agent} and what follows"),
        ("{agent}*.wav", "nothing stands between {agent} and what follows"),
        ("{agent:x}.wav", "agent: 'x' is no number of characters → write {agent:4} or {agent}"),
        ("{started_at}.wav", "started_at: it is not said how the time is written → write {started_at:%Y"),
        (
            "{started_at:%H%M}.wav",
            "started_at: the day with its year is missing → a time needs %Y",
        ),
        ("{started_at:%Y%m%d}.wav", "started_at: the hour and minute is missing → a time needs"),
        ("{started_at:%A}.wav", "started_at: %A is not known → known: %Y %y %m %d %j %H %M %S %f %s"),
        ("{started_at:%Y%Y}.wav", "started_at: %Y stands there twice → keep one of them"),
        ("{size}.wav", "unknown field 'size'"),
    ],
)
def test_templates_that_cannot_work(template: str, complaint: str) -> None:
    with pytest.raises(BatchError, match=re.escape(complaint)):
        NameTemplate.parse(template)


LETTERS = st.characters(codec="utf-8", exclude_characters="/_", exclude_categories=["C", "Z"])
WORDS = st.text(LETTERS, min_size=1, max_size=20)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2069, 12, 31)).map(lambda at: at.replace(microsecond=0))


@given(
    moment=MOMENTS,
    agent=WORDS,
    caller=st.from_regex(r"\+?[0-9]{3,15}", fullmatch=True),
    queue=WORDS,
    form=st.sampled_from(
        [
            "{started_at:%Y%m%d-%H%M%S}_{agent}_{caller}_{queue}.wav",
            "{queue}/{started_at:%Y/%m/%d}/{caller}_{agent}_{started_at:%H.%M.%S}.wav",
            "{agent}_{queue}_{started_at:%y%j}_{caller}_{started_at:%S%M%H}.flac",
            "{started_at:%Y-%m-%d}/{caller}_{started_at:%H%M%S}_{queue}_{agent}.ogg",
        ]
    ),
)
def test_a_name_made_of_fields_gives_them_back(
    moment: datetime, agent: str, caller: str, queue: str, form: str
) -> None:
    assume(not re.fullmatch(r"\d([.,]\d+)?[eE]\+?\d+", agent))  # a number that a spreadsheet has shortened
    fields = {"agent": agent, "caller": caller, "queue": queue}
    name = form.format(started_at=moment, **fields)  # the language of templates is that of Python's formats

    read = NameTemplate.parse(form, UTC).read(f"/archive/{name}")

    assert read == {**fields, "started_at": moment.replace(tzinfo=UTC)}


@given(
    template=st.text(st.sampled_from("{}_:-*./ab%YmdHMS") | st.characters(codec="utf-8"), max_size=40),
    name=st.text(max_size=60),
)
def test_whatever_is_written_is_a_template_or_a_complaint(template: str, name: str) -> None:
    try:
        NameTemplate.parse(template).read(name)
    except BatchError as error:
        assert str(error).startswith("template ")


def test_no_name_takes_long_to_read() -> None:
    template = NameTemplate.parse("{agent}_{caller}_{queue}_{call}-{team}.*")
    for name in ("_" * 4000, "_" * 2000 + "-" * 2000, "a." * 2000, "-" * 4000 + "."):
        template.read(name)  # a pattern that tries everything would not come back


def test_the_templates_of_the_documents_read_the_names_beside_them() -> None:
    text = (Path(__file__).parents[3] / "docs/manifest.md").read_text(encoding="utf-8")
    (block,) = (each for each in re.findall(r"```\n(.*?)```", text, re.DOTALL) if "{" in each)
    examples = [line.split("  ", 1) for line in block.splitlines()]

    assert len(examples) == 4
    for template, name in examples:
        read = NameTemplate.parse(template, CHINA).read(f"/archive/{name.strip()}")
        assert read is not None and read["started_at"] == QUARTER_PAST_NINE
