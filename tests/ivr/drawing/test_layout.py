import random
from itertools import combinations, pairwise

import pytest

from ivr.drawing.layout import Box, Layout, Link, Point, arrange

pytestmark = pytest.mark.unit


def graph(seed: int) -> tuple[dict[str, Box], list[Link]]:
    """Return boxes of random sizes and random links, all from earlier to later boxes."""
    rng = random.Random(seed)
    count = rng.randint(2, 30)
    boxes = {
        f"n{i}": Box(rng.choice([150.0, 260.0]), rng.choice([44.0, 80.0, 170.0]), 14.0) for i in range(count)
    }
    exits = {name: [14.0 + 20 * i for i in range(int((box.height - 4) // 20))] for name, box in boxes.items()}
    links = []
    for index in range(1, count):
        for source in rng.sample(list(boxes)[:index], k=min(index, rng.randint(1, 3))):
            if exits[source]:
                links.append(Link(source, exits[source].pop(0), f"n{index}", rng.choice(["way", "trouble"])))
    return boxes, links


def pieces(layout: Layout) -> list[tuple[int, Point, Point]]:
    return [(number, *ends) for number, route in enumerate(layout.routes) for ends in pairwise(route)]


def test_a_chain_is_one_straight_line() -> None:
    boxes = {name: Box(100.0, 50.0, 14.0) for name in "abc"}
    layout = arrange(boxes, [Link("a", 14.0, "b"), Link("b", 14.0, "c")])
    assert [y for _, y in layout.boxes.values()] == [0.0, 0.0, 0.0]
    assert layout.routes == [[(100.0, 14.0), (144.0, 14.0)], [(244.0, 14.0), (288.0, 14.0)]]
    assert (layout.width, layout.height) == (388.0, 50.0)


def test_a_line_around_a_box_stays_clear_of_it() -> None:
    boxes = {name: Box(100.0, 60.0, 14.0) for name in "abc"}
    layout = arrange(boxes, [Link("a", 14.0, "b"), Link("b", 14.0, "c"), Link("a", 40.0, "c")])
    (_, top), bend = layout.boxes["b"], layout.routes[2][2]
    assert bend[1] <= top - 12 or bend[1] >= top + 60 + 12


def test_ways_to_one_box_share_their_line() -> None:
    boxes = {name: Box(100.0, 60.0, 14.0) for name in ("start", "a", "b", "c", "end")}
    links = [Link("start", 14.0 + 10 * i, name) for i, name in enumerate("abc")]
    layout = arrange(boxes, [*links, *(Link(name, 14.0, "end") for name in "abc")])
    assert len({route[-1] for route in layout.routes[3:]}) == 1
    assert len({x for route in layout.routes[3:] for x, _ in route[1:-1]}) == 1


@pytest.mark.parametrize("seed", range(40))
def test_every_drawing_is_tidy(seed: int) -> None:
    boxes, links = graph(seed)
    layout = arrange(boxes, links)
    for one, other in combinations(boxes, 2):
        (x1, y1), (x2, y2) = layout.boxes[one], layout.boxes[other]
        beside = x1 + boxes[one].width < x2 or x2 + boxes[other].width < x1
        assert beside or y1 + boxes[one].height < y2 or y2 + boxes[other].height < y1, (one, other)
    for link, route in zip(links, layout.routes, strict=True):
        (x1, y1), (x2, y2) = layout.boxes[link.source], layout.boxes[link.target]
        assert route[0] == (x1 + boxes[link.source].width, pytest.approx(y1 + link.port))
        assert route[-1] == (x2, pytest.approx(y2 + boxes[link.target].entry))
    for number, (ax, ay), (bx, by) in pieces(layout):
        assert ax == bx or ay == pytest.approx(by)
        assert ax <= bx, "a line leads backwards"
        for name, (x, y) in layout.boxes.items():
            through = (
                ax < x + boxes[name].width
                and bx > x
                and max(ay, by) > y
                and min(ay, by) < y + boxes[name].height
            )
            assert not through, (links[number], name)


def test_no_line_lies_on_another() -> None:
    hidden = 0
    for seed in range(40):
        boxes, links = graph(seed)
        for (one, a, b), (other, c, d) in combinations(pieces(arrange(boxes, links)), 2):
            if links[one].target == links[other].target:
                continue
            along = a[1] == b[1] and c[1] == d[1] and abs(a[1] - c[1]) < 3
            hidden += along and min(b[0], d[0]) - max(a[0], c[0]) > 3
            upright = a[0] == b[0] and c[0] == d[0] and abs(a[0] - c[0]) < 3
            hidden += (
                upright and min(max(a[1], b[1]), max(c[1], d[1])) - max(min(a[1], b[1]), min(c[1], d[1])) > 3
            )
    # two lines that trade places between columns cannot both be clear
    assert hidden <= 3


def test_the_same_graph_is_drawn_the_same() -> None:
    boxes, links = graph(7)
    assert arrange(boxes, links) == arrange(boxes, links)
