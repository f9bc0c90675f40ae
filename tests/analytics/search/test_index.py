from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from analytics.search.follower import Follower
from analytics.search.index import SearchIndex
from analytics.search.opening import index_engine, index_file
from analytics.search.query import QueryError, Speaker, parse
from analytics.search.wanted import Cursor, Wanted
from calls.errors import StoreError
from calls.records import Call, Finding, Outcome, Review, Role, Transcript
from calls.store import Store
from calls.store.engine import database_url
from tests.analytics.search.conftest import NOON, Find, a_call, a_transcript

pytestmark = pytest.mark.integration

AGENT = Role.AGENT


@pytest.fixture
def talk(store: Store) -> Store:
    """Four calls in which something is said, and one in which nothing is."""
    store.add(
        *(a_call(number) for number in range(5)),
        a_transcript(0, "我要去投诉你们", (AGENT, "非常抱歉我叫张伟明")),
        a_transcript(1, "我要退宽", "我的电话是一三八零零一三八零零零", (AGENT, "给您办理退货")),
        a_transcript(2, "你们的产品和服务", "去消费者协会", (Role.SYSTEM, "办理退款请按二")),
        a_transcript(3, "退款退款", "我要投", "诉你们"),
    )
    return store


ANSWERS = {
    "投诉": ["c0"],
    "投诉你": ["c0"],
    "协会": ["c2"],
    "和服": [],  # 产品和服务 has the characters, but not the word
    '"和服"': ["c2"],
    "退款": ["c2", "c3"],
    "~退款": ["c1", "c2", "c3"],
    "~tuikuan": ["c1", "c2", "c3"],
    "~头诉": ["c0"],
    '"投诉你们"': ["c0"],  # not over two utterances
    "退款 投诉": [],
    "退款 OR 投诉": ["c0", "c2", "c3"],
    "~退款 -退款": ["c1"],
    "退货 退宽": ["c1"],
    "caller:退货": [],
    "agent:退货": ["c1"],
    "系统:退款": ["c2"],
    "138 0013": ["c1"],
    '"13800138"': ["c1"],
    "没说过": [],
}


def test_calls_are_found_by_words_by_exact_text_by_sound_and_by_speaker(talk: Store, find: Find) -> None:
    assert {query: find(query) for query in ANSWERS} == ANSWERS


def test_personal_data_are_found_only_by_who_may_see_them(talk: Store, find: Find) -> None:
    number, name = '"13800138000"', '"张伟明"'
    assert (find(number), find(name)) == (["c1"], ["c0"])
    assert (find(number, personal=False), find(name, personal=False)) == ([], [])
    assert find('"电话是"', personal=False) == ["c1"]
    assert find("退款 -电话", personal=False) == find("退款 -电话") == ["c2", "c3"]
    assert find("电话", who=Speaker.CALLER) == find("电话", who=Speaker.CALLER, personal=False) == ["c1"]


def test_calls_are_found_by_what_is_known_of_them(store: Store, find: Find) -> None:
    def judged(number: int, kind: str, label: str, probability: float) -> Finding:
        return Finding(call_id=f"c{number}", kind=kind, label=label, probability=probability)

    long = NOON + timedelta(seconds=90)
    store.add(
        a_call(0, agent_id="A1", queue_id="q1", outcome=Outcome.HANDED_OFF, ended_at=long),
        a_call(1, agent_id="A2", queue_id="q2", outcome=Outcome.FAILED, caller="<sip:8613900007777@x>"),
        a_call(2, started_at=NOON - timedelta(days=3)),
        judged(0, "topic", "refund", 0.9),
        judged(0, "topic", "service", 0.5),
        judged(0, "complaint", "重大", 0.8),
        judged(0, "complaint", "none", 0.2),
        judged(1, "complaint", "none", 0.9),
        judged(1, "sentiment", "negative", 0.9),
        Review(call_id="c0", reviewer="陈", score=60.0, created_at=NOON),
        Review(call_id="c0", reviewer="陈", score=85.0, created_at=long),
        Review(call_id="c0", reviewer="林", created_at=long + timedelta(hours=1)),
    )

    assert find("") == ["c0", "c1", "c2"]
    assert find("", topic="service") == ["c0"]
    assert find("", topic="serv") == []
    assert (find("", severity="重大"), find("", severity="any"), find("", severity="none")) == (
        ["c0"],
        ["c0"],
        ["c1"],
    )
    assert find("", sentiment="negative") == ["c1"]
    assert (find("", outcome="failed"), find("", queue="q1")) == (["c1"], ["c0"])
    assert (find("", agents=frozenset({"A2", "A7"})), find("", agents=frozenset())) == (["c1"], [])
    assert (find("", ending="1002"), find("", ending="7777"), find("", ending="%")) == (["c2"], ["c1"], [])
    assert find("", first=NOON - timedelta(minutes=1)) == ["c0", "c1"]
    assert find("", end=NOON) == ["c1", "c2"]
    assert (find("", shortest=90.0), find("", longest=89.0)) == (["c0"], [])
    assert (find("", least=80.0), find("", most=80.0)) == (["c0"], [])
    assert (find("", reviewed=True), find("", reviewed=False)) == (["c0"], ["c1", "c2"])


