"""Call detail records of Asterisk, of FreeSWITCH, and of whom a template describes."""

from __future__ import annotations

import itertools
import re
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from analytics.kpi.report import kpi_report
from calls.errors import BatchError
from calls.foreign import ARCHIVE, agent_id_of, call_id_of
from calls.records import Agent, Call, CallEvent, Direction, Outcome, Queue
from calls.store import Store
from huawu.import_command import import_app
from huawu.imports.cdrtemplate import read_template

pytestmark = pytest.mark.integration

NINE = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # o'clock in China
QUEUED = (
    '"","13800001111","8000","from-trunk","""张三"" <13800001111>","SIP/trunk-00000001","SIP/1001-00000002",'
    '"Queue","sales,t,,,60","2026-11-02 09:00:00","2026-11-02 09:00:05","2026-11-02 09:02:00",120,115,'
    '"ANSWERED","DOCUMENTATION","1762045200.1",""\n'
)
LOST = QUEUED.replace("1762045200.1", "1762045200.2").replace('"ANSWERED"', '"NO ANSWER"')
LOST = LOST.replace('"2026-11-02 09:00:05"', "").replace('"SIP/1001-00000002"', '""')
QUEUE_LOG = (
    "1793581210|1762045200.1|sales|NONE|ENTERQUEUE||13800001111|1\n"
    "1793581230|1762045200.1|sales|SIP/1001|CONNECT|20|x.9|3\n"
    "1793581320|1762045200.1|sales|SIP/1001|COMPLETECALLER|20|90|1\n"
)


class Import:
    """A folder with files and the database that they are imported into."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.database = folder, folder / "huawu.db"

    def file(self, text: str | bytes, name: str = "Master.csv") -> Path:
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def cdr(self, file: Path, *options: str | Path) -> Result:
        return self._run("cdr", str(file), "--zone", "Asia/Shanghai", *map(str, options))

    def queue_log(self, file: Path) -> Result:
        return self._run("queue-log", str(file))

    def _run(self, *arguments: str) -> Result:
        return CliRunner().invoke(import_app, [*arguments, "--to", str(self.database)])

    def found(self, kind: type) -> list:
        with Store.open(self.database) as store:
            return store.find(kind)


@pytest.fixture
def here(tmp_path: Path) -> Import:
    return Import(tmp_path)


def test_asterisk(here: Import) -> None:
    said = here.cdr(here.file(QUEUED + LOST))

    assert (said.exit_code, said.output) == (
        0,
        "2 lines: 2 calls, 0 queue events, 0 states of agents; 1 agents, 1 queues\n",
    )
    answered = Call(
        id="1762045200.1",
        door="import",
        caller="13800001111",
        callee="8000",
        started_at=NINE,
        answered_at=NINE + timedelta(seconds=5),
        ended_at=NINE + timedelta(seconds=120),
        outcome=Outcome.HANDED_OFF,
        agent_id="1001",
        queue_id="sales",
    )
    lost = Call(
        id="1762045200.2",
        door="import",
        caller="13800001111",
        callee="8000",
        started_at=NINE,
        ended_at=NINE + timedelta(seconds=120),
        outcome=Outcome.ABANDONED,
        hangup_cause="no-answer",
        queue_id="sales",
    )
    assert here.found(Call) == [answered, lost]
    assert (here.found(Agent), here.found(Queue)) == ([Agent(id="1001")], [Queue(id="sales")])


def test_calls_that_go_out_are_known_by_their_context(here: Import) -> None:
    here.cdr(here.file(QUEUED.replace("from-trunk", "outgoing")), "--outbound", "outgoing, later")

    (call,) = here.found(Call)
    assert (call.direction, call.agent_id) == (Direction.OUTBOUND, "trunk")


def test_several_lines_of_one_call_are_one_call(here: Import) -> None:
    ringing = QUEUED.replace("ANSWERED", "NO ANSWER").replace("SIP/1001", "SIP/1000")
    ringing = ringing.replace('"2026-11-02 09:00:05"', "").replace("09:02:00", "09:00:20")
    here.cdr(here.file(ringing + QUEUED))

    (call,) = here.found(Call)
    assert (call.agent_id, call.ended_at) == ("1001", NINE + timedelta(seconds=120))


def test_further_legs_are_left_out_where_the_file_tells_them(here: Import) -> None:
    leg = QUEUED.rstrip().replace("1762045200.1", "1762045200.7") + ',"","1762045200.1","12"\n'

    said = here.cdr(here.file(leg))

    assert said.output.splitlines()[0] == "lines of further legs of a call, left out: 1"
    assert here.found(Call) == []


def test_freeswitch(here: Import) -> None:
    uuid = "2bbe83f7-5111-4b5b-9626-c5154608d4ee"
    line = (
        '"张三","13800001111","4000","public","2026-11-02 09:00:00","2026-11-02 09:00:02",'
        f'"2026-11-02 09:01:00","60","58","NORMAL_CLEARING","{uuid}","","","PCMA","PCMA"\n'
    )
    here.cdr(here.file(line), "--format", "freeswitch", "--system", "fs1")

    (call,) = here.found(Call)
    assert call == Call(
        id=uuid,
        door="import",
        caller="13800001111",
        callee="4000",
        started_at=NINE,
        answered_at=NINE + timedelta(seconds=2),
        ended_at=NINE + timedelta(seconds=60),
        hangup_cause="NORMAL_CLEARING",
        node="fs1",
    )


TEMPLATE = """\
delimiter: ;
zone: Asia/Shanghai
fields:
  call: 流水号
  caller: 主叫
  started_at: 开始
  connected_at: 人工应答
  ended_at: 结束
  agent: 工号
  queue: 技能组
  direction: 类型
