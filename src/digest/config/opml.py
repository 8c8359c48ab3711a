"""OPML: reads the feeds of other readers' lists, and writes ours for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from lxml import etree

from digest.config.feeds_file import NewFeed, add_feeds
from digest.config.settings import FeedConfig
from digest.config.strict import Wrong
from digest.config.tree import MAX_BYTES
from digest.config.values import split_url
from digest.errors import ConfigError, Problem

_NAME_LENGTH = 200


def import_opml(
    path: Path, body: bytes, *, shown_as: str, env: Mapping[str, str]
) -> tuple[list[NewFeed], tuple[Problem, ...]]:
    """List the feeds of an OPML text in the feeds.yaml at `path`; those already there are left alone.

    Returns those that are new, and what was refused with its lines: one `ftp:` address keeps no other feed out. Raises
    ConfigError where no feed could be taken; then nothing is changed.
    """
    feeds, refused = read_opml(body, shown_as)
    return add_feeds(path, feeds, env), refused


def read_opml(body: bytes, shown_as: str) -> tuple[list[NewFeed], tuple[Problem, ...]]:
    """The feeds of an OPML text in its order, however deep in folders, each once; and the outlines that are none.

    Nothing is fetched and no entity is followed. Raises ConfigError where there is no feed in it.
    """
    if len(body) > MAX_BYTES:
        what = f"the file has {len(body) / 1e6:.1f} MB"
        raise ConfigError([Problem(shown_as, 0, 0, what, f"keep it below {MAX_BYTES // 1_000_000} MB")])
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        reason = re.sub(r", line \d+, column \d+$", "", error.msg or "")
        what = f"this is not XML ({reason})" if body.strip() else "the file is empty"
        mend = "export the list of feeds once more, or mend this line"
        raise ConfigError([Problem(shown_as, max(line, 1), max(column, 1), what, mend)]) from None
    if _local(root) != "opml":
        mend = "name a list of feeds in OPML format"
        raise ConfigError([Problem(shown_as, root.sourceline or 1, 1, f"this is not OPML but <{_local(root)}>", mend)])
    feeds: dict[str, NewFeed] = {}
    problems: list[Problem] = []
    for outline in _outlines(root):
        try:
            feed = _feed(outline)
        except Wrong as wrong:
            what = f"the address of {_name(outline) or 'a feed'} {wrong.what}"
            problems.append(Problem(shown_as, outline.sourceline or 1, 1, what, "mend it, or delete this outline"))
        else:
            feeds.setdefault(feed.url, feed)
    if not feeds and not problems:
        problems.append(Problem(shown_as, 0, 0, "there is no feed in it", "name a list of feeds in OPML format"))
    if not feeds:
        raise ConfigError(problems)
    return list(feeds.values()), tuple(problems)


def export_opml(feeds: Sequence[FeedConfig]) -> str:
    """The feeds as OPML 2.0. Logins within URLs, and headers, are left out: lists are made to be shared."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = "Feeds of digest"
    body = etree.SubElement(root, "body")
    for feed in feeds:
        url = _public(feed.url)
        name = feed.name or urlsplit(url).hostname or url
        etree.SubElement(body, "outline", type="rss", text=name, title=name, xmlUrl=url)
    text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return text.decode()


def _outlines(root: etree._Element) -> Iterator[etree._Element]:
    return (each for each in root.iter() if _local(each) == "outline" and _attribute(each, "xmlurl"))


def _feed(outline: etree._Element) -> NewFeed:
    url = _attribute(outline, "xmlurl")
    scheme, _, rest = url.partition(":")
    if scheme.lower() == "feed":  # feed:https://... and feed://..., as some readers write it
        url = rest if rest.lower().startswith("http") else f"http:{rest}"
    split_url(url)
    name = _name(outline)
    return NewFeed(url, name if name and name != url else None)


def _name(outline: etree._Element) -> str:
    return " ".join((_attribute(outline, "title") or _attribute(outline, "text")).split())[:_NAME_LENGTH].strip()


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname.lower() if isinstance(element.tag, str) else ""


def _attribute(element: etree._Element, name: str) -> str:
    """An attribute by its name in lower case: readers spell xmlUrl in every way."""
    return next((str(value).strip() for key, value in element.attrib.items() if str(key).lower() == name), "")


def _public(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
