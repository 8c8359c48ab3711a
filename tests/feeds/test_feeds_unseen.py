"""Parsing only what is new gives exactly what parsing the whole gives, for any feed and anything known."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest import feeds
from digest.errors import ParseError
from digest.feeds import unseen

URL = "https://feeds.example/news/rss.xml"
GOLDEN = sorted(path for path in (Path(__file__).parent / "golden").iterdir() if ".expected." not in path.name)


def assert_equal(body: bytes, known: set[str], headers: dict[str, str] | None = None) -> bool:
    """`parse_new` is `parse` without the known; whether anything was cut out before feedparser."""
    headers = headers or {}
    try:
        whole = feeds.parse(body, headers, URL)
    except ParseError as error:
        with pytest.raises(ParseError, match=re.escape(str(error))):
            feeds.parse_new(body, headers, URL, known)
        return False
    found = feeds.parse_new(body, headers, URL, known)
    fresh = tuple(entry for entry in whole.entries if not known.intersection(entry.keys))
    assert found.document == replace(whole, entries=fresh)
    assert feeds.parse_new(body, headers, URL, known, glanced=feeds.glance(body, headers, URL)) == found
    return unseen._pruned(body, headers, URL, known, None, ()) is not None


def every_part(body: bytes, seed: int = 0) -> list[set[str]]:
    """Sets of known keys: none, all, all but one entry's, all guids, all links, and some by chance."""
    try:
        entries = feeds.parse(body, {}, URL).entries
    except ParseError:
        return [set()]
    keys = [key for entry in entries for key in entry.keys]
    chance = random.Random(seed)
    parts = [set(), set(keys), {key for key in keys if key[0] == "g"}, {key for key in keys if key[0] == "u"}]
    parts += [set(keys) - set(entry.keys) for entry in entries[:5]]
    parts += [{key for key in keys if chance.random() < share} for share in (0.2, 0.5, 0.8)]
    return [*parts, {key for entry in entries[1:] for key in feeds.keys(entry)}]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name)
def test_every_golden_feed_is_read_alike(path: Path) -> None:
    body = path.read_bytes()
    for known in every_part(body):
        assert_equal(body, known)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name)
def test_every_golden_feed_damaged_anyhow_is_read_alike(path: Path) -> None:
    body = path.read_bytes()
    chance = random.Random(path.name)
    for number in range(12):
        at, to = sorted((chance.randrange(len(body)), min(len(body), chance.randrange(len(body)))))
        damaged = [
            body[:at],
            body[:at] + body[min(to, at + 20) :],
            body[:at] + body[at : at + 40] + body[at:],
            body[:at]
            + chance.choice([b"&", b"<", b">", b"]]>", b"<b>", b"\0", b"\xff", b"&nbsp;", b"</item>"])
            + body[at:],
        ][number % 4]
        for known in every_part(body, number)[1:4]:
            assert_equal(damaged, known)


GUIDS = st.sampled_from(
    ["1", "2", "3", "4", "http://a.example/1", "http://a.example/2?utm_source=x", " 1 ", "한국", "a&amp;b", ""]
)
LINKS = st.sampled_from(
    [
        "http://a.example/1",
        "https://www.a.example/1/",
        "http://a.example/2",
        "/3",
        "4.html",
        "http://a.example/",
        "",
        "x:y",
    ]
)
TITLES = st.sampled_from(["One", "Two", "one", "&lt;b&gt;One&lt;/b&gt;", "O&amp;amp;ne", "<![CDATA[Two]]>", "", "셋"])
DATES = st.sampled_from(["Mon, 02 Mar 2026 00:00:00 GMT", "2026-03-02", "2026-03-03", "x", ""])
EXTRAS = st.sampled_from(
    [
        "",
        "",
        "<description>Some &lt;p&gt;words</description>",
        "<guid>5</guid>",
        "<link>http://a.example/9</link>",
        "<source url='http://s.example/'>S</source>",
        "<media:group><media:title>One</media:title></media:group>",
        "<image><link>http://a.example/1</link><title>One</title></image>",
        "<content:encoded><![CDATA[<p>a</p>&nbsp;]]></content:encoded>",
        "<atom:link href='http://a.example/2' rel='related'/>",
        "<feedburner:origLink>http://a.example/3</feedburner:origLink>",
        "<!-- a comment --><?pi x?>",
        "<dc:language>ko</dc:language>",
        "stray text",
        "<author>a@b.example (A)</author>",
    ]
)
HEAD = (
    '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom"'
    ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><channel><title>t</title><language>en</language>'
)


