"""Names the people who wrote the article, from what feed and page say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

import lxml.html

from digest.extract import wording
from digest.extract.blocks import Block, key
from digest.extract.declared import Declared, bylines, kinds, plain, texts
from digest.model import FeedClaims

_ROLE = re.compile(
    r"(?i)[,(–—|·-]+\s*(?:(?:the\s)?(?:associated press|los angeles times|reuters|bloomberg)|[^,;]{0,40}\b(?:editor|"
    r"reporter|correspondent|"
    r"columnist|journalist|writer|contributor|author|producer|director|staff|freelance|analyst|fellow|professor|"
    r"bureau chief|"
    r"redakteur\w*|reporter\w*|korrespondent\w*|autor\w*|volontär\w*|journaliste|rédact\w*|redactor\w*|periodista|"
    r"corresponsal|"
    r"giornalista|redattore|redação|jornalista|repórter|journalist\w*|redaktør|verslaggever|redakcja)s?\b).*$"
)
_LEADING = re.compile(
    r"(?i)^\W*(?:(?:story|text|words|written|posted|published|article|report|reported|reporting|review|reviewed|"
    r"analysis|opinion|photos?|interview|ein\s\S+|"
    r"eine\s\S+|kommentar|gastbeitrag|a\sguest\spost|veröffentlicht|geschrieben|erstellt|eingestellt|verfasst|"
    r"zeige\salle\sbeiträge|alle\sbeiträge|"
    r"all\sposts|view\sall\sposts|more\sposts|posts|artikel|beitrag|publié|rédigé|publicado|escrito|scritto|"
    r"pubblicato|a\scura|geschreven)\s+)?(?:by|von|vom|par|por|di|de la rédaction|av|af|door|przez|autor(?:in|es|"
    r"s)?|auteur|"
    r"автор|текст|yazan|penulis|text|words|über|about|escribe|written|author|writer|posted|文=?|記者|写真|بقلم|מאת)"
    r"\s*[:=]?\s+|^\W*(?:取材・?)?(?:文|撰文|作者|記者|记者)\s?[・=＝:：]\s?"
)
_MONTH = r"(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|okt|oct|nov|dez|dec)[a-zä]*\.?"
_TRAILING = re.compile(
    rf"(?i)(?:\s*[|•·–—(<\[].*$|\s+(?:for|in|on|at|is|für|über|and others|et al\.?|"
    rf"updated|published|posted|last updated|am|um|vom|le|el|il|veröffentlicht.*)\b.*$|\s*@\S+|\s+\S+@\S+.*$|"
    rf"\s*,?\s*(?:\d{{1,2}}\.?\s+)?{_MONTH}\s+\d.*$|\s*\d{{1,2}}[./]\d.*$|\s*(?:기자|記者|특파원|선임기자)\b.*$|\s+외\s*\d+명.*$)"
)
_AND = re.compile(r"\s*(?:;|,|/|\||&|•|·|、|\s(?:and|und|et|y|e|with|och|og|en|i|и|ve|mit|sowie)\s)\s*", re.IGNORECASE)
_ORGANISATION = re.compile(
    r"(?i)\b(?:staff|team|desk|newsroom|editorial|editors?|editorial board|redaktion|redacción|redacao|redação|"
    r"redazione|rédaction|redakcja|redactie|agency|agencies|"
    r"\w+(?:신문|일보|경제|방송|통신)|press|news|media|times|post|admin|administrator|online|online-redaktion|magazine|gmbh|inc|ltd|llc|corp|"
    r"reuters|afp|dpa|apa|efe|ansa|tass|nachrichten\w*|agentur\w*|verlag|zeitung|radio|tv|"
    r"pa media|pressemitteilung|contributors?|guest|webmaster|wire|services?|institute|university|foundation|"
    r"author|unknown|anonymous|user|www|http)\b|\.\w{2,3}$|新聞|通信|뉴스|신문|编辑|編集部"
)
# "高橋 美咲：港日報記者。" · "林晓岚，港口日报记者" · "김서연 기자는 ..."
_SPACELESS_ROLE = re.compile(r"^([\u3040-\u9fff\uac00-\ud7a3 ]{2,9}?)\s?(?:[：:，、].*|(?:기자|記者|记者)\S{0,2}\s.*)$")
_NOT_IN_NAME = re.compile(
    r"(?i)[@/\\=<>{}\[\]!?%#*+:\d]|\b(?:twitter|facebook|instagram|linkedin|whatsapp|email|e-mail)\b"
)
_NO_NAMES = """
    von by par por di de av af red agenturen posted published staff comments comment share on in author autor
    the a an and mehr more door przez автор текст yazan haber muhabir writer reporter redakteur journalist last
    بقلم כתב מאת 文・ 記者 记者 作者 기자
