"""Nothing that a feed can hold raises anything but ParseError, reaches out, or takes long."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest import feeds
from digest.errors import ParseError
from digest.model import Entry

URL = "https://x.example/feed"


def attempt(body: bytes, headers: dict[str, str] | None = None) -> None:
    try:
        document = feeds.parse(body, headers or {}, URL)
    except ParseError:
        return
    for entry in document.entries:
        assert entry.keys
        assert all(entry.keys)
        assert "\n" not in entry.title
        feeds.claims(entry, document.language, "x")
        json.dumps([entry.title, entry.summary, entry.content, entry.guid, entry.url, *entry.keys]).encode()
        "".join([entry.title, entry.summary, entry.content, entry.guid or "", entry.url or ""]).encode("utf-8")


@given(st.binary(max_size=2000))
def test_arbitrary_bytes_raise_nothing_but_parse_error(body: bytes) -> None:
    attempt(body)


PIECES = """
    <rss version="2.0"> </rss> <channel> </channel> <item> </item> <title> </title> <link> </link> <guid> </guid>
    <guid\tisPermaLink="false"> <description> </description> <![CDATA[ ]]> <pubDate> </pubDate> <author> </author>
    <feed> </feed> <entry> </entry> <id> </id> <content> </content> <content\ttype="xhtml"> <content\tmode="base64">
    <updated> </updated> <rdf:RDF> <!-- --> <? ?> <!DOCTYPE\tx[ ]> <!ENTITY\ta\t"b"> &amp; &a; &nbsp; &#0; &#xD800;
    &#x110000; &#99999999999; & <dc:creator> </dc:creator> <media:group> </media:group> <image> </image> <source>
    </source> <svg> </svg> <div> </div> xml:base="//[" xml:lang="zz" href="http://[::1" " ' > < / =
    http://a.example/ 2016-06-29 \ud800 \x00 \ufffe 한국 {"items":[ ] } <link\thref="x"/> <skipHours> <hour> 5 </hour>
    </skipHours> <ttl> -1 </ttl> <enclosure\turl="x"\tlength="y"/>
"""


@given(st.lists(st.sampled_from(PIECES.split(" ")), max_size=60))
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=300)
def test_arbitrary_markup_raises_nothing_but_parse_error(pieces: list[str]) -> None:
    soup = "".join(piece.replace("\t", " ") for piece in pieces).encode("utf-8", "surrogatepass")
    attempt(soup)
    attempt(b'<?xml version="1.0"?><rss version="2.0"><channel><item>' + soup)
    attempt(b'<feed xmlns="http://www.w3.org/2005/Atom"><entry>' + soup + b"</entry></feed>")


MEMBERS = """
    version title items id url external_url content_html content_text summary date_published authors name author hubs
    type attachments mime_type size_in_bytes language feed_url