def test_filters_and_words_are_asked_for_together(talk: Store, find: Find) -> None:
    talk.add(a_call(3, agent_id="A1"))
    assert find("退款", agents=frozenset({"A1"})) == ["c3"]


def test_what_changes_is_read_again(talk: Store, find: Find) -> None:
    assert (find("投诉"), find("改签")) == (["c0"], [])

    talk.add(a_transcript(4, "我要投诉改签"), a_transcript(0, "不说了"))

    assert (find("投诉"), find("改签"), find("不说了")) == (["c4"], ["c4"], ["c0"])

    # transcribed again: the later transcript counts, and what the earlier one said is gone
    talk.add(a_transcript(4, "我要退款", id="t4-again", created_at=NOON + timedelta(hours=1)))

    assert (find("改签"), find("退款")) == ([], ["c2", "c3", "c4"])

    talk.replace(Transcript, {"id": "t4-again"})

    assert find("改签") == ["c4"]


def test_judgements_and_times_that_change_are_followed(talk: Store, find: Find) -> None:
    assert find("退款", topic="refund") == []
    talk.add(Finding(id="f", call_id="c3", kind="topic", label="refund", probability=0.5))
    assert find("退款", topic="refund") == ["c3"]
    talk.replace(Finding, {"id": "f"})
    talk.add(a_call(2, started_at=NOON - timedelta(days=1)))

    assert find("退款", topic="refund") == []
    assert find("退款") == ["c3", "c2"]


def test_erased_calls_vanish(talk: Store, find: Find) -> None:
    assert find("退款") == ["c2", "c3"]
    talk.replace(Call, {"id": "c2"})
    assert (find("退款"), find("")) == (["c3"], ["c0", "c1", "c3", "c4"])


def test_forgotten_calls_leave_nothing_in_the_file(
    talk: Store, index: SearchIndex, find: Find, database: str
) -> None:
    talk.add(a_transcript(4, "鹦鹉螺化石"))
    assert find("鹦鹉螺") == ["c4"]
    talk.replace(Call, {"id": "c4"})
    index.forget(["c4", "nobody"])

    assert index.search(Wanted(node=parse('"鹦鹉螺"'))).hits == ()
    assert find("退款") == ["c2", "c3"]
    if not database.startswith("postgresql"):
        files = Path(index.name).parent.glob(Path(index.name).name + "*")
        assert [each.name for each in files if "鹦鹉".encode() in each.read_bytes()] == []


def test_pages_lead_to_each_other_by_keys(store: Store, index: SearchIndex) -> None:
    store.add(*(a_call(number) for number in range(7)), *(a_transcript(n, "退款") for n in range(7)))
    index.catch_up()
    for wanted in (Wanted(), Wanted(node=parse("退款"))):
        first = index.search(wanted, size=3)
        second = index.search(wanted, first.older, size=3)
        third = index.search(wanted, second.older, size=3)
        assert [[hit.call_id for hit in page.hits] for page in (first, second, third)] == [
            ["c0", "c1", "c2"],
            ["c3", "c4", "c5"],
            ["c6"],
        ]
        assert (first.newer, third.older, {first.total, second.total, third.total}) == (None, None, {7})
        assert third.newer is not None and second.newer is not None
        assert index.search(wanted, third.newer, size=3).hits == second.hits
        assert index.search(wanted, second.newer, size=3).hits == first.hits