@st.composite
def rss(draw: st.DrawFn) -> bytes:
    items = []
    for _ in range(draw(st.integers(1, 7))):
        guid, link, title, date = draw(GUIDS), draw(LINKS), draw(TITLES), draw(DATES)
        permalink = draw(st.sampled_from(["", ' isPermaLink="false"', ' isPermaLink="true"']))
        parts = [
            f"<title>{title}</title>",
            f"<link>{link}</link>",
            f"<guid{permalink}>{guid}</guid>",
            f"<pubDate>{date}</pubDate>",
        ]
        chosen = [*draw(st.lists(st.sampled_from(parts), unique=True, min_size=1)), draw(EXTRAS)]
        items.append(f"<item>{''.join(chosen)}</item>")
    return (HEAD + "\n".join(items) + "</channel></rss>").encode()


@st.composite
def atom(draw: st.DrawFn) -> bytes:
    entries = []
    for _ in range(draw(st.integers(1, 7))):
        base = draw(st.sampled_from(["", ' xml:base="/b/"', ' xml:base="http://c.example/x/"', ' xml:lang="ko"']))
        rel = draw(st.sampled_from(["", ' rel="alternate"', ' rel="self"', ' rel="enclosure"', ' type="text/html"']))
        kind = draw(st.sampled_from(["", ' type="html"', ' type="text"']))
        parts = [
            f"<id>{draw(GUIDS)}</id>",
            f"<title{kind}>{draw(TITLES)}</title>",
            f'<link{rel} href="{draw(LINKS)}"/>',
            f"<updated>{draw(DATES)}</updated>",
            f"<source><id>{draw(GUIDS)}</id><title>{draw(TITLES)}</title></source>",
        ]
        chosen = draw(st.lists(st.sampled_from(parts), unique=True, min_size=1))
        entries.append(f"<entry{base}>{''.join(chosen)}</entry>")
    feed = draw(
        st.sampled_from(
            ['<feed xmlns="http://www.w3.org/2005/Atom">', '<feed version="0.3" xmlns="http://purl.org/atom/ns#">']
        )
    )
    return (feed + "<title>t</title><author><name>A</name></author>" + "".join(entries) + "</feed>").encode()


@given(rss() | atom(), st.data())
@settings(max_examples=400)
def test_any_feed_with_anything_known_is_read_alike(body: bytes, data: st.DataObject) -> None:
    entries = feeds.parse(body, {}, URL).entries
    keys = sorted({key for entry in entries for key in (*entry.keys, *feeds.keys(entry))})
    known = set(data.draw(st.lists(st.sampled_from(keys), unique=True))) if keys else set()
    assert_equal(body, known)


@given(rss() | atom())
@settings(max_examples=100)
def test_a_second_look_finds_nothing(body: bytes) -> None:
    known = {key for entry in feeds.parse(body, {}, URL).entries for key in entry.keys}
    again = feeds.parse_new(body, {}, URL, known)
    assert again.document.entries == ()


ORDINARY = (
    HEAD
    + "".join(
        f"<item><title>Title {n}</title><link>https://a.example/{n}</link><guid>https://a.example/{n}</guid>"
        f"<pubDate>Mon, 02 Mar 2026 00:00:{n:02} GMT</pubDate><description>{'Some words ' * 20}</description></item>"
        for n in range(40)
    )
    + "</channel></rss>"
).encode()


def test_known_entries_of_an_ordinary_feed_are_cut_out_before_feedparser() -> None:
    entries = feeds.parse(ORDINARY, {}, URL).entries
    known = {key for entry in entries[2:] for key in entry.keys}
    assert assert_equal(ORDINARY, known)
    found = feeds.parse_new(ORDINARY, {}, URL, known)
    assert found.document.entries == entries[:2]
    assert (found.seen, found.total) == (38, 40)


def test_a_scan_gives_one_key_for_each_entry() -> None:
    assert feeds.scan(ORDINARY, {}, URL).keys == tuple(f"guid:https://a.example/{n}" for n in range(40))


@given(rss() | atom())
@settings(max_examples=200)
def test_when_all_keys_of_a_scan_are_known_nothing_is_new(body: bytes) -> None:
    scanned = feeds.scan(body, {}, URL).keys
    if scanned:
        assert feeds.parse_new(body, {}, URL, set(scanned)).document.entries == ()
        assert_equal(body, set(scanned))


