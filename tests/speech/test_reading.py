import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from speech.reading import RULES, Rule, spoken

pytestmark = pytest.mark.unit

SAID = {
    # amounts
    "您的余额为¥1,234.50": "您的余额为一千二百三十四元五角",
    "￥0.50": "五角",
    "套餐128元": "套餐一百二十八元",
    "2元": "两元",
    "满300元减50元": "满三百元减五十元",
    "2.5万元": "二点五万元",
    "50-100元": "五十到一百元",
    "50元-100元": "五十元到一百元",
    "余额-5元": "余额负五元",
    "¥99/月": "九十九元每月",
    # telephone and service numbers
    "13800138000": "幺三八零零幺三八零零零",
    "138-0013-8000": "幺三八零零幺三八零零零",
    "010-12345678": "零幺零幺二三四五六七八",
    "0571-8888-6666": "零五七幺八八八八六六六六",
    "请拨打400-810-1234或10086": "请拨打四零零八幺零幺二三四或幺零零八六",
    "消费者热线12315": "消费者热线幺二三幺五",
    "95588": "九五五八八",
    "拨打110": "拨打幺幺零",
    "110元": "一百一十元",
    "12345元": "一万二千三百四十五元",
    # numbered things
    "尾号8001的卡": "尾号八零零幺的卡",
    "后四位1234": "后四位幺二三四",
    "订单号2026112300123已发货": "订单号二零二六幺幺二三零零幺二三已发货",
    "卡号6222 0212 3456 7890": "卡号六二二二零二幺二三四五六七八九零",
    "快递单号SF1234567": "快递单号SF幺二三四五六七",
    "验证码是 482913": "验证码是 四八二九幺三",
    "请转8001人工": "请转八零零幺人工",
    "手机2000元": "手机两千元",
    "电话打了3次": "电话打了三次",
    "007": "零零七",
    # dates and times
    "2026年11月23日": "二零二六年十一月二十三日",
    "2026-11-23": "二零二六年十一月二十三日",
    "2026/1/2": "二零二六年一月二日",
    "2026-13-45": "二零二六杠一三杠四五",
    "26年11月": "二六年十一月",
    "10年": "十年",
    "14:30": "十四点三十分",
    "9:05": "九点零五分",
    "9点05分": "九点零五分",
    "9:00": "九点整",
    "2:00": "两点整",
    "12:05:09": "十二点零五分零九秒",
    "9:00-18:00": "九点到十八点",
    "09:00～18:30": "九点到十八点三十分",
    "2026年11月23日14:30": "二零二六年十一月二十三日十四点三十分",
    # durations, counts, ordinals, ranges
    "1小时30分钟": "一小时三十分钟",
    "24小时": "二十四小时",
    "7×24小时": "七乘二十四小时",
    "还有2位，等待2分钟": "还有两位，等待两分钟",
    "2个月内": "两个月内",
    "第2个": "第二个",
    "2月2日2号楼2楼": "二月二日二号楼二楼",
    "3-5个工作日": "三到五个工作日",
    "2-3天": "两到三天",
    "第2-3天": "第二到三天",
    "5到3": "五到三",
    "3-1号楼": "三杠一号楼",
    "周一至周五": "周一到周五",
    # shares, units, letters, signs
    "3.5%": "百分之三点五",
    "10%～20%": "百分之十到百分之二十",
    "1/3": "三分之一",
    "½": "二分之一",
    "3:1": "三比一",
    "500M宽带": "五百兆宽带",
    "100-200M": "一百到两百兆",
    "5G套餐": "五G套餐",
    "-5℃": "零下五摄氏度",
    "请按1，转人工按0": "请按一，转人工按零",
    "请按#号键或*键": "请按井号键或星号键",
    "①查询②办理": "一查询二办理",
    "１２８元": "一百二十八元",
    "VIP客户": "VIP客户",
    "二00八年": "二零零八年",
    "": "",
}


@pytest.mark.parametrize(("written", "said"), SAID.items())
def test_written_is_said(written: str, said: str) -> None:
    assert spoken(written) == said


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_reads_its_own_example(rule: Rule) -> None:
    written, said = rule.example
    assert rule.pattern.search(written)
    assert spoken(written) == said


CLERKS_HAND = st.text(
    alphabet=st.sampled_from("0123456789.,:：/-~—#*%¥元年月日号点分到至第万个次天转尾号AbGM两+ "), max_size=24
)


@settings(max_examples=400)
@given(st.one_of(CLERKS_HAND, st.text(max_size=30)))
@example("2-2-2")
@example("1:2:3")
@example("0/0")
@example("９９９９９９９９９９９９９９")
@example("¥1万")
def test_no_figure_survives_and_saying_twice_changes_nothing(text: str) -> None:
    said = spoken(text)
    assert not re.search(r"[0-9]", said)
    assert spoken(said) == said


@given(st.text(alphabet="请查询我的订单话费一二三，。！？、 ABC", max_size=30))
def test_what_has_no_figures_stays_as_it_is(text: str) -> None:
    assert spoken(text) == text
