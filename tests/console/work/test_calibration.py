"""Agreement of raters, ratings that are blind until they are given, and rules measured on people."""

from __future__ import annotations

import pytest
from flask import Flask

from calls.people import User, UserRole
from calls.records import Calibration, Review, Score
from calls.store import Store
from console.work.agreement import beyond_chance, cohen_kappa, exact, fleiss_kappa, krippendorff_alpha
from console.work.calibrations import rating_id
from console.work.comparison import Compared, compare, over_calls
from console.work.rulecheck import Pair, RuleCheck, check, pairs_of
from tests.console.reading import Page
from tests.console.scene import NOON, Scene
from tests.console.staff import OURS, person, visitor

#: Cohen's κ: 50 proposals, two readers (Wikipedia, "Cohen's kappa", simple example): 0.40.
READERS = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
#: Fleiss' κ: 14 raters, 10 subjects, 5 labels (Wikipedia, "Fleiss' kappa", worked example): 0.210.
SUBJECTS = (
    (0, 0, 0, 0, 14),
    (0, 2, 6, 4, 2),
    (0, 0, 3, 5, 6),
    (0, 3, 9, 2, 0),
    (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0),
    (3, 2, 6, 3, 0),
    (2, 5, 3, 2, 2),
    (6, 5, 2, 1, 0),
    (0, 2, 2, 3, 7),
)
#: Krippendorff's α: four observers, twelve units, gaps (Krippendorff 2011, section C): 0.743.
OBSERVERS = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
#: The same, two observers, a binary label, no gaps (section A): 0.095.
BINARY = ("0100000010", "1110010000")


def units(*raters: str) -> list[tuple[str | None, ...]]:
    return [tuple(None if label == "." else label for label in unit) for unit in zip(*raters, strict=True)]


@pytest.mark.unit
def test_published_examples() -> None:
    kappa = cohen_kappa([one for one, _ in READERS], [other for _, other in READERS])
    labels = [[label for label, count in enumerate(row) for _ in range(count)] for row in SUBJECTS]

    assert kappa == pytest.approx(0.40)
    assert fleiss_kappa(labels) == pytest.approx(0.210, abs=5e-4)
    assert krippendorff_alpha(units(*OBSERVERS)) == pytest.approx(0.743, abs=5e-4)
    assert krippendorff_alpha(units(*BINARY)) == pytest.approx(0.095, abs=5e-4)


@pytest.mark.unit
def test_agreement_that_is_not_defined_is_none() -> None:
    alike = units("aaa", "aaa")

    assert (exact([]), exact(units("a.", ".b"))) == (None, None)
    assert (cohen_kappa("aaa", "aaa"), krippendorff_alpha(alike), fleiss_kappa([])) == (None, None, None)
    assert fleiss_kappa([["a", "a"], ["b", "b"]]) == 1.0
    assert exact(alike) == 1.0
    with pytest.raises(ValueError, match="as many labels"):
        fleiss_kappa([["a", "b"], ["a"]])


@pytest.mark.unit
def test_two_raters_are_compared_by_kappa_and_more_by_alpha() -> None:
    assert beyond_chance(units("yynn", "ynnn")) == ("cohen", 0.5)
    assert beyond_chance(units("ab", "ab", "ab")) == ("krippendorff", 1.0)


def rating(rater: str, **changes: object) -> Review:
    return Review(id=rating_id("cal", rater), call_id="call-1", reviewer=rater, **changes)  # type: ignore[arg-type]


def answer(rater: str, item: str, points: float | None) -> Score:
    return Score(
        call_id="call-1", item=f"s.{item}", points=points, by=rater, review_id=rating_id("cal", rater)
    )


