import re
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest

from ivr.drawing import DropOff, Passage, draw_svg
from ivr.drawing.shapes import SHAPES
from ivr.flow import AnyNode, Flow, load_flow
from tests.ivr.drawing.every_kind import every_kind, long_flow
from tests.ivr.flows import DESK, flow_of

pytestmark = pytest.mark.unit

SVG = "{http://www.w3.org/2000/svg}"
ROOT = Path(__file__).parents[3]
SHIPPED = sorted((ROOT / "prompts" / "flows").glob("*.yaml"))


def picture(flow: Flow, traffic: DropOff | None = None) -> xml.Element:
    return xml.fromstring(draw_svg(flow, traffic))


def card(root: xml.Element, name: str) -> xml.Element:
    (found,) = (each for each in root.iter(f"{SVG}g") if each.get("id") == f"node-{name}")
    return found


def texts(element: xml.Element) -> list[str]:
    return [each.text or "" for each in element.iter(f"{SVG}text")]


def lines(root: xml.Element) -> list[str]:
    """Return what the lines say of themselves."""
    drawn = (each for each in root.iter(f"{SVG}path") if each.get("class") in ("way", "trouble"))
    return [each.findtext(f"{SVG}title", "") for each in drawn if len(each)]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, WCAG 2.2."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_a_card_holds_its_question_and_its_answers(tmp_path: Path) -> None:
    menu = card(picture(flow_of(tmp_path)), "menu")
    assert menu.findtext(f"{SVG}title") == "menu — 话费一快递二"
    assert texts(menu) == ["menu", "菜单", "话费一快递二", "1 话费", "2 快递", "34", "345"]


def test_every_kind_of_node_is_drawn(tmp_path: Path) -> None:
    flow = every_kind(tmp_path)
    nodes = [node for each in flow.flows.values() for node in each.nodes.values()]
    assert {type(node) for node in nodes} == set(AnyNode.__args__)
    for each in flow.flows.values():
        root = picture(each)
        assert [texts(card(root, name))[0] for name in each.nodes] == list(each.nodes)


def test_texts_are_escaped(tmp_path: Path) -> None:
    root = picture(every_kind(tmp_path))
    assert root.findtext(f"{SVG}title") == '每种 <节点> & "引号"'
    assert "账单请按一 <b>，密码请按二；再听请按" in texts(card(root, "menu"))


def test_what_xml_cannot_hold_is_replaced(tmp_path: Path) -> None:
    flow = flow_of(tmp_path, DESK.replace("prompt: 您好", 'prompt: "您\\x01好"'))
    assert "您\ufffd好" in texts(card(picture(flow), "hello"))


def test_every_way_is_a_line_or_a_reference(tmp_path: Path) -> None:
    root = picture(every_kind(tmp_path))
    drawn = lines(root)
    assert "menu → phone: 1 账单" in drawn
    assert "menu → sub: 无匹配 ×4" in drawn
    assert "任一提问 → agent: 无匹配 ×2" in drawn
    (reference,) = card(root, "menu").iter(f"{SVG}a")
    assert (reference.get("href"), texts(reference)) == ("#node-hello", ["↩ hello"])
    assert not any(line.startswith("menu → hello") for line in drawn)


def test_another_flow_is_a_box_that_links_to_its_drawing(tmp_path: Path) -> None:
    (link,) = card(picture(every_kind(tmp_path)), "sub").iter(f"{SVG}a")
    assert (link.get("href"), texts(link)) == ("other.svg", ["→ other"])


def test_every_kind_of_node_has_a_shape_and_letters_that_can_be_read() -> None:
    kinds = {each.model_fields["type"].annotation.__args__[0] for each in AnyNode.__args__}
    assert kinds | {"start", "any", "subflow"} == set(SHAPES)
    outlines = {(shape.outline(100, 50), shape.inner and shape.inner(100, 50)) for shape in SHAPES.values()}
    # of one shape: what asks for a value, what decides, who answers, what keeps a value, what only goes on
    assert len(SHAPES) - len(outlines) == 2 + 2 + 2 + 1 + 2
    for kind, shape in SHAPES.items():
        assert contrast("#ffffff", shape.dark) >= 4.5, kind
        assert kind == "start" or contrast("#1f2933", shape.light) >= 7, kind


def test_it_says_what_it_is_to_those_who_do_not_see_it(tmp_path: Path) -> None:
    root = picture(every_kind(tmp_path))
    assert (root.get("role"), root.get("aria-labelledby"), root.get("lang")) == (
        "graphics-document document",
        "title",
        "zh",
    )
    assert card(root, "bye").findtext(f"{SVG}title") == "bye — 已解决"
    assert "script" not in {each.tag.removeprefix(SVG) for each in root.iter()}


def test_traffic_is_written_and_drawn(tmp_path: Path) -> None:
    traffic = DropOff(1204, 17, None, {"menu": Passage(1000, 250), "phone": Passage(10, 1)})
    flow = flow_of(tmp_path)
    root = picture(flow, traffic)
    assert "1,000 通 · 挂断 250 (25.0%)" in texts(card(root, "menu"))
    assert "10 通 · 挂断 1 (10.0%) · 样本少" in texts(card(root, "phone"))
    assert "0 通" in texts(card(root, "parcels"))
    bar = [each for each in card(root, "menu").iter(f"{SVG}rect") if each.get("fill") == "#f76707"]
    assert [each.get("width") for each in bar] == ["66"]
    assert f"流程 desk · 10 个节点 · 版本 {flow.version} · 1,204 通来电 · 17 通其他版本未计入" in texts(root)


def test_a_long_flow_is_drawn_in_chapters(tmp_path: Path) -> None:
    root = picture(long_flow(tmp_path))
    headings = [each.text for each in root.iter(f"{SVG}text") if each.get("class") == "heading"]
    assert headings[0] == "1  来电" and headings[-1] == "5  agent"
    assert texts(card(root, "n0")) == ["n0", "菜单", "请选择。", "1", "↪ agent [5]", "2"]
    assert len([each for each in root.iter(f"{SVG}g") if (each.get("id") or "").startswith("node-n")]) == 30


def test_nothing_lies_outside_of_the_picture(tmp_path: Path) -> None:
    for flow in (every_kind(tmp_path), long_flow(tmp_path)):
        root = picture(flow)
        _, _, wide, high = map(float, root.get("viewBox", "").split())
        for frame in root.iter(f"{SVG}rect"):
            if frame.get("class") == "chapter":
                x, y, w, h = (float(frame.get(name, "0")) for name in ("x", "y", "width", "height"))
                assert 0 <= x and x + w + 36 <= wide and 0 <= y and y + h + 74 <= high
        for group in root.iter(f"{SVG}g"):
            if (group.get("id") or "").startswith("node-"):
                x, y = map(float, re.findall(r"[-\d.]+", group.get("transform", "")))
                assert 0 <= x <= wide and 0 <= y <= high


def test_the_same_flow_gives_the_same_file(tmp_path: Path) -> None:
    assert draw_svg(every_kind(tmp_path)) == draw_svg(every_kind(tmp_path))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_the_drawings_in_the_docs_are_those_of_the_flows(file: Path) -> None:
    drawing = ROOT / "docs" / "flows" / f"{file.stem}.svg"
    assert drawing.read_text(encoding="utf-8") == draw_svg(load_flow(file)), (
        "huawu flow draw prompts/flows/*.yaml -o docs/flows"
    )


def test_no_drawing_is_left_of_a_flow_that_is_gone() -> None:
    drawn = {file.stem for file in (ROOT / "docs" / "flows").glob("*.svg")}
    assert drawn == {file.stem for file in SHIPPED}
