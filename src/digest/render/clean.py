"""What may leave in a message: text without controls, links that go where they seem to go."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

import idna

from digest.writing import inseparable

LONGEST_LINK = 2_000  # characters; mail clients and gateways cut longer ones

# C0, C1, line and paragraph separators become spaces; what turns or hides text is dropped.
_BREAKS = re.compile(r"[\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_HIDDEN = re.compile(r"[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\U000e0000-\U000e0fff]")
_BROKEN = re.compile(r"[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_PATH = "/:@!$&'()*+,;=~%-._"


def cleaned(text: str) -> str:
    """One line of text: no C0, C1, bidi or invisible controls, lone surrogates, or runs of space."""
    return _BREAKS.sub(" ", inert(text)).strip()


def inert(text: str) -> str:
    """The same without touching spaces at the ends, for parts of a line."""
    if text.isprintable() and "  " not in text:
        return text  # most are, and Unicode calls none of what follows printable
    text = _BROKEN.sub("\ufffd", _HIDDEN.sub("", text))
    return _BREAKS.sub(" ", text)


def block(text: str) -> str:
    """A whole text whose line ends stay: what a template has rendered, without controls."""
    return _CONTROLS.sub("", _BROKEN.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n")))


def shortened(text: str, longest: int) -> str:
    """At most `longest` code points, cut between words where there are any, and then marked by an ellipsis."""
    if len(text) <= longest:
        return text
    at = longest - 1
    space = text.rfind(" ", longest // 2, at + 1)
    if space > 0:
        at = space
    else:
        while at > 0 and inseparable(text[at - 1], text[at]):
            at -= 1
    return text[:at].rstrip() + "…"


def link(url: str | None) -> str | None:
    """The URL as it may stand in a message: http or https, ASCII, without credentials; else None.

    Hosts are in punycode (RFC 5891), so that a Cyrillic look-alike shows as what it is.
    """
    if not url or len(url) > LONGEST_LINK or re.search(r"[\x00-\x20\x7f-\xa0\\<>\"`{}|^]", url.strip()):
        return None
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    host = _ascii_host(parts.hostname)
    if host is None:
        return None
    netloc = f"{host}:{port}" if port is not None else host
    path, query, fragment = (quote(_BROKEN.sub("", part), safe=f"{_PATH}?") for part in parts[2:])
    safe = urlunsplit((parts.scheme, netloc, path or "/", query, fragment))
    return safe if len(safe) <= LONGEST_LINK * 3 else None


def _ascii_host(host: str) -> str | None:
    if ":" in host:
        return f"[{host}]" if re.fullmatch(r"[0-9a-f:.]+", host) else None
    if re.fullmatch(r"[a-z0-9_.-]+", host):
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None


def language_tag(language: str | None) -> str | None:
    """A BCP 47 tag, or nothing: what a page claims may be anything."""
    if not language:
        return None
    parts = language.replace("_", "-").split("-")
    plausible = 2 <= len(parts[0]) <= 3 and all(part.isascii() and part.isalnum() and len(part) <= 8 for part in parts)
    return "-".join(parts[:3]) if plausible and parts[0].isalpha() else None
