"""Quotations: which sentences, cut where, in any script, with slices that point at the hits."""

from __future__ import annotations

import unicodedata

import pytest
from editions import ENVOY, hits
from hypothesis import given, settings
from hypothesis import strategies as st

from digest import compose
from digest.compose.quoting import WIDTH
from digest.model import Article, Field, Hit, Snippet
from digest.writing import width


def quote(text: str, *terms: str) -> tuple[Snippet, ...]:
    return compose.snippets(Article("https://a.example/", "Title", text), hits("", text, terms))


def marked(snippet: Snippet) -> list[str]:
    return [snippet.text[start:end] for start, end in snippet.hits]


def test_a_quotation_is_whole_sentences_with_the_hits_as_slices():
    found = quote(ENVOY, "North Korean", "Pyongyang")
    assert [it.text for it in found] == [
        (
            "A North Korean envoy landed in Beijing on Saturday for two days of talks on reopening the border "
            "crossings that closed in the spring, three people briefed on the visit said."
        ),
        (
            "Pyongyang needs fuel before the winter sets in, and Chinese traders in Dandong have waited since April "
            "for the freight bridge to open."
        ),
    ]
    assert [marked(it) for it in found] == [["North Korean"], ["Pyongyang"]]


def test_three_quotations_at_most_each_showing_a_term_that_the_others_do_not():
    found = quote(ENVOY, "envoy", "Geneva", "Pyongyang", "timetable", "sanctions", "summit")
    assert len(found) == 3
    shown = {term for it in found for term in marked(it)}
    assert shown == {"envoy", "Geneva", "Pyongyang"}


def test_quotations_stand_in_the_order_of_the_text():
    found = quote(ENVOY, "sanctions", "envoy", "Geneva")
    places = [ENVOY.index(it.text.strip("… ")[:40]) for it in found]
    assert places == sorted(places)


def test_with_hits_in_one_sentence_only_the_opening_stands_before_it():
    found = quote(ENVOY, "Dandong")
    assert found[0].text.startswith("A North Korean envoy landed")
    assert found[0].hits == ()
    assert marked(found[1]) == ["Dandong"]


def test_without_hits_in_the_body_the_opening_is_quoted():
    found = compose.snippets(Article("u", "Envoy", ENVOY), (Hit(Field.TITLE, 0, 5, "envoy"),))
    assert [it.text[:20] for it in found] == ["A North Korean envoy"]


def test_no_text_no_quotation():
    assert compose.snippets(Article("u", "t", ""), ()) == ()
    assert compose.snippets(Article("u", "t", " \n\n "), ()) == ()


def test_sentences_that_follow_each_other_become_one_quotation():
    found = quote("Rain fell on Busan. Ferries stayed in Busan harbour. It was late.", "Rain", "Ferries")
    assert len(found) == 1
    assert marked(found[0]) == ["Rain", "Ferries"]


@pytest.mark.parametrize(
    "sentence",
    [
        "The U.S. envoy met Dr. Han and Gen. Roh at No. 10 on Jan. 5 for talks that lasted 2.5 hours, officials said.",
        "Am 3. Oktober traf Prof. Wiebe den Gesandten, bzw. dessen Vertreter, im Hafen von Busan zum Gespräch.",
        "He said: “We came. We saw nothing!” and then left the hall by the back door with two of his five advisers.",
        "Mr. J. K. Rho of Samho Corp. said the yard would build six ships, e.g. two carriers and four ferries.",
    ],
)
def test_an_abbreviation_ends_no_sentence(sentence):
    rain = "It rained at the harbour all day long and well into the cold and foggy night, they said."
    text = f"{rain} {sentence} Nobody knew."
    found = quote(text, "talks", "Gespräch", "advisers", "carriers")
    end = sentence.split("!”")[-1] if "!”" in sentence else sentence
    assert any(end.strip() in it.text for it in found)


def test_a_long_sentence_is_cut_between_words_around_its_hit():
    words = [f"word{n}" for n in range(200)]
    words[120] = "Pyongyang"
    (found,) = [it for it in quote(" ".join(words) + ".", "Pyongyang") if it.hits]
    assert found.text.startswith("… word")
    assert found.text.endswith(" …")
    assert set(found.text.strip("… ").split()) <= set(words)
    assert width(found.text) <= WIDTH
    assert marked(found) == ["Pyongyang"]


def test_a_long_sentence_in_a_script_without_spaces_is_cut_between_characters():
    text = "港" * 300 + "平壌" + "海" * 300 + "。"
    (found,) = [it for it in quote(text, "平壌") if it.hits]
    assert found.text.startswith("… 港")
    assert found.text.endswith("海 …")
    assert width(found.text) <= WIDTH
    assert marked(found) == ["平壌"]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("北京に到着した。協議は二日間だ。制裁は続く。", "北京に到着した。"),
        ("그는 도착했다. 제재는 유지된다.", "그는 도착했다."),
        ("वह पहुँचा। प्रतिबंध जारी हैं।", "वह पहुँचा।"),
        ("هل وصل؟ العقوبات باقية.", "هل وصل؟"),
        ("他说：“走吧。”然后离开了。", "他说：“走吧。”"),
    ],
)
def test_sentences_end_as_their_script_ends_them(text, first):
    from digest.compose.quoting import _sentences

    start, end = next(_sentences(text, 0, len(text)))
    assert text[start:end] == first


def test_quotations_never_cross_a_paragraph():
    found = quote("Rain in Busan\n\nFerries in Busan\n\nTalks in Busan", "Busan")
    assert all("Rain" not in it.text or "Ferries" not in it.text for it in found)


def test_one_endless_word_is_cut_all_the_same():
    (found,) = quote("x" * 5000, "xxxx")[:1]
    assert width(found.text) <= WIDTH + 4
    assert found.hits


def test_two_hundred_thousand_words_cost_no_more_than_their_hits():
    import time

    text = "\n\n".join("The harbour was quiet and the envoy slept. " * 20 for _ in range(1250))
    spent = time.process_time()
    found = compose.snippets(Article("u", "t", text), tuple(hits("", text, ["envoy"])[:5000]))
    assert time.process_time() - spent < 0.5
    assert 1 <= len(found) <= 3


_ALPHABET = st.sampled_from(list("ab .!?\n\n\u00a0é\u0301가나。、「」平ักเ\u200d👩🏽🇰🇷\u05d0ا؟।-'\"()…1"))


@settings(max_examples=300)
@given(
    text=st.text(_ALPHABET, max_size=700),
    places=st.lists(st.tuples(st.integers(0, 700), st.integers(1, 9)), max_size=8),
)
def test_whatever_the_text_slices_are_in_order_and_show_what_was_hit(text, places):
    """Slices lie inside, don't overlap, and show (a part of) the hit; no quotation begins with a stray mark."""
    taken, found = 0, []
    for start, length in sorted(places):
        if start >= taken and start + length <= len(text):
            found.append(Hit(Field.BODY, start, start + length, "t"))
            taken = start + length
    quoted = compose.snippets(Article("u", "t", text), found)
    assert len(quoted) <= 3
    shown = {text[hit.start : hit.end] for hit in found}
    for it in quoted:
        at = 0
        for start, end in it.hits:
            assert at <= start < end <= len(it.text)
            at = end
            piece = it.text[start:end]
            assert any(piece in "".join(" " if c.isspace() else c for c in whole) for whole in shown)
        assert "\n" not in it.text
        assert width(it.text) <= WIDTH + 12
        body = it.text.removeprefix("… ")
        if it.text.startswith("… "):
            assert unicodedata.category(body[0]) not in {"Mn", "Me"}
