"""What one story is: which articles are joined, which stands in front, and that none is lost."""

from __future__ import annotations

import random
import tracemalloc
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opeds import VARIANTS, OpEd, Writer, cut, opeds, pending

from digest import stories
from digest.model import Field, Flagged, Hit, Story

WRITER = Writer(3)
ESSAY = WRITER.article(600)
FULL = "\n\n".join(ESSAY)
OTHER = "\n\n".join(WRITER.article(500))
THIRD = "\n\n".join(WRITER.article(550))


def home(found: tuple[Story, ...], match_id: int) -> Story:
    return next(story for story in found if match_id in story.members)


def kinds(story: Story) -> dict[str, str]:
    return {place.feed: place.kind for place in story.also_in}


# --- the same article ------------------------------------------------------------------------------


def test_an_article_matched_by_several_topics_is_one_story_under_the_topic_with_most_points():
    found = stories.group(
        [
            pending(1, "a", "T", FULL, topic="korea", score=3, entry=9, url="https://a.example/1"),
            pending(2, "a", "T", FULL, topic="bank", score=5, entry=9, url="https://a.example/1"),
        ]
    )
    assert len(found) == 1
    assert found[0].front.match.topic == "bank"
    assert found[0].also_topics == ("korea",)
    assert found[0].members == (1, 2)
    assert found[0].also_in == ()


def test_of_topics_with_equal_points_the_one_that_comes_first_names_the_story():
    one = pending(1, "a", "T", FULL, topic="korea", entry=9)
    two = pending(2, "a", "T", FULL, topic="bank", entry=9)
    assert stories.group([one, two])[0].front.match.topic == "korea"
    assert stories.group([two, one])[0].front.match.topic == "bank"


@pytest.mark.parametrize(
    "other",
    [
        "http://outlet.example/a",
        "https://www.outlet.example/a",
        "https://outlet.example/a/",
        "https://outlet.example/a?utm_source=rss&utm_medium=feed",
        "https://outlet.example/a#comments",
    ],
)
def test_one_page_linked_by_two_feeds_is_one_story_however_its_url_is_spelt(other):
    found = stories.group(
        [
            pending(1, "a", "T", "Short.", url="https://outlet.example/a"),
            pending(2, "b", "T", "Shorter.", url=other),
        ]
    )
    assert len(found) == 1
    assert found[0].members == (1, 2)


def test_pages_that_differ_in_a_query_that_matters_are_two_stories():
    found = stories.group(
        [
            pending(1, "a", "T", "One.", url="https://outlet.example/view?id=1"),
            pending(2, "b", "U", "Two.", url="https://outlet.example/view?id=2"),
        ]
    )
    assert len(found) == 2


def test_a_guid_that_is_a_uri_identifies_beyond_its_feed_and_any_other_only_within_it():
    tagged = [pending(n, f"o{n}", f"T{n}", f"Text {n}.", guid="tag:wire.example,2026:77") for n in (1, 2)]
    assert len(stories.group(tagged)) == 1
    numbered = [pending(n, f"o{n}", f"T{n}", f"Text {n}.", guid="1234") for n in (1, 2)]
    assert len(stories.group(numbered)) == 2
    same_feed = [pending(n, "o", f"T{n}", f"Text {n}.", guid="1234") for n in (1, 2)]
    assert len(stories.group(same_feed)) == 1


def test_equal_words_are_a_copy_whatever_their_case_quotes_and_spaces():
    text = "“The envoy's visit”, it said, was short. Nobody had expected more than a photograph of two chairs."
    copy = text.upper().replace("“", '"').replace("”", '"').replace(" ", "\u00a0 ").replace("E", "E\u00ad")
    found = stories.group([pending(1, "a", "T", text), pending(2, "b", "U", copy)])
    assert len(found) == 1
    assert kinds(found[0]) == {"b": "copy"}


def test_a_short_body_proves_nothing_by_being_equal():
    found = stories.group([pending(1, "a", "One thing", "Read more."), pending(2, "b", "Another", "Read more.")])
    assert len(found) == 2


def test_an_article_without_any_text_is_a_story_of_its_own():
    found = stories.group([pending(1, "a", "", "", url=" "), pending(2, "b", "", "")])
    assert [story.members for story in found] == [(1,), (2,)]


