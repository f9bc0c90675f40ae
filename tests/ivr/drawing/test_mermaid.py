from pathlib import Path

import pytest

from ivr.drawing import DropOff, Passage, draw_mermaid
from tests.ivr.drawing.every_kind import every_kind
from tests.ivr.flows import DESK, flow_of

pytestmark = pytest.mark.unit


def test_nodes_have_shapes_and_ways_have_labels(tmp_path: Path) -> None:
    lines = draw_mermaid(flow_of(tmp_path)).splitlines()
    assert lines[0] == "flowchart LR"
    assert '  n_menu["menu · 菜单<br/>话费一快递二"]:::menu' in lines
    assert '  n_bye((("bye · 挂机<br/>已解决"))):::hangup' in lines
    assert '  n_menu -->|"1 话费"| n_phone' in lines
    assert '  n_agent -.->|"无坐席"| n_message' in lines
    assert "  n_start --> n_hello" in lines
    assert "  classDef menu fill:#dfeafd,stroke:#174ea6,color:#1f2933" in lines


def test_letters_with_a_meaning_are_escaped(tmp_path: Path) -> None:
    text = draw_mermaid(every_kind(tmp_path))
    assert '"menu · 菜单<br/>账单请按一 #60;b#62;，密码请按二；再听请按三 #38; 评价请按四。"' in text
    assert "level in #91;'gold', 'vip'#93; and len#40;caller#41; #62; 5" in text
    assert "https://example.cn/#123;phone#125;" in text


def test_a_text_of_several_lines_stays_on_one(tmp_path: Path) -> None:
    flow = flow_of(tmp_path, DESK.replace("prompt: 您好", 'prompt: "您好\\n\\n欢迎"'))
    assert '  n_hello("hello · 播放<br/>您好 欢迎"):::play' in draw_mermaid(flow).splitlines()


def test_traffic_is_part_of_the_text(tmp_path: Path) -> None:
    traffic = DropOff(100, 0, None, {"menu": Passage(80, 20)})
    assert "话费一快递二<br/>80 通 · 挂断 20 #40;25.0%#41;" in draw_mermaid(flow_of(tmp_path), traffic)


def test_every_line_is_a_node_a_way_or_a_class(tmp_path: Path) -> None:
    first, *rest = draw_mermaid(every_kind(tmp_path)).splitlines()
    assert first == "flowchart LR"
    assert all(":::" in line or "-->" in line or ".->" in line or "classDef " in line for line in rest)
