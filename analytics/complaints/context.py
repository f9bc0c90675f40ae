"""Whether what was said was meant: not denied, not asked about, not hearsay, not long settled."""

from __future__ import annotations

import re

#: Characters before and behind a place that are read.
REACH = 16

_DENIED = re.compile(
    r"(?:不(?:是|会|想|要|用|打算|准备|愿意?|必|需要|至于|敢)|没(?:有)?(?:想|打算|说|必要|要)?|别|甭|用不着|犯不着|懒得|并非|从来没)"
    r"(?:说|是|来|去|想|要|打算|准备|特意|真的?|为了|非|得|故意|马上|立刻|现在|再|有|什么|任何|被|人|过|因为){0,4}"
    r"(?:[跟向给让把对到找](?:我|你们?)?)?(?:要|去|来|说|打|找)?$"
)
#: A denial that threatens: 别逼我去告, 不得不起诉.
_FORCED = re.compile(
    r"(?:别|不要|甭)(?:再)?(?:逼|让|等|怪|以为)|不得不|不能不|逼[着得]?我|逼的|非要我|非得|只能|只好|是不是[要得非]|要我"
)
_BUT = re.compile(r"^.{0,6}(?:但是?|可是?|不过|除非|是你们逼|既然)")
_ASKED = re.compile(
    r"(?:怎么|怎样|如何|哪里|请问|想问|问一?下|问问|咨询|了解一?下|是否|能不能|要不要|会不会|可不可以|有没有|用不用|需不需要"
    r"|什么时候|打听|是不是)[^我]{0,5}$"
)
_ASKED_BEHIND = re.compile(
    r"^.{0,3}(?:电话|号码|地址|热线|网站|流程|部门)?(?:是多少|是什么|多少号?|在哪|怎么(?:打|走|弄|写|填|办)|要什么|需要什么|有用吗"
    r"|有没有用|管不管用|是不是真的|收费吗)"
)
_HEARSAY = re.compile(
    r"(?:听说|听人(?:家)?说|新闻|报道|据说|看到(?:网上|别人|有人)|(?:朋友|邻居|同事|亲戚|人家|别人)(?:上次|之前|以前|那次|都|说|就)?)"
    r"[^我]{0,12}$"
)
_SUPPOSED = re.compile(
    r"(?:会不会|万一|我?怕|担心|要是|如果|假如|假设|防止|避免|以防|小心|容易|可能会|以后|是不是会|有没有可能|有没有)[^我]{0,8}$"
)
_SUPPOSED_BEHIND = re.compile(r"^.{0,2}(?:怎么办|谁负责|的话|的风险|的危险|的可能)")
_SETTLED = re.compile(
    r"(?:已经|都|后来|现在|早就|今天|昨天|前天|刚才)(?:全部?|也)?(?:给我|帮我)?(?:解决|处理好|处理完|处理|修好|弄好|好|没事|搞定|办妥|办好|撤诉|和解"
    r"|恢复正常|恢复|退给我|到账)了"
)
_CLAIMED = re.compile(
    r"(?:你们?|她|他|客服)(?:老|总|每次|都)?(?:说|讲|告诉)|但是?|可是|结果|其实|哪里|根本|才怪|没有?解决"
)


def affirmed(text: str, start: int, end: int, *, threat: bool) -> bool:
    """Tell whether the speaker asserts what is said at a place.

    Parameters
    ----------
    text : str
        A normalised turn.
    start, end : int
        The place, half-open.
    threat : bool
        Whether it is something that the speaker would do: then a condition (再不退我就…) makes it no less
        meant, but what others do is hearsay. Otherwise it is something that happened, and a condition
        (万一漏电…) means that it has not.

    Returns
    -------
    bool
        False where it is denied (我不是要投诉), asked about (怎么投诉到消协), told of others, supposed, or
        said to be settled.
    """
    before, behind = text[max(0, start - REACH) : start], text[end : end + REACH]
    if settled(text):
        return False
    forced = _FORCED.search(before) is not None
    if _DENIED.search(before) and not forced and not _BUT.search(behind):
        return False
    if _ASKED_BEHIND.search(behind):
        return False
    if threat:
        return forced or not (_ASKED.search(before) or _HEARSAY.search(before))
    return not (_SUPPOSED.search(before) or _SUPPOSED_BEHIND.search(behind) or _hearsay_of_events(before))


def settled(text: str) -> bool:
    """Tell whether a turn says that the matter is settled, and not that somebody claims so."""
    found = _SETTLED.search(text)
    return found is not None and _CLAIMED.search(text) is None


def _hearsay_of_events(before: str) -> bool:
    return re.search(r"(?:听说|新闻|报道|据说|网上说|网上看到?)[^我]{0,8}$", before) is not None
