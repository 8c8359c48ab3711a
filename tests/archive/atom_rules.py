"""A strict reader of Atom: what RFC 4287 says a feed must and must not have."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree

ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
ONCE = {"id", "title", "updated"}
AT_MOST_ONCE = {"published", "content", "summary", "generator", "subtitle", "rights", "icon", "logo"}
OF_FEED = ONCE | {"author", "link", "entry", "generator"}
OF_ENTRY = ONCE | {"author", "link", "published", "category", "content"}


def assert_atom(body: bytes) -> ElementTree.Element:
    """Sections 4.1.1 and 4.1.2, with the constructs of section 3; returns the feed."""
    feed = ElementTree.fromstring(body)
    assert feed.tag == f"{ATOM}feed"
    _container(feed, OF_FEED)
    entries = feed.findall(f"{ATOM}entry")
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids), "two entries have one id"
    assert feed.findtext(f"{ATOM}id") not in ids
    for entry in entries:
        _container(entry, OF_ENTRY)
        links = [link for link in entry.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
        content = entry.find(f"{ATOM}content")
        assert links or (content is not None and content.text), "an entry without content needs a link"
        assert entry.find(f"{ATOM}author") is not None or feed.find(f"{ATOM}author") is not None
        if content is not None:
            assert content.get("type") == "html"
            assert len(content) == 0
            assert re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", content.get(LANG) or "en")
        for category in entry.findall(f"{ATOM}category"):
            assert category.get("term")
    return feed


def _container(element: ElementTree.Element, known: set[str]) -> None:
    names = Counter(child.tag.removeprefix(ATOM) for child in element)
    assert set(names) <= known, names
    assert all(names[name] == 1 for name in ONCE), names
    assert all(names[name] <= 1 for name in AT_MOST_ONCE), names
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", element.findtext(f"{ATOM}id") or "")
    for name in ("updated", "published"):
        for child in element.findall(f"{ATOM}{name}"):
            assert INSTANT.fullmatch(child.text or ""), child.text
    for author in element.findall(f"{ATOM}author"):
        assert author.findtext(f"{ATOM}name"), "an author has a name"
    alternates = Counter(
        (link.get("type"), link.get("hreflang"))
        for link in element.findall(f"{ATOM}link")
        if link.get("rel") == "alternate"
    )
    assert all(count == 1 for count in alternates.values()), "one alternate link of a type"
    assert all(link.get("href") for link in element.findall(f"{ATOM}link"))
