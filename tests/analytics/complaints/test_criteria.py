"""Every criterion of gravity: met, denied, said by the agent, misheard."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.calltext import turns_of
from analytics.complaints import CRITERIA, Hit, criteria_met
from analytics.complaints.page import page
from analytics.complaints.speech import Speech
from analytics.labels import SEVERITIES
from calls.records import Role, Transcript, Utterance, Word
from tests.analytics.dialogue import transcript

pytestmark = pytest.mark.unit


def hits(*lines: str, earlier_calls: int | None = None) -> list[Hit]:
    turns = tuple(turn for turn in turns_of(transcript(*lines)) if turn.role is Role.CALLER)
    return criteria_met(Speech(turns), earlier_calls)


def met(*lines: str, earlier_calls: int | None = None) -> set[str]:
    return {hit.criterion for hit in hits(*lines, earlier_calls=earlier_calls)}


MET = {
    "regulator": (
        "再不解决我就投诉到工信部",
        "你们等着我打12315",
        "我要去消协告你们",
        "那我只能找银保监会了",
        "我已经向通管局反映了",
        "去信访办讨个说法",
        "别逼我打市长热线",
        "我不想去工信部但是你们太过分了",
    ),
    "media": (
        "我要曝光你们",
        "我找记者来",
        "把录音发到网上让大家听听",
        "信不信我发抖音",
        "让你们上热搜",
        "我叫电视台来采访",
    ),
    "law": (
        "我要起诉你们",
        "等着收律师函吧",
        "咱们法院见",
        "那就走法律程序",
        "我已经委托律师了",
        "不退钱我就报警",
        "这件事我会告到底",
    ),
    "repeat": (
        "这是我第三次打电话了",
        "我打了好几遍都没用",
        "前前后后投诉了五次",
        "师傅来了三次还是没修好",
        "每次都说在处理",
        "我上周反映过了一直没人管",
        "天天打电话催你们",
    ),
    "amount": (
        "你们扣了我三千块",
        "损失一万二谁来赔",
        "1200元到现在没退给我",
        "两千五的手机用两天就坏了",
        "押金五千说退一直不退",
    ),
    "group": (
        "我们整个小区都没网",
        "我们几十户业主一起来投诉",
        "大家准备联名写信",
        "建了一个维权群",
        "集体投诉你们",
    ),
    "safety": (
        "充电宝着火了",
        "插座漏电把孩子电到了",
        "我妈烫伤了送到医院",
        "煤气漏了快来人",
        "热水器爆炸了",
        "你们逼得我不想活了",
        "电梯里困了人有人晕倒了",
        "我捅死你们信不信",
    ),
    "theft": (
        "我的卡被盗刷了",
        "卡里的钱被转走了",
        "赶紧帮我冻结账户",
        "有人登了我的账号正在用我的钱",
        "钱一笔一笔往外转",
    ),
    "on_the_spot": (
        "警察已经来了",
        "记者就在你们营业厅",
        "现在就带记者去你们公司",
        "我们把大门都堵了拉横幅",
        "我现在正在直播",
    ),
}  # fmt: skip

NOT_MET = {
    "regulator": (
        "我不是要投诉到工信部",
        "我没想去消协",
        "请问消协的电话是多少",
        "怎么投诉到工信部",
        "工信部规定可以携号转网",
        "我朋友说要去工信部投诉",
        "尾号是一二三一五六七",
        "上次投诉到工信部的事已经解决了",
        "家里要移机搬到新房子去",
    ),
    "media": (
        "我不会找记者的",
        "抖音会员怎么取消",
        "照片曝光过度怎么调",
        "听说有人找记者了",
        "我刷抖音很卡",
        "你记着给我回电话",
    ),
    "law": (
        "我不是要起诉",
        "我没打算找律师",
        "我们律师事务所要开发票",
        "听说有人因为充电宝起诉了厂家",
        "报警器怎么安装",
        "我去公安局改名字",
    ),
    "repeat": (
        "我第一次打电话",
        "打了好几次才打通",
        "推销电话一天打来好几遍",
        "我登录了三次密码都不对",
        "上次反映过的问题已经解决了",
        "你们的热线一打就通",
    ),
    "amount": (
        "你们扣了我三百块",
        "我要交三千块的押金怎么交",
        "我的宽带一千兆坏了",
        "扣了不到一千块",
        "我有两千个积分没了",
    ),
    "group": (
        "我们小区能装宽带吗",
        "我一个人住",
        "有几十个频道",
        "整栋楼都没网的事今天恢复正常了",
    ),
    "safety": (
        "万一着火了怎么办",
        "这款防漏电吗会不会漏电",
        "急死人了",
        "你们的电话都打爆了",
        "热水器打不着火",
        "我怕漏电",
        "电脑中毒了",
        "听你说得我都绕晕了",
        "我没有受伤",
        "跳楼价",
        "三楼电梯在哪",
        "我手上没有单号",
    ),
    "theft": (
        "会不会被盗刷",
        "我要转走一笔钱怎么操作",
        "快疯了你赶紧帮我查",
        "我没有被盗刷",
    ),
    "on_the_spot": (
        "警察来了也没用",
        "马桶堵住了",
        "如果警察来了怎么办",
        "直播课怎么买",
    ),
}  # fmt: skip

#: As the recogniser writes them: other characters of the same sound.
MISHEARD = {
    "regulator": "再不解决我就投宿到公信部",
    "media": "我叫电视抬来踩访",
    "law": "等着收律是函吧",
    "repeat": "这是我第三次答电话了",
    "amount": "你们扣了我三千快钱",
    "group": "集体头诉你们",
    "safety": "她现在呼吸困南",
    "theft": "我的卡被倒刷了",
    "on_the_spot": "我们在门口拉横副",
}


@pytest.mark.parametrize(("criterion", "said"), [(name, said) for name in MET for said in MET[name]])
def test_a_criterion_is_met_by_what_callers_say(criterion: str, said: str) -> None:
    assert criterion in met(f"c:{said}")


@pytest.mark.parametrize(("criterion", "said"), [(name, said) for name in NOT_MET for said in NOT_MET[name]])
def test_what_is_denied_asked_supposed_told_or_settled_meets_none(criterion: str, said: str) -> None:
    assert criterion not in met(f"c:{said}")


@pytest.mark.parametrize(("criterion", "said"), [(name, said) for name in MET for said in MET[name]])
def test_what_the_agent_says_meets_none(criterion: str, said: str) -> None:
    assert met("c:你好", f"a:{said}", f"s:{said}") == set()


@pytest.mark.parametrize("criterion", MISHEARD)
def test_a_misheard_word_still_meets_the_criterion(criterion: str) -> None:
    assert criterion in met(f"c:{MISHEARD[criterion]}")


def test_every_criterion_is_tried() -> None:
    assert set(MET) == set(NOT_MET) == set(MISHEARD) == set(CRITERIA)
    assert {each.severity for each in CRITERIA.values()} == set(SEVERITIES[1:])


def test_a_hit_cites_the_words_and_their_time() -> None:
    said = "你好再不退我就打一二三一五"
    words = tuple(
        Word(text=text, start=float(n), end=n + 0.5)
        for n, text in enumerate(("你好", "再不退", "我就打", "一二三一五"))
    )
    utterance = Utterance(number=3, role=Role.CALLER, start=0.0, end=4.0, text=said, words=words)
    call = Transcript(call_id="call", recogniser="test", model="test", utterances=(utterance,))

    (hit,) = criteria_met(Speech(tuple(turns_of(call))))

    assert hit.criterion == "regulator"
    assert hit.evidence is not None
    assert (hit.evidence.utterance, hit.evidence.text) == (3, "打一二三一五")
    assert (hit.evidence.start, hit.evidence.end, hit.evidence.span) == (2.0, 3.5, (7, 13))


def test_earlier_calls_repeat_whatever_is_said() -> None:
    assert hits("c:查话费", earlier_calls=2) == [Hit("repeat", None)]
    assert hits("c:查话费", earlier_calls=1) == hits("c:查话费", earlier_calls=None) == []


def test_an_earlier_contact_counts_with_its_lack_of_result_in_the_next_turn() -> None:
    assert met("c:我上周就报修过了", "a:我查一下", "c:到现在还没人来") == {"repeat"}
    assert met("c:我上周就报修过了", "a:我查一下", "c:师傅很准时") == set()


def test_a_sum_counts_with_a_word_of_loss_next_to_it() -> None:
    assert met("c:我买了个三千块的手机", "c:用两天就坏了") == {"amount"}
    assert met("c:我有个三千块的手机", "c:你好", "c:在吗", "c:坏了") == set()


def test_callers_who_say_nothing_meet_nothing() -> None:
    assert met() == met("c:", "c:😀") == set()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40) | st.sampled_from(sum(MET.values(), ())), max_size=6))
def test_every_hit_lies_within_its_utterance(lines: list[str]) -> None:
    call = transcript(*(f"c:{line}" for line in lines))

    for hit in criteria_met(Speech(tuple(turns_of(call)))):
        assert hit.evidence is not None and hit.evidence.span is not None
        start, end = hit.evidence.span
        text = call.utterances[hit.evidence.utterance].text
        assert 0 <= start < end <= len(text)
        assert hit.evidence.text == text[start:end]


def test_the_page_is_made_from_the_registers() -> None:
    stored = Path(__file__).parents[3] / "docs" / "complaints.md"

    assert stored.read_text("utf-8") == page()
