"""Names the article and its site, from what page and feed say, where they agree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from digest.extract.blocks import Block, key
from digest.extract.declared import Declared, plain, texts
from digest.model import FeedClaims

_SEPARATOR = re.compile(r"\s+[|·•—–»«›:\-/~]+\s+|\s*[|»«›｜│ㅣ]\s*|:\s+")
_FILE_EXTENSION = re.compile(r"\.(?:html?|php|aspx?|jpe?g)$", re.IGNORECASE)


def site_name(declared: Declared, url: str, claimed: str = "") -> str:
    """The publication's name as a reader knows it: declared, from the feed, else the host."""
    name = declared.meta("og:site_name", "application-name", "al:android:app_name", "publisher", "dc.publisher")
    if not name or "://" in name:
        name = next(iter(texts(declared.refer(declared.article.get("publisher")))), "") or claimed
    return name.removeprefix("@").strip() or (urlsplit(url).hostname or "").removeprefix("www.")


def site_names(declared: Declared, url: str, claimed: str = "") -> tuple[str, ...]:
    """Every way in which the site calls itself; compared as keys."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    names = [
        site_name(declared, url, claimed),
        claimed,
        declared.meta("og:site_name"),
        declared.meta("application-name"),
        declared.meta("twitter:site").removeprefix("@"),
        *texts(declared.refer(declared.article.get("publisher"))),
        host,
        host.rpartition(".")[0],
        host.partition(".")[0],
        *host.split(".")[:-1],
    ]
    return tuple(dict.fromkeys(name_key for name in names if len(name_key := key(name)) > 2))


def without_site(title: str, sites: Sequence[str], others: Iterable[str] = ()) -> str:
    """A title with the site's name taken off either end, and whatever another wording of it does without."""
    title = title.strip()
    wordings = {key(other) for other in others if other}
    for _ in range(4):
        parts = list(_SEPARATOR.finditer(title))
        if not parts:
            break
        first, last = parts[0], parts[-1]
        before, after = title[: last.start()].strip(), title[first.end() :].strip()
        if key(before) in wordings or _names_site(title[last.end() :], last[0], sites):
            title = before
        elif key(after) in wordings or _names_site(title[: first.start()], first[0], sites):
            title = after
        elif shorter := next((part for match in parts if key(part := title[: match.start()]) in wordings), ""):
            title = shorter.strip()
        else:
            break
    return title


def _names_site(part: str, separator: str, sites: Sequence[str]) -> bool:
    """Is this part of a title the site? A bar speaks for it, a colon against it."""
    part_key = key(part)
    if part_key in sites or not part_key:
        return True
    if ":" in separator:
        return False
    close = any(
        (len(site) > 3 and ((part_key.startswith(site) or part_key.endswith(site)) and len(part_key) < len(site) + 18))
        or (len(part_key) > 3 and part_key in site)
        for site in sites
    )
    return close or ("|" in separator and len(part) < 14 and " " not in part.strip())


def title(declared: Declared, blocks: Sequence[Block], claims: FeedClaims, sites: Sequence[str]) -> str:
    """The headline: the feed's, else the heading that the page's declarations agree on, else what they declare.

    Never with the site's name. A heading wins over a longer or other declared wording; a declared wording wins
    over a heading that has a kicker or a subtitle in it.
    """
    if claims.title:
        return _without_own_name(claims.title, sites)
    declared_headline = plain(str(declared.article.get("headline") or ""))
    shared = declared.meta("og:title") or declared.meta("twitter:title")
    sites = (*sites, *_site_in_title(declared.title, (shared, declared_headline), blocks))
    named = [name for name in (shared, declared_headline, declared.meta(*_TITLE_METAS), declared.title) if name]
    headings = [
        block for block in blocks if block.heading and len(block.text) < 300 and not _is_site(block.text, sites)
    ]
    first = [block.text for block in headings if block.heading == 1]
    named = [name for name in named if not _is_site(name, sites)]
    cleaned = [without_site(name, sites, [*first, *named]) for name in named]
    agreed = (
        _agreed(first, named)
        or _agreed(first, cleaned)
        or _agreed([block.text for block in headings if block.heading <= 3], cleaned)
    )
    if agreed:
        return agreed
    best = max(first, key=lambda text: _agreement(text, cleaned), default=None)
    if best and (_agreement(best, cleaned) >= 0.5 or not cleaned):
        within = [name for name in cleaned[:2] if len(key(name)) > 15 and _is_edge_of(key(name), key(best))]
        return within[0] if within else without_site(best, sites)
    if len(first) == 1 and cleaned and shared == "" and len(first[0]) > len(cleaned[0]):
        return first[0]
    return cleaned[0] if cleaned else ""


def _agreed(headings: Sequence[str], wordings: Sequence[str]) -> str:
    """The heading that a declared wording repeats; in the wording that keeps apart what the heading runs together."""
    for wording in wordings:
        for heading in headings:
            if key(heading) and key(heading) == key(wording):
                return wording if wording.count(" ") > heading.count(" ") else heading
    return ""


_TITLE_METAS = ("parsely-title", "sailthru.title", "dc.title", "dcterms.title", "citation_title", "title")


def _without_own_name(text: str, sites: Sequence[str]) -> str:
    """A feed's title, without the site's name where a feed repeats it at the end."""
    separators = list(_SEPARATOR.finditer(text))
    if separators and key(text[separators[-1].end() :]) in sites[:3] and text[separators[-1].start()] != ":":
        return text[: separators[-1].start()].strip()
    return text.strip()


def _is_site(text: str, sites: Sequence[str]) -> bool:
    return key(text) in sites


def _site_in_title(page_title: str, wordings: Iterable[str], blocks: Sequence[Block]) -> list[str]:
    """What the title element adds to the headline: the site, in its own words."""
    title_key = key(page_title)
    found = []
    known = [key(wording) for wording in wordings] + [block.key for block in blocks if block.heading in (1, 2)]
    for match in _SEPARATOR.finditer(page_title):
        head, tail = key(page_title[: match.start()]), key(page_title[match.end() :])
        if head in known and tail not in known[:2] and title_key != head:
            found.append(tail)
        elif tail in known and head not in known[:2]:
            found.append(head)
    return [name for name in found if name]


def _is_edge_of(part: str, whole: str) -> bool:
    """Does a heading begin with this wording, or end with it after a kicker?"""
    return part != whole and (whole.startswith(part) or (whole.endswith(part) and len(whole) > len(part) + 4))


def _agreement(heading: str, wordings: Sequence[str]) -> float:
    """How much of a heading and a declared title are the same words: 1 when one contains the other."""
    words = _words(heading)
    if not words:
        return 0.0
    best = 0.0
    for wording in wordings:
        others = _words(wording)
        shared = len(words & others)
        within = key(heading) in key(wording) and len(key(heading)) > 7
        best = max(best, 1.0 if within else shared / max(1, min(len(words), len(others))) * min(1.0, len(words) / 3))
    return best


def _words(text: str) -> set[str]:
    return set(re.findall(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]|[^\W_]+", text.casefold()))
