from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.view import Edit, View, view_of

pytestmark = pytest.mark.unit


def number(start: int, end: int, text: str) -> Edit:
    return Edit(start, end, text, "number")


def sign(place: int) -> Edit:
    return Edit(place, place, "，", "pause")


@st.composite
def views(draw: st.DrawFn) -> View:
    """Return any view: a text cut at places, with some of the stretches and places edited."""
    text = draw(st.text(max_size=30))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    edits = []
    for start, end in pairwise(cuts):
        if draw(st.booleans()):
            edits.append(sign(start))
        if draw(st.booleans()):
            edits.append(number(start, end, draw(st.text(max_size=3))))
    return View(text, tuple(edits))


def test_a_view_is_the_original_edited() -> None:
    view = view_of("我交了三千五百块你们查", [number(3, 7, "3500")], [sign(8)])

    assert view.text == "我交了3500块，你们查"
    assert [(each.start, each.end) for each in view.placed] == [(3, 7), (8, 9)]


def test_places_are_found_both_ways() -> None:
    view = view_of("我交了三千五百块你们查", [number(3, 7, "3500元")], [sign(8)])

    assert view.view_span(8, 10) == (10, 12)  # 你们
    assert view.original_span(10, 12) == (8, 10)
    assert view.view_span(4, 5) == (3, 8)  # a part of a number is the number
    assert view.original_span(4, 5) == (3, 7)
    assert view.original_span(9, 10) == (8, 8)  # a sign was not said


def test_an_earlier_layer_has_its_way() -> None:
    view = view_of("幺三八零", [number(0, 4, "1380")], [sign(2), sign(4), number(3, 4, "0")])

    assert view.text == "1380，"


@given(views())
def test_edits_lead_back_to_the_original(view: View) -> None:
    for edit, start, end in view.placed:
        assert view.text[start:end] == edit.text
        if edit.text:
            assert view.original_span(start, end) == (edit.start, edit.end)


@given(views(), st.data())
def test_what_is_not_edited_is_the_same_on_both_sides(view: View, data: st.DataObject) -> None:
    edited = {place for edit in view.edits for place in range(edit.start, edit.end)}
    free = sorted({*range(len(view.original))} - edited)
    if free:
        place = data.draw(st.sampled_from(free))
        start, end = view.view_span(place, place + 1)
        assert view.text[start:end] == view.original[place]
        assert view.original_span(start, end) == (place, place + 1)
