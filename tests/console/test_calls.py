from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from calls.records import Call, Evidence, Finding, Review, Role, SampleDraw, SamplePlan, Transcript, Utterance
from calls.store import Store
from tests.console.reading import Page
from tests.console.scene import NOON, Scene, a_call, finding

pytestmark = pytest.mark.integration


def read(client: FlaskClient, path: str) -> Page:
    answer = client.get(path)
    assert answer.status_code == 200
    return Page(answer.text)


def table(page: Page) -> list[list[str]]:
    """Return the cells of the page's table, row by row, without the time."""
    cells = page.texts("td")
    width = len(page.texts("th")) - len(page.all("th", scope="row")) - 1
    return [cells[at : at + width] for at in range(0, len(cells), width)]


def test_the_list_says_what_machine_and_people_judged(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    desk_store.add(
        Review(call_id="call-2", reviewer="陈", created_at=NOON),
        Review(call_id="call-2", reviewer="林", created_at=NOON),
        Review(call_id="call-3", reviewer="陈", created_at=NOON),
    )

    page = read(client, "/calls")

    assert page.one("h1").text == "通话列表"
    assert table(page) == [
        ["•••••••1001", "0:20", "王静", "转人工", "退款退货服务态度", "重大", "负面", "待评"],
        ["•••••••1002", "0:20", "—", "自助完成", "费用账单", "非投诉", "中性", "✓ 2 已评"],
        ["•••••••1003", "0:20", "李强", "转人工", "网络故障", "紧急", "负面", "✓ 已评"],
        ["未知号码", "0:20", "—", "放弃", "—", "—", "—", "待评"],
        ["•••••••1005", "0:20", "王静", "转人工", "退款退货", "一般", "—", "待评"],
        ["•••••••1006", "0:20", "—", "留言", "—", "—", "—", "待评"],
        ["•••••••1007", "0:20", "A9", "转人工", "—", "—", "—", "待评"],
        ["•••••••1008", "进行中", "—", "—", "—", "—", "—", "待评"],
    ]
    times = page.all("time")
    assert times[0]["datetime"] == "2026-03-02T03:59:00+00:00"


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("topic=refund", ["1001", "1005"]),
        ("severity=重大", ["1001"]),
        ("severity=any", ["1001", "1003", "1005"]),
        ("severity=none", ["1002"]),
        ("outcome=voicemail", ["1006"]),
        ("topic=refund&severity=一般&outcome=handed-off", ["1005"]),
        ("topic=invoice", []),
        ("topic=&severity=&outcome=contained", ["1002"]),
    ],
)
def test_filters_narrow_the_list(client: FlaskClient, scene: Scene, query: str, numbers: list[str]) -> None:
    page = read(client, f"/calls?{query}")

    assert [row[0][-4:] for row in table(page)] == numbers
    assert page.texts("p", "muted")[0] == f"共 {len(numbers)} 通"


def test_the_filter_form_shows_what_is_filtered_by(client: FlaskClient, scene: Scene) -> None:
    page = read(client, "/calls?topic=refund&severity=any")

    assert [each["value"] for each in page.all("option") if "selected" in each.attributes] == [
        "refund",
        "any",
    ]


def test_a_filter_without_calls_and_an_empty_database_say_so(client: FlaskClient, desk_store: Store) -> None:
    assert read(client, "/calls").one("p", "empty").text == "还没有通话。先运行 huawu demo，或导入录音。"
    assert read(client, "/calls?topic=refund").one("p", "empty").text == "没有符合条件的通话。"


def test_long_lists_have_pages_that_keep_the_filter(client: FlaskClient, desk_store: Store) -> None:
    desk_store.add(*[a_call(number) for number in range(1, 121)])

    first, last = (read(client, f"/calls?outcome=handed-off&page={page}") for page in (1, 3))

    assert [row[0][-4:] for row in table(first)] == [str(1000 + number) for number in range(1, 51)]
    assert [row[0][-4:] for row in table(last)] == [str(1000 + number) for number in range(101, 121)]
    assert first.one("nav", "pages").text == "第 1 / 3 页 下一页 →"
    assert first.one("a", rel="next")["href"] == "/calls?outcome=handed-off&page=2"
    assert (last.all("a", rel="next"), last.one("a", rel="prev")["href"]) == (
        [],
        "/calls?outcome=handed-off&page=2",
    )


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/calls?page=9", 404, "没有第 9 页，最后一页是第 1 页。"),
        ("/calls?page=0", 400, "页码“0”不是正整数。"),
        ("/calls?page=-1", 400, "页码“-1”不是正整数。"),
        ("/calls?page=two", 400, "页码“two”不是正整数。"),
        ("/calls?page=²", 400, "页码“²”不是正整数。"),
        ("/calls?page=99999999999999999999", 400, "页码“99999999999999999999”不是正整数。"),
        ("/calls?topic=weather", 400, "“主题”不能是“weather”。"),
        ("/calls?severity=<b>", 400, "“投诉”不能是“<b>”。"),
        ("/calls/nobody", 404, "没有编号为 nobody 的通话。"),
        ("/calls/call-1?plan=nothing", 404, "没有编号为 nothing 的抽检计划。"),
        ("/nowhere", 404, "没有这个页面。"),
    ],
)
def test_wrong_addresses_get_one_clear_sentence(
    client: FlaskClient, scene: Scene, path: str, status: int, sentence: str
) -> None:
    answer = client.get(path)

    assert (answer.status_code, Page(answer.text).one("h1").text) == (status, f"{status} {sentence}")


