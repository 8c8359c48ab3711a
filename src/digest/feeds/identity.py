"""Decides what is the same: the keys of an entry, the canonical form of a URL, the fingerprint of a body."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from w3lib.url import canonicalize_url

from digest.feeds.plaintext import one_line
from digest.model import Entry, NewEntry

MAX_VERBATIM: Final = 200  # characters of a key; a longer identity is kept as its hash
MAX_URL: Final = 4000

# Parameters that say how the reader came, never what is read. courlan's list is too broad for an identity: its
# `cid`, `eid`, `uid`, `keyword`, `ga*` and `gl*` are what several Korean papers number their articles with.
_TRACKING: Final = re.compile(
    r"utm_\w+|at_(?:medium|campaign|link\w*|custom\d*|format|ptr_name|bbc_team)|mc_[ce]id|mtm_\w+|pk_(?:campaign|kwd|source|medium)|matomo_\w+|hsa_\w+"
    r"|(?:fb|gcl|dcl|msclk|tt|tw|yc|ysc|wickede|li_fat_|igsh|gad_source_|_ga_)?clid|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|gad_source|gad_campaignid"
    r"|msclkid|twclid|ttclid|li_fat_id|yclid|ysclid|igshid|igsh|mkt_tok|_hsenc|_hsmi|__hst[cf]|__hssc|vero_id|vero_conv|oly_(?:anon|enc)_id"
    r"|wt[._](?:mc|rss)[\w.]*|wt_zmc|xtor|cmpid|cmp|ncid|ns_(?:campaign|mchannel|source|linkname|fee)|sr_share|spm|scm|smid|smtyp|mod=rss|ocid|partner=rss"
    r"|feature=share|ref_src|ref_url|referrer|__twitter_impression|guccounter|guce_referrer(?:_sig)?|_ga|_gl|rss(?:id|_id)?=\w*|from=rss|source=rss|ref=rss"
    r"|output(?:type)?=amp|amp=?1?|amp_js_v|usqp|_amp|amp_\w+|ito|icid|share(?:_id)?=\w*|soc_src|soc_trk|sfnsn|s_cid|trk|trkcampaign|wprov",
    re.IGNORECASE,
)
_LAST_INDEX: Final = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp|shtml|xhtml)$", re.IGNORECASE)
_AMP_PATH: Final = re.compile(r"^/amp(?=/.)|/amp(?=/?$)|(?<=[^/])\.amp(?=\.html?$|/?$)", re.IGNORECASE)
_VARIANT_HOST: Final = re.compile(r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.[^.]+)")
_DEFAULT_PORT: Final = re.compile(r":(?:80|443)?$")


def canonical_url(url: str) -> str:
    """What two addresses of one article have in common: no scheme, port, fragment, tracking or mobile variant.

    For comparing only; it can't be fetched. Never raises: what is no http(s) URL comes back in one line.
    """
    url = one_line(url)[:MAX_URL].replace(" ", "%20")
    try:
        parts = urlsplit(_unwrapped(url))
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
            return url
        host = _host(parts)
        path = _LAST_INDEX.sub("/", _AMP_PATH.sub("", parts.path)).rstrip("/")
        kept = [part for part in parts.query.split("&") if part and not _is_tracking(part)]
        # w3lib sorts parameters and writes every escape in one way.
        plain = canonicalize_url(f"http://{host}{path}{'?' if kept else ''}{'&'.join(kept)}", keep_blank_values=True)
    except (ValueError, UnicodeError):
        return url
    return plain.removeprefix("http://").replace("/?", "?", 1).rstrip("/")


def without_tracking(url: str) -> str:
    """The address as readers are given it: without the parameters that say where they came from. Never raises."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    kept = [part for part in parts.query.split("&") if not _is_tracking(part)]
    return urlunsplit(parts._replace(query="&".join(kept)))


def _unwrapped(url: str) -> str:
    """The publisher's address inside an AMP cache's (Google AMP Cache URL format)."""
    if match := re.match(r"https?://(?:www\.)?google\.[a-z.]{2,6}/amp/(s/)?(.+)", url, re.IGNORECASE):
        return f"http{'s' if match[1] else ''}://{match[2]}"
    if match := re.match(r"https?://[\w-]+\.cdn\.ampproject\.org/[a-z]/(s/)?(.+)", url, re.IGNORECASE):
        return f"http{'s' if match[1] else ''}://{match[2]}"
    return url


def _host(parts: SplitResult) -> str:
    host = _VARIANT_HOST.sub("", (parts.hostname or "").rstrip("."))
    netloc = f"[{host}]" if ":" in host else host
    # http on 443 and https on 80 are left as they are: they are other servers.
    default = {"http": 80, "https": 443}[parts.scheme.lower()]
    return netloc if parts.port in (None, default) else f"{netloc}:{parts.port}"


