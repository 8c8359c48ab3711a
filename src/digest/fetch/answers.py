"""What an answer's status and headers mean, in words that a user understands."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from digest.errors import FetchError

MAX_RETRY_AFTER_S: Final = 30 * 86400.0  # more is nobody's wish; whoever waits has a limit of its own
_ASK_AGAIN: Final = frozenset({408, 421, 425, 429})
_WORDS: Final = {
    401: "{host} wants a login (401); set `headers` for this feed",
    402: "{host} wants to be paid (402)",
    403: "{host} refuses this page (403)",
    404: "{host} has no such page (404)",
    407: "a proxy in front of {host} wants a login (407)",
    410: "{host} says this is gone for good (410)",
    429: "{host} asks for fewer requests (429)",
    451: "{host} may not show this for legal reasons (451)",
}
# What calls itself something else than text; the first words of the media type decide.
_OTHER_KINDS: Final = {
    "application/pdf": "a PDF document",
    "image/": "an image",
    "video/": "a video",
    "audio/": "a sound file",
    "application/zip": "an archive",
    "application/json": "JSON data",
    "application/rss": "a feed",
    "application/atom": "a feed",
    "application/msword": "a Word document",
    "application/vnd.": "an office document",
}
_PAGES: Final = ("text/html", "application/xhtml+xml", "text/plain", "application/vnd.wap.xhtml+xml")
_UNTOLD: Final = (
    "",
    "application/octet-stream",
    "binary/octet-stream",
    "unknown/unknown",
    "text/xml",
    "application/xml",
)


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, in either of its forms (RFC 9110, 10.2.3); None without one.

    A date counts from the server's own Date, so that a clock that is wrong on either side does no harm.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text), MAX_RETRY_AFTER_S)
    try:
        wanted = _date(text)
    except (ValueError, TypeError, OverflowError):
        return None
    with suppress(ValueError, TypeError, OverflowError):
        now = _date(headers.get("date", ""))
    seconds = (wanted - now).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _date(text: str) -> datetime:
    found = parsedate_to_datetime(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def refusal(host: str, status: int, headers: Mapping[str, str], now: datetime) -> FetchError:
    """The error for an answer that carries no document."""
    phrase = HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else ""
    words = _WORDS.get(status, f"{{host}} answered {status} {phrase}".rstrip()).format(host=host)
    return FetchError(
        words,
        retryable=status in _ASK_AGAIN or status >= 500 or status < 400,
        status=status,
        retry_after_s=retry_after_s(headers, now) if status in (429, 503) or 300 <= status < 400 else None,
    )


def other_kind(content_type: str, body: bytes = b"") -> str | None:
    """What a document is instead of a page, in words; None for HTML, XHTML and plain text.

    The header decides where it is definite; where it says nothing definite, the first bytes of `body` do.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith(_PAGES):
        return "a PDF document" if body.startswith(b"%PDF-") else None
    if kind not in _UNTOLD:
        return next(
            (words for start, words in _OTHER_KINDS.items() if kind.startswith(start)), f"of the type {kind[:60]}"
        )
    return _sniffed(body) if body else None


def _sniffed(body: bytes) -> str | None:
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(b"%pdf-"):
        return "a PDF document"
    if b"<html" in start or start.startswith((b"<!doctype html", b"<head", b"<body", b"<div", b"<p>")):
        return None
    if b"<rss" in start or b"<feed" in start or b"<rdf:rdf" in start:
        return "a feed"
    if b"\0" in start:
        return "a binary file"
    return "XML data" if start.startswith(b"<?xml") else None