def test_by_relevance_what_answers_most_often_comes_first(store: Store, index: SearchIndex) -> None:
    store.add(
        *(a_call(number) for number in range(3)),
        a_transcript(0, "退款还有很多别的事情要说一说"),
        a_transcript(1, "退款", "退款", "退款"),
        a_transcript(2, "退款的事情"),
    )
    index.catch_up()
    wanted = Wanted(node=parse("退款"))

    first = index.search(wanted, Cursor(by_relevance=True), size=2)
    last = index.search(wanted, first.older, size=2)

    order = [hit.call_id for hit in (*first.hits, *last.hits)]
    assert (order[0], sorted(order), last.older) == ("c1", ["c0", "c1", "c2"], None)
    assert last.newer is not None
    assert index.search(wanted, last.newer, size=2).hits == first.hits


def test_many_calls_of_one_second_keep_their_own_places(store: Store, index: SearchIndex) -> None:
    store.add(*(a_call(number, started_at=NOON) for number in range(1100)))
    index.catch_up()
    assert len({hit.key for hit in index.hits([f"c{number}" for number in range(1100)])}) == 1100
    assert index.search(Wanted(first=NOON, end=NOON + timedelta(minutes=1))).total == 1100


def test_of_very_many_it_is_only_said_that_there_are_more(
    store: Store, index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analytics.search.index.COUNTED", 4)
    store.add(*(a_call(number) for number in range(8)))
    index.catch_up()
    assert index.search(Wanted(), size=3).total == 5


def test_an_index_of_another_database_or_version_is_made_anew(
    talk: Store, index: SearchIndex, find: Find, database: str
) -> None:
    assert find("退款") == ["c2", "c3"]
    engine = index_engine(database_url(database), writer=True)
    with engine.begin() as connection:
        connection.execute(text("UPDATE search_state SET value = 'other' WHERE name = 'mark'"))
    engine.dispose()

    with SearchIndex.open(database) as again:
        assert again.backlog() == 5
        again.catch_up()
        assert [hit.call_id for hit in again.search(Wanted(node=parse("退款"))).hits] == ["c2", "c3"]


def test_changes_that_no_trigger_saw_are_found_at_the_next_opening(talk: Store, database: str) -> None:
    with SearchIndex.open(database) as index:
        index.catch_up()
    engine = index_engine(database_url(database), writer=True)
    with engine.begin() as connection:
        table = " ON transcript" if connection.dialect.name == "postgresql" else ""
        for event in ("insert", "update"):
            connection.execute(text(f"DROP TRIGGER search_transcript_{event}{table}"))
    engine.dispose()
    talk.add(a_transcript(0, "我要改签"))

    with SearchIndex.open(database) as index:
        index.catch_up()
        assert [hit.call_id for hit in index.search(Wanted(node=parse("改签"))).hits] == ["c0"]


def test_emptying_reads_everything_again(talk: Store, index: SearchIndex, find: Find) -> None:
    assert find("退款") == ["c2", "c3"]
    index.empty()
    assert (index.backlog(), index.behind(), index.size()) == (5, 5, 0)
    assert find("退款") == ["c2", "c3"]


def test_it_tells_how_many_calls_changed_since(talk: Store, index: SearchIndex, find: Find) -> None:
    assert find("退款") == ["c2", "c3"]
    assert index.behind() == 0

    talk.add(a_call(0), a_transcript(0, "我要改签"), a_call(7))

    assert index.behind() == 2
    index.catch_up()
    assert index.behind() == 0


def test_a_little_time_is_kept_to_and_the_rest_is_read_by_a_thread(
    store: Store, index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analytics.search.follower.AT_ONCE", 0.0)
    store.add(*(a_call(n) for n in range(120)), *(a_transcript(n, f"退款{n}") for n in range(120)))
    assert not index.catch_up(0.0)
    assert 0 < index.backlog()

    follower = Follower(index)
    follower.follow(words=True)
    assert follower._thread is not None
    follower._thread.join()

    assert index.backlog() == 0
    assert index.search(Wanted(node=parse("退款"))).total == 120
    follower.stop()


def test_two_programs_may_read_at_once(talk: Store, database: str) -> None:
    with SearchIndex.open(database) as one, SearchIndex.open(database) as two:
        one.catch_up()
        assert two.catch_up()
        talk.add(a_transcript(4, "我要改签"))
        two.catch_up()
        assert [hit.call_id for hit in one.search(Wanted(node=parse("改签"))).hits] == ["c4"]


ODD = st.text(max_size=20) | st.sampled_from(["NEAR(a b)", 'a" OR 1', "caller : x", "^退", "退*", "a:b", "'"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ODD, st.booleans(), st.booleans())
def test_no_query_breaks_the_database(index: SearchIndex, typed: str, by_sound: bool, personal: bool) -> None:
    index.catch_up()
    try:
        node = parse(typed, by_sound=by_sound)
    except QueryError:
        return
    wanted = Wanted(node=node, personal=personal)
    assert index.search(wanted).hits == index.search(wanted, Cursor(by_relevance=True)).hits == ()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40))
def test_whatever_was_said_is_found_by_itself(store: Store, index: SearchIndex, said: str) -> None:
    store.add(a_call(0), a_transcript(0, said))
    index.catch_up()
    asked = '"' + said.replace('"', " ") + '"'
    try:
        node = parse(asked)
    except QueryError:
        return
    assert [hit.call_id for hit in index.search(Wanted(node=node)).hits] == ["c0"]


KILLED = """
import sys
from analytics.search import filling
from analytics.search.index import SearchIndex
filling.ENTRIES = filling.WORDS = 5
with SearchIndex.open(sys.argv[1]) as index:
    while not index.catch_up(0.0):
        print(index.backlog(), flush=True)
"""


def test_killed_in_the_middle_it_is_whole_and_goes_on(store: Store, database: str) -> None:
    store.add(*(a_call(n) for n in range(60)), *(a_transcript(n, f"退款{n}") for n in range(60)))
    expected = [f"c{number}" for number in range(60)]
    for lines in (6, 13):
        command = [sys.executable, "-c", KILLED, database]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(lines):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
        # what was changed meanwhile is not lost either
        store.add(replace(a_transcript(lines, "我要改签"), created_at=NOON + timedelta(hours=lines)))

    with SearchIndex.open(database) as index:
        index.catch_up()
        refund = index.search(Wanted(node=parse("退款")), size=100)
        changed = index.search(Wanted(node=parse("改签")), size=100)
        assert index.call_ids(Wanted(), 100) == expected
        assert [hit.call_id for hit in changed.hits] == ["c6", "c13"]
        assert len(refund.hits) == refund.total == 58


def test_a_damaged_file_is_made_again(tmp_path: Path) -> None:
    database = tmp_path / "huawu.db"
    with Store.open(database) as store:
        store.add(a_call(0), a_transcript(0, "退款"))
        index_file(database).write_bytes(b"no database" * 1000)

        with SearchIndex.open(database) as index:
            index.catch_up()
            assert index.search(Wanted(node=parse("退款"))).total == 1


def test_the_calls_may_be_written_while_the_index_is(tmp_path: Path) -> None:
    database = tmp_path / "huawu.db"
    with Store.open(database) as store, SearchIndex.open(database) as index:
        store.add(a_call(0))
        index.catch_up()
        other = sqlite3.connect(index_file(database), isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")  # somebody else reads calls into the index
            store.add(a_call(1))
            assert not index.catch_up(0.0)
            assert index.search(Wanted()).total == 1
            other.execute("ROLLBACK")
        finally:
            other.close()
        assert index.catch_up()
        assert index.search(Wanted()).total == 2


def test_an_index_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    Store.open(tmp_path / "huawu.db").close()
    index_file(tmp_path / "huawu.db").mkdir()
    with pytest.raises(StoreError, match=r"huawu\.db\.search: unable to open database file"):
        SearchIndex.open(tmp_path / "huawu.db")