def test_what_a_scan_can_not_read_is_left_to_the_parser() -> None:
    assert feeds.scan(b"<rss><channel><item><title>x & y</title></item></channel></rss>", {}, URL) == feeds.Glance()
    assert feeds.scan(b'{"items":[]}', {}, URL) == feeds.Glance()
    with pytest.raises(ParseError):
        feeds.scan(b"<html></html>", {}, URL)


def test_new_keys_of_known_entries_are_learnt_where_they_are_parsed() -> None:
    body = ORDINARY.replace(b"<guid>https://a.example/7</guid>", b"<guid>moved</guid>")
    entries = feeds.parse(ORDINARY, {}, URL).entries
    by_title = set(entries[7].keys[2:]) | {key for entry in entries if entry is not entries[7] for key in entry.keys}
    assert feeds.parse_new(body, {}, URL, by_title).learnt[-1][1] in ("guid:moved", "url:a.example/7")


def test_charsets_and_headers_count_as_for_the_whole() -> None:
    body = ORDINARY.decode().replace("Title 3<", "제목<").encode("euc-kr")
    entries = feeds.parse(body, {"content-type": "text/xml; charset=euc-kr"}, URL).entries
    known = {key for entry in entries[5:] for key in entry.keys}
    assert assert_equal(body, known, {"content-type": "text/xml; charset=euc-kr", "content-language": "ko"})


@pytest.mark.parametrize(
    "around", ["<media:group><media:title>{}</media:title></media:group>", "<image><title>{}</title></image>"]
)
def test_a_title_of_a_known_entry_counts_wherever_it_stands(around: str) -> None:
    """Cut out unnoticed, it would leave title and date as a key to another entry that has the same two."""
    date = "<pubDate>2026-03-03</pubDate>"
    known = f"<item><guid>1</guid><link>http://a.example/1</link>{date}{around.format('One')}</item>"
    body = f"{HEAD}<item><title>One</title>{date}</item>{known}</channel></rss>"
    assert_equal(body.encode(), {"guid:1"})


@pytest.mark.parametrize(
    "entries",
    [
        "<item/>{}",
        "<item></item>{}",
        "<item><guid>9</guid><!-- <item> </item> --><description><![CDATA[</item><item>]]></description></item>{}",
        "<item><guid>9</guid><a><item><guid>1</guid></item></a></item>{}",
        "<ITEM><guid>9</guid><title>Nine</title></ITEM>{}",
        "<item><title>a<title>One</title></title><guid>9</guid></item>{}",
        "<item><GUID>9</GUID><title>Nine</title></item >{}",
        "<item><guid>9<b>8</b></guid><title>Ni<b>n</b>e</title></item>{}",
        "<item\n><guid>9</guid><link><id>1</id></link></item\n>{}",
        "<textinput><title>One</title></textinput>{}",
    ],
)
def test_an_entry_is_cut_out_from_its_first_to_its_last_character(entries: str) -> None:
    """Whatever looks like the end of another one stands in it or beside it, and however its tags are written."""
    ordinary = "".join(
        f"<item><guid>{n}</guid><title>{n}th</title><link>http://a.example/{n}</link></item>" for n in "12"
    )
    for around in (entries.format(ordinary), ordinary + entries.format("")):
        for known in ({"guid:9"}, {"guid:1", "guid:9"}, {"guid:2"}, {"url:a.example/1"}):
            assert_equal(f"{HEAD}{around}</channel></rss>".encode(), known)


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_the_base_of_an_entry_is_that_of_all_around_it(prefix: str) -> None:
    """A known entry is told by its link, also where that is resolved against two bases in each other."""
    entry = f'<{prefix}entry xml:base="{{}}/"><{prefix}id>{{}}</{prefix}id><{prefix}link href="{{}}"/></{prefix}entry>'
    inside = entry.format("b", "tag:1", "one") + entry.format("c", "tag:2", "two")
    namespace = f'xmlns{":x" if prefix else ""}="http://www.w3.org/2005/Atom"'
    body = f'<{prefix}feed {namespace} xml:base="http://a.example/">{inside}</{prefix}feed>'.encode()
    assert [item.urls for item in feeds.glance(body, {}, URL).items] == [
        {"http://a.example/b/one"},
        {"http://a.example/c/two"},
    ]
    assert assert_equal(body, {"url:a.example/b/one"})
