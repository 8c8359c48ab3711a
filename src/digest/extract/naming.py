"""Names the article and its site, from what page and feed say, where they agree."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from urllib.parse import urlsplit

from digest.extract.blocks import Block, key, size
from digest.extract.declared import Declared, plain, texts
from digest.model import FeedClaims

_SEPARATOR = re.compile(r"\s+[|·•—–»«›:\-/~]+\s+|\s*[|｜│ㅣ]\s*|:\s+")
# Between a headline and the way to it: "Headline < Section < Site", and "标题_频道_网站" in Chinese.
_TRAIL = re.compile(r"\s+(?:[<>‹›«»]|::)\s+|(?<=[^\x00-\x7f])_(?=[^\x00-\x7f])")
# What tells that an article is paid for, at either end of its title: "(S+)", "[Premium]", "PLUS".
_MARK = r"[(\[](?:[A-Z]{0,3}\+|(?i:plus|premium|abo|paid|subscribers?(?: only)?|abonnés?|suscriptores|assinantes))[)\]]"
_PAID = re.compile(
    rf"^\s*{_MARK}\s*|\s*{_MARK}\s*$|"
    r"^(?:(?:PLUS|PREMIUM|ABO|[A-Z]{1,2}\+)\s*[|:–-]\s+|(?:PLUS|PREMIUM)\s+(?=\S+\s))"
)


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
        declared.meta("publisher").partition(" (")[0],
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
    over a heading that has a kicker or a subtitle in it, or that the page shares in fewer of its words.
    """
    if claims.title:
        return _without_own_name(claims.title, sites)
    worded = _worded(declared, blocks, sites)
    return _PAID.sub("", worded) or worded


def _worded(declared: Declared, blocks: Sequence[Block], sites: Sequence[str]) -> str:
    """The page's own headline, in the words that page and declarations agree on."""
    declared_headline = plain(str(declared.article.get("headline") or ""))
    shared = declared.meta("og:title") or declared.meta("twitter:title")
    headings = [
        block for block in blocks if block.heading and len(block.text) < 300 and not _is_site(block.text, sites)
    ]
    sites = (*sites, *_site_in_title(declared.title, (shared, declared_headline), headings))
    named = [name for name in (shared, declared_headline, declared.meta(*_TITLE_METAS), declared.title) if name]
    headings = [block for block in headings if not _is_site(block.text, sites)]
    first = [block.text for block in headings if block.heading == 1]
    named = [name for name in named if not _is_site(name, sites)]
    sections = {key(name) for name in (*texts(declared.article.get("articleSection")), declared.meta(*_SECTION_METAS))}
    cleaned = [
        _without_section(without_site(_without_trail(name, sites), sites, [*first, *named]), sections) for name in named
    ]
    agreed = (
        _agreed(first, named)
        or _agreed(first, cleaned)
        or _agreed([block.text for block in headings if block.heading <= 3], cleaned)
    )
    if shared and not _agreed(first, [shared]) and (brief := _in_fewer_words(without_site(shared, sites), first)):
        return _without_bar(brief)
    if agreed:
        return _without_bar(agreed)
    if not shared and not declared_headline and (whole := _shown_part(declared.title, blocks)):
        return whole
    # The first headings of a page name it, later ones are of other articles.
    best = max(first, key=lambda text: _agreement(text, cleaned) - _LATER * first.index(text), default=None)
    if best and (_agreement(best, cleaned) >= 0.5 or not cleaned):
        within = [name for name in cleaned[:2] if len(key(name)) > 15 and _is_part_of(name, best)]
        return _without_bar(within[0] if within else without_site(best, sites))
    if len(first) == 1 and cleaned and (len(first[0]) > len(cleaned[0]) if not shared else size(first[0]) > _LABEL):
        return first[0]
    return _without_tail(_without_bar(cleaned[0])) if cleaned else ""


def _without_trail(text: str, sites: Sequence[str]) -> str:
    """A title without the way to the page that stands before or behind it: the longest part that is not the site."""
    if "«" in text and "»" in text:
        return text  # quotation marks
    return max((part for part in _TRAIL.split(text) if not _is_site(part, sites)), key=size, default=text)


def _shown_part(page_title: str, blocks: Sequence[Block]) -> str:
    """The longest part of a title element that the page shows as a line of its own: the headline, whatever its tag."""
    if len(page_title) > _TITLE:
        return ""
    shown = {block.key for block in blocks if block.link_share < 0.5}
    edges = [
        (0, 0),
        *(match.span() for pattern in (_SEPARATOR, _TRAIL, _UNSPACED) for match in pattern.finditer(page_title)),
    ]
    edges.append((len(page_title), len(page_title)))
    parts = {page_title[end:start].strip() for _, end in edges for start, _ in edges if end < start}
    found = [part for part in parts if size(part) > _LABEL / 2 and key(part) in shown]
    return max(found, key=size, default="")


