"""Names the article: its title, its site, its authors, from what page and feed say, where they agree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from digest.extract.blocks import Block, key
from digest.extract.declared import Declared, kinds, plain, texts
from digest.model import FeedClaims

# --- title --------------------------------------------------------------------------------------

_SEPARATOR = re.compile(r"\s+[|·•—–»«›:\-/~]+\s+|\s*[|»«›｜│]\s*|:\s+")
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
        len(site) > 3
        and ((part_key.startswith(site) or part_key.endswith(site)) and len(part_key) < len(site) + 18)
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
    texts_of_headings = [block.text for block in headings if block.heading <= 3]
    first = [block for block in headings if block.heading == 1]
    cleaned = [
        without_site(name, sites, [*(block.text for block in first), *named])
        for name in named
        if not _is_site(name, sites)
    ]
    for name in cleaned:
        if same := next((text for text in texts_of_headings if key(text) == key(name)), None):
            return same
    best = max(first, key=lambda block: _agreement(block.text, cleaned), default=None)
    if best and (_agreement(best.text, cleaned) >= 0.5 or not cleaned):
        within = [name for name in cleaned[:2] if len(key(name)) > 15 and _is_edge_of(key(name), best.key)]
        return within[0] if within else without_site(best.text, sites)
    if len(first) == 1 and cleaned and shared == "" and len(first[0].text) > len(cleaned[0]):
        return first[0].text
    return cleaned[0] if cleaned else ""


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
    return part != whole and (whole.startswith(part) or whole.endswith(part))


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


# --- authors ------------------------------------------------------------------------------------

_ROLE = re.compile(
    r"(?i)[,(–—|·-]+\s*(?:(?:the\s)?(?:associated press|los angeles times|reuters|bloomberg)|.{0,40}\b(?:editor|reporter|correspondent|"
    r"columnist|journalist|writer|contributor|author|producer|director|staff|freelance|analyst|fellow|professor|bureau chief|"
    r"redakteur\w*|reporter\w*|korrespondent\w*|autor\w*|volontär\w*|journaliste|rédact\w*|redactor\w*|periodista|corresponsal|"
    r"giornalista|redattore|redação|jornalista|repórter|journalist\w*|redaktør|verslaggever|redakcja)\b).*$"
)
_LEADING = re.compile(
    r"(?i)^\W*(?:(?:story|text|words|written|posted|published|article|report|reported|reporting|review|reviewed|analysis|opinion|photos?|interview|ein\s\S+|"
    r"eine\s\S+|kommentar|gastbeitrag|a\sguest\spost|veröffentlicht|geschrieben|erstellt|eingestellt|verfasst|zeige\salle\sbeiträge|alle\sbeiträge|"
    r"all\sposts|view\sall\sposts|more\sposts|posts|artikel|beitrag|publié|rédigé|publicado|escrito|scritto|pubblicato|a\scura|geschreven)\s+)?(?:by|von|vom|par|por|di|de la rédaction|av|af|door|przez|autor(?:in|es|s)?|auteur|"
    r"автор|yazan|text|words|über|about|escribe|written|redaktion|author|writer|posted|文=?|記者|写真)\s*[:=]?\s+"
)
_MONTH = r"(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|okt|oct|nov|dez|dec)[a-zä]*\.?"
_TRAILING = re.compile(
    rf"(?i)(?:\s*[|•·–—(<\[].*$|\s+(?:for|in|on|at|is|für|über|and others|et al\.?|updated|published|posted|last updated|am|um|vom|le|el|il|veröffentlicht.*)\b.*$|\s*@\S+|\s+\S+@\S+|"
    rf"\s*,?\s*(?:\d{{1,2}}\.?\s+)?{_MONTH}\s+\d.*$|\s*\d{{1,2}}[./]\d.*$|\s*(?:기자|記者|특파원|선임기자)\b.*$|\s+외\s*\d+명.*$)"
)
_AND = re.compile(r"\s*(?:;|,|/|\||&|•|·|、|\s(?:and|und|et|y|e|with|och|og|en|i|и|ve|mit|sowie)\s)\s*", re.IGNORECASE)
_ORGANISATION = re.compile(
    r"(?i)\b(?:staff|team|desk|newsroom|editorial|editors?|editorial board|redaktion|redacción|redacao|redação|redazione|rédaction|redakcja|redactie|agency|agencies|"
    r"press|news|media|times|post|admin|administrator|online|online-redaktion|magazine|gmbh|inc|ltd|llc|corp|reuters|afp|dpa|apa|efe|ansa|tass|nachrichten\w*|agentur\w*|verlag|zeitung|radio|tv|"
    r"pa media|pressemitteilung|contributors?|guest|webmaster|wire|services?|institute|university|foundation|author|unknown|anonymous|user|www|http)\b|\.\w{2,3}$|新聞|通信|뉴스|신문|编辑|編集部"
)
_NOT_IN_NAME = re.compile(
    r"(?i)[@/\\=<>{}\[\]!?%#*+:\d]|\b(?:twitter|facebook|instagram|linkedin|whatsapp|email|e-mail)\b"
)
_NO_NAME = frozenset(
    "von by par por di de av af red agenturen posted published staff comments comment share on in author autor the a an and mehr more".split()
)


def authors(declared: Declared, blocks: Sequence[Block], claims: FeedClaims, sites: Sequence[str]) -> tuple[str, ...]:
    """The people who wrote it: from the feed, JSON-LD, meta elements, the visible byline, in that order.

    People before organisations: an organisation is named only where no source names a person. Without "By", without
    roles, with family names where they belong.
    """
    shown = [name for text in declared.bylines for name in clean_names(text) if is_person(name, sites)]
    sources = [
        list(claims.authors),
        _declared_people(declared),
        [name for meta in _AUTHOR_METAS for name in declared.metas.get(meta, ())],
        shown,
        _bylines(blocks),
    ]
    organisations: list[str] = []
    for source in sources:
        names = [name for text in source for name in clean_names(text)]
        people = [name for name in names if is_person(name, sites)]
        if names and _ORGANISATION.search(names[0]) and len(source) == 1:
            people = []  # "Example.org, Paris, France"
        if organisations and not any(" " in name for name in people):
            people = []
        if people:
            return _unrepeated(_fuller(name, shown) for name in people)
        organisations += [name for name in names if not _NOBODY.match(name)]
    handles = [name for text in declared.bylines for name in clean_names(text)]
    return _unrepeated((organisations or handles)[:1])


def _fuller(name: str, shown: Sequence[str]) -> str:
    """A first name alone, made whole by what the page shows."""
    return name if " " in name else next((other for other in shown if other.startswith(f"{name} ")), name)


_NOBODY = re.compile(r"(?i)(?:admin|www|http|user|no author|unknown|anonym|guest|super user)")


def is_person(name: str, sites: Sequence[str]) -> bool:
    """Not the site, not an organisation, not a user's handle."""
    if _ORGANISATION.search(name) or key(name) in sites:
        return False
    return not _NOBODY.match(name) and (not name[0].islower() or " " in name)


