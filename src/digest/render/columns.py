"""Plain text in columns: wide characters take two, marks none, and lines break where scripts allow."""

from __future__ import annotations

import re

from digest.writing import columns as columns_of
from digest.writing import hangul, inseparable, width

_WIDE = re.compile("[\u1100-\U0010ffff]")  # below are no wide characters

# Wide characters may be parted from each other, but a closing mark never begins a line.
_CLOSING = "、。，．・：；？！）」』】〕〉》’”…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ)]}.,:;!?%"
_OPENING = "（「『【〔〈《‘“([{"


def wrap(text: str, columns: int = 72, first: str = "", rest: str | None = None) -> str:
    """The text in lines of at most `columns`, the first one after `first`, others after `rest`.

    A piece that allows no break, such as a URL, stands on a line of its own, however long.
    """
    if text.isascii() and text.isprintable() and len(text) + width(first) <= columns and "  " not in text:
        return f"{first}{text.strip()}".rstrip()  # most lines are short: nothing to break, nothing wide
    rest = first if rest is None else rest
    lines: list[str] = []
    line, used = "", 0
    room = columns - width(first)
    for piece, space in _pieces(text):
        size = width(piece)
        if line and used + space + size > room:
            lines.append(line)
            line, used, space = "", 0, 0
            room = columns - width(rest)
        if line and space:
            line, used = line + " ", used + 1
        line, used = line + piece, used + size
    lines.append(line)
    return "\n".join((first if at == 0 else rest) + line for at, line in enumerate(lines)).rstrip()


def _pieces(text: str) -> list[tuple[str, int]]:
    """The unbreakable pieces of a text, each with whether a space stands before it."""
    pieces = []
    for word in re.split(r"\s+", text.strip()):
        if not _WIDE.search(word):
            pieces.append((word, 1))
            continue
        space = 1
        begin = 0
        for at in range(1, len(word)):
            if _may_break(word[at - 1], word[at]):
                pieces.append((word[begin:at], space))
                begin, space = at, 0
        pieces.append((word[begin:], space))
    return pieces


def _may_break(before: str, after: str) -> bool:
    if after in _CLOSING or before in _OPENING or inseparable(before, after):
        return False
    # Korean breaks at its spaces; Han and kana have none.
    return (columns_of(before) == 2 and not hangul(before)) or (columns_of(after) == 2 and not hangul(after))