@pytest.mark.unit
def test_raters_are_compared_item_by_item() -> None:
    given = {"a": rating("a", complaint=True), "b": rating("b", complaint=False), "c": rating("c")}
    scores = [
        *(answer(rater, "hello", 5.0) for rater in "abc"),
        *(answer(rater, "calm", points) for rater, points in zip("abc", (0.0, None, 0.0), strict=True)),
        answer("a", "right", 2.5),
    ]

    found = compare(given, scores, ["s.hello", "s.calm", "s.right"])

    hello, calm, right = found.items
    assert hello == Compared("hello", ("5", "5", "5"))
    assert calm == Compared("calm", ("0", "na", "0"))
    assert right == Compared("right", ("2.5", None, None))
    assert [(each.agreed, each.most) for each in found.items] == [(True, "5"), (False, "0"), (None, "2.5")]
    assert found.fields[0] == Compared("complaint", ("yes", "no", None))
    assert found.fields[0].most is None
    assert (found.exact, found.measure, found.raters) == (0.5, "krippendorff", ("a", "b", "c"))
    assert over_calls([found.items])["hello"] == (1, 1.0, None)


@pytest.mark.unit
def test_a_rule_is_measured_with_the_weights_of_the_sample() -> None:
    found = check([Pair(True, True, 1.0), Pair(True, False, 3.0), Pair(False, True, 1.0), Pair(False, False)])

    assert (found.both, found.hits, found.faults, found.right) == (4, 2, 2, 1)
    assert found.precision is not None and found.recall is not None
    assert (found.precision.value, found.precision.count) == (0.25, 2)
    assert (found.recall.value, found.recall.count) == (0.5, 2)
    assert found.precision.interval.low < 0.25 < found.precision.interval.high
    assert found.kappa == 0.0
    assert check([]) == RuleCheck(0, 0, 0, 0, None, None, None)


@pytest.mark.unit
def test_a_rule_is_weak_only_once_enough_was_seen() -> None:
    wrong, right = Pair(True, False), Pair(True, True)

    assert not check([wrong] * 9).weak
    assert check([wrong] * 4 + [right] * 6).weak
    assert not check([wrong] * 3 + [right] * 7).weak


@pytest.mark.unit
def test_only_items_that_both_answered_are_paired_and_only_the_last_review_counts() -> None:
    reviews = [
        Review(id="r1", call_id="c1", reviewer="陈", plan_id="p"),
        Review(id="r2", call_id="c1", reviewer="陈", plan_id="p"),
        Review(id="r3", call_id="c2", reviewer="陈"),
    ]

    def said(review: str, call: str, item: str, points: float | None) -> Score:
        return Score(call_id=call, item=item, points=points, by="陈", review_id=review)

    def proposed(call: str, item: str, points: float | None) -> Score:
        return Score(call_id=call, item=item, points=points, by="machine:s@1")

    scores = [
        said("r1", "c1", "s.hello", 5.0),
        said("r2", "c1", "s.hello", 2.0),
        said("r2", "c1", "s.calm", None),
        said("r3", "c2", "s.hello", 5.0),
        said("r3", "c2", "s.calm", 1.0),
        said("r3", "c2", "s.tone", 1.0),
    ]
    machine = [
        proposed("c1", "s.hello", 0.0),
        proposed("c1", "s.calm", 0.0),
        proposed("c2", "s.hello", 0.0),
        proposed("c2", "s.calm", None),
    ]

    found = pairs_of(reviews, scores, machine, {"s.hello": 5.0, "s.calm": 1.0}, {("p", "c1"): 4.0})

    assert found == {"s.hello": [Pair(True, True, 4.0), Pair(True, False, 1.0)]}


CHEN = person(UserRole.INSPECTOR, id="chen", name="陈")
LIN = person(UserRole.INSPECTOR, id="lin", name="林")
LEAD = person(UserRole.QA_SUPERVISOR, id="lead", name="方")


@pytest.fixture
def people(scene: Scene, desk_store: Store) -> None:
    desk_store.add(CHEN, LIN, LEAD)


def rate(app: Flask, user: User, call_id: str = "call-1", **fields: str) -> int:
    with visitor(app, user) as client:
        form = Page(client.get(f"/calls/{call_id}").text).fields() | fields
        return client.post(f"/calls/{call_id}/reviews", data=form, headers=OURS).status_code


