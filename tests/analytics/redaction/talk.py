"""Utterances that hold personal data, and such that hold none, with a record of which characters are which.

All names, numbers and addresses are made up: drawn by chance from parts.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.evaluation.noise import corrupt
from calls.records import Role, Utterance

Part = tuple[str, str]  # text, kind; no kind for what is not personal

_SPOKEN = str.maketrans("0123456789", "零一二三四五六七八九")
_GIVEN = "伟芳敏静丽强磊洋勇艳杰娟涛明超秀霞平刚桂兰玲英华建国志红梅婷浩宇欣怡子涵俊峰雪晨阳佳琪凯"
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾田董潘袁蔡蒋余杜叶程魏"
_CITIES = (
    "浙江省杭州市西湖区",
    "广州市天河区",
    "成都市武侯区",
    "南京市鼓楼区",
    "山东省青岛市",
    "长沙市岳麓区",
    "",
)
_ROADS = ("文三路", "中山北路", "解放大道", "人民街", "建设二路", "长江西路", "和平巷", "学院路")
_ESTATES = ("阳光小区", "锦绣花园", "金桂公寓", "幸福新村", "翠苑小区", "万达广场", "")

_FRAMES: dict[str, Sequence[tuple[str, str]]] = {
    "phone": (
        ("我的手机号是", ""),
        ("你记一下", "有消息打这个电话"),
        ("号码", "对吧"),
        ("联系电话", ""),
        ("", "这是我本人的号"),
    ),
    "id-card": (("我的身份证号码是", ""), ("身份证", "麻烦您核对一下"), ("证件号", "")),
    "bank-card": (("我的卡号是", ""), ("银行卡", "钱还没有到账"), ("退到这张卡上", "")),
    "name": (
        ("我叫", ""),
        ("您好我叫", "我想查一下账单"),
        ("我叫", "手机就是这个号码"),
        ("我姓", ""),
        ("免贵姓", ""),
        ("我的名字是", ""),
    ),
    "address": (
        ("我的地址是", ""),
        ("我住在", ""),
        ("请寄到", "谢谢"),
        ("家住", "你让师傅明天来"),
        ("地址", ""),
    ),
}

PLAIN = (
    "我想查一下上个月的话费怎么多扣了三十八块钱",
    "宽带从二十号开始就断断续续的已经报修过三次了",
    "我要投诉到一二三一五去你们信不信",
    "打一零零八六根本没有人接等了二十多分钟",
    "一共充了两百五十块才用了三天就停机了",
    "我觉得这个套餐一百二十九元太贵了想换五十九的",
    "二零二六年三月十五号办的合约到现在不给办",
    "你们客服电话四零零八一零八八八八老占线",
    "我高兴还来不及呢谢谢你啊",
    "我方便的时候再打过来吧",
    "我马上就要出门了你快一点",
    "我和我爱人都用你们的卡",
    "上午十点半到下午五点都没有信号",
    "流量十个G用完了限速到一百二十八K",
    "我常常收到这种短信烦死了",
    "叫你们经理过来听电话",
    "请你帮我查一下物流到哪里了",
    "这条路上的信号一直不好",
    "百分之二十的违约金我不能接受",
    "我温馨提醒你一句别再打过来了",
    "小区里面好几家都上不了网",
    "排队排了三十五个人才轮到我",
)


@dataclass(frozen=True)
class Said:
    """Utterances of one caller; ``personal`` holds (utterance, character) of each that is personal."""

    utterances: tuple[Utterance, ...]
    kind: str
    personal: frozenset[tuple[int, int]]


def number(chance: random.Random, kind: str) -> str:
    def digits(count: int) -> str:
        return "".join(chance.choice("0123456789") for _ in range(count))

    if kind == "phone":
        return "1" + chance.choice("3456789") + digits(9)
    if kind == "id-card":
        born = f"{chance.randint(1955, 2006)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
        place, last = chance.choice(("33", "44", "51", "11")) + digits(4), chance.choice("0123456789X")
        return f"{place}{born}{digits(3)}{last}"
    return "62" + digits(chance.choice((14, 17)))


def personal(chance: random.Random, kind: str) -> str:
    if kind == "name":
        return chance.choice(_SURNAMES) + "".join(chance.sample(_GIVEN, chance.choice((1, 2, 2))))
    if kind == "address":
        house = f"{chance.randint(2, 399)}号{chance.randint(1, 30)}栋{chance.randint(101, 2902)}室"
        house = chance.choice((house, house.replace("栋", "幢").replace("室", ""), house.replace("号", "弄")))
        place = chance.choice(_CITIES) + chance.choice(_ROADS) + chance.choice(_ESTATES)
        return place + (house.translate(_SPOKEN) if chance.random() < 0.7 else house)
    written = number(chance, kind)
    if chance.random() < 0.75:
        spoken = written.translate(_SPOKEN).replace("X", "叉")
        return spoken.replace("一", "幺") if chance.random() < 0.6 else spoken
    return written


def talk(count: int, rate: float, seed: int) -> list[Said]:
    """Return ``count`` callers' words with personal data and as many without, at a character error rate."""
    chance = random.Random(seed)
    kinds = [*_FRAMES]
    drawn: list[tuple[str, list[list[Part]]]] = []
    for place in range(count):
        kind = kinds[place % len(kinds)]
        before, after = chance.choice(_FRAMES[kind])
        data = personal(chance, kind)
        if before in ("我姓", "免贵姓"):
            data = data[0]
        pieces = [data]
        if kind not in ("name", "address") and chance.random() < 0.3:  # dictated in groups
            cut = sorted(chance.sample(range(3, len(data) - 3), 2)) if len(data) > 12 else [3, 7]
            pieces = [data[i:j] for i, j in zip([0, *cut], [*cut, len(data)], strict=True)]
        lines: list[list[Part]] = [[(piece, kind)] for piece in pieces]
        lines[0].insert(0, (before, ""))
        lines[-1].append((after, ""))
        drawn.append((kind, lines))
    drawn += [("", [[(chance.choice(PLAIN), "")]]) for _ in range(count)]
    flat = [part for _, lines in drawn for line in lines for part in line]
    heard = iter(corrupt([text for text, _ in flat], rate, seed)[0]) if rate else (text for text, _ in flat)
    return [_said(kind, [[(next(heard), of) for _, of in line] for line in lines]) for kind, lines in drawn]


def _said(kind: str, lines: list[list[Part]]) -> Said:
    utterances, marked = [], set()
    for place, line in enumerate(lines):
        text = ""
        for piece, of in line:
            marked |= {(place, len(text) + k) for k in range(len(piece)) if of}
            text += piece
        utterances.append(
            Utterance(number=place, role=Role.CALLER, start=place * 3.0, end=place * 3.0 + 2, text=text)
        )
    return Said(tuple(utterances), kind, frozenset(marked))