def test_a_call_shows_who_said_what_with_evidence_and_doubt(client: FlaskClient, scene: Scene) -> None:
    page = read(client, "/calls/call-1")

    assert [(each.text) for each in page.all("li", "line")] == [
        "0:00 系统 您好华务客服中心办理退款请按二",
        "0:03 来电人 我要退款等了三个星期还没有到账",
        "0:06 坐席 请您提供一下订单号",
        "0:09 来电人 再不处理我就去消费者协会投诉你们",
        "0:14 坐席 非常抱歉我马上为您升级处理",
        "0:17 来电人 尽快给我答复",
    ]
    marks = [(each["class"], each.text, each["title"]) for each in page.all("mark")]
    assert marks == [
        ("topic", "我要退款", "主题 退款退货 91%"),
        (
            "trouble",
            "去消费者协会投诉你们",
            "投诉 重大 87%；情绪 负面 78%；主题 服务态度 34%",
        ),
    ]
    unsure = page.one("span", "unsure")
    assert (unsure.text, unsure["title"]) == ("星期", "置信度 0.42")


def test_findings_come_with_probability_and_the_place_to_hear_them(client: FlaskClient, scene: Scene) -> None:
    page = read(client, "/calls/call-1")

    (findings,) = (each for each in page.all("ul") if each.attributes.get("class") == "findings")
    assert findings.text == (
        "投诉 重大 87% 0:09 “去消费者协会投诉你们” 情绪 负面 78% 0:09 “去消费者协会投诉你们” "
        "主题 退款退货 91% 0:03 “我要退款” 主题 服务态度 34% 0:09 “去消费者协会投诉你们”"
    )
    evidence = page.all("a", "evidence")
    assert [(each["href"], each["data-seek"], each["data-until"]) for each in evidence[2:3]] == [
        ("#u1", "3.2", "6.1")
    ]
    assert page.one("li", id="u1")["data-start"] == "3.2"


def test_the_path_through_the_menu_has_times_and_masked_numbers(client: FlaskClient, scene: Scene) -> None:
    path = read(client, "/calls/call-1").one("ol", "steps-taken")

    assert path.text == (
        "0:00 节点 welcome 0:00 播放 name: welcome 0:02 按键 digit: 2 0:02 节点 refund "
        "0:02 转接 number: •••••••7777 0:06 接通坐席 agent: A1 0:19 来电人挂机"
    )


def test_why_the_call_was_drawn_and_its_neighbours_in_the_sample(client: FlaskClient, scene: Scene) -> None:
    page = read(client, "/calls/call-3")

    assert page.one("section", **{"aria-labelledby": "drawn"}).text == (
        "为何抽中 部分风险优先 入样概率100% 风险分0.71 投诉 紧急 0.71"
    )
    assert page.one("nav", "steps").text == "← 上一通 抽检 3 / 4 下一通 →"
    assert page.one("link", rel="prev")["href"] == "/calls/call-2?plan=plan-1"
    assert page.one("link", rel="next")["href"] == "/calls/call-5?plan=plan-1"


def test_a_call_outside_the_sample_says_so(client: FlaskClient, scene: Scene) -> None:
    page = read(client, "/calls/call-7")

    assert page.one("section", **{"aria-labelledby": "drawn"}).text == "为何抽中 不在本次抽检中。"
    assert page.all("nav", "steps") == []


def test_an_older_plan_can_be_worked_on(client: FlaskClient, scene: Scene, desk_store: Store) -> None:
    desk_store.add(
        SamplePlan(
            id="plan-0",
            name="old",
            seed=1,
            frame_size=8,
            budget=1,
            risk_share=0,
            created_at=NOON.replace(year=2025),
        ),
        SampleDraw(
            plan_id="plan-0", call_id="call-6", position=0, part="random", inclusion_probability=0.125, risk=0
        ),
    )

    page = read(client, "/calls/call-6?plan=plan-0")

    assert page.one("nav", "steps").text == "抽检 1 / 1"
    assert page.fields()["plan_id"] == "plan-0"


