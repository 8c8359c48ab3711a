"""Small truths about the words in feeds: what is a link, a language, a person's name."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import urljoin, urlsplit

from digest.feeds.plaintext import one_line

MAX_NAME: Final = 200
MAX_AUTHORS: Final = 20
# What is an absolute URL at first sight, as most are.
_PLAIN_LINK: Final = re.compile(
    r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/%-]*)?(?:\?[A-Za-z0-9._~/%&=-]*)?"
)
_BREAKS: Final = re.compile(r"[\t\r\n]")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}")
_ADDRESS: Final = re.compile(r"<?[^\s<>()@]{1,64}@[^\s<>()@]{1,253}>?")
_SPLIT: Final = re.compile(r"\s*[;|]\s*|\s+(?:and|und|et|y)\s+|\s*&\s*|\s*,\s+")
_BY: Final = re.compile(r"^(?:by|von|par|por|글|文|記者)\s*[:：]?\s+", re.IGNORECASE)


def link(text: str | None, base: str) -> str | None:
    """The absolute http(s) URL that `text` names as seen from `base`, or None."""
    if text and _PLAIN_LINK.fullmatch(text):
        return text
    # A URL holds no white space; browsers drop tabs and line breaks and escape blanks (WHATWG URL, 4.4).
    cleaned = _BREAKS.sub("", (text or "").strip()).replace(" ", "%20")
    if not cleaned:
        return None
    if cleaned.lower().startswith("www."):  # the scheme was forgotten: no site has such a path
        cleaned = f"http://{cleaned}"
    try:
        joined = cleaned if cleaned.startswith(("http://", "https://")) else urljoin(base, cleaned)
        parts = urlsplit(joined)
        return joined if parts.scheme.lower() in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def language(text: str | None) -> str | None:
    """A BCP 47 tag, or None when the text is none."""
    tag = (text or "").split(",")[0].strip().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else None


def authors(statements: Iterable[str]) -> tuple[str, ...]:
    """The people named, each once: `mail (Name)` and `Name <mail>` are Name, a bare mail is nobody."""
    names: list[str] = []
    for statement in statements:
        names += [name for name in _names(statement[:2000]) if name not in names]
    return tuple(names[:MAX_AUTHORS])


@lru_cache(maxsize=256)  # a feed has few authors and many entries
def _names(statement: str) -> tuple[str, ...]:
    parts = _people(one_line(html.unescape(statement)))
    names = dict.fromkeys(_BY.sub("", part).strip(" ,;/|<>\"'") for part in parts)
    return tuple(name for name in names if name and len(name) <= MAX_NAME and "://" not in name)


def _people(statement: str) -> list[str]:
    if match := re.fullmatch(_ADDRESS.pattern + r"\s*\(([^()]{1,200})\)", statement):
        statement = match[1]  # RSS 2.0: mail (Name)
    statement = _ADDRESS.sub(" ", statement).replace("()", " ").strip()
    parts = [part for part in _SPLIT.split(statement) if part.strip()]
    # "Kim, Jong-shik" is one person: a single comma between single words parts family and given name.
    if len(parts) == 2 and re.fullmatch(r"[^\s,]+,\s+[^\s,]+", statement):
        return [statement]
    return parts