@pytest.mark.parametrize(("share", "kind"), [(0.9, "copy"), (0.6, "copy"), (0.3, "copy")])
def test_a_text_cut_by_another_outlet_is_a_copy_of_the_whole_one(share, kind):
    found = stories.group([pending(1, "a", "T", FULL), pending(2, "b", "U", "\n\n".join(cut(ESSAY, share)))])
    assert len(found) == 1
    assert kinds(found[0]) == {"b": kind}


def test_an_article_that_quotes_a_third_of_itself_from_another_is_an_excerpt():
    quoting = "\n\n".join([*cut(ESSAY, 0.22), *Writer(5).article(190)])
    found = stories.group([pending(1, "a", "T", FULL), pending(2, "b", "U", quoting)])
    assert [kinds(story) for story in found] == [{"b": "excerpt"}]


def test_two_articles_that_quote_the_same_statement_are_two_stories():
    statement = WRITER.sentence(40)
    found = stories.group([pending(1, "a", "T", f"{FULL} {statement}"), pending(2, "b", "U", f"{OTHER} {statement}")])
    assert len(found) == 2


def test_a_site_box_shared_by_articles_of_one_site_does_not_join_them():
    box = WRITER.sentence(30)
    short = [" ".join(Writer(seed).article(40)) for seed in range(20, 26)]
    found = stories.group([pending(n, "a", f"T{n}", f"{text}\n\n{box}") for n, text in enumerate(short, 1)])
    assert len(found) == 6


def test_an_article_that_one_site_publishes_again_and_again_is_one_story():
    versions = [f"{FULL}\n\n{Writer(seed).sentence(12)}" for seed in range(5)]
    found = stories.group([pending(n, "a", "T", text) for n, text in enumerate(versions, 1)])
    assert len(found) == 1


def test_a_round_up_that_holds_two_articles_is_no_copy_of_either():
    roundup = f"{FULL}\n\n{OTHER}\n\n{THIRD}"
    found = stories.group(
        [
            pending(1, "a", "One", FULL),
            pending(2, "b", "Two", OTHER),
            pending(3, "c", "The day in brief", roundup),
        ]
    )
    assert [story.members for story in found] == [(1,), (2,), (3,)]


# --- scripts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        (
            "北朝鮮の特使団が二十一日、北京に到着した。国境の通行再開が主な議題で、協議は二日間の予定だ。関係者によると、"
            "平壌は冬を前に燃料の確保を急いでいる。制裁の緩和については期待できないとの見方が強い。"
        ),
        (
            "북한 특사단이 베이징에 도착해 이틀간의 협상에 들어갔다. 국경 통로를 다시 여는 방안이 핵심 의제다. "
            "정부 당국자는 평양이 겨울을 앞두고 연료 확보를 서두르고 있다고 말했다. "
            "전문가들은 제재 완화까지 이어지기는 어렵다고 본다."
        ),
        "คณะผู้แทนเดินทางถึงปักกิ่งเมื่อวันเสาร์เพื่อเจรจาเรื่องการเปิดพรมแดนอีกครั้ง การเจรจาจะใช้เวลาสองวัน",
        (
            "وصل مبعوث إلى بكين يوم السبت لإجراء محادثات تستمر يومين. "
            "وقال مسؤول إن العقوبات ليست على جدول الأعمال في هذه الجولة."
        ),
        "दूत शनिवार को बीजिंग पहुँचा और सीमा खोलने पर दो दिन बातचीत होगी। अधिकारी ने कहा कि प्रतिबंध एजेंडे में नहीं हैं।",
    ],
)
def test_a_copy_with_a_line_added_is_found_in_every_script(text):
    found = stories.group([pending(1, "a", "T", text), pending(2, "b", "U", f"{text}\n\nCopyright Outlet B 2026")])
    assert len(found) == 1


def test_unlike_japanese_articles_stay_apart():
    found = stories.group(
        [
            pending(
                1,
                "a",
                "T",
                "日本銀行は金融政策決定会合で政策金利を据え置いた。総裁は記者会見で物価の見通しを説明した。" * 2,
            ),
            pending(
                2, "b", "U", "港の倉庫で火災があり、消防車が十台出動した。けが人はいなかったと警察が発表した。" * 2
            ),
        ]
    )
    assert len(found) == 2


# --- who stands in front ---------------------------------------------------------------------------


