"""What feeds say becomes plain text, dates that can be true, and links that lead somewhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import feeds
from digest.feeds import dates
from digest.model import Entry, FeedClaims

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def text(markup: str) -> str:
    return feeds.claims(Entry(None, None, "", content=markup), None, "").content


@pytest.mark.parametrize(
    ("markup", "plain"),
    [
        ("", ""),
        ("plain words", "plain words"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<p>One <b>bold</b>, <a href='x'>linked</a>.</p>", "One bold, linked."),
        ("One<br>Two<br/>Three", "One\n\nTwo\n\nThree"),
        ("<p>One<br>line</p><p>Two</p>", "One line\n\nTwo"),
        ("<p>One<br><br>Two</p><p>Three</p>", "One\n\nTwo\n\nThree"),
        ("<ul><li>One</li><li>Two</li></ul>", "One\n\nTwo"),
        ("<div>One<div>Two</div>Three</div>", "One\n\nTwo\n\nThree"),
        ("<h2>Head</h2>text", "Head\n\ntext"),
        ("AT&amp;T &lt;b&gt; &#8217; &nbsp; x", "AT&T <b> ’ x"),
        ("&amp;lt;p&amp;gt;", "&lt;p&gt;"),
        ("a<script>alert('x')</script>b<style>p{}</style>c<!-- no -->d", "abcd"),
        ("<p>a<iframe src='x'>no</iframe><video>no</video><form><button>no</button></form>b</p>", "a\n\nb"),
        ("<p>\n  spread\n  over   lines </p>", "spread over lines"),
        ("one\n\n  two\nstill two", "one\n\ntwo still two"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\n\nb"),
        ("<p>unclosed <b>bold<p>next", "unclosed bold\n\nnext"),
        ("zero\u200bwidth, soft\u00adhyphen, \u202ebidi", "zero width, soft hyphen, bidi"),
        ("<p>한국어</p>日本語", "한국어\n\n日本語"),
        ("</p>stray</div>", "stray"),
        ("<![CDATA[x]]>y", "y"),
    ],
)
def test_html_becomes_paragraphs(markup: str, plain: str) -> None:
    assert text(markup) == plain


def test_words_joined_by_inline_markup_stay_joined_and_blocks_part_them() -> None:
    assert text("hyper<b>text</b>") == "hypertext"
    assert text("hyper<div>text</div>") == "hyper\n\ntext"


def test_claims_carry_what_the_feed_said() -> None:
    entry = Entry("g", "u", "T", summary="<p>S</p>", content="C", authors=("A",), published=NOW, language="ko")
    assert feeds.claims(entry, "en", "Site") == FeedClaims("T", "S", "C", ("A",), NOW, "ko", "Site")
    assert feeds.claims(Entry(None, None, ""), "en", "Site").language == "en"


@given(st.text(max_size=300))
def test_claims_never_raise_and_hold_no_controls(markup: str) -> None:
    for line in text(markup).split("\n\n"):
        assert "\n" not in line
        assert all(char >= " " for char in line)


# --- dates ----------------------------------------------------------------------------------------


@given(st.datetimes(datetime(1990, 1, 2), datetime(2026, 11, 21)), st.integers(-14 * 4, 14 * 4))
def test_every_usual_form_is_read_to_the_second(stamp: datetime, quarters: int) -> None:
    zone = timezone(timedelta(minutes=15 * quarters))
    stamp = stamp.replace(microsecond=0, tzinfo=zone)
    offset = stamp.strftime("%z")
    forms = [
        stamp.strftime("%a, %d %b %Y %H:%M:%S ") + offset,
        stamp.strftime("%d %B %Y %H:%M:%S ") + offset,
        stamp.strftime("%B %d, %Y %I:%M:%S %p ") + offset,
        stamp.strftime("%Y/%m/%d %H:%M:%S ") + offset,
        stamp.strftime("%Y%m%dT%H%M%S") + offset,
        stamp.strftime("%Y년 %m월 %d일 %H시 %M분 %S초 ") + offset,
        stamp.strftime("%a %b %d %H:%M:%S GMT") + f"{offset[:3]}:{offset[3:]}" + stamp.strftime(" %Y"),
        stamp.isoformat(),
        stamp.isoformat(" "),
        stamp.isoformat(timespec="microseconds"),
    ]
    for form in forms:
        assert dates.read(form, now=NOW) == stamp.astimezone(UTC), form


@given(st.text(max_size=60) | st.from_regex(r"[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,4}[T ]?[0-9:.]*[zZ+-]?[0-9:]*"))
def test_reading_a_date_never_raises_and_never_leaves_the_bounds(words: str) -> None:
    found = dates.read(words, now=NOW)
    assert found is None or dates.EARLIEST <= found <= NOW + dates.AHEAD


def test_the_future_is_not_believed() -> None:
    assert dates.read("2026-11-24T11:00:00Z", now=NOW)
    assert dates.read("2026-11-24T13:00:00Z", now=NOW) is None
    item = b"<item><title>x</title><pubDate>2030-01-01T00:00:00Z</pubDate></item>"
    document = b"<rss version='2.0'><channel>" + item + b"</channel></rss>"
    headers = {"date": "Sun, 22 Nov 2026 12:00:00 GMT"}
    assert feeds.parse(document, headers, "https://x.example/").entries[0].published is None
    assert feeds.parse(document, {}, "https://x.example/").entries[0].published is not None


def test_the_date_that_feedparser_reads_wrong_is_read_right() -> None:
    assert dates.read("2016/6/29 15:07:41") == datetime(2016, 6, 29, 15, 7, 41, tzinfo=UTC)


# --- discovery ------------------------------------------------------------------------------------


def test_feeds_of_a_page_are_found_in_order_and_comments_last() -> None:
    page = b"""<!doctype html><html><head><base href="https://cdn.example/base/">
      <link rel="alternate" type="application/rss+xml" title="Comments on x" href="/comments/feed/">
      <link rel="stylesheet" href="x.css"><link rel="alternate" hreflang="ko" href="/ko/">
      <LINK REL="Alternate" TYPE="application/rss+xml; charset=utf-8" TITLE="News &amp; more" HREF="rss.xml">
      <link rel="alternate" type="application/feed+json" href="https://a.example/feed.json">
      <link rel="alternate" type="application/json" href="https://a.example/wp-json/wp/v2/posts/1">
      <link rel="alternate" type="application/atom+xml" href="javascript:x"></head>
      <body><a href="/world/rss">World <b>RSS</b></a><a href="/about">About</a><a href="rss.xml">again</a></body>"""
    assert feeds.discover(page, "https://a.example/") == [
        ("https://cdn.example/base/rss.xml", "News & more", "RSS"),
        ("https://a.example/feed.json", "", "JSON Feed"),
        ("https://cdn.example/world/rss", "World RSS", "unknown"),
        ("https://cdn.example/comments/feed/", "Comments on x", "RSS"),
    ]


@given(st.binary(max_size=300))
def test_discovery_never_raises(page: bytes) -> None:
    feeds.discover(page, "https://a.example/")
    feeds.discover(b"<html><link rel=alternate type=text/xml href='" + page + b"'>", "https://a.example/")


def test_usual_places_are_absolute_and_of_the_same_site() -> None:
    places = feeds.usual_places("https://a.example/deep/page.html?x=1")
    assert places[0] == "https://a.example/feed"
    assert len(places) == len(set(places)) > 10
    assert all(place.startswith("https://a.example/") for place in places)


@pytest.mark.parametrize(
    ("said", "links", "leads_to"),
    [
        ("", "<link href='/own'/><link rel='alternate' hreflang='de' href='/de'/>", "/own"),
        ("en", "<link hreflang='en-GB' href='/en'/><link hreflang='de' href='/de'/>", "/en"),
        ("de", "<link hreflang='en' href='/en'/><link hreflang='de' href='/de'/>", "/de"),
        ("ko", "<link hreflang='en' href='/en'/><link rel='self' href='/self'/>", "/en"),
    ],
)
def test_an_entry_leads_to_its_page_in_its_own_language(said: str, links: str, leads_to: str) -> None:
    """Atom lets an entry name its translations beside itself, in any order; where there is no other, one will do."""
    body = (
        f"<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='{said}'><title>f</title>"
        f"<entry><id>1</id><title>t</title>{links}</entry></feed>"
    )
    (entry,) = feeds.parse(body.encode(), {}, "https://news.example/").entries
    assert entry.url == f"https://news.example{leads_to}"


def test_a_link_without_its_scheme_leads_to_the_site_that_it_names() -> None:
    item = "<item><title>t</title><link>www.news.example/1</link></item>"
    body = f"<rss version='2.0'><channel><title>f</title>{item}</channel></rss>"
    assert feeds.parse(body.encode(), {}, "https://other.example/rss").entries[0].url == "http://www.news.example/1"


@pytest.mark.parametrize("date", ["Пт, 20 ноя 2026 10:00:00 +0300", "20 ноября 2026 10:00 +0300"])
def test_russian_months_are_read(date: str) -> None:
    assert dates.read(date) == datetime(2026, 11, 20, 7, tzinfo=UTC)
