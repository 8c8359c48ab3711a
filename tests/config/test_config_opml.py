"""Lists of feeds come from other readers and go to them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from digest.config import FeedConfig, export_opml, import_opml, load_file
from digest.config.feeds_file import NewFeed
from digest.config.opml import read_opml
from digest.config.settings import FeedsFile
from digest.errors import ConfigError

NESTED = """\
<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0">
  <head><title>Mine</title></head>
  <body>
    <outline text="Asia">
      <outline text="Korea" title="Korea">
        <outline type="rss" text="Yonhap" title="Yonhap  News" xmlUrl="https://en.yna.co.kr/RSS/news.xml" htmlUrl="https://en.yna.co.kr"/>
        <outline text="한겨레" xmlurl="https://www.hani.co.kr/rss/"/>
      </outline>
      <outline text="twice" XMLURL="https://www.hani.co.kr/rss/"/>
    </outline>
    <outline text="https://a.org/feed" xmlUrl="feed://a.org/feed"/>
    <outline text="a note"/>
    <outline xmlUrl="feed:https://b.org/?a=1&amp;b=2"/>
  </body>
</opml>
"""


def test_feeds_are_found_in_every_folder_with_their_titles_each_once() -> None:
    assert read_opml(NESTED.encode(), "x.opml") == (
        [
            NewFeed("https://en.yna.co.kr/RSS/news.xml", "Yonhap News"),
            NewFeed("https://www.hani.co.kr/rss/", "한겨레"),
            NewFeed("http://a.org/feed", "https://a.org/feed"),
            NewFeed("https://b.org/?a=1&b=2"),
        ],
        (),
    )


def test_an_address_that_is_no_feeds_is_named_and_keeps_no_other_out(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("feeds: []\n", "utf-8")
    body = (
        b"<opml>\n<outline text='Old' xmlUrl='ftp://a.org'/>\n<outline xmlUrl='https://b.org'/>\n"
        b"<outline xmlUrl='https://c.org:99999/'/>\n<outline xmlUrl='https://d.org'/></opml>"
    )
    added, refused = import_opml(path, body, shown_as="x.opml", env={})
    assert [feed.url for feed in added] == ["https://b.org", "https://d.org"]
    assert [problem.line for problem in refused] == [2, 4]
    assert str(refused[0]) == (
        "x.opml:2:1: the address of Old is neither http nor https; mend it, or delete this outline"
    )
    assert [feed.url for feed in load_file(path, FeedsFile).value.feeds] == ["https://b.org", "https://d.org"]


def test_an_import_leaves_the_feeds_that_are_there_alone(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("feeds:\n  - url: https://www.hani.co.kr/rss/   # mine\n    every: 15m\n", "utf-8")
    added, _ = import_opml(path, NESTED.encode(), shown_as="x.opml", env={})
    assert [feed.url for feed in added] == [
        "https://en.yna.co.kr/RSS/news.xml",
        "http://a.org/feed",
        "https://b.org/?a=1&b=2",
    ]
    assert path.read_text("utf-8").startswith("feeds:\n  - url: https://www.hani.co.kr/rss/   # mine\n    every: 15m\n")
    assert len(load_file(path, FeedsFile).value.feeds) == 4
    assert import_opml(path, NESTED.encode(), shown_as="x.opml", env={}) == ([], ())


def test_what_is_exported_can_be_imported_again(tmp_path: Path) -> None:
    feeds = (
        FeedConfig(url="https://a.org/?a=1&b=2", name='A & B <"C">'),
        FeedConfig(url="https://bücher.example/rss"),
        FeedConfig(url="https://user:secret@c.org/", name="한겨레", headers={"Authorization": "secret"}),
    )
    text = export_opml(feeds)
    assert "secret" not in text
    root = etree.fromstring(text.encode())
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert read_opml(text.encode(), "x.opml")[0] == [
        NewFeed("https://a.org/?a=1&b=2", 'A & B <"C">'),
        NewFeed("https://bücher.example/rss", "bücher.example"),
        NewFeed("https://c.org/", "한겨레"),
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "x.opml:1:1: the file is empty; "),
        (b"not xml", "x.opml:1:1: this is not XML (Start tag expected, '<' not found); "),
        (b"<opml>\n<body>\n<outline xmlUrl='a", "x.opml:3:19: this is not XML (AttValue: ' expected); "),
        (b"<html><body/></html>", "x.opml:1:1: this is not OPML but <html>; name a list of feeds in OPML format"),
        (b"<opml><body/></opml>", "x.opml: there is no feed in it; name a list of feeds in OPML format"),
        (
            b"<opml>\n<outline xmlUrl='ftp://a.org'/></opml>",
            "x.opml:2:1: the address of a feed is neither http nor https; mend it, or delete this outline",
        ),
        (b" " * 5_000_001, "x.opml: the file has 5.0 MB; keep it below 5 MB"),
    ],
)
def test_what_is_no_list_of_feeds_is_refused_with_its_place_and_changes_nothing(
    tmp_path: Path, body: bytes, message: str
) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("feeds: []\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        import_opml(path, body, shown_as="x.opml", env={})
    assert str(caught.value).startswith(message)
    assert path.read_text("utf-8") == "feeds: []\n"


LAUGHS = (
    '<!DOCTYPE opml [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(12))
    + ']><opml><body><outline text="&m;" xmlUrl="https://a.org/"/></body></opml>'
)


def test_no_file_is_read_and_no_laugh_laughed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("https://hunter2.example/", "utf-8")
    outside = (
        f'<!DOCTYPE opml [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
        '<opml><outline xmlUrl="https://a.org" text="a">&x;</outline></opml>'
    )
    assert "hunter2" not in str(read_opml(outside.encode(), "x.opml"))
    with pytest.raises(ConfigError):
        read_opml(LAUGHS.encode(), "x.opml")


@given(
    st.one_of(
        st.binary(max_size=80),
        st.text(alphabet="<>/&;\"'= opmlutneX!?[]-x:ht.", max_size=80).map(
            lambda text: f"<opml>{text}</opml>".encode()
        ),
    )
)
def test_no_bytes_make_the_import_raise_anything_but_a_config_error(body: bytes) -> None:
    with suppress(ConfigError):
        assert read_opml(body, "x.opml")