def test_the_fullest_text_stands_in_front_even_when_it_came_last_and_has_fewer_points():
    found = stories.group(
        [
            pending(1, "a", "T", "\n\n".join(cut(ESSAY, 0.6)), score=9, hours=20),
            pending(2, "b", "T", FULL, score=3, hours=1),
        ]
    )
    assert found[0].front.match_id == 2
    assert found[0].score == 3


def test_a_whole_article_stands_before_a_longer_one_that_is_known_to_be_cut_off():
    found = stories.group([pending(1, "a", "T", f"{FULL} More.", complete=False), pending(2, "b", "T", FULL)])
    assert found[0].front.match_id == 2


def test_of_texts_that_differ_in_a_few_words_the_first_seen_stands_in_front():
    found = stories.group(
        [pending(1, "a", "T", FULL, hours=9), pending(2, "b", "T", f"{FULL}\n\nMore on our site.", hours=5)]
    )
    assert found[0].front.match_id == 1


def test_of_copies_that_came_in_one_hour_the_one_of_the_earlier_date_stands_in_front():
    """Whose server answers first is chance, and would be another one in the next rehearsal."""
    reprint, original = pending(1, "a", "T", FULL, hours=1), pending(2, "b", "T", FULL, hours=0.99)
    day_before = original.first_seen - timedelta(days=1)
    original = replace(original, article=replace(original.article, published=day_before))
    assert stories.group([reprint, original])[0].front.match_id == 2


# --- the same event --------------------------------------------------------------------------------


def report(number: int, outlet: str, title: str, text: str, term: str, hours: float = 1) -> Flagged:
    at = text.index(term)
    return pending(number, outlet, title, text, hits=(Hit(Field.BODY, at, at + len(term), term),), hours=hours)


ONE = report(1, "a", "Envoy lands in Beijing for border talks", f"{FULL} Pak Chol-min was there.", "Pak Chol-min")
TWO = report(2, "b", "Envoy of the North in Beijing for talks on border", f"Pak Chol-min came. {OTHER}", "Pak Chol-min")


def test_reports_of_one_event_by_two_sites_stand_together_and_keep_their_titles():
    found = stories.group([ONE, TWO])
    assert len(found) == 1
    assert [(place.kind, place.title) for place in found[0].also_in] == [("same story", TWO.article.title)]
    assert found[0].members == (1, 2)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(TWO, article=replace(TWO.article, url="https://a.example/2")), id="by one site"),
        pytest.param(replace(TWO, first_seen=report(3, "c", "T", "x", "x", hours=150).first_seen), id="a week apart"),
        pytest.param(replace(TWO, match=replace(TWO.match, hits=())), id="no matched term in common"),
        pytest.param(
            replace(TWO, article=replace(TWO.article, title="Envoy asks for patience")), id="titles say other things"
        ),
    ],
)
def test_what_only_resembles_the_same_event_stays_apart(other):
    assert len(stories.group([ONE, other])) == 2


def test_a_term_that_nearly_every_article_has_makes_no_event():
    texts = ["\n\n".join(Writer(seed).article(120)) + " Pak Chol-min." for seed in range(40, 52)]
    titles = ["Envoy lands in Beijing for border talks", "Border talks in Beijing: envoy lands"]
    titles += [WRITER.sentence(7) for _ in range(10)]
    given_ = [
        report(n, f"o{n}", title, text, "Pak Chol-min")
        for n, (title, text) in enumerate(zip(titles, texts, strict=True), 1)
    ]
    assert len(stories.group(given_)) == len(given_)


# --- nothing is lost -------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.data())
def test_every_match_is_settled_by_exactly_one_story_whatever_the_order(data):
    """Every match id given is a member of exactly one story, and the order given decides nothing else."""
    texts = ["", "Read more.", FULL, OTHER, "\n\n".join(cut(ESSAY, 0.5)), f"{FULL}\n\n{OTHER}", "記事の本文です。" * 9]
    count = data.draw(st.integers(0, 12))
    given_ = [
        pending(
            number,
            data.draw(st.sampled_from("abc")),
            data.draw(st.sampled_from(["Envoy lands in Beijing", "Rate held", ""])),
            data.draw(st.sampled_from(texts)),
            topic=f"t{number}",
            score=number,
            entry=data.draw(st.integers(1, 12)) + 100 if data.draw(st.booleans()) else number,
            guid=data.draw(st.sampled_from([None, "1", "tag:x"])),
        )
        for number in range(1, count + 1)
    ]
    found = stories.group(given_)
    assert sorted(member for story in found for member in story.members) == [it.match_id for it in given_]
    shuffled = given_[:]
    random.Random(count).shuffle(shuffled)
    # One article under several topics is one entry, whichever of its rows came first.
    assert {story.members for story in stories.group(shuffled)} == {story.members for story in found}


