"""Finds the author in what a page shows: lines at the headline, signatures, notes on who wrote it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice, pairwise

from digest.extract import persons, roles, wording
from digest.extract.blocks import Block, key

_REPORTER = re.compile(
    r"(?:^(?:기자명\s)?|[=\[(/]\s?)(?![가-힣]{1,3}[부팀]\s)([가-힣]{2,4}(?:[·,]\s?[가-힣]{2,4})*)\s?(?:[가-힣]{0,4}기자|특파원|논설위원)(?=[\s\])=]|$)"
)
_ROLES = re.compile(rf"(?i)(?:[\w'’-]+\s){{0,3}}{roles.SPACED}(?:,?\s[^.!?]{{2,40}})?|{roles.SPACELESS}")
_MOMENT = re.compile(
    r"^(?:\d{4}[-./]\d\d?[-./]\d\d?|\d\d?[-./]\d\d?[-./]\d{4})[,T ]*(?:\d\d?:\d\d(?::\d\d)?)?[\s,|·•–—-]*(?=\D)"
)
_PARTS = re.compile(r"\s*(?:[,|·•/]|\s[–—-])\s+")
_PERSON_IS = re.compile(
    rf"([{persons.CAPITALS}][\w'’.-]+(?:\s(?:[{persons.CAPITALS}][\w'’.-]*|de|del|van|von|der|la)){{1,4}})\s"
    r"(?:is|ist|est|es|è|é|är|er|jest|je|—)\s(?:(?:an?|the|eine?|une?|una|uma?|een|en)\s)?(?:.{0,80}\W)??"
    rf"{roles.SPACED}\b"
)
_ENGLISH = r"(?:editor|correspondent|reporter|writer|columnist|journalist|critic|author|professor|fellow|contribut)"
# A name and a trade in one line: "Ana Bosch, columnist", "高橋美咲（経済研究所研究員）", "김서연 교통연구소 연구위원".
# 社会部, 사회부 and 본지 are no people.
_NAMED_WITH_ROLE = tuple(
    re.compile(rf"(?i:{before})({name})(?i:{after})")
    for before, name, after in (
        ("", persons.NAME, rf"\s?[,(–—|·-]\s?(?:[\w'’-]+\s){{0,4}}?{roles.SPACED}(?!\w)[^.!?]{{0,60}}"),
        # Each in a phrase of its own, which looks apart. In English it is the desk: "Middle East correspondent".
        ("", persons.NAME, rf"\s(?-i:(?!{_ENGLISH})(?:{roles.SPACED}))"),
        ("", persons.RIGHT_TO_LEFT_NAME, rf"\s?[,،–—(|·-]?\s?{roles.SPACED}(?!\w)[^.!?؟]{{0,50}}"),
        ("", persons.HAN_NAME, rf"[\s（(／/｜|・、，]{{1,2}}[^。！？\s]{{0,14}}{roles.SPACELESS}[)）]?"),
        (rf"[^。！？\s]{{0,8}}{roles.SPACELESS}[\s:：]{{1,2}}", persons.HAN_NAME, ""),
        (
            "",
            r"(?!본지|본보|외부|객원|편집|독자|기자명|작성자|글쓴이)[가-힣]{2,3}[^\W부팀대]",
            rf"\s(?:[\w·]+\s){{0,3}}[가-힣]{{0,6}}{roles.SPACELESS}",
        ),
    )
)
_TOLD = 160  # characters of a note on an author in which the trade is told
_NOTE = 1_500  # of the note
_NOTES = 20  # looked at
_WORD = 8
_NAME_AND_MORE = re.compile(
    rf"({persons.NAME})(?:,\s.{{0,50}}\b(?:Times|Post|News|Press|Service|Agency|Journal|Tribune|Herald)\b"
    r"|\s[|·•]\s\d{1,2}[./]\d{1,2}[./]\d{4})"
)
_CHINESE_LABEL = re.compile(r"(?:^|\s)(?:作者|撰文|本报记者|记者)\s?[:：]?\s?([\u4e00-\u9fff]{2,4})(?=\s|$)")
_JAPANESE_SIGNATURE = re.compile(
    rf"[（【(](?:[^。！？\s]{{0,8}}{roles.SPACELESS}[ \u3000・:：])?"
    r"([\u4e00-\u9fff\u3040-\u30ff]{1,4}[ \u3000]?[\u4e00-\u9fff\u3040-\u30ff]{1,4})[）】)]"
)
_LABELLED = re.compile(
    rf"(?:Autorin/Autor|Autor(?:in)?|Author|Auteur|Autore|Yazar|Yazan|Penulis|Автор|Текст)\s?:?\s({persons.NAME})"
)


def signatures(blocks: Sequence[Block]) -> list[str]:
    """Who signs as a reporter: `[Outlet = NAME 기자]` or `NAME 기자 name@outlet` in Korea, `（NAME）` in Japan."""
    short = [block.text[:60] for block in blocks if len(block.text) < 60 or block.text.startswith("[")]
    korean = [match[1] for text in short if (match := _REPORTER.search(text))]
    return (korean or [match[1] for text in short if (match := _JAPANESE_SIGNATURE.fullmatch(text))])[:1]


def described(blocks: Sequence[Block]) -> list[str]:
    """Who is described below the article as one who writes, and stands by name elsewhere on the page."""
    for at, block in enumerate(blocks):
        person = _PERSON_IS.match(block.text[:300]) if len(block.text) < 1500 else None
        if person is None or any(_goes_on(block, after) for after in blocks[at + 1 : at + 3]):
            continue
        if any(other.text.startswith(person[1]) and len(other.text) < 80 for other in blocks):
            return [person[1]]
    return []


def introduced(blocks: Sequence[Block], title: str) -> list[str]:
    """Whose name is a line at the headline and begins a note, below or above the article, on one who writes."""
    for line in _near(blocks, title):
        if line.heading == 1 or not persons.WHOLE_NAME.fullmatch(line.text):
            continue
        notes = (note for note in blocks if note.text.startswith(line.text) and len(note.text) > len(line.text) + _WORD)
        for note in islice(notes, _NOTES):
            told = len(note.text) < _NOTE and roles.are_told(note.text[len(line.text) : _TOLD])
            after = blocks[note.number + 1 : note.number + 3]
            if told and not any(_goes_on(note, other) for other in after):
                return [line.text]
    return []


def _goes_on(block: Block, after: Block) -> bool:
    """Does the article go on after this paragraph? Then it is about its person, not about its author."""
    return after.box.parent is block.box.parent and len(after.text) > 140


def bylines(blocks: Sequence[Block], title: str, sites: Sequence[str]) -> list[str]:
    """A short line at the headline: it begins with "By", or is a name before an agency, the site, a date, a role."""
    near = [_MOMENT.sub("", block.text) for block in _near(blocks, title)]
    marked = next((text for text in near if persons.LEADING.match(text) and persons.clean_names(text)), "")
    named = next((match[1] for text in near if (match := _NAME_AND_MORE.match(text))), "")
    signed = next((name for text in near if (name := _signed(text, sites))), "")
    titled = next(
        (name for name, role in pairwise(near) if persons.WHOLE_NAME.fullmatch(name) and _ROLES.fullmatch(role)), ""
    )
    roled = next((match[1] for text in near for match in [_named_with_role(text)] if match), "")
    return [text for text in (marked, named, signed, titled, roled) if text][:1]


def _near(blocks: Sequence[Block], title: str) -> list[Block]:
    """The short lines at the headline, up to the first paragraph."""
    start = _headline(blocks, title)
    near: list[Block] = []
    for block in blocks[max(0, start - 4) : start + 20]:
        if block.number > start and len(block.text) > 100:
            break
        if len(block.text) < 90:
            near.append(block)
    return near


def _named_with_role(text: str) -> re.Match[str] | None:
    return next((match for pattern in _NAMED_WITH_ROLE if (match := pattern.fullmatch(text))), None)


def _signed(text: str, sites: Sequence[str]) -> str:
    """The name in a line of "Name, the site, date", of which one of both at least follows."""
    name, *rest = (part.strip() for part in _PARTS.split(text))
    told = [part for part in rest if part]
    known = all(wording.is_date(part) or key(part) in sites for part in told)
    return name if told and known and persons.NAMES.fullmatch(name) and key(name) not in sites else ""


def openings(blocks: Sequence[Block], title: str) -> list[str]:
    """The names that are the whole first paragraph of the article, before a long one that stands beside it."""
    start = _headline(blocks, title)
    for block, after in pairwise(blocks[start + 1 : start + 20]):
        if len(block.text) > 100:
            break
        if block.tag == "p" and _goes_on(block, after) and persons.NAMES.fullmatch(block.text):
            return [block.text]
    return []


def labelled(blocks: Sequence[Block]) -> list[str]:
    """Who stands behind a word such as "Author", wherever that is."""
    short = [block.text for block in blocks if len(block.text) < 80]
    lines = [match for text in short if (match := _LABELLED.fullmatch(text) or _CHINESE_LABEL.search(text))]
    return [match[1] for match in lines][:1]


def _headline(blocks: Sequence[Block], title: str) -> int:
    """The number of the block that is the headline, as far as its rank or the title tells; else 0."""
    headings = (block.number for block in blocks if block.heading == 1)
    titles = (block.number for block in blocks if len(block.key) > 15 and key(title).endswith(block.key))
    return next(headings, None) or max(titles, default=0)