def _without_tail(text: str) -> str:
    """A title of which only the title element tells, without short names behind dashes and bars: section and site."""
    while (
        (found := _TAIL.search(text)) and found[1].count(" ") < 3 and size(text[: found.start()]) > 2 * size(found[1])
    ):
        text = text[: found.start()]
    return text


def _without_section(text: str, sections: Collection[str]) -> str:
    """A declared title without the section at its end, which Korean papers put behind a bare hyphen."""
    found = _LAST_PART.search(text)
    return text[: found.start()] if found and key(found[1]) in sections else text


def _without_bar(text: str) -> str:
    """A title without what stands behind a bar at its end: a section, or the site by another name."""
    head, bar, tail = text.rpartition(" | ")
    return head.strip() if bar and size(head) > max(20, size(tail)) else text


def _agreed(headings: Sequence[str], wordings: Sequence[str]) -> str:
    """The heading that a declared wording repeats; in the wording that keeps apart what the heading runs together."""
    for wording in wordings:
        for heading in headings:
            if key(heading) and key(heading) == key(wording):
                return wording if wording.count(" ") > heading.count(" ") else heading
    return ""


def _in_fewer_words(shared: str, headings: Sequence[str]) -> str:
    """The wording that a page has for being shared, where it is a whole headline and says a heading in fewer words.

    What it leaves out is a kicker, a subtitle or words for search engines; their order stays.
    """
    words = _word_list(shared)
    for heading in headings if len(words) >= _WHOLE else ():
        onward = iter(among := _word_list(heading))
        if len(words) < len(among) and all(word in onward for word in words):
            return shared
    return ""


_WHOLE = 8  # words that a wording has which is no label: of 17 such pages it was the title on 12
_LATER = 0.15  # so much more must each later h1 share with what is declared
_TITLE = 400  # characters of a title element whose parts are looked at
_LABEL = 30  # letters that a section's or a series' name has at most
# How a Headline in Title Case Goes On.
_GOES_ON = re.compile(
    r"(?:After|Amid|And|As|At|Because|Before|But|By|For|From|If|In|Of|On|Or|Over|That|To|When|While|With)\b"
)
_UNSPACED = re.compile(r"(?<=[^\x00-\x7f])[-—|](?=[^\x00-\x7f])")
_TAIL = re.compile(r"\s+(?:[-–—|•/]|::)\s+([^-–—|•/:]{2,30})$")
_LAST_PART = re.compile(r"\s*[-–—|·:]\s*([^-–—|·:]{2,30})$")
_SECTION_METAS = ("article:section", "content_category", "parsely-section", "section", "category")
_TITLE_METAS = (
    "parsely-title",
    "sailthru.title",
    "dc.title",
    "dcterms.title",
    "citation_title",
    "articletitle",
    "title",
)


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
    if title_key in known[:2]:
        return []
    for match in _SEPARATOR.finditer(page_title):
        head, tail = key(page_title[: match.start()]), key(page_title[match.end() :])
        if head in known and tail not in known[:2] and title_key != head:
            found.append(tail)
        elif tail in known and head not in known[:2]:
            found.append(head)
    return [name for name in found if name and not any(head in name for head in known[:2] if head)]


def _is_part_of(part: str, heading: str) -> bool:
    """Does a heading hold this wording and something else: a kicker in front, or a subtitle that begins anew?

    What goes on in small letters or after a comma or a colon is the headline itself, which was cut short elsewhere.
    """
    part_key, whole = key(part), key(heading)
    if part_key == whole:
        return False
    if whole.startswith(part_key):
        rest = _rest(heading, len(part_key)).strip()
        return rest[:1].isupper() and not _GOES_ON.match(rest)
    return whole.endswith(part_key) and len(whole) > len(part_key) + 4


def _rest(text: str, letters: int) -> str:
    """A text without its first so many letters, as `key` counts them."""
    for at in range(len(text)):
        if len(key(text[:at])) >= letters:
            return text[at:]
    return ""


def _agreement(heading: str, wordings: Sequence[str]) -> float:
    """How much of a heading and a declared title are the same words: 1 when one contains the other."""
    words = _words(heading)
    if not words:
        return 0.0
    best = 0.0
    for wording in wordings:
        others = _words(wording)
        shared = len(words & others)
        within = key(heading) in key(wording) and len(key(heading)) > 7 and len(words) > 1
        best = max(best, 1.0 if within else shared / max(1, min(len(words), len(others))) * min(1.0, len(words) / 3))
    return best


def _words(text: str) -> set[str]:
    return set(_word_list(text))


def _word_list(text: str) -> list[str]:
    return re.findall(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]|[^\W_]+", text.casefold())
