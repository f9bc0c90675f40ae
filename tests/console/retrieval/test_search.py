from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.people import SavedSearch, UserRole
from calls.records import Agent, Call, Queue, Review, Role, Transcript, Utterance
from calls.store import Store
from tests.console.reading import Page
from tests.console.scene import NOON, Scene, a_call
from tests.console.staff import OURS, hire, visitor

pytestmark = pytest.mark.integration


def read(client: FlaskClient, path: str, status: int = 200) -> Page:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return Page(answer.text)


def numbers(page: Page) -> list[str]:
    """Return the last digits of the callers of the page's calls, in order."""
    return [each.text[-4:] for each in page.all("span", "number")]


def ids(page: Page) -> list[str]:
    """Return the ids of the page's calls, in order."""
    return [each["href"].removeprefix("/calls/") for each in page.all("a", "open")]


def said(page: Page) -> list[str]:
    return page.texts("tr", "said")


def test_the_list_says_what_machine_and_people_judged(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    desk_store.add(
        Review(call_id="call-2", reviewer="陈", created_at=NOON),
        Review(call_id="call-2", reviewer="林", score=87.5, created_at=NOON),
        Review(call_id="call-3", reviewer="陈", created_at=NOON),
    )

    page = read(client, "/calls")

    assert page.one("h1").text == "通话列表"
    cells = page.texts("td")
    assert [cells[at : at + 8] for at in range(0, len(cells), 8)] == [
        ["•••••••1001", "0:20", "王静", "转人工", "退款退货服务态度", "重大", "负面", "待评"],
        ["•••••••1002", "0:20", "—", "自助完成", "费用账单", "非投诉", "中性", "✓ 2 已评 87.5"],
        ["•••••••1003", "0:20", "李强", "转人工", "网络故障", "紧急", "负面", "✓ 已评"],
        ["未知号码", "0:20", "—", "放弃", "—", "—", "—", "待评"],
        ["•••••••1005", "0:20", "王静", "转人工", "退款退货", "一般", "—", "待评"],
        ["•••••••1006", "0:20", "—", "留言", "—", "—", "—", "待评"],
        ["•••••••1007", "0:20", "A9", "转人工", "—", "—", "—", "待评"],
        ["•••••••1008", "进行中", "—", "—", "—", "—", "—", "待评"],
    ]
    assert page.all("time")[0]["datetime"] == "2026-03-02T03:59:00+00:00"


FILTERS = {
    "topic=refund": ["call-1", "call-5"],
    "severity=重大": ["call-1"],
    "severity=any": ["call-1", "call-3", "call-5"],
    "severity=none": ["call-2"],
    "sentiment=negative": ["call-1", "call-3"],
    "outcome=voicemail": ["call-6"],
    "topic=refund&severity=一般&outcome=handed-off": ["call-5"],
    "topic=invoice": [],
    "topic=&severity=&outcome=contained": ["call-2"],
    "team=一组": ["call-1", "call-5"],
    "team=二组&agent=王静": [],
    "agent=王静": ["call-1", "call-5"],
    "agent=A2": ["call-3"],
    "agent=A9": ["call-7"],
    "number=1003": ["call-3"],
    "number=0000 1003": ["call-3"],
    "since=2026-03-03": [],
    "until=2026-03-01": [],
    "longest=19": [],
    "shortest=0:20&longest=20&outcome=abandoned": ["call-4"],
    "least=80": ["call-2"],
    "most=79.5": [],
    "reviewed=yes": ["call-2"],
    "queue=q1": ["call-8"],
    "q=投诉": ["call-1", "call-2", "call-3"],
    "q=投诉&severity=none": ["call-2"],
    "q=头诉": [],
    "q=头诉&sound=yes": ["call-1", "call-2", "call-3"],
    "q=退款&who=agent": [],
    "q=退款&who=caller": ["call-1", "call-2", "call-3"],
    "unknown=1&q=": [f"call-{number}" for number in range(1, 9)],
}


def test_filters_and_words_narrow_the_list(client: FlaskClient, scene: Scene, desk_store: Store) -> None:
    desk_store.add(
        Review(call_id="call-2", reviewer="陈", score=80.0, created_at=NOON),
        a_call(8, outcome=None, ended_at=None, agent_id=None, queue_id="q1"),
        Queue(id="q1", name="售后"),
    )

    pages = {query: read(client, f"/calls?{quote(query, safe='=&')}") for query in FILTERS}

    assert {query: ids(page) for query, page in pages.items()} == FILTERS
    assert pages["severity=any"].one("p", role="status").text == "共 3 通"


def test_the_form_shows_what_was_asked_and_results_where_it_was_said(
    client: FlaskClient, scene: Scene
) -> None:
    page = read(client, "/calls?q=~头诉 agent:升级&topic=refund&severity=any&since=2026-01-01")

    assert [each["value"] for each in page.all("option") if "selected" in each.attributes] == [
        "refund",
        "any",
    ]
    assert (
        page.one("input", type="search")["value"],
        page.one("input", type="date", name="since")["value"],
    ) == (
        "~头诉 agent:升级",
        "2026-01-01",
    )
    assert said(page) == ["0:09 来电人 再不处理我就去消费者协会投诉你们 0:14 坐席 非常抱歉我马上为您升级处理"]
    assert page.texts("mark") == ["投诉", "升级"]
    assert [each["href"] for each in page.all("a", "at")] == ["/calls/call-1#t=9.6", "/calls/call-1#t=14.0"]


def test_nothing_found_says_so_and_offers_the_sound(client: FlaskClient, scene: Scene) -> None:
    page = read(client, "/calls?q=头诉&topic=refund")

    assert page.one("p", "empty").text.startswith("没有找到。")
    (link,) = [each for each in page.all("a") if each.text == "按读音查找"]
    assert ids(read(client, link["href"])) == ["call-1"]
    assert read(client, "/calls?topic=invoice").one("p", "empty").text == "没有符合条件的通话。"


def test_an_empty_database_says_so(client: FlaskClient, desk_store: Store) -> None:
    assert read(client, "/calls").one("p", "empty").text == "还没有通话。先运行 huawu demo，或导入录音。"


def test_long_lists_have_pages_that_keep_the_search(client: FlaskClient, desk_store: Store) -> None:
    desk_store.add(*[a_call(number) for number in range(1, 61)])

    first = read(client, "/calls?outcome=handed-off")
    second = read(client, first.one("a", rel="next")["href"])
    third = read(client, second.one("a", rel="next")["href"])

    assert [numbers(each) for each in (first, second, third)] == [
        [str(1000 + number) for number in range(1, 26)],
        [str(1000 + number) for number in range(26, 51)],
        [str(1000 + number) for number in range(51, 61)],
    ]
    assert "outcome=handed-off" in first.one("a", rel="next")["href"]
    assert (first.all("a", rel="prev"), third.all("a", rel="next")) == ([], [])
    assert ids(read(client, third.one("a", rel="prev")["href"])) == ids(second)
    # a new call does not push others over to the next page
    desk_store.add(a_call(0))
    assert ids(read(client, first.one("a", rel="next")["href"])) == ids(second)
    assert ids(read(client, "/calls"))[0] == "call-0"


WRONG = {
    "q=(退款": "括号“(”没有配对，请补上另一半。",
    'q="退款': "引号没有配对：“退款，请补上后一个引号。",
    "q=退款 OR": "“OR”旁边缺一个词；要找它本身请加引号。",
    "q=-退款": "“-退款”只排除、没有要找的词，请加上一个。",
    "q=……": "“……”里没有可以说出来的字，请输入汉字、字母或拼音。",
    "q=boss:退款": "没有“boss”这种说话人：可写 来电人: 坐席: 系统:",
    "topic=weather": "“主题”不能是“weather”。",
    "severity=<b>": "“投诉”不能是“<b>”。",
    "who=boss": "“谁说的”不能是“boss”。",
    "number=12a": "“主叫尾号”只能是数字，现在是“12a”。",
    "number=²³": "“主叫尾号”只能是数字，现在是“²³”。",
    "since=yesterday": "“从（日期）”不是日期：“yesterday”。请写成 2026-03-02。",
    "until=9999-12-31": "“到（日期）”不是日期：“9999-12-31”。请写成 2026-03-02。",
    "shortest=long": "“最短时长”看不懂：“long”。请写秒数或 分:秒，如 90 或 1:30。",
    "least=101": "“最低分”应在 0 到 100 之间，现在是“101”。",
    "most=nan": "“最高分”应在 0 到 100 之间，现在是“nan”。",
}


def test_what_cannot_be_searched_is_explained_and_nothing_typed_is_lost(
    client: FlaskClient, scene: Scene
) -> None:
    pages = {query: read(client, f"/calls?{quote(query, safe='=&')}", 400) for query in WRONG}

    assert {query: page.one("p", role="alert").text for query, page in pages.items()} == WRONG
    field = pages["number=12a"].one("input", name="number")
    assert (field["value"], field["aria-invalid"], field["aria-describedby"]) == ("12a", "true", "problem")


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/calls?before=x", 400, "翻页位置“x”无效。"),
        ("/calls?after=²", 400, "翻页位置“²”无效。"),
        ("/calls?before=99999999999999999999", 400, "翻页位置“99999999999999999999”无效。"),
        (
            "/calls?q=退款&order=relevance&skip=2000",
            404,
            "按相关排序只到第 2000 通；请缩小范围，或改为最新在前。",
        ),
    ],
)
def test_wrong_places_get_one_clear_sentence(
    client: FlaskClient, scene: Scene, path: str, status: int, sentence: str
) -> None:
    assert read(client, path, status).one("h1").text == f"{status} {sentence}"


