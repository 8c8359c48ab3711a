"""Our shorter way through feedparser's handlers notes exactly what feedparser's own way notes, for any feed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from feedparsers_way import difference, strictly
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.feeds import handlers

URL = "https://feeds.example/news/rss.xml"
GOLDEN = sorted(
    path for path in (Path(__file__).parent / "golden").iterdir() if path.suffix in (".xml", ".rdf") and path.is_file()
)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name)
def test_every_golden_feed_whole_and_damaged_is_noted_alike(path: Path) -> None:
    body = path.read_bytes()
    assert difference(body, {}, URL) is None
    assert difference(body, {"content-language": "ko_KR"}, URL) is None
    chance = random.Random(path.name)
    for number in range(20):
        at = chance.randrange(len(body))
        more = chance.choice(
            [b"<b>x</b>", b"<item/>", b"<title>y</title>", b"<link/>", b' xml:lang="de"', b"&amp;", b"<x/>"]
        )
        damaged = body[:at] + (more if number % 2 else body[at : at + 60]) + body[at:]
        assert difference(damaged, {}, URL) is None


NAMESPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "c": "http://purl.org/dc/terms/",
    "atom": "http://www.w3.org/2005/Atom",
    "media": "http://search.yahoo.com/mrss/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "cc": "http://cyber.law.harvard.edu/rss/creativeCommonsRssModule.html",
    "ud": "http://backend.userland.com/RSS2",
    "own": "https://own.example/ns",
    "xlink": "http://www.w3.org/1999/xlink",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}
WORDS = """
    item entry title link guid id pubDate published updated description summary content content:encoded dc:creator
    dc:date dc:title dc:language c:modified author name email uri category comments source image url textInput
    media:content media:thumbnail media:group media:title itunes:author itunes:category itunes:owner itunes:summary
    cc:license ud:item ud:link own:thing own:Title atom:link atom:author div p svg math language hour day enclosure
    xlink:a rdf:li cloud generator rights tagline info managingEditor webMaster body fullitem Title
"""
NAMES = st.sampled_from(WORDS.split())
ATTRIBUTES = st.sampled_from(
    [
        "",
        "",
        "",
        ' rel="Alternate" href="http://a.example/1?a=1&amp;b=2"',
        ' href="http:////a.example/x"',
        ' type="html"',
        ' type="xhtml"',
        ' type="text/plain"',
        ' type="application/octet-stream"',
        ' mode="base64"',
        ' xml:lang="de_AT"',
        ' xml:base="http://b.example/c/"',
        ' isPermaLink="false"',
        ' url="/relative" length="3" type="audio/mpeg"',
        ' version="2.0"',
        ' rdf:about="http://a.example/2"',
        ' xlink:href="x" own:a="1" HREF="y"',
        ' xmlns="https://other.example/ns"',
        ' xmlns:late="http://purl.org/dc/elements/1.1/"',
        ' lastmod="2026-01-01" term="t"',
    ]
)
TEXTS = st.sampled_from(
    [
        "",
        " ",
        "plain",
        " two\nlines ",
        "&lt;p&gt;markup&lt;/p&gt;",
        "a &amp; b; &amp;copy; &amp;nope;",
        "http://a.example/?x=1&amp;y;=2",
        "<![CDATA[<b>bold</b>]]>",
        "한국어",
        "Ã¼ber",
        "\x93quoted\x94",
        "aGVsbG8=",
        "de_DE",
    ]
)
TREES = st.recursive(
    st.tuples(NAMES, ATTRIBUTES, TEXTS).map(lambda e: f"<{e[0]}{e[1]}>{e[2]}</{e[0]}>"),
    lambda inner: st.tuples(NAMES, ATTRIBUTES, TEXTS, st.lists(inner, max_size=5)).map(
        lambda e: f"<{e[0]}{e[1]}>{e[2]}{''.join(e[3])}{e[2]}</{e[0]}>"
    ),
    max_leaves=25,
)
ROOTS = st.sampled_from(
    [
        "rss version='2.0'",
        "rss version='0.91'",
        "feed xmlns='http://www.w3.org/2005/Atom'",
        "feed xml:lang='en_US'",
        "channel",
    ]
)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(ROOTS, st.lists(TREES, min_size=1, max_size=6))
def test_any_tree_of_elements_is_noted_alike(root: str, trees: list[str]) -> None:
    spaces = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    body = f"<{root}{spaces}>{''.join(trees)}<item>{''.join(trees)}</item></{root.split(maxsplit=1)[0]}>"
    assert difference(body.encode(), {}, URL) is None


def test_more_attributes_than_anybody_needs_are_left_out() -> None:
    """Also of one element with 5,000 of them, which feedparser's way would take seconds for."""
    many = " ".join(f'a{number}="{number}"' for number in range(5000))
    parser, error = handlers._strictly(f"<rss><channel><item><thing {many}/></item></channel></rss>", "", None)
    assert error is None
    assert len(parser.entries[0]["thing"]) == handlers._MAX_ATTRIBUTES


def test_a_namespace_with_white_space_in_it_is_what_it_was() -> None:
    text = '<rss xmlns:a="b c d"><channel><a:x/></channel></rss>'
    assert (handlers._strictly(text, "", None)[1] is None) == (strictly(text, "", None)[1] is None)


@pytest.mark.parametrize(
    "before", [0, 10, handlers._PIECE - 12, handlers._PIECE - 10, handlers._PIECE, 3 * handlers._PIECE]
)
@pytest.mark.parametrize("name", ["xml:base", "xml:BASE"])
def test_a_base_is_found_wherever_it_stands(before: int, name: str) -> None:
    """Also across two of the pieces in which the document is looked through for one."""
    assert handlers._may_have_base(f"<rss>{' ' * before}<item {name} = 'http://a.example/'/></rss>")
    assert not handlers._may_have_base(f"<rss>{' ' * before}<item {name}d = 'http://a.example/'/></rss>")
