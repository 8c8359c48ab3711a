"""The HTML part: what it shows, in which order, to whom, and that it always fits."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import editions
import pytest
from markup import Seen, assert_harmless

from digest import compose, stories
from digest.model import Coverage, Digest, Field, Window
from digest.render import Renderer
from digest.render.renderer import LARGEST_HTML

RENDERER = Renderer()


@pytest.fixture(scope="module")
def full() -> str:
    return RENDERER.message(editions.full()).html


def of(tag: str, html: str) -> list[str]:
    return [re.sub(r"<[^>]+>", "", inner) for inner in re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", html, re.DOTALL)]


def test_one_h1_an_h2_for_each_topic_and_an_h3_for_each_story(full):
    digest = editions.full()
    assert of("h1", full) == ["Korea desk"]
    assert [text.rsplit(" ", 1)[0] for text in of("h2", full)] == [section.title for section in digest.sections]
    assert len(of("h3", full)) == len(digest.stories)


def test_every_story_shows_title_outlet_author_date_and_link(full):
    text = Seen(full).text
    assert "North Korean envoy lands in Beijing for talks on reopening the border" in text
    assert "Harbour Wire · Min-seo Park, Tomas Eklund" in text
    assert "Sun 22 Nov, 10:35" in text
    assert "https://harbour-wire.example/1" in Seen(full).links()


def test_hits_are_marked_and_nothing_else_is(full):
    marked = of("mark", full)
    assert {"North Korean", "envoy", "Pyongyang", "sanctions", "북한", "制裁", "العقوبات"} <= set(marked)
    expected = {
        snippet.text[start:end]
        for story in editions.full().stories
        for snippet in story.snippets
        for start, end in snippet.hits
    }
    assert set(marked) == expected


def test_the_reason_is_told_in_words_that_add_up_with_the_place_of_each_rule(full):
    text = Seen(full).text
    assert "7 points · +3 North Korean, talks in the title · +3 envoy, Pyongyang in the text" in text
    assert "north-korea-diplomacy.yaml:9, 10, 12" in text


def test_copies_are_named_and_other_reports_of_the_event_keep_their_titles(full):
    text = Seen(full).text
    assert "Also in Coast Daily (same text)" in text
    assert "Also in The Strait Review : Envoy from North Korea in Beijing" in text.replace("Review:", "Review :")


def test_language_and_direction_stand_on_the_page_the_wrapper_and_each_story(full):
    seen = Seen(full)
    by_tag = [(tag, attributes) for tag, attributes in seen.elements if "lang" in attributes]
    assert {tag for tag, _ in by_tag} >= {"html", "main", "td"}
    stories = [attributes for tag, attributes in by_tag if tag == "td"]
    assert [(it["lang"], it["dir"]) for it in stories][:5] == [
        ("en", "ltr"),
        ("ko", "ltr"),
        ("ja", "ltr"),
        ("ar", "rtl"),
        ("de", "ltr"),
    ]


def test_tables_are_presentation_and_nothing_is_loaded_from_anywhere(full):
    seen = assert_harmless(full)
    tables = [attributes for tag, attributes in seen.elements if tag == "table"]
    assert tables
    assert all(attributes.get("role") == "presentation" for attributes in tables)
    assert "max-width:640px" in full
    assert "url(" not in full


def test_the_contents_name_every_story_under_its_topic_with_its_number(full):
    listed = of("li", full)
    titles = [story.front.article.title for story in editions.full().stories]
    assert listed[: len(titles)] == titles
    assert re.findall(r'<ol\b[^>]* start="(\d+)"', full) == ["1", "6", "8"]


def test_three_stories_need_no_contents():
    digest = compose.edition(
        editions.Desk(), stories.group(editions.busy(3, words=60)), editions.TITLES, editions.WINDOW, Coverage()
    )
    assert "<ol" not in RENDERER.message(digest).html


def test_the_preheader_names_what_the_subject_does_not(full):
    message = RENDERER.message(editions.full())
    hidden = re.search(r'<div class="hidden"[^>]*>(.*?)</div>', message.html, re.DOTALL)
    assert hidden
    assert hidden.group(1).startswith("북한 특사 베이징 도착")
    assert hidden.group(1) not in message.subject


def test_an_incomplete_article_says_so_and_why(full):
    assert "Not the whole article · HTTP 402: payment required" in Seen(full).text


def test_pictures_are_shown_only_where_the_digest_has_them_and_only_over_https(full):
    """Each says whose it is, since nobody knows what it shows, and has a width for Outlook."""
    assert Seen(full).pictures() == []
    digest = editions.illustrated()
    seen = assert_harmless(RENDERER.message(digest).html)
    named = [story.front.image for story in digest.stories if story.front.image]
    assert seen.pictures() == named
    assert len(named) >= 3
    pictures = [attributes for tag, attributes in seen.elements if tag == "img"]
    assert all(it["width"] == "584" for it in pictures)
    assert pictures[0]["alt"] == "Picture: Harbour Wire"


@pytest.mark.parametrize(
    "url", ["http://plain.example/a.jpg", "javascript:alert(1)", "data:image/png;base64,AA", "", None]
)
def test_a_picture_that_is_not_https_is_left_out(url):
    story = replace(editions.FULL[0], image=url)
    digest = compose.edition(editions.Desk(), stories.group([story]), editions.TITLES, editions.WINDOW, Coverage(1, 1))
    assert "<img" not in RENDERER.message(digest).html


def test_a_look_alike_host_is_shown_in_punycode(full):
    assert "xn--drydck-zqf.example" in Seen(full).text
    assert "https://xn--drydck-zqf.example/orders/geoje" in Seen(full).links()


# --- dates -----------------------------------------------------------------------------------------


def dated(published: datetime, timezone: str) -> str:
    story = editions.flagged(1, "A", "T", "Ferry.", why=(editions.nk(1, "Ferry"),), published=published)
    desk = editions.Desk(timezone=timezone)
    return Seen(
        RENDERER.message(
            compose.edition(desk, stories.group([story]), editions.TITLES, editions.WINDOW, Coverage())
        ).html
    ).text


def test_dates_are_local_to_the_digest():
    moment = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    assert "Sun 22 Nov, 08:30" in dated(moment, "Asia/Seoul")
    assert "Sat 21 Nov, 18:30" in dated(moment, "America/New_York")


def test_a_date_of_which_only_the_day_is_known_is_the_same_day_everywhere():
    day = datetime(2026, 11, 20, tzinfo=UTC)
    for zone in ("America/Los_Angeles", "Pacific/Kiritimati"):
        assert "Fri 20 Nov The" not in dated(day, zone)
        assert "Fri 20 Nov" in dated(day, zone)
        assert "Fri 20 Nov, 00:00" not in dated(day, zone)


def test_a_date_of_another_year_says_the_year():
    assert "3 Feb 2024" in dated(datetime(2024, 2, 3, 12, tzinfo=UTC), "Asia/Seoul")


# --- the footer ------------------------------------------------------------------------------------


def test_the_footer_says_what_was_covered_in_local_time_and_how_many_editions_it_stands_for(full):
    text = Seen(full).text
    assert "Covers Fri 20 Nov, 07:00 – Mon 23 Nov, 07:00 (Asia/Seoul)." in text
    assert "2 scheduled editions became this one." in text


def test_the_footer_names_failing_feeds_with_reason_and_next_try_gaps_and_incomplete_articles(full):
    text = Seen(full).text
    assert "22 of 24 feeds read, 318 new entries." in text
    assert "Lantern Post: HTTP 503: service unavailable; next try Mon 23 Nov, 08:12" in text
    assert "Entries of these feeds may have been missed: Pier 9 Live" in text
    assert "Only a part of 1 article could be read." in text


def test_what_waits_for_the_next_edition_is_counted():
    digest = replace(editions.full(), omitted=12)
    assert "12 more stories wait for the next edition." in Seen(RENDERER.message(digest).html).text


def test_notices_reach_the_reader():
    digest = replace(editions.full(), coverage=replace(editions.COVERAGE, notices=("topics/x.yaml was refused",)))
    message = RENDERER.message(digest)
    assert "topics/x.yaml was refused" in Seen(message.html).text
    assert "topics/x.yaml was refused" in message.text


def test_quiet_and_broken_look_different():
    quiet, broken = (RENDERER.message(digest) for digest in (editions.quiet(), editions.broken()))
    assert "A quiet stretch" in Seen(quiet.html).text
    assert 'class="sheet calm"' in quiet.html
    assert "No feed could be read" in Seen(broken.html).text
    assert 'class="sheet alarm"' in broken.html
    assert quiet.subject == "Korea desk: nothing new"
    assert broken.subject == "Korea desk: no feed could be read"
    assert "A quiet stretch" in quiet.text
    assert "No feed could be read" in broken.text


def test_a_window_in_which_no_poll_was_due_is_quiet_and_not_broken():
    message = RENDERER.message(replace(editions.quiet(), coverage=Coverage(feeds=24, polled=0)))
    assert "No feed had anything new." in Seen(message.html).text
    assert "No feed had anything new." in message.text
    one_fails = replace(editions.quiet(), coverage=replace(editions.COVERAGE, polled=0))
    assert "No feed could be read" not in RENDERER.message(one_fails).html


def test_an_edition_most_of_whose_feeds_failed_warns_before_its_stories():
    failing = editions.broken().coverage.failing
    digest = replace(editions.full(), coverage=Coverage(feeds=6, polled=2, failing=failing))
    html = RENDERER.message(digest).html
    assert html.index("Most feeds could not be read") < html.index("<h2")
    without = RENDERER.message(replace(digest, sections=()))
    assert without.subject == "Korea desk: most feeds could not be read"


# --- size ------------------------------------------------------------------------------------------


def sized(count: int) -> Digest:
    return compose.edition(
        editions.Desk(max_stories=count),
        stories.group(editions.busy(count, words=150, length=28)),
        editions.TITLES,
        editions.WINDOW,
        editions.COVERAGE,
    )


def test_forty_stories_fit_with_all_their_snippets():
    digest = sized(40)
    message = RENDERER.message(digest)
    assert len(message.html.encode()) <= LARGEST_HTML
    assert of("h3", message.html)
    assert len(re.findall(r'<p style="margin:8px 0 0">', message.html)) == sum(
        len(story.snippets) for story in digest.stories
    )


@pytest.mark.parametrize("count", [90, 150, 500])
def test_however_many_stories_the_html_is_small_enough_and_has_its_footer(count):
    message = RENDERER.message(sized(count))
    assert len(message.html.encode()) <= LARGEST_HTML
    text = Seen(message.html).text
    assert "22 of 24 feeds read" in text
    assert "Entries of these feeds may have been missed: Pier 9 Live" in text
    shown = len(of("h3", message.html))
    assert shown == count or f"{count - shown} more stories of this edition" in text
    assert len(re.findall(r"^\d+\. ", message.text, re.MULTILINE)) == count


def test_what_the_html_has_no_room_for_are_the_stories_of_fewest_points_of_whatever_topic():
    message = RENDERER.message(digest := sized(150))
    shown = {int(number) for number in re.findall(r'<span class="number"[^>]*>(\d+)', message.html)}
    scores = {number: story.score for number, story in enumerate(digest.stories, 1)}
    assert 20 < len(shown) < 150
    left_out = [score for number, score in scores.items() if number not in shown]
    assert max(left_out) <= min(scores[number] for number in shown)


def test_snippets_go_before_stories_do():
    assert len(of("h3", RENDERER.message(sized(60)).html)) == 60


def test_the_same_digest_gives_the_same_message():
    assert RENDERER.message(editions.full()) == Renderer().message(editions.full())


# --- light and dark --------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance and contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def dark_rules(html: str) -> list[tuple[str, dict[str, str]]]:
    block = html[html.index("prefers-color-scheme: dark") :]
    block = block[: block.index("</style>")]
    return [
        (selector.strip(), dict(re.findall(r"([a-z-]+):\s*(#[0-9a-f]{6}) !important", body)))
        for selectors, body in re.findall(r"([^{}]+)\{([^{}]+)\}", block[block.index("{") + 1 :])
        for selector in selectors.split(",")
    ]


def fits(selector: str, chain: list[tuple[str, dict[str, str | None]]]) -> bool:
    *outer, own = selector.split()

    def is_one(simple: str, element: tuple[str, dict[str, str | None]]) -> bool:
        tag, attributes = element
        return simple[1:] in (attributes.get("class") or "").split() if simple[0] == "." else simple == tag

    if not is_one(own, chain[-1]):
        return False
    return all(any(is_one(simple, element) for element in chain[:-1]) for simple in outer)


class Painted(Seen):
    """The colour and the ground of every piece of text."""

    def __init__(self, html: str, dark: bool) -> None:
        self.rules = dark_rules(html) if dark else []
        self.chain: list[tuple[str, dict[str, str | None]]] = []
        self.pairs: set[tuple[str, str, str]] = set()
        super().__init__(html)

    def handle_starttag(self, tag, attrs):
        super().handle_starttag(tag, attrs)
        if tag != "meta":
            self.chain.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        super().handle_endtag(tag)
        self.chain.pop()

    def handle_data(self, data):
        super().handle_data(data)
        if data.strip() and any(tag == "body" for tag, _ in self.chain):
            self.pairs.add((self.value("color"), self.value("background-color"), self.chain[-1][0]))

    def value(self, name: str) -> str:
        for depth in range(len(self.chain), 0, -1):
            chain = self.chain[:depth]
            for selector, colours in reversed(self.rules):
                if name in colours and fits(selector, chain):
                    return colours[name]
            if found := re.search(rf"(?:^|;){name}:(#[0-9a-f]{{6}})", chain[-1][1].get("style") or ""):
                return found.group(1)
        raise AssertionError(f"no {name} for {self.chain[-1]}")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["full", "quiet", "broken"])
def test_every_text_has_a_contrast_of_at_least_four_and_a_half_to_one(name, dark):
    """WCAG 2.2 AA, 1.4.3, in both colour schemes."""
    html = RENDERER.message(getattr(editions, name)()).html
    html = re.sub(r'<div class="hidden".*?</div>', "", html, flags=re.DOTALL)
    pairs = Painted(html, dark).pairs
    assert len(pairs) > 3
    for colour, ground, tag in pairs:
        assert contrast(colour, ground) >= 4.5, (colour, ground, tag)


# --- labels ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("de", "8 Meldungen aus 8 Quellen"),
        ("ko", "기사 8건 (매체 8곳)"),
        ("ja", "記事8件 （8媒体）"),
        ("tlh", "8 stories"),
    ],
)
def test_labels_and_dates_speak_the_readers_language_and_english_where_it_is_unknown(language, expected):
    message = RENDERER.message(replace(editions.full(), language=language))
    assert expected in Seen(message.html).text
    assert f'<html lang="{language if language != "tlh" else "en"}"' in message.html
    assert message.language == (language if language != "tlh" else "en")


def test_fields_of_an_article_have_a_word_in_every_language():
    from digest.render.templates import built_in
    from digest.render.words import Words

    for language in ("en", "de", "ko", "ja"):
        words = Words.of(language, built_in() / "labels")
        assert all(words.field(field) for field in Field)
        assert words.field(None) == ""


def test_a_window_within_one_day_names_the_day_once():
    day = Window(datetime(2026, 11, 20, 0, tzinfo=UTC), datetime(2026, 11, 20, 6, tzinfo=UTC))
    text = Seen(RENDERER.message(replace(editions.quiet(), window=day)).html).text
    assert "Fri 20 Nov, 09:00 – 15:00" in text