FIELDS = st.sampled_from(
    ["q", "who", "sound", "order", "topic", "agent", "team", "number", "since", "shortest", "least", "before"]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(FIELDS, st.text(max_size=12) | st.sampled_from(['NEAR("a"', "* OR", "';--", "caller:"]))
)
def test_nothing_that_is_typed_fails_on_the_server(client: FlaskClient, fields: dict[str, str]) -> None:
    assert client.get("/calls", query_string=fields).status_code in (200, 400)


def test_markup_in_what_was_said_is_shown_as_text(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    text = "<script>alert(1)</script>改签<b>吧"
    line = Utterance(number=0, role=Role.CALLER, start=0, end=1, text=text)
    desk_store.add(Transcript(call_id="call-6", recogniser="x", model="m", utterances=(line,)))

    page = read(client, "/calls?q=改签&agent=<i>")
    assert (page.all("i"), page.one("input", type="text", name="agent")["value"]) == ([], "<i>")
    assert said(read(client, "/calls?q=改签")) == [f"0:00 来电人 {text}"]


def private_call(store: Store) -> None:
    line = Utterance(number=0, role=Role.CALLER, start=2, end=5, text="我的手机是一三八零零一三八零零零谢谢")
    store.add(Transcript(call_id="call-5", recogniser="x", model="m", utterances=(line,)))


def test_who_may_not_see_personal_data_neither_sees_nor_finds_them(
    app: Flask, scene: Scene, desk_store: Store
) -> None:
    private_call(desk_store)
    staff = hire(desk_store)

    with visitor(app, staff[UserRole.READ_ONLY]) as client:
        assert said(read(client, "/calls?q=手机")) == ["0:02 来电人 我的手机是▇▇▇▇▇▇▇▇▇▇▇谢谢"]
        assert ids(read(client, "/calls?q=13800138000")) == []
        assert ids(read(client, "/calls?number=1005")) == ["call-5"]
        refused = read(client, "/calls?number=01005", 400)
        assert refused.one("p", role="alert").text == "“主叫尾号”最多 4 位：您的角色看不到完整号码。"
    with visitor(app, staff[UserRole.INSPECTOR]) as client:
        assert said(read(client, "/calls?q=13800138000")) == [
            "0:02 来电人 我的手机是一三八零零一三八零零零谢谢"
        ]
        assert ids(read(client, "/calls?number=01005")) == ["call-5"]


def test_a_team_supervisor_finds_only_the_teams_calls(app: Flask, scene: Scene, desk_store: Store) -> None:
    staff = hire(desk_store)
    with visitor(app, staff[UserRole.TEAM_SUPERVISOR]) as client:
        assert ids(read(client, "/calls")) == ["call-1", "call-5"]
        assert ids(read(client, "/calls?q=投诉")) == ["call-1"]
        assert ids(read(client, "/calls?q=投诉&agent=A2")) == []
        assert ids(read(client, "/calls?team=二组")) == []
        assert read(client, "/calls?q=投诉").one("p", role="status").text == "共 1 通"


def test_an_agent_lists_the_own_calls_but_searches_no_words_and_no_scores(
    app: Flask, scene: Scene, desk_store: Store
) -> None:
    staff = hire(desk_store)
    with visitor(app, staff[UserRole.AGENT]) as client:
        page = read(client, "/calls?q=没说过的话&reviewed=yes&outcome=handed-off")
        assert ids(page) == ["call-1", "call-5"]
        assert (page.all("input", name="q"), page.all("select", name="reviewed")) == ([], [])
        assert client.post("/searches", data={"q": "x", "name": "x"}, headers=OURS).status_code == 403


def test_searches_are_kept_for_each_user(app: Flask, scene: Scene, desk_store: Store) -> None:
    staff = hire(desk_store)
    form = {"q": "~退款", "severity": "any", "name": "退款投诉", "colour": "red"}
    with visitor(app, staff[UserRole.INSPECTOR]) as client:
        saved = client.post("/searches", data=form, headers=OURS)
        assert saved.status_code == 303
        # the same name again replaces it
        client.post("/searches", data={**form, "severity": "重大"}, headers=OURS)
        page = read(client, "/calls")
        (link,) = [each for each in page.all("a") if each.text == "退款投诉"]
        assert ids(read(client, link["href"])) == ["call-1"]
    (kept,) = desk_store.find(SavedSearch)
    assert (kept.user_id, kept.query) == ("inspector", {"q": "~退款", "severity": "重大"})

    with visitor(app, staff[UserRole.QA_SUPERVISOR]) as client:
        assert "退款投诉" not in read(client, "/calls").one("main").text
        assert client.post(f"/searches/{kept.id}/delete", headers=OURS).status_code == 404
    with visitor(app, staff[UserRole.INSPECTOR]) as client:
        assert client.post(f"/searches/{kept.id}/delete", headers=OURS).status_code == 303
    assert desk_store.count(SavedSearch) == 0


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"q": "退款", "name": " "}, "400 请给搜索起个名称，最多 60 个字。"),
        ({"q": "退款", "name": "名" * 61}, "400 请给搜索起个名称，最多 60 个字。"),
        ({"name": "空"}, "400 没有可保存的条件。"),
    ],
)
def test_a_search_without_name_or_content_is_not_kept(
    client: FlaskClient, scene: Scene, desk_store: Store, form: dict[str, str], sentence: str
) -> None:
    answer = client.post("/searches", data=form, headers=OURS)
    assert (answer.status_code, Page(answer.text).one("h1").text) == (400, sentence)
    assert desk_store.count(SavedSearch) == 0


def test_there_is_an_end_to_kept_searches(client: FlaskClient, scene: Scene, desk_store: Store) -> None:
    desk_store.add(*(SavedSearch(user_id="local", name=f"{n}", query={"q": "x"}) for n in range(50)))
    answer = client.post("/searches", data={"q": "退款", "name": "又一个"}, headers=OURS)
    assert Page(answer.text).one("h1").text == "400 最多保存 50 个搜索，请先删除一个。"


def test_calls_that_come_while_the_desk_runs_are_found_at_once(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    assert ids(read(client, "/calls?q=改签")) == []
    line = Utterance(number=0, role=Role.CALLER, start=0, end=1, text="我要改签")
    desk_store.add(
        a_call(9, started_at=NOON + timedelta(minutes=1)),
        Transcript(call_id="call-9", recogniser="x", model="m", utterances=(line,)),
        Agent(id="A1", name="王静静", team="一组"),
    )
    assert ids(read(client, "/calls?q=改签")) == ["call-9"]
    assert "王静静" in read(client, "/calls?q=改签").one("main").text
    desk_store.replace(Call, {"id": "call-9"})
    assert ids(read(client, "/calls?q=改签")) == []