"""
_NO_NAME = frozenset(_NO_NAMES.split())


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
        lambda: _bylines(blocks, claims.title or declared.title, sites),
        lambda: _openings(blocks, claims.title or declared.title),
        lambda: _labelled(blocks),
        lambda: _signatures(blocks),
        lambda: _described(blocks),
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
            return _unrepeated(name if " " in name else shown.fuller(name) for name in people)
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

    def fuller(self, name: str) -> str:
        """A first name alone, made whole by what the page shows."""
        return next((other for other in self.people if other.startswith(f"{name} ")), name)


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
_REPORTER = re.compile(
    r"(?:^(?:기자명\s)?|[=\[(/]\s?)([가-힣]{2,4}(?:[·,]\s?[가-힣]{2,4})*)\s?(?:[가-힣]{0,4}기자|특파원|논설위원)(?=[\s\])=]|$)"
)


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
    if " " in text and wording.is_credit(text):
        return []
    text = _LEADING.sub("", text)
    text = _SPACELESS_ROLE.sub(r"\1", _ROLE.sub("", text))
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
            and name.casefold().removeprefix("the ") not in _NO_NAME
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


def _signatures(blocks: Sequence[Block]) -> list[str]:
    """Who signs as a reporter: `[Outlet = NAME 기자]` or `NAME 기자 name@outlet` in Korea, `（NAME）` in Japan."""
    short = [block.text[:60] for block in blocks if len(block.text) < 60 or block.text.startswith("[")]
    korean = [match[1] for text in short if (match := _REPORTER.search(text))]
    return (korean or [match[1] for text in short if (match := _JAPANESE_SIGNATURE.fullmatch(text))])[:1]


def _described(blocks: Sequence[Block]) -> list[str]:
    """Who is described below the article as one who writes, and stands by name elsewhere on the page."""
    for at, block in enumerate(blocks):
        person = _PERSON_IS.match(block.text[:300]) if len(block.text) < 1500 else None
        if person is None or any(_goes_on(block, after) for after in blocks[at + 1 : at + 3]):
            continue
        if any(other.text.startswith(person[1]) and len(other.text) < 80 for other in blocks):
            return [person[1]]
    return []


def _goes_on(block: Block, after: Block) -> bool:
    """Does the article go on after this paragraph? Then it is about its person, not about its author."""
    return after.box.parent is block.box.parent and len(after.text) > 140


def _bylines(blocks: Sequence[Block], title: str, sites: Sequence[str]) -> list[str]:
    """A short line at the headline: it begins with "By", or is a name before an agency, the site, a date, a role."""
    start = _headline(blocks, title)
    near: list[str] = []
    for block in blocks[max(0, start - 4) : start + 20]:
        if block.number > start and len(block.text) > 100:
            break
        if len(block.text) < 90:
            near.append(_MOMENT.sub("", block.text))
    marked = next((text for text in near if _LEADING.match(text) and clean_names(text)), "")
    named = next((match[1] for text in near if (match := _NAME_AND_MORE.match(text))), "")
    signed = next((name for text in near if (name := _signed(text, sites))), "")
    titled = next((name for name, role in pairwise(near) if _WHOLE_NAME.fullmatch(name) and _ROLES.fullmatch(role)), "")
    return [text for text in (marked, named, signed, titled) if text][:1]


def _signed(text: str, sites: Sequence[str]) -> str:
    """The name in a line of "Name, the site, date", of which one of both at least follows."""
    name, *rest = (part.strip() for part in _PARTS.split(text))
    told = [part for part in rest if part]
    known = all(wording.is_date(part) or key(part) in sites for part in told)
    return name if told and known and _NAMES.fullmatch(name) and key(name) not in sites else ""


def _openings(blocks: Sequence[Block], title: str) -> list[str]:
    """The names that are the whole first paragraph of the article, before a long one that stands beside it."""
    start = _headline(blocks, title)
    for block, after in pairwise(blocks[start + 1 : start + 20]):
        if len(block.text) > 100:
            break
        if block.tag == "p" and _goes_on(block, after) and _NAMES.fullmatch(block.text):
            return [block.text]
    return []


def _labelled(blocks: Sequence[Block]) -> list[str]:
    """Who stands behind a word such as "Author", wherever that is."""
    short = [block.text for block in blocks if len(block.text) < 80]
    lines = [match for text in short if (match := _LABELLED.fullmatch(text) or _CHINESE_LABEL.search(text))]
    return [match[1] for match in lines][:1]


def _headline(blocks: Sequence[Block], title: str) -> int:
    """The number of the block that is the headline, as far as its rank or the title tells; else 0."""
    headings = (block.number for block in blocks if block.heading == 1)
    titles = (block.number for block in blocks if len(block.key) > 15 and key(title).endswith(block.key))
    return next(headings, None) or max(titles, default=0)


_ROLE_WORDS = (
    r"(?:fellow|columnist|journalist\w*|essayist|critic|reporter\w*|correspondent|contribut\w+|editor\w*|writer|"
    r"professor\w*|lecturer|historian|author|redakteur\w*|autor\w*|korrespondent\w*|journaliste|chroniqueu\w+|"
    r"periodista|redactora?|columnista|corresponsal|profesora?|giornalista|redattore|redattrice|jornalista|repórter|"
    r"colunista|verslaggever|redacteur|columniste?|dziennikar\w+|publicyst\w+|redaktor\w*|muhabir\w*|yazar\w*|"
    r"корреспондент\w*|журналист\w*|обозреватель|редактор|wartawan|kontributor)"
)
_ROLES = re.compile(rf"(?i)(?:[\w'’-]+\s){{0,3}}{_ROLE_WORDS}(?:,\s.{{2,40}})?|(?:記者|记者|기자|صحفية?|כתבת?)")
_MOMENT = re.compile(
    r"^(?:\d{4}[-./]\d\d?[-./]\d\d?|\d\d?[-./]\d\d?[-./]\d{4})[,T ]*(?:\d\d?:\d\d(?::\d\d)?)?[\s,|·•–—-]*(?=\D)"
)
_PARTS = re.compile(r"\s*(?:[,|·•/]|\s[–—-])\s+")
_PERSON_IS = re.compile(
    r"([A-ZÀ-ÞŁŚŻŠŽŞİА-ЯЁ][\w'’.-]+(?:\s(?:[A-ZÀ-ÞŁŚŻŠŽŞİА-ЯЁ][\w'’.-]*|de|del|van|von|der|la)){1,4})\s"
    r"(?:is|ist|est|es|è|é|är|er|jest|je|—)\s(?:(?:an?|the|eine?|une?|una|uma?|een|en)\s)?(?:.{0,80}\W)??"
    rf"{_ROLE_WORDS}\b"
)
_NAME = r"[A-ZÀ-ÞŁŚŻŠŽŞİА-ЯЁ][\w'’.-]+(?:\s[A-ZÀ-ÞŁŚŻŠŽŞİА-ЯЁ][\w'’.-]*){1,3}"
_WHOLE_NAME = re.compile(
    rf"{_NAME}|[\u4e00-\u9fff\uac00-\ud7a3]{{2,4}}|[\u4e00-\u9fff]{{1,4}} [\u3040-\u30ff\u4e00-\u9fff]{{1,4}}|"
    r"[\u0590-\u06ff'’-]{2,15}(?: [\u0590-\u06ff'’-]{2,15}){1,2}"
)
_NAMES = re.compile(rf"{_NAME}(?:\s?/\s?{_NAME})?")
_NAME_AND_MORE = re.compile(
    rf"({_NAME})(?:,\s.{{0,50}}\b(?:Times|Post|News|Press|Service|Agency|Journal|Tribune|Herald)\b"
    r"|\s[|·•]\s\d{1,2}[./]\d{1,2}[./]\d{4})"
)
_CHINESE_LABEL = re.compile(r"(?:^|\s)(?:作者|撰文|本报记者|记者)\s?[:：]?\s?([\u4e00-\u9fff]{2,4})(?=\s|$)")
_JAPANESE_SIGNATURE = re.compile(
    r"[（【(]([\u4e00-\u9fff\u3040-\u30ff]{1,4}[ \u3000]?[\u4e00-\u9fff\u3040-\u30ff]{1,4})[）】)]"
)
_LABELLED = re.compile(
    rf"(?:Autorin/Autor|Autor(?:in)?|Author|Auteur|Autore|Yazar|Yazan|Penulis|Автор|Текст)\s?:?\s({_NAME})"
)


def _unrepeated(names: Iterable[str]) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for name in names:
        kept.setdefault(key(name), name)
    return tuple(kept.values())[:12]
