"""feedparser's strict parser fed by xml.sax, step by step as feedparser does it: what ours, in fewer steps, must equal.

Our opinions (`_Notes`: verbatim guids, dates as text) are in both; what is compared is the way.
"""

from __future__ import annotations

import io
import xml.sax
import xml.sax.handler
import xml.sax.xmlreader
from itertools import islice
from typing import Any
from xml.sax.xmlreader import AttributesNSImpl

import feedparser.api
import feedparser.exceptions

from digest.errors import ParseError
from digest.feeds import document, handlers
from digest.feeds.doctype import without_doctype


class Parser(handlers._Notes, feedparser.api.StrictFeedParser):  # type: ignore[misc]  # feedparser is untyped
    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:  # noqa: N802  # xml.sax names it
        if len(attrs) > handlers._MAX_ATTRIBUTES:  # xml.sax looks every attribute up by a scan of all
            kept = dict(islice(attrs.items(), handlers._MAX_ATTRIBUTES))
            attrs = AttributesNSImpl(kept, {each: attrs.getQNameByName(each) for each in kept})
        super().startElementNS(name, qname, attrs)


def strictly(text: str, url: str, language: str | None) -> tuple[Any, str | None]:
    """As `handlers._strictly`."""
    parser = Parser(url, language, "utf-8")
    sax = xml.sax.make_parser()
    sax.setFeature(xml.sax.handler.feature_namespaces, True)
    sax.setFeature(xml.sax.handler.feature_external_ges, False)
    sax.setFeature(xml.sax.handler.feature_external_pes, False)
    sax.setContentHandler(parser)
    sax.setErrorHandler(parser)
    source = xml.sax.xmlreader.InputSource()
    source.setEncoding("utf-8")
    source.setByteStream(io.BytesIO(text.encode("utf-8", "replace")))
    try:
        sax.parse(source)
    except xml.sax.SAXParseException as error:
        return parser, f"line {error.getLineNumber()}: {error.getMessage()}"
    except (xml.sax.SAXException, feedparser.exceptions.UndeclaredNamespace) as error:
        return parser, str(error)
    except handlers._FAILURES as error:
        return parser, f"{type(error).__name__}: {error}"
    return parser, None


def difference(body: bytes, headers: dict[str, str], url: str) -> str | None:
    """What ours notes of the feed in `body` otherwise than feedparser does; None when that is nothing."""
    try:
        text, _ = document.feed_text(body, headers, url)
    except ParseError:
        return None
    if document.is_json(text):
        return None
    text, entities = without_doctype(text)
    based = url if handlers._BASE.search(text) else ""
    for each in (text, handlers._mended(text, entities)):
        ours, our_error = handlers._strictly(each, based, headers.get("content-language"))
        theirs, their_error = strictly(each, based, headers.get("content-language"))
        if our_error != their_error:
            return f"complaint: {our_error!r} instead of {their_error!r}"
        for what in ("version", "feeddata", "entries", "hours", "days") if our_error is None else ():
            if getattr(ours, what) != getattr(theirs, what):
                return f"{what}: {getattr(ours, what)!r} instead of {getattr(theirs, what)!r}"
    return None
