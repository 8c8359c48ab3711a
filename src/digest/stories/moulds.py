"""Whether two texts that share most of their words report different things.

Agencies write in moulds: the second missile of a week is reported in the words of the first, with other figures, above
the same paragraphs of background. Counted in word runs that is a copy. Read side by side it is not: what outlets do to
a copy is to add, to take away, and to change a word here and there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import chain
from operator import lt

from digest.model import Article
from digest.stories.likeness import mostly_unspaced, telling, title_words, words

Run = tuple[str, ...]  # of words

_OPENING = 300  # words that are read side by side: news stands first
_ANCHOR = 4  # words in a row that show where one text stands in the other
_PASSAGE = 8  # words that others stand for; 3 % of words edited at random in either hardly ever make such a stretch
_LEAD = 6  # words at the very beginning that are another stretch in the other text
_NEWS = 60  # words at the beginning, of which others stand for so many:
_REWRITTEN = 9
_FIGURES = 2  # one may be a correction,
_BESIDE_A_FIGURE = 5  # unless so many words at the beginning are others, too
_OF_THE_TITLE = 2  # words of it
_SHORT = 60  # words of a text in which each of them tells: who, where, when, how many
_ENDINGS = 2  # letters by which two spellings or forms of one word differ at the end
_STEM = 4  # letters that they share at least
_DIGITS = re.compile(r"\d+")


def other_news(one: Article, other: Article) -> bool:
    """Where one text has a passage of its own, or figures of its own, the other has others.

    For articles that share many words. A paragraph that the other text has nothing of counts only if it speaks of the
    article's title: what else stands there is a box, a caption or a byline, and other outlets have others. What stands
    at the end of either text is not looked at: there texts are cut, and signed.

    A short text is hidden on better evidence: there, any word that stands for another makes other news, also among the
    last ones; unless it is the same in another spelling or with another ending.
    """
    left, right = _opening(one.text), _opening(other.text)
    characters = 2 if mostly_unspaced([*chain.from_iterable(left)]) else 1  # two of them say about as much as a word
    anchor = _ANCHOR * characters
    ours = _without_boxes(left, one.title, _all_runs(right, anchor), anchor)
    theirs = _without_boxes(right, other.title, _all_runs(left, anchor), anchor)
    figures, rewritten = 0, 0.0
    short = min(len(ours), len(theirs)) < _SHORT * characters
    for at, its, others in _differences(ours, theirs, anchor, to_the_end=short):
        left_out, put_in = its - others, others - its
        replaced = min(left_out.total(), put_in.total()) / characters
        if short and replaced and not _alike("".join(left_out.elements()), "".join(put_in.elements())):
            return True
        rewritten += replaced if at < _NEWS * characters else 0
        anew = not at and min(its.total(), others.total()) >= _LEAD * characters
        if anew or replaced >= _PASSAGE or rewritten >= _REWRITTEN:
            return True
        its_own, others_own = _numbers(its), _numbers(others)
        figures += min(len(its_own - others_own), len(others_own - its_own))
    return figures >= _FIGURES or (figures > 0 and rewritten >= _BESIDE_A_FIGURE)


def _opening(text: str) -> list[list[str]]:
    """The words of the first paragraphs."""
    paragraphs: list[list[str]] = []
    room = _OPENING
    for paragraph in text.split("\n\n"):
        paragraphs.append(words(paragraph)[:room])
        room -= len(paragraphs[-1])
        if not room:
            break
    return paragraphs


def _without_boxes(paragraphs: Iterable[list[str]], title: str, others: set[Run], anchor: int) -> list[str]:
    """The words of those paragraphs that have one of the other text's runs, or speak of the title."""
    return [
        word
        for paragraph in paragraphs
        if not others.isdisjoint(_runs(paragraph, anchor))
        or len(title_words(title) & telling(paragraph)) >= _OF_THE_TITLE
        for word in paragraph
    ]


def _differences(
    one: Sequence[str], other: Sequence[str], anchor: int, *, to_the_end: bool
) -> Iterator[tuple[int, Counter[str], Counter[str]]]:
    """The words before and between the stretches that both have, and where: after so many words of either.

    Only places where both have words. `to_the_end`: also those behind the last stretch, if in both they are too few to
    make another.
    """
    left = right = 0
    # Runs of words are compared, not words: nearly each is there once, where "the" would be met with every other "the".
    for ours, theirs, count in _stretches(_runs(one, anchor), _runs(other, anchor)):
        met = max(0, left - ours, right - theirs)  # words that end the stretch before, too
        if left < ours + met and right < theirs + met:
            yield min(left, right), Counter(one[left : ours + met]), Counter(other[right : theirs + met])
        left, right = ours + count + anchor - 1, theirs + count + anchor - 1
    if to_the_end and left < len(one) < left + anchor and right < len(other) < right + anchor:
        yield min(left, right), Counter(one[left:]), Counter(other[right:])


def _stretches(one: Sequence[Run], other: Sequence[Run]) -> Iterator[tuple[int, int, int]]:
    """What both have in a row, in order: its place in one, its place in the other, its length."""
    places = {run: at for at, run in enumerate(other)}
    ours = [at for at, run in enumerate(one) if run in places]
    theirs = [places[one[at]] for at in ours]
    if len(places) < len(other) or not all(map(lt, theirs, theirs[1:])):
        matcher = SequenceMatcher(None, one, other, autojunk=False)
        yield from ((block.a, block.b, block.size) for block in matcher.get_matching_blocks() if block.size)
        return
    # Each run stands once in either, and in the same order: which belong together needs no search.
    begun = 0
    for end in range(1, len(ours) + 1):
        if end == len(ours) or ours[end] > ours[end - 1] + 1 or theirs[end] > theirs[end - 1] + 1:
            yield ours[begun], theirs[begun], end - begun
            begun = end


def _all_runs(paragraphs: Iterable[Sequence[str]], length: int) -> set[Run]:
    return {run for paragraph in paragraphs for run in _runs(paragraph, length)}


def _runs(words: Sequence[str], length: int) -> list[Run]:
    """All that many words in a row."""
    return list(zip(*(words[at:] for at in range(length)), strict=False))


def _alike(one: str, other: str) -> bool:
    """Whether two words are one in two spellings or forms: "defence" and "defense", "percent" and "per cent"."""
    stem = max(len(one) - _ENDINGS, len(other) - _ENDINGS, _STEM)
    return one == other or (one[:stem] == other[:stem] and _numbers([one]) == _numbers([other]))


def _numbers(words: Iterable[str]) -> set[str]:
    return set(_DIGITS.findall(" ".join(words)))
