"""What two addresses of one article have in common, and which part of an address only says how a reader came."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from w3lib.url import canonicalize_url

from digest.feeds.plaintext import one_line

MAX_URL: Final = 4000

# Parameters that say how the reader came, never what is read. courlan's list is too broad for an identity: its
# `cid`, `eid`, `uid`, `keyword`, `ga*` and `gl*` are what several Korean papers number their articles with.
_TRACKING_NAMES: Final = """
    __hsfp __hssc __hstc __twitter_impression _amp _ga _gl _hsenc _hsmi amp amp_js_v at_bbc_team at_campaign
    at_custom1 at_custom2 at_custom3 at_custom4 at_format at_link_id at_link_origin at_link_type at_medium
    at_ptr_name cmp cmpid dclid dicbo fbclid gad_campaignid gad_source gbraid gclid gclsrc guccounter guce_referrer
    guce_referrer_sig icid igsh igshid ito jsessionid li_fat_id mc_cid mc_eid mkt_tok msclkid ncid ns_campaign
    ns_fee ns_linkname ns_mchannel ns_source ocid oly_anon_id oly_enc_id phpsessid ref_src ref_url referrer s_cid
    scm sfnsn smid smtyp soc_src soc_trk spm sr_share trkcampaign ttclid twclid usqp vero_conv vero_id wbraid
    wickedid wprov wt_zmc xtor yclid ysclid
"""
_TRACKING: Final = frozenset(_TRACKING_NAMES.split())
_TRACKING_PREFIXES: Final = ("utm_", "mtm_", "matomo_", "pk_", "hsa_", "wt.mc", "wt.rss", "wt_mc", "wt_rss")
# Names that mean something else with another value.
_TRACKING_PAIRS: Final = frozenset(
    {"feature=share", "from=rss", "mod=rss", "output=amp", "outputtype=amp", "partner=rss", "ref=rss", "source=rss"}
)
_PRINT_PAIRS: Final = frozenset(
    f"{name}={value}"
    for name, values in {
        "print": ("1", "true", "yes", "y"),
        "printable": ("1", "true"),
        "view": ("print",),
        "output": ("print",),
        "format": ("print",),
        "mode": ("print",),
    }.items()
    for value in values
)
# Only behind what looks like an article's number or file: /news/print may be a section.
_PRINT_PATH: Final = re.compile(r"(?<=[0-9])/print(?=/?$)|(?<=\.html)/print(?=/?$)", re.IGNORECASE)
_LAST_INDEX: Final = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp|shtml|xhtml)$", re.IGNORECASE)
_SESSION: Final = re.compile(r";(?:jsessionid|phpsessid)=[^/;]*", re.IGNORECASE)  # of Java servers without cookies
_AMP_PATH: Final = re.compile(r"^/amp(?=/.)|/amp(?=/?$)|(?<=[^/])\.amp(?=\.html?$|/?$)", re.IGNORECASE)
_VARIANT_HOST: Final = re.compile(r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.[^.]+)")
_AMP_CACHES: Final = (
    re.compile(r"https?://(?:www\.)?google\.[a-z.]{2,6}/amp/(s/)?(.+)", re.IGNORECASE),
    re.compile(r"https?://[\w-]+\.cdn\.ampproject\.org/[a-z]/(s/)?(.+)", re.IGNORECASE),
)
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
# What most articles stand at: nothing to leave out and nothing to escape.
_USUAL: Final = re.compile(r"(https?)://([a-z0-9.-]*[a-z0-9])(?::([1-9][0-9]{0,3}))?(/[A-Za-z0-9._~/-]*)?")
_MAY_BE_VARIANT: Final = re.compile("amp|print|index|default", re.IGNORECASE)
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~/-]*")  # what every way of escaping leaves alone
_PLAIN_QUERY: Final = re.compile(r"[A-Za-z0-9._~=-]*")


@lru_cache(maxsize=4096)
def canonical_url(url: str) -> str:
    """What two addresses of one article have in common: no scheme, port, fragment, tracking or mobile variant.

    For comparing only; it can't be fetched. Never raises: what is no http(s) URL comes back in one line.
    """
    if len(url) <= MAX_URL and (usual := _USUAL.fullmatch(url)) and not _MAY_BE_VARIANT.search(url):
        scheme, host, port, path = usual.groups("")
        own_port = f":{port}" if port and int(port) != _DEFAULT_PORTS[scheme] else ""
        return f"{_VARIANT_HOST.sub('', host)}{own_port}{path.rstrip('/')}"
    url = url if url.isascii() and url.isprintable() else one_line(url)
    url = url.strip()[:MAX_URL].replace(" ", "%20")
    try:
        parts = urlsplit(_unwrapped(url))
        if parts.scheme.lower() not in _DEFAULT_PORTS or not parts.hostname:
            return url
        host = _host(parts)
        path = _SESSION.sub("", parts.path) if ";" in parts.path else parts.path
        path = _LAST_INDEX.sub("/", _PRINT_PATH.sub("", _AMP_PATH.sub("", path))).rstrip("/")
        query = [part for part in parts.query.split("&") if part and not _is_tracking(part)]
        if host.isascii() and _PLAIN.fullmatch(path) and all(_PLAIN_QUERY.fullmatch(part) for part in query):
            pairs = sorted(tuple(part.partition("=")[::2]) for part in query)
            return f"{host}{path}{'?' if pairs else ''}{'&'.join('='.join(pair) for pair in pairs)}"
        # w3lib sorts parameters and writes every escape in one way.
        whole = canonicalize_url(f"http://{host}{path}{'?' if query else ''}{'&'.join(query)}", keep_blank_values=True)
    except (ValueError, UnicodeError):
        return url
    return whole.removeprefix("http://").replace("/?", "?", 1).rstrip("/")


def site(url: str) -> str:
    """The site that an address belongs to: its host, without `www.` or `m.`, with a port that isn't the usual one."""
    return re.split(r"[/?]", canonical_url(url), maxsplit=1)[0]


