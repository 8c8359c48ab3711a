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

from digest.model import Article
from digest.stories.likeness import telling, title_words, words
from digest.writing import unspaced

Run = tuple[str, ...]  # of words

_OPENING = 300  # words that are read side by side: news stands first
_ANCHOR = 4  # words in a row that show where one text stands in the other
_PASSAGE = 8  # words that others stand for; 3 % of words edited at random in either hardly ever make such a stretch
_LEAD = 6  # words at the very beginning that are another stretch in the other text
_NEWS = 60  # words at the beginning, of which others stand for so many:
_REWRITTEN = 9
_FIGURES = 2  # one may be a correction
_OF_THE_TITLE = 2  # words of it
_DIGITS = re.compile(r"\d+")


def other_news(one: Article, other: Article) -> bool:
    """Where one text has a passage of its own, or figures of its own, the other has others.

    For articles that share many words. A paragraph that the other text has nothing of counts only if it speaks of the
    article's title: what else stands there is a box, a caption or a byline, and other outlets have others. What stands
    at the end of either text is not looked at: there texts are cut, and signed.
    """
    left, right = _opening(one.text), _opening(other.text)
    characters = 2 if _is_unspaced(left) else 1  # two of them say about as much as a word
    anchor = _ANCHOR * characters
    shared = _all_runs(left, anchor) & _all_runs(right, anchor)
    ours, theirs = (
        _without_boxes(paragraphs, article.title, shared, anchor)
        for paragraphs, article in ((left, one), (right, other))
    )
    figures, rewritten = 0, 0.0
    for at, its, others in _differences(ours, theirs, anchor):
        replaced = min((its - others).total(), (others - its).total()) / characters
        rewritten += replaced if at < _NEWS * characters else 0
        anew = not at and min(its.total(), others.total()) >= _LEAD * characters
        if anew or replaced >= _PASSAGE or rewritten >= _REWRITTEN:
            return True
        figures += min(len(_numbers(its) - _numbers(others)), len(_numbers(others) - _numbers(its)))
    return figures >= _FIGURES


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


def _without_boxes(paragraphs: Iterable[list[str]], title: str, shared: set[Run], anchor: int) -> list[str]:
    """The words of those paragraphs that have a shared run, or speak of the title."""
    said = title_words(title)
    return [
        word
        for paragraph in paragraphs
        if not shared.isdisjoint(_runs(paragraph, anchor)) or len(said & telling(paragraph)) >= _OF_THE_TITLE
        for word in paragraph
    ]


def _differences(
    one: Sequence[str], other: Sequence[str], anchor: int
) -> Iterator[tuple[int, Counter[str], Counter[str]]]:
    """The words before and between the stretches that both have, and where: after so many words of either."""
    left = right = 0
    # Runs of words are compared, not words: nearly each is there once, where "the" would be met with every other "the".
    for match in SequenceMatcher(None, _runs(one, anchor), _runs(other, anchor), autojunk=False).get_matching_blocks():
        if match.size:
            met = max(0, left - match.a, right - match.b)  # words that end the stretch before, too
            yield min(left, right), Counter(one[left : match.a + met]), Counter(other[right : match.b + met])
            left, right = (at + match.size + anchor - 1 for at in (match.a, match.b))


def _all_runs(paragraphs: Iterable[Sequence[str]], length: int) -> set[Run]:
    return {run for paragraph in paragraphs for run in _runs(paragraph, length)}


def _runs(words: Sequence[str], length: int) -> list[Run]:
    """All that many words in a row."""
    return list(zip(*(words[at:] for at in range(length)), strict=False))


def _numbers(words: Iterable[str]) -> set[str]:
    return set(_DIGITS.findall(" ".join(words)))


def _is_unspaced(paragraphs: Iterable[Sequence[str]]) -> bool:
    found = [unspaced(word) for paragraph in paragraphs for word in paragraph]
    return sum(found) * 2 > len(found)