_AUTHOR_METAS = (
    "author",
    "article:author",
    "dc.creator",
    "dcterms.creator",
    "citation_author",
    "parsely-author",
    "sailthru.author",
    "byl",
    "article:author_name",
    "twitter:data1",
)


def clean_names(text: str) -> list[str]:
    """The names in a byline, one by one; none when it holds no name."""
    text = plain(text)
    if (
        not text
        or "://" in text
        or text.startswith(("@", "www."))
        or len(text) > 300
        or ("@" in text and " " not in text)
    ):
        return []
    text = _LEADING.sub("", text)
    text = _ROLE.sub("", text)
    inverted = re.fullmatch(r"([^\W\d_][\w'’-]+),\s+([^\W\d_][\w'’.-]+(?:\s[^\W\d_]\.)?)", text)
    if inverted and " " not in inverted[1]:
        return [f"{inverted[2]} {inverted[1]}"]
    names = []
    for part in _AND.split(text):
        name = _TRAILING.sub("", _ROLE.sub("", _LEADING.sub("", part))).strip(" .,:-–—\"'“”()")
        if name.isupper() and len(name) > 5 and " " in name:
            name = name.title()
        if (
            1 < len(name) < 60
            and name.casefold() not in _NO_NAME
            and not _NOT_IN_NAME.search(name)
            and name.count(" ") < 6
        ):
            names.append(name)
    return names


def _declared_people(declared: Declared) -> list[str]:
    """Authors of the JSON-LD article: persons, and where there is none, organisations."""
    value = declared.refer(declared.article.get("author") or declared.article.get("creator"))
    people: list[str] = []
    others: list[str] = []
    for item in value if isinstance(value, list) else [value]:
        item = declared.refer(item)
        if isinstance(item, Mapping):
            for name in texts(item.get("name")) or [
                " ".join(texts(item.get("givenName")) + texts(item.get("familyName")))
            ]:
                (others if "Organization" in kinds(item) or "NewsMediaOrganization" in kinds(item) else people).append(
                    name
                )
        else:
            people += texts(item)
    return people or others


def _bylines(blocks: Sequence[Block]) -> list[str]:
    """A line near the headline that begins with "By"."""
    start = next((block.number for block in blocks if block.heading == 1), 0)
    near = [block.text for block in blocks[max(0, start - 4) : start + 20] if len(block.text) < 80]
    return next(([text] for text in near if _LEADING.match(text) and clean_names(text)), [])


def _unrepeated(names: Iterable[str]) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for name in names:
        kept.setdefault(key(name), name)
    return tuple(kept.values())[:12]