def test_calls_without_recording_transcript_or_findings_still_open(client: FlaskClient, scene: Scene) -> None:
    page = read(client, "/calls/call-8")

    assert page.texts("p", "empty") == ["这通电话没有录音。", "这通电话还没有转写。"]
    assert page.one("section", **{"aria-labelledby": "findings"}).text == "机器判断 还没有机器判断。"
    assert page.one("section", **{"aria-labelledby": "path"}).text == "IVR 路径 没有事件记录。"
    assert page.all("audio") == []


def test_a_transcript_without_words_is_told_from_a_missing_one(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    desk_store.add(Transcript(call_id="call-6", recogniser="vosk", model="m", created_at=NOON))

    assert read(client, "/calls/call-6").texts("p", "empty")[-1] == "录音里没有识别到话语。"


def notes(page: Page) -> list[str]:
    return [each.text for each in page.all("p", role="note")]


def test_the_demo_models_limit_and_unknown_roles_are_said(client: FlaskClient, scene: Scene) -> None:
    assert notes(read(client, "/calls/call-1")) == ["演示模型只听得懂合成语音"]
    assert notes(read(client, "/calls/call-2")) == []
    assert notes(read(client, "/calls/call-3")) == ["演示模型只听得懂合成语音", "角色未知：mono"]


def test_damage_of_a_recording_is_said(client: FlaskClient, scene: Scene, desk_store: Store) -> None:
    desk_store.add(replace(scene.recording, flags=("recovered", "disk-full", "scratched")))

    page = read(client, "/calls/call-1")

    assert page.texts("p", "plain")[1:] == ["录音曾中断，已修复", "磁盘写满，录音不完整", "scratched"]


def test_pages_speak_english_when_asked_and_remember_it(client: FlaskClient, scene: Scene) -> None:
    assert read(client, "/calls").one("html")["lang"] == "zh-CN"
    page = read(client, "/calls?topic=refund&lang=en")
    later = read(client, "/calls/call-1")

    assert (page.one("html")["lang"], page.one("h1").text) == ("en", "Calls")
    assert page.one("a", "switch")["href"] == "?topic=refund&lang=zh"
    assert table(page)[0] == [
        *("•••••••1001", "0:20", "王静", "handed off", "refundstaff attitude", "major", "negative", "open")
    ]
    assert later.one("h2", id="verdict").text == "Verdict"


def test_an_unknown_language_is_chinese(client: FlaskClient, scene: Scene) -> None:
    client.set_cookie("lang", "../x")

    assert read(client, "/calls?lang=xx").one("html")["lang"] == "zh-CN"


def test_full_numbers_appear_on_no_page(client: FlaskClient, scene: Scene) -> None:
    pages = [
        client.get(path).text
        for path in ("/calls", "/sample", *[f"/calls/{each}" for each in scene.call_ids])
    ]

    assert [number for number in range(1001, 1009) if f"1380000{number}" in "".join(pages)] == []
    assert "13900007777" not in "".join(pages)


MARKUP = """<script>alert(1)</script>"'><img src=x onerror=alert(1)>{{ 7*7 }}"""


def test_markup_in_what_was_stored_is_shown_as_text(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    said = Utterance(number=0, role=Role.CALLER, start=0, end=1, text=MARKUP)
    evidence = Evidence(utterance=0, start=0, end=1, text=MARKUP, span=(2, 12))
    call = desk_store.get(Call, "call-1")
    desk_store.add(
        replace(call, caller=f"{MARKUP}13800001001", agent_id=MARKUP, hangup_cause=MARKUP),
        Transcript(
            call_id="call-1",
            recogniser="vosk",
            model=MARKUP,
            utterances=(said,),
            roles_known=False,
            roles_note=MARKUP,
        ),
        replace(finding("call-1", "topic", MARKUP, 0.99, evidence), id="x"),
        Finding(call_id="call-1", kind=MARKUP, label=MARKUP, probability=0.5, evidence=(evidence,)),
        Review(
            call_id="call-1", reviewer=MARKUP, comment=MARKUP, topic=MARKUP, severity=MARKUP, complaint=True
        ),
        replace(desk_store.get(SamplePlan, "plan-1"), name=MARKUP),
        replace(desk_store.get(SampleDraw, "draw-0"), reasons=(MARKUP,), part=MARKUP),
        replace(scene.recording, flags=(MARKUP,)),
    )
    client.set_cookie("reviewer", MARKUP.replace(";", ""))

    pages = [Page(client.get(path).text) for path in ("/calls", "/sample", "/calls/call-1")]

    for page in pages:
        assert [each["src"] for each in page.all("script") if not each["src"].startswith("/static/")] == []
        assert page.all("img") == []
        assert [name for each in page.elements for name in each.attributes if name.startswith("on")] == []
        assert MARKUP in page.one("main").text
    assert pages[2].one("li", "line").text == f"0:00 来电人 {MARKUP}"