"""
FIELDS = st.sampled_from(MEMBERS.split())
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS, inner, max_size=6),
    max_leaves=20,
)


@given(st.fixed_dictionaries({"items": st.lists(st.dictionaries(FIELDS, JSON, max_size=8), max_size=4)}), JSON)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_arbitrary_json_raises_nothing_but_parse_error(document: dict[str, object], other: object) -> None:
    attempt(json.dumps(document).encode())
    attempt(json.dumps({**document, "title": other, "authors": other, "hubs": other, "language": other}).encode())
    attempt(json.dumps(other).encode())


def test_what_is_nested_without_end_is_refused_before_it_fills_the_memory() -> None:
    """Three million elements in each other took 1 GB of a worker; a feed whose line breaks never end is still read."""
    with pytest.raises(ParseError, match="have no end"):
        feeds.parse(b"<rss><channel><item>" + b"<b>" * 300_000, {}, URL)
    breaks = b"<rss><channel><item><title>One</title><guid>1</guid><description>" + b"words<br>" * 3000
    read = feeds.parse(breaks + b"</description></item></channel></rss>", {}, URL)
    assert [entry.title for entry in read.entries] == ["One"]
    whole = b"<rss><channel><item><title>One</title><guid>1</guid>" + b"<b>" * 1500 + b"</b>" * 1500
    assert len(feeds.parse(whole + b"</item></channel></rss>", {}, URL).entries) == 1


def test_deeply_nested_json_is_refused() -> None:
    with pytest.raises(ParseError):
        feeds.parse(b'{"items":' + b"[" * 100_000, {}, URL)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "the answer is empty"),
        (b" \r\n\t ", "the answer is empty"),
        (b"\xef\xbb\xbf", "the answer is empty"),
        (
            b"<!DOCTYPE html><html><head><title>x</title></head></html>",
            "this is an HTML page, not a feed; it points to none",
        ),
        (
            b"<html><head><link rel='alternate' type='application/atom+xml' href='/feed.atom'></head></html>",
            "it points to the feed https://x.example/feed.atom",
        ),
        (b"<div>Please enable JavaScript</div>", "this is an HTML page"),
        (b"<?xml version='1.0'?><urlset><url/></urlset>", "this is a sitemap"),
        (b"<?xml version='1.0'?><opml version='2.0'><body/></opml>", "this is a list of feeds (OPML)"),
        (b"<?xml version='1.0'?><soap:Envelope xmlns:soap='x'/>", "this is XML with the root <envelope>"),
        (b"<Error><Code>AccessDenied</Code></Error>", "this is XML with the root <error>"),
        (b"<entry xmlns='http://www.w3.org/2005/Atom'><id>1</id></entry>", "this is XML with the root <entry>"),
        (b"%PDF-1.7 ...", "this is a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "this is a compressed or binary file"),
        (b"\x1f\x8b\x08", "this is a compressed or binary file"),
        (b'{"error": "no such feed"}', "this is JSON but no JSON Feed"),
        (b'{"items": [', "this is JSON that breaks off or is malformed"),
        (b"[]", "this is JSON but no JSON Feed"),
        (b"Not Found", "this is text, not a feed; it begins with \u201cNot Found\u201d"),
    ],
)
def test_what_is_no_feed_is_told_with_the_mend(body: bytes, words: str) -> None:
    with pytest.raises(ParseError) as caught:
        feeds.parse(body, {}, URL)
    assert words in str(caught.value)


def rss(inside: str, head: str = "") -> bytes:
    item = f"<item><title>i</title>{inside}</item>"
    return f'{head}<rss version="2.0"><channel><title>t</title>{item}</channel></rss>'.encode()


@pytest.mark.parametrize(
    "body",
    [
        rss("<description>&lt;p style=&quot;" + " " * 100_000 + "x</description>"),
        rss("<author>" + "a" * 16_000 + "@" + "b." * 8_000 + "</author>"),
        rss("<author>" + "a@" * 16_000 + "</author>"),
        rss("<description>" + "&lt;a " + "b=c " * 100_000 + "&gt;</description>"),
        rss("<description><p " + " ".join(f'a{number}="{number}"' for number in range(100_000)) + "/></description>"),
        rss("<x>" * 20_000),
        rss("<description>" + "<div>" * 20_000 + "</description>"),
        rss("&amp;" * 100_000),
        rss("&" * 100_000),
        rss("<title>" + "&lt;" * 100_000 + "</title>"),
        rss("<pubDate>" + "1" * 100_000 + "</pubDate>"),
        rss("<link>" + "http://" * 50_000 + "</link>"),
        rss("", head="\n" * 500_000),
        rss("", head="<!-- " * 100_000),
        rss("", head="<!DOCTYPE rss [" + "<!ENTITY a 'b'>" * 50_000 + "]>"),
        b"<" * 100_000,
        b"<?" * 100_000,
        b"<!" * 100_000,
        b"<a" * 100_000,
        b"{" * 100_000,
        b"<!--" * 100_000,
    ],
    ids=lambda body: repr(body[:60]) + repr(body[100:120]),
)
def test_known_killers_take_no_time(body: bytes) -> None:
    for variant in (body, body.replace(b"<channel>", b"<channel><unclosed>"), b"<feed>" + body):
        begun = time.process_time()
        attempt(variant)
        feeds.fingerprint(variant)
        assert time.process_time() - begun < 4


def test_fifty_thousand_entries_are_read() -> None:
    items = "".join(f"<item><title>Title {n}</title><guid>{n}</guid></item>" for n in range(50_000))
    document = feeds.parse(f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>".encode(), {}, URL)
    assert len({key for entry in document.entries for key in entry.keys}) == len(document.entries) == 50_000


def test_an_entity_bomb_unfolds_to_nothing() -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    document = feeds.parse(
        rss("<description>&l11;</description>", f'<!DOCTYPE r [<!ENTITY l0 "lol">{levels}]>'), {}, URL
    )
    assert len(document.entries[0].summary) < 100


def test_an_external_entity_is_not_read() -> None:
    outside = '<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd"><!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]>'
    document = feeds.parse(rss("<description>&f;</description>", outside), {}, URL)
    assert "root" not in document.entries[0].summary


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 5_000 + "deep" + "</div>" * 5_000,
        "<p " + " ".join(f'a{n}="x"' for n in range(100_000)) + ">attributes</p>",
        '<p style="' + " " * 100_000 + ">style",
        "<![CDATA[" * 10_000,
        "<!--" * 50_000,
        "&" * 100_000,
        "<script>" * 10_000 + "x",
        "\0\ud800" + "<p>x",
        "<p>" + "<br>" * 100_000,
    ],
    ids=lambda markup: markup[:20].encode("utf-8", "replace").decode(),
)
def test_claims_take_no_time_and_never_raise(markup: str) -> None:
    begun = time.process_time()
    claims = feeds.claims(Entry(None, None, "t", summary=markup, content=markup), None, "x")
    assert time.process_time() - begun < 3
    claims.content.encode()