def is_front_page(url: str) -> bool:
    """The address names a site and nothing in it. Never raises."""
    return names_a_site(canonical_url(url))


def names_a_site(canonical: str) -> bool:
    """The comparable address is a site's."""
    return "/" not in canonical and "?" not in canonical


def without_tracking(url: str) -> str:
    """The address as readers are given it: without the parameters that say where they came from. Never raises."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    kept = [part for part in parts.query.split("&") if not _is_tracking(part)]
    return urlunsplit(parts._replace(query="&".join(kept)))


def without_credentials(url: str) -> str:
    """The URL as it may be shown and logged. Never raises."""
    if "@" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return re.sub(r"//[^/@]*@", "//", url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else url


def publisher(url: str) -> str:
    """Whose server a URL names: its registrable domain (publicsuffix.org), else host and port. Never raises."""
    try:
        parts = urlsplit(url)
        return _registrable((parts.hostname or "").rstrip(".")) or parts.netloc.rpartition("@")[2].lower()
    except ValueError:
        return url


@lru_cache(maxsize=16384)
def _registrable(host: str) -> str | None:
    """The domain that somebody has registered, by courlan's bundled list; None for addresses and local names."""
    from courlan import extract_domain  # slow to import, and not needed to read a feed

    found: str | None = extract_domain(f"http://{host}/")
    return found


def _unwrapped(url: str) -> str:
    """The publisher's address inside an AMP cache's (Google AMP Cache URL format)."""
    for cache in _AMP_CACHES:
        if match := cache.match(url):
            return f"http{'s' if match[1] else ''}://{match[2]}"
    return url


def _host(parts: SplitResult) -> str:
    host = _VARIANT_HOST.sub("", (parts.hostname or "").rstrip("."))
    netloc = f"[{host}]" if ":" in host else host
    # http on 443 and https on 80 are left as they are: they are other servers.
    return netloc if parts.port in (None, _DEFAULT_PORTS[parts.scheme.lower()]) else f"{netloc}:{parts.port}"


def _is_tracking(parameter: str) -> bool:
    plain = (unquote(parameter) if "%" in parameter else parameter).lower()
    name = plain.partition("=")[0]
    return name in _TRACKING or plain in _PRINT_PAIRS or name.startswith(_TRACKING_PREFIXES) or plain in _TRACKING_PAIRS