# --- how well it does ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def corpus() -> list[OpEd]:
    return opeds(100, seed=11)


def test_copies_are_found_with_perfect_precision_and_nearly_perfect_recall(corpus):
    """On synthetic op-eds in five variants: no wrong pair, and at least .98 of the right ones."""
    found = stories.group([oped.flagged for oped in corpus])
    story_of = {member: nth for nth, story in enumerate(found) for member in story.members}
    nth_of = {oped.flagged.match_id: oped.nth for oped in corpus}
    for story in found:
        assert len({nth_of[member] for member in story.members}) == 1, "a pair that is none"
    originals = {oped.nth: story_of[oped.flagged.match_id] for oped in corpus if oped.variant == "original"}
    for variant in VARIANTS:
        those = [oped for oped in corpus if oped.variant == variant]
        right = sum(story_of[oped.flagged.match_id] == originals[oped.nth] for oped in those)
        assert right / len(those) >= 0.98, variant


def test_thousands_of_articles_are_grouped_in_little_memory(corpus):
    """A first edition may choose from thousands. Their words are not held: a list of them takes ten times the text."""
    flagged = [oped.flagged for oped in corpus]
    stories.group(flagged[:50])  # what is made once
    tracemalloc.start()
    try:
        stories.group(flagged)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak / len(flagged) < 40_000


def test_a_sketch_is_bounded_and_the_same_in_every_process():
    tokens = stories.words(FULL)
    sketch = stories.sketch(tokens)
    assert len(sketch.hashes) == 256
    assert len(stories.sketch(tokens * 400).hashes) <= 256
    assert stories.sketch(stories.words("One two three four five, six.")).hashes == (
        1637919722754924339,
        17489690165769768714,
    )


def test_a_stock_phrase_in_a_short_text_makes_no_copy():
    phrase = "vice chairman of the Central Military Commission of the Workers' Party of Korea"
    short = pending(1, "a", "T", f"The test was overseen by Pak Jong Chon, {phrase}")
    long = pending(2, "b", "U", f"{FULL}\n\nThe order was signed by the {phrase}, it said. {OTHER}")
    assert len(stories.group([short, long])) == 2


def test_a_feed_summary_is_a_copy_of_the_article_it_begins():
    summary = " ".join(FULL.split()[:45])
    found = stories.group([pending(1, "a", "T", FULL), pending(2, "b", "U", summary, complete=False)])
    assert [kinds(story) for story in found] == [{"b": "copy"}]


def test_headlines_that_share_only_the_topics_own_words_are_different_events():
    titles = [
        f"North Korea {what}"
        for what in (
            "fires missile over northern Japan",
            "missile launch fails over Japan coast",
            "missile plant visited by leader",
            "oil shipments breach sanctions",
            "marks harvest with missile parade",
            "opens beach resort for tourists",
            "missile engine tested in Japan range",
        )
    ]
    given_ = [
        report(n, f"o{n}", title, "\n\n".join(Writer(60 + n).article(80)) + " Pak Chol-min.", "Pak Chol-min")
        for n, title in enumerate(titles, 1)
    ]
    assert len(stories.group(given_)) == len(titles)


def test_a_wire_story_at_hundreds_of_outlets_is_one_story_and_costs_no_more_for_each():
    """Each copy is compared with the first ones, not with every other: 300 are 6,000 pairs and not 45,000."""
    wire = [pending(n, f"o{n}", f"T {n}", f"{FULL}\n\n{WRITER.sentence(12)}") for n in range(1, 301)]
    others = [pending(400 + n, f"p{n}", f"U {n}", "\n\n".join(Writer(90 + n).article(300))) for n in range(20)]
    found = stories.group([*wire, *others])
    assert len(found) == 21
    assert len(home(found, 1).members) == 300