@pytest.mark.integration
def test_raters_are_blind_until_they_have_saved(app: Flask, people: None, desk_store: Store) -> None:
    desk_store.add(Review(call_id="call-1", reviewer="lead", comment="我看是投诉", created_at=NOON))
    with visitor(app, LEAD) as lead:
        made = lead.post(
            "/calibrations", data={"call": "call-1", "name": "三月", "rater": ["chen", "lin"]}, headers=OURS
        )
        assert made.status_code == 303
        page = made.location

    with visitor(app, CHEN) as chen:
        assert "等您参加的校准" in chen.get("/sample").text
        assert "我看是投诉" not in chen.get("/calls/call-1").text
        assert "三月" in chen.get("/calls/call-1").text
        assert "保存之前看不到别人的结论" in chen.get(page).text
    assert rate(app, CHEN, complaint="yes", **{"answer.greeting": "pass", "answer.tone": "fail"}) == 303
    with visitor(app, LIN) as lin:
        assert "1 / 2 人已评" in lin.get(page).text
        assert "完全一致的比例" not in lin.get(page).text
    assert rate(app, LIN, complaint="no", **{"answer.greeting": "pass", "answer.tone": "na"}) == 303

    with visitor(app, CHEN) as chen:
        shown = Page(chen.get(page).text)
        assert "我看是投诉" in chen.get("/calls/call-1").text
    rows = dict(zip(shown.texts("th")[4:], shown.texts("tr")[1:], strict=True))
    assert rows["是投诉吗？"] == "是投诉吗？ 是 否 ✗"
    assert rows["开场问候"] == "开场问候 通过 通过 ✓"
    assert rows["语气亲切、有耐心"] == "语气亲切、有耐心 不通过 不适用 ✗"
    (calibration,) = desk_store.find(Calibration)
    ids = {rating_id(calibration.id, each) for each in ("chen", "lin")}
    assert ids <= {each.id for each in desk_store.find(Review)}


@pytest.mark.integration
def test_a_rating_is_given_once_and_not_after_the_end(app: Flask, people: None, desk_store: Store) -> None:
    desk_store.add(Calibration(id="cal", call_id="call-1", raters=("chen", "lin"), created_at=NOON))
    assert rate(app, CHEN, comment="一", calibration="cal") == 303
    assert rate(app, CHEN, comment="二", calibration="cal") == 400
    with visitor(app, LEAD) as lead:
        assert lead.post("/calibrations/cal/close", headers=OURS).status_code == 303
    assert rate(app, LIN, comment="三", calibration="cal") == 400

    (closed,) = desk_store.find(Calibration)
    (given,) = desk_store.find(Review)
    assert (closed.state, closed.review_ids, given.comment) == ("closed", (given.id,), "一")


@pytest.mark.integration
def test_only_raters_and_who_leads_see_a_calibration(app: Flask, people: None, desk_store: Store) -> None:
    desk_store.add(Calibration(id="cal", call_id="call-1", raters=("lead", "lin"), created_at=NOON))

    with visitor(app, CHEN) as chen:
        assert chen.get("/calibrations/cal").status_code == 404
        assert chen.get("/calibrations").status_code == 403
    with visitor(app, LEAD) as lead:
        assert lead.get("/calibrations/nothing").status_code == 404
        assert "保存之前看不到" in lead.get("/calibrations/cal").text


@pytest.mark.integration
@pytest.mark.parametrize("raters", [["chen"], ["chen", "nobody"], []])
def test_a_calibration_needs_raters_who_may_review(
    app: Flask, people: None, desk_store: Store, raters: list[str]
) -> None:
    with visitor(app, LEAD) as lead:
        answer = lead.post("/calibrations", data={"call": "call-1", "rater": raters}, headers=OURS)

    assert answer.status_code == 400
    assert desk_store.count(Calibration) == 0


@pytest.mark.integration
def test_rules_are_set_beside_what_inspectors_answered(app: Flask, people: None) -> None:
    assert rate(app, CHEN, **{"answer.greeting": "fail", "answer.empathy": "fail"}) == 303

    with visitor(app, LEAD) as lead:
        page = Page(lead.get("/rules/agreement").text)

    rows = {row.text.split()[0]: row.text for row in page.all("tr")[1:]}
    # the machine found no greeting either, but heard an apology
    assert rows["开场问候"].startswith("开场问候 1 1 1 1 100% ")
    assert rows["安抚客户"].startswith("安抚客户 1 0 1 0 — 0% ")