values:
  direction: {"1": 呼入, "2": 呼出}
"""
TABLE = """\
流水号;类型;主叫;开始;人工应答;结束;工号;技能组
T1;1;13800001111;2026/11/2 9:00:00;2026/11/2 9:00:12;2026/11/2 9:01:12;8001;售后
T2;1;13800002222;2026/11/2 9:05:00;;2026/11/2 9:05:30;;售后
"""


def test_a_template_describes_any_table_with_its_waits(here: Import) -> None:
    template = here.file(TEMPLATE, "crm.yaml")

    said = here.cdr(here.file(TABLE.encode("gb18030")), "--format", template)

    assert said.exit_code == 0, said.output
    with Store.open(here.database) as store:
        (line,) = kpi_report(store, date(2026, 11, 2), date(2026, 11, 2), by="queue").lines
    names = ("offered", "answered", "abandoned", "average_speed_of_answer", "average_talk", "longest_wait")
    assert (line.group, [line.figures[name] for name in names]) == ("售后", [2, 1, 1, 12, 60, 30])
    assert {(each.id, each.agent_id, each.outcome) for each in here.found(Call)} == {
        ("T1", "8001", Outcome.HANDED_OFF),
        ("T2", None, Outcome.ABANDONED),
    }


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("fields: {call: a}", "crm.yaml:1: fields: Dictionary should have at least 2 items"),
        ("fields: {call: a, start: b}", "crm.yaml:1: fields.start: unknown field 'start'"),
        ("fields: {call: a, caller: b}", "crm.yaml:1: fields: the field 'started_at' is missing"),
        (
            "fields: {call: a, started_at: b}\ncolumns: [a]",
            "crm.yaml:1: fields.started_at: unknown column",
        ),
        ("fields: {call: a, started_at: b}\nzone: China", "crm.yaml:2: zone: unknown zone 'China'"),
        (
            "fields: {call: a, started_at: b}\nvalues: {agent: {}}",
            "crm.yaml:2: values.agent: its field",
        ),
        ("feilds: {}", "crm.yaml:1: feilds: unknown field 'feilds' → did you mean 'fields'?"),
    ],
)
def test_a_template_that_is_wrong(here: Import, wrong: str, complaint: str) -> None:
    said = here.cdr(here.file(TABLE), "--format", here.file(wrong, "crm.yaml"))

    assert isinstance(said.exception, BatchError)
    assert complaint in str(said.exception)
    assert not here.database.exists()


def test_a_table_without_a_column_that_the_template_names(here: Import) -> None:
    said = here.cdr(here.file("流水号;开始\n"), "--format", here.file(TEMPLATE, "crm.yaml"))

    complaint = "Master.csv:1: no column '主叫', which crm.yaml names → it has: 流水号, 开始"
    assert str(said.exception).endswith(complaint)


def test_lines_that_are_wrong_are_named_and_the_others_go_on(here: Import) -> None:
    file = here.file(
        '"a","b"\n'
        + QUEUED.replace("2026-11-02 09:00:00", "2.11.2026 9h")
        + '"unclosed\n'
        + QUEUED.replace("1762045200.1", "")
        + QUEUED
    )

    said = here.cdr(file)

    assert said.exit_code == 1
    lines = [line.removeprefix(f"{file}:") for line in said.stderr.splitlines()]
    assert lines[0].startswith("1: 2 fields where asterisk has 16 to 21 → columns: accountcode, src")
    assert lines[1:] == [
        "2: start: '2.11.2026 9h': no date with its time of day → write it as 2026-11-02 09:15:00",
        "3: unexpected end of data → check the quotes of the line",
        "4: uniqueid: '': it is empty → without it a call cannot be told from others",
        "wrong lines, left out: 4",
    ]
    assert [each.id for each in here.found(Call)] == ["1762045200.1"]


def test_a_file_of_asterisk_without_uniqueids_says_what_to_set(here: Import) -> None:
    said = here.cdr(here.file(QUEUED.replace(',"1762045200.1",""', "")))

    assert "uniqueid: '': the line has none → set loguniqueid=yes in cdr.conf" in said.stderr


def test_the_order_of_cdr_and_queue_log_does_not_matter(tmp_path: Path) -> None:
    found = []
    for number, order in enumerate(itertools.permutations(("cdr", "queue-log", "cdr"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        here = Import(folder)
        files = {"cdr": here.file(QUEUED), "queue-log": here.file(QUEUE_LOG, "queue_log")}
        for each in order:
            assert (here.cdr if each == "cdr" else here.queue_log)(files[each]).exit_code == 0
        found.append([[asdict(one) for one in here.found(kind)] for kind in (Call, CallEvent)])
        with Store.open(here.database) as store:
            (line,) = kpi_report(store, date(2026, 11, 2), date(2026, 11, 2)).lines
        assert [line.figures[each] for each in ("average_speed_of_answer", "average_talk")] == [20, 90]

    assert all(each == found[0] for each in found)


@pytest.mark.parametrize("kind", ["cdr", "queue-log"])
def test_a_recording_that_batch_took_in_before_becomes_one_of_the_call(here: Import, kind: str) -> None:
    copied = NINE + timedelta(days=30)  # when the archive was copied, which is all that batch could know
    minute = copied + timedelta(minutes=1)
    with Store.open(here.database) as store:
        store.add(
            Call(id="1762045200.1", door=ARCHIVE, started_at=copied, answered_at=copied, ended_at=minute),
            Agent(id="1001", name="李四", team="A"),
        )

    file = here.file(QUEUED) if kind == "cdr" else here.file(QUEUE_LOG, "queue_log")
    (here.cdr if kind == "cdr" else here.queue_log)(file)

    (call,) = here.found(Call)
    assert (call.door, call.queue_id, call.agent_id) == ("import", "sales", "1001")
    assert (call.started_at, call.ended_at) == (
        NINE + timedelta(seconds=0 if kind == "cdr" else 10),
        NINE + timedelta(minutes=2),
    )
    assert here.found(Agent) == [Agent(id="1001", name="李四", team="A")]


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ("cisco", "--format: 'cisco' is not known → known: asterisk, freeswitch, or a .yaml file"),
        ("none.yaml", "none.yaml: No such file or directory"),
    ],
)
def test_an_unknown_format(here: Import, form: str, complaint: str) -> None:
    said = here.cdr(here.file(QUEUED), "--format", form)

    assert complaint in str(said.exception)


def test_an_unknown_zone(here: Import) -> None:
    said = CliRunner().invoke(import_app, ["cdr", str(here.file(QUEUED)), "--zone", "Mars"])

    assert "--zone: 'Mars' is no time zone → write it as Asia/Shanghai or UTC" in str(said.exception)


def test_ids_of_other_systems() -> None:
    assert [call_id_of(each) for each in ("1762045200.1", " 17.1 ", "")] == ["1762045200.1", "17.1", ""]
    odd = [call_id_of(each) for each in ("a/b", "a?b", "..", "x" * 65)]
    assert len({*odd}) == 4
    assert all(len(each) == 32 and each.isalnum() for each in odd)
    channels = "1001 SIP/1001 PJSIP/1001-0000002a Local/1001@agents-00000001;2 Agent/1001 sip/1001"
    assert {agent_id_of(each) for each in channels.split()} == {"1001"}
    assert agent_id_of("sofia/internal/1001@10.0.0.5") == "1001"
    assert agent_id_of("张三") == "张三"


def test_the_template_of_the_documents_is_one(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs/import.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    file = tmp_path / "crm.yaml"
    file.write_text(example, encoding="utf-8")

    form = read_template(file)

    assert (form.delimiter, form.needs[:2]) == (";", ("流水号", "开始"))
