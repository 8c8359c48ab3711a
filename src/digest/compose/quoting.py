"""Which sentences of an article are quoted, and where they are cut."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from digest.model import Article, Field, Hit, Snippet
from digest.writing import columns, inseparable, unspaced, width

MOST = 3  # snippets of a story
WIDTH = 210  # columns of one snippet; a wide character takes two

_SHORT = 70  # columns; a shorter sentence is quoted with its neighbour
_LOOKED_AT = 200  # hits; more of them don't make a better choice
_ELLIPSIS = "…"

_ENDS = re.compile(
    r"""[.!?…]+["'”’»)\]]*(?=\s)       # what ends a sentence where words are spaced
      | [。！？｡．]+["'”’」』】）〉》]*   # and where they aren't
      | [؟۔।॥။។።]+["'”’»)\]]*""",
    re.VERBOSE,
)
_ABBREVIATED = re.compile(
    r"""(?<!\w)(?:\w|\d{1,2}|Mr|Mrs|Ms|Dr|Prof|Gen|Lt|Col|Maj|Capt|Sgt|Sen|Rep|Gov|Pres|Rev|Hon|St|Jr|Sr|No|Nos
        |vs|cf|ca|al|Inc|Ltd|Co|Corp|Nr|Abs|Art|bzw|usw|evtl|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Okt|Oct|Nov|Dec|Dez|p|pp|M|Mme)\.$""",
    re.VERBOSE,
)
_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class _Sentence:
    """The slice [start, end) of a text, its hits, and the terms of these."""

    start: int
    end: int
    hits: tuple[tuple[int, int], ...] = ()
    terms: frozenset[str] = frozenset()


def snippets(article: Article, hits: Sequence[Hit]) -> tuple[Snippet, ...]:
    """Two or three quotations around hits, in reading order; as much as there is of a shorter text.

    Each is one sentence, or two short ones, cut where it is wider than `WIDTH` and then marked by an
    ellipsis. Cuts fall between words; in scripts without spaces between characters that belong to
    different letters. Chosen are the sentences that show most terms not shown yet. Where only one
    sentence has a hit, or none, the article's opening stands with it.
    """
    bearing = list(_bearing(article.text, hits))
    chosen = _choose(bearing)
    if len(chosen) < 2 and (opening := next(_sentences(article.text, *_paragraph(article.text, 0)), None)):
        start, end = opening
        if all(start != it.start for it in chosen):
            chosen.append(_Sentence(start, end))
    chosen.sort(key=lambda it: it.start)
    return tuple(_cut(article.text, it) for it in _joined(article.text, chosen))


# --- sentences -------------------------------------------------------------------------------------


def _paragraph(text: str, at: int) -> tuple[int, int]:
    """The paragraph around an offset; at the very beginning the first that isn't empty."""
    start = text.rfind("\n", 0, at) + 1
    while start < len(text) and text[start].isspace() and start >= at:
        start += 1
    end = text.find("\n", max(start, at))
    return start, len(text) if end < 0 else end


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentences of text[start:end], without the space between them."""
    begin = start
    for found in _ENDS.finditer(text, start, end):
        stop = found.end()
        following = text[stop : stop + 2].lstrip()
        if found.group().startswith(".") and (
            following[:1].islower() or _ABBREVIATED.search(text, max(begin, stop - 8), stop)
        ):
            continue
        yield begin, stop
        begin = stop
        while begin < end and text[begin].isspace():
            begin += 1
    if begin < end:
        yield begin, end


def _bearing(text: str, hits: Sequence[Hit]) -> Iterator[_Sentence]:
    """The sentences that hold hits, in text order."""
    body = sorted(
        (hit for hit in hits if hit.field is not Field.TITLE and 0 <= hit.start < hit.end <= len(text)),
        key=lambda hit: hit.start,
    )[:_LOOKED_AT]
    done = 0
    while done < len(body):
        paragraph = _paragraph(text, body[done].start)
        before = done
        for start, end in _sentences(text, *paragraph):
            own = []
            while done < len(body) and body[done].start < end:
                own.append(body[done])
                done += 1
            if own:
                slices = tuple((max(hit.start, start), min(hit.end, end)) for hit in own if hit.end > start)
                yield _Sentence(start, end, slices, frozenset(hit.term for hit in own))
        if done == before:
            done += 1  # it begins between two sentences or paragraphs: nothing to quote it with


def _choose(bearing: Sequence[_Sentence]) -> list[_Sentence]:
    """Up to `MOST` sentences: each time the one with most unseen terms, then most hits, then the first."""
    chosen: list[_Sentence] = []
    seen: frozenset[str] = frozenset()
    rest = list(bearing)
    while rest and len(chosen) < MOST:
        best = max(rest, key=lambda it: (len(it.terms - seen), len(it.hits), -it.start))
        if len(chosen) >= 2 and not best.terms - seen:
            break  # a third quotation must show something new
        chosen.append(best)
        rest.remove(best)
        seen |= best.terms
    return chosen


def _joined(text: str, chosen: Sequence[_Sentence]) -> list[_Sentence]:
    """Sentences that follow each other become one quotation where both fit."""
    joined: list[_Sentence] = []
    for it in chosen:
        last = joined[-1] if joined else None
        if (
            last
            and not text[last.end : it.start].strip()
            and "\n" not in text[last.end : it.start]
            and (width(text[last.start : it.end]) <= WIDTH)
        ):
            joined[-1] = _Sentence(last.start, it.end, last.hits + it.hits, last.terms | it.terms)
        else:
            joined.append(it)
    return [_lengthened(text, it, joined) for it in joined]


def _lengthened(text: str, it: _Sentence, others: Sequence[_Sentence]) -> _Sentence:
    """A very short sentence takes the one after it along, if that isn't quoted itself."""
    if width(text[it.start : it.end]) >= _SHORT:
        return it
    following = list(_sentences(text, it.end, _paragraph(text, it.start)[1]))
    end = next((stop for start, stop in following if text[start:stop].strip()), it.end)
    taken = any(other.start < end and other.end > it.end for other in others)
    if taken or width(text[it.start : end]) > WIDTH:
        return it
    return _Sentence(it.start, end, it.hits, it.terms)


# --- cutting ---------------------------------------------------------------------------------------


def _cut(text: str, it: _Sentence) -> Snippet:
    """The sentence, or as much of it around its hits as is wide enough."""
    start, end = it.start, it.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if width(text[start : min(end, start + WIDTH + 1)]) > WIDTH:
        start, end = _window(text, start, end, it.hits)
    before = f"{_ELLIPSIS} " if start > it.start and not _ends_sentence(text, it.start, start) else ""
    after = f" {_ELLIPSIS}" if end < it.end and text[end : it.end].strip() else ""
    shift = len(before) - start
    hits = tuple(
        (max(first, start) + shift, min(last, end) + shift)
        for first, last in it.hits
        if max(first, start) < min(last, end)
    )
    return Snippet(before + _SPACE.sub(" ", text[start:end]) + after, hits)


def _ends_sentence(text: str, begin: int, start: int) -> bool:
    return not text[begin:start].strip()


def _window(text: str, start: int, end: int, hits: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The slice of at most `WIDTH` columns that shows the most hits, a third of the room before the first."""
    room = WIDTH - 4  # for the ellipses
    if not hits:
        return start, _boundary_before(text, start, _reach(text, start, end, room))
    best = max(
        range(len(hits)),
        key=lambda nth: (sum(1 for hit in hits[nth:] if width(text[hits[nth][0] : hit[1]]) <= room * 2 // 3), -nth),
    )
    first = hits[best][0]
    left = first
    while left > start and width(text[left - 1 : first]) <= room // 3:
        left -= 1
    if left > start:
        left = _boundary_after(text, left, first)
    right = _reach(text, left, end, room)
    if right == end:  # the tail is short: give its room to what stands before
        while left > start and width(text[left - 1 : end]) <= room:
            left -= 1
        return (_boundary_after(text, left, first) if left > start else left), end
    return left, max(_boundary_before(text, left, right), min(hits[best][1], right))


def _reach(text: str, start: int, end: int, room: int) -> int:
    """How far `room` columns go."""
    at, used = start, 0
    while at < end:
        used += columns(text[at])
        if used > room:
            break
        at += 1
    return at


def _boundary_after(text: str, at: int, limit: int) -> int:
    """The first place in [at, limit] where a quotation may begin."""
    for place in range(at, limit):
        if _between_words(text, place):
            while place < limit and text[place].isspace():
                place += 1
            return place
    return limit


def _boundary_before(text: str, start: int, at: int) -> int:
    """The last place before `at` where a quotation may end; `at` itself where there is none."""
    for place in range(at, start, -1):
        if _between_words(text, place):
            while place > start and text[place - 1].isspace():
                place -= 1
            return place
    return at


def _between_words(text: str, at: int) -> bool:
    before, after = text[at - 1 : at], text[at : at + 1]
    if not before or not after or before.isspace() or after.isspace():
        return True
    if not (unspaced(before) or unspaced(after)) or inseparable(before, after):
        return False
    # A closing mark belongs to what stands before it, an opening one to what follows.
    return unicodedata.category(after) not in {"Pe", "Pf", "Po"} and unicodedata.category(before) not in {"Ps", "Pi"}