def _is_tracking(parameter: str) -> bool:
    name = unquote(parameter.partition("=")[0])
    return bool(_TRACKING.fullmatch(name) or _TRACKING.fullmatch(unquote(parameter)))


def keys(entry: Entry) -> tuple[str, ...]:
    """The identities of one entry seen alone: guid, canonical URL, title with date. At least one, never empty.

    A match on any of them means the same entry. Within a feed, `with_keys` leaves out those that tell nothing.
    """
    return _found(entry) or (_last_resort(entry),)


def with_keys(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries of one document that say something, each once and with its keys; a shared identity is no key.

    Entries equal in every key are one entry. What shares all its identities with others is known by a hash of
    all that it says, so that it is neither lost nor new at every poll.
    """
    distinct: dict[tuple[str, ...], tuple[Entry, tuple[str, ...]]] = {}
    for entry in entries:
        if not (entry.guid or entry.url or entry.title or entry.summary or entry.content):
            continue  # it says nothing
        found = _found(entry)
        # The text tells entries apart that have nothing but, say, the homepage as their link.
        distinct.setdefault((*found, "" if entry.guid and found else _last_resort(entry)), (entry, found))
    uses = Counter(key for _, found in distinct.values() for key in found)
    kept: dict[tuple[str, ...], Entry] = {}
    for entry, found in distinct.values():
        own = tuple(key for key in found if uses[key] == 1) or (_last_resort(entry),)
        kept.setdefault(own, replace(entry, keys=own))
    return tuple(kept.values())


def fresh(entries: Iterable[Entry], known: Container[str], *, oldest: datetime | None = None) -> tuple[NewEntry, ...]:
    """The entries none of whose keys is known, in document order; those published before `oldest` are not wanted.

    What states no date is wanted: it may be new.
    """
    return tuple(
        NewEntry(entry, wanted=oldest is None or entry.published is None or entry.published >= oldest)
        for entry in entries
        if not any(key in known for key in entry.keys)
    )


def more_keys(entries: Iterable[Entry], known: Container[str]) -> tuple[tuple[str, str], ...]:
    """What known entries newly show: (a key that is known, a key that is not), for entries that have both."""
    found = []
    for entry in entries:
        anchor = next((key for key in entry.keys if key in known), None)
        if anchor is not None:
            found += [(anchor, key) for key in entry.keys if key not in known]
    return tuple(found)


def _found(entry: Entry) -> tuple[str, ...]:
    found = []
    if entry.guid and entry.guid.strip():
        found.append(_key("guid", entry.guid.strip()))
    if entry.url:
        canonical = canonical_url(entry.url)
        # A site's front page is no article; feeds without real links name it in every entry.
        if "/" in canonical or "?" in canonical:
            found.append(_key("url", canonical))
    if entry.title and entry.published:
        found.append(_key("title", f"{entry.published.astimezone(UTC):%Y-%m-%dT%H:%M:%S} {entry.title}"))
    return tuple(found)


def _last_resort(entry: Entry) -> str:
    said = "\x1f".join((entry.guid or "", entry.url or "", entry.title, entry.summary, entry.content))
    return "text:" + _hash(said.encode("utf-8", "replace"))


def _key(kind: str, identity: str) -> str:
    if len(identity) > MAX_VERBATIM:
        identity = "sha256:" + _hash(identity.encode("utf-8", "replace"))
    return f"{kind}:{identity}"


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:40]


# lastBuildDate moves without the feed changing (rss2email #11), and so do the comments in which generators
# boast of their speed. Bounded repetition keeps the expressions linear on hostile bodies.
_RESTLESS: Final = re.compile(rb"<lastBuildDate>[^<>]{0,100}</lastBuildDate>|<!--[^<>]{0,500}-->", re.IGNORECASE)
_RESTLESS_IN_HEAD: Final = re.compile(rb"<(pubDate|updated|dc:date)>[^<>]{0,100}</\1>", re.IGNORECASE)
_FIRST_ENTRY: Final = re.compile(rb"<(?:[\w.-]{1,20}:)?(?:item|entry)\b", re.IGNORECASE)


def fingerprint(body: bytes) -> str:
    """A hash of what a feed's bytes say: equal when only its build date or its comments have moved."""
    first = _FIRST_ENTRY.search(body)
    head, rest = (body[: first.start()], body[first.start() :]) if first else (body, b"")
    digest = hashlib.sha256(_RESTLESS_IN_HEAD.sub(b"", _RESTLESS.sub(b"", head)))
    digest.update(_RESTLESS.sub(b"", rest))
    return digest.hexdigest()
