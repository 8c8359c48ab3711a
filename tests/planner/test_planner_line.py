"""Who is next: hosts take turns, nobody is taken twice, nobody is forgotten."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from digest.planner import Line


def host(item: str) -> str:
    return item[0]


def test_a_host_with_a_long_queue_takes_one_place_and_the_others_pass_it() -> None:
    line = Line(host)
    line.add(["a1", "a2", "a3", "b1", "c1"])
    assert line.take(10) == ["a1", "b1", "c1"]
    assert len(line) == 2
    line.done("b1")
    assert line.take(10) == []
    line.done("a1")
    assert line.take(10) == ["a2"]


def test_several_of_a_host_may_have_places_where_that_is_allowed() -> None:
    line = Line(host, per_host=2)
    line.add(["a1", "a2", "a3", "b1"])
    assert line.take(2) == ["a1", "b1"]
    line.done("a1")
    assert line.take(10) == ["a2", "a3"]


def test_a_host_gives_several_in_a_row_where_that_is_allowed_and_goes_on_without_a_pause() -> None:
    line = Line(host, per_host=2)
    line.in_a_row = 2
    line.add(["a1", "a2", "a3", "b1", "b2", "c1"])
    assert line.take(4) == ["a1", "a2", "b1", "b2"]
    line.done("a1")
    assert line.take(4) == ["a3", "c1"]


def test_where_two_lines_share_a_host_one_goes_after_the_other() -> None:
    """What may hang at a host doesn't hold up what answers there."""
    sound, failing = Line(host), Line(host)
    sound.add(["a1"])
    failing.add(["a2", "b2"])
    assert failing.take(5, after=sound) == ["b2"]
    assert sound.take(5) == ["a1"]
    assert failing.take(5, after=sound) == []
    sound.done("a1")
    assert failing.take(5, after=sound) == ["a2"]


def test_what_waits_or_is_under_way_is_not_taken_in_again() -> None:
    line = Line(host)
    line.add(["a1", "b1"])
    line.take(1)
    line.add(["a1", "b1"])
    assert (line.present, line.under_way, len(line)) == (2, 1, 1)


def test_an_answer_older_than_the_work_it_speaks_of_does_not_bring_it_back() -> None:
    """What waits is asked for; meanwhile it is done; the answer still names it."""
    line = Line(host)
    line.add(["a1"])
    line.take(1)
    line.asking()
    line.done("a1")
    line.add(["a1"])
    assert not line.present
    line.asking()
    line.add(["a1"])
    assert line.take(1) == ["a1"]


@given(
    items=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30)).map(lambda pair: f"{pair[0]}{pair[1]}")),
    per_host=st.integers(1, 3),
    in_a_row=st.integers(1, 3),
    sizes=st.lists(st.integers(1, 5), min_size=1),
)
def test_everybody_gets_a_place_once_in_the_order_of_arrival_at_its_host(
    items: list[str], per_host: int, in_a_row: int, sizes: list[int]
) -> None:
    line = Line(host, per_host=per_host)
    line.in_a_row = in_a_row
    line.add(items)
    served: list[str] = []
    under_way: list[str] = []
    step = 0
    while line.present:
        taken = line.take(sizes[step % len(sizes)])
        under_way += taken
        served += taken
        assert max(Counter(map(host, under_way)).values(), default=0) <= per_host
        assert line.under_way == len(under_way)
        assert under_way, "somebody can always go on"
        line.done(under_way.pop(step % len(under_way)))
        step += 1
    expected = list(dict.fromkeys(items))
    assert sorted(served) == sorted(expected)
    for name in "abc":
        assert [each for each in served if host(each) == name] == [each for each in expected if host(each) == name]
