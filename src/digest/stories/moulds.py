"""Whether two texts that share most of their words report different things.

Agencies write in moulds: the second missile of a week is reported in the words of the first, with other figures, above
the same paragraphs of background. Counted in word runs that is a copy. Read side by side it is not: what outlets do to
a copy is to add, to take away, and to change a word here and there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from digest.writing import unspaced

_OPENING = 300  # words that are read side by side: news stands first
_ANCHOR = 4  # words in a row that show where one text stands in the other
_PASSAGE = 8  # words that stand for as many others; 3 % of words edited at random hardly ever make such a stretch
_LEAD = 6  # the same at the very beginning
_NEWS = 60  # words at the beginning, of which so many stand for others:
_REWRITTEN = 10
_FIGURES = 2  # one may be a correction
_DIGITS = re.compile(r"\d+")


def other_news(one: Sequence[str], other: Sequence[str]) -> bool:
    """Where one text has a passage of its own, or figures of its own, the other has others.

    `one` and `other` are words in comparable form, of texts that share many. What stands at the end of either is not
    looked at: there texts are cut, and signed.
    """
    characters = 2 if _is_unspaced(one) else 1  # two of them say about as much as a word
    figures, rewritten = 0, 0.0
    for at, left, right in _differences(one[:_OPENING], other[:_OPENING], _ANCHOR * characters):
        replaced = min(len(left), len(right)) / characters
        rewritten += replaced if at < _NEWS * characters else 0
        if replaced >= (_PASSAGE if at else _LEAD) or rewritten >= _REWRITTEN:
            return True
        numbers, others = _numbers(left), _numbers(right)
        figures += min(len(numbers - others), len(others - numbers))
    return figures >= _FIGURES


def _differences(
    one: Sequence[str], other: Sequence[str], anchor: int
) -> Iterator[tuple[int, Sequence[str], Sequence[str]]]:
    """What stands before and between the stretches that both have, and where: after so many words of either."""
    left = right = 0
    for match in SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks():
        if match.size >= anchor:
            yield min(left, right), one[left : match.a], other[right : match.b]
            left, right = match.a + match.size, match.b + match.size


def _numbers(words: Sequence[str]) -> set[str]:
    return set(_DIGITS.findall(" ".join(words)))


def _is_unspaced(words: Sequence[str]) -> bool:
    return sum(unspaced(word) for word in words) * 2 > len(words)
