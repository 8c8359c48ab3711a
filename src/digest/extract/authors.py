"""Names the people who wrote the article, from what feed and page say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

import lxml.html

from digest.extract import signed
from digest.extract.blocks import Block, key
from digest.extract.declared import Declared, bylines, kinds, texts
from digest.extract.persons import clean_names
from digest.model import FeedClaims

_ORGANISATION = re.compile(
    r"(?i)\b(?:staff|team|desk|newsroom|editorial|editors?|editorial board|redaktion|redacción|redacao|redação|"
    r"redazione|rédaction|redakcja|redactie|agency|agencies|"
    r"\w+(?:신문|일보|경제|방송|통신)|press|news|media|times|post|admin|administrator|online|online-redaktion|magazine|gmbh|inc|ltd|llc|corp|"
    r"reuters|afp|dpa|apa|efe|ansa|tass|nachrichten\w*|agentur\w*|verlag|zeitung|radio|tv|"
    r"pa media|pressemitteilung|contributors?|guest|webmaster|wire|services?|institute|university|foundation|"
    r"author|unknown|anonymous|user|www|http)\b|\.\w{2,3}$|新聞|通信|뉴스|신문|编辑|編集部"
)


def authors(
    declared: Declared,
    tree: lxml.html.HtmlElement,
    blocks: Sequence[Block],
    claims: FeedClaims,
    sites: Sequence[str],
) -> tuple[str, ...]:
    """The people who wrote it: from the feed, JSON-LD, meta elements, the visible byline, in that order.

    People before organisations: an organisation is named only where no source names a person. Without "By", without
    roles, with family names where they belong.
    """
    shown = _Shown(tree, sites)
    sources: tuple[Callable[[], list[str]], ...] = (
        lambda: list(claims.authors),
        lambda: _declared_people(declared),
        lambda: [name for meta in _AUTHOR_METAS for name in declared.metas.get(meta, ())],
        lambda: shown.people,
        lambda: signed.bylines(blocks, claims.title or declared.title, sites),
        lambda: signed.openings(blocks, claims.title or declared.title),
        lambda: signed.labelled(blocks),
        lambda: signed.signatures(blocks),
        lambda: signed.described(blocks),
        lambda: signed.introduced(blocks, claims.title or declared.title),
    )
    organisations: list[str] = []
    for source in sources:
        texts_of_source = source()
        names = [name for text in texts_of_source for name in clean_names(text)]
        people = [name for name in names if is_person(name, sites)]
        if any(_CAPITAL.search(name) for name in people):  # then "two dogs" is no other author
            people = [name for name in people if _CAPITAL.search(name) or not name.isascii()]
        if names and len(texts_of_source) == 1 and _ORGANISATION.search(names[0]):
            people = []  # "Example.org, Paris, France"
        if organisations and not any(" " in name or _HANGUL.search(name) for name in people):
            people = []  # a word alone is no better than an organisation
        if people:
            if len(texts_of_source) > 1 and source in sources[:2]:
                people = [name for name in names if name in people or _is_beside(name, sites)]
            return _unrepeated(people)
        organisations += [name for name in names if not _NOBODY.match(name)]
    return _unrepeated((organisations or shown.names)[:1])


def _is_beside(name: str, sites: Sequence[str]) -> bool:
    """May this organisation be named beside people, as feed and JSON-LD list it: an agency, a team; not the site."""
    return key(name) not in sites and not _NOBODY.match(name) and bool(_ORGANISATION.search(name) or name.isupper())


class _Shown:
    """What the page shows as its author; looked for when it is first asked, as that takes a walk over the tree."""

    def __init__(self, tree: lxml.html.HtmlElement, sites: Sequence[str]) -> None:
        self._tree = tree
        self._sites = sites

    @cached_property
    def names(self) -> list[str]:
        return [name for text in bylines(self._tree) for name in clean_names(text)]

    @property
    def people(self) -> list[str]:
        return [name for name in self.names if is_person(name, self._sites)]


_NOBODY = re.compile(r"(?i)(?:admin|www|http|user|no author|unknown|anonym|guest|super user)")


def is_person(name: str, sites: Sequence[str]) -> bool:
    """Not the site, not an organisation, not a user's handle."""
    if _ORGANISATION.search(name) or key(name) in sites:
        return False
    if _HANGUL.search(name) and not _KOREAN_NAME.fullmatch(name):
        return False
    return not _NOBODY.match(name) and (not name[0].islower() or " " in name)


_CAPITAL = re.compile("[A-Z]")
_HANGUL = re.compile("[가-힣]")
_KOREAN_NAME = re.compile(r"[가-힣]{2,5}|[가-힣]{1,2} [가-힣]{1,3}|[가-힣]+(?: [가-힣]+){0,3} [A-Za-z].*|[A-Za-z].*")
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


def _unrepeated(names: Iterable[str]) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for name in names:
        kept.setdefault(key(name), name)
    return tuple(kept.values())[:12]
