"""The body while it is worked on: the page's blocks, the lines chosen so far, and a record of every change."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from digest.extract.blocks import Block, key


@dataclass(slots=True, eq=False)
class Line:
    """One paragraph of the draft, and the blocks of the page that it was made from (none when that can't be told)."""

    text: str
    blocks: tuple[Block, ...]
    key: str

    @property
    def block(self) -> Block | None:
        return self.blocks[0] if self.blocks else None

    @property
    def is_heading(self) -> bool:
        return len(self.blocks) == 1 and self.blocks[0].heading > 0

    @property
    def is_link(self) -> bool:
        return self.block is not None and self.block.link_share > 0.5


@dataclass(frozen=True, slots=True)
class Clues:
    """What is known of the article beside its page's text. All plain text."""

    titles: tuple[str, ...] = ()  # the headline, and how else the page and the feed word it
    summaries: tuple[str, ...] = ()  # from the feed, the meta elements, JSON-LD
    body: str = ""  # JSON-LD articleBody, one paragraph a line as far as it has lines
    authors: tuple[str, ...] = ()
    site: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One change to a draft: the step that made it, "added" or "dropped", and the paragraph."""

    step: str
    action: str
    text: str
    numbers: tuple[int, ...] = ()  # of the blocks


@dataclass(slots=True)
class Draft:
    """The body as it stands. Lines keep document order."""

    blocks: Sequence[Block]
    lines: list[Line]
    clues: Clues
    headline: Block | None = None  # where the headline stands on the page
    lead: str = ""
    changes: list[Change] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n\n".join(line.text for line in self.lines)

    @property
    def chars(self) -> int:
        return sum(len(line.text) for line in self.lines)

    def chosen(self) -> set[int]:
        """The numbers of the blocks that are in the draft."""
        return {block.number for line in self.lines for block in line.blocks}

    def drop(self, step: str, lines: Iterable[Line]) -> None:
        gone = set(lines)
        if gone:
            self.changes += [
                Change(step, "dropped", line.text, tuple(block.number for block in line.blocks))
                for line in self.lines
                if line in gone
            ]
            self.lines = [line for line in self.lines if line not in gone]

    def drop_unless_most(self, step: str, lines: Sequence[Line], most: float) -> None:
        """Drop the lines, unless they are more than this share of the draft: then the rule is wrong about the page."""
        if sum(len(line.text) for line in lines) <= most * self.chars:
            self.drop(step, lines)

    def lines_of(self, wanted: Callable[[Block], bool]) -> list[Line]:
        """The lines whose first block is so."""
        return [line for line in self.lines if line.block and wanted(line.block)]

    def add(self, step: str, blocks: Iterable[Block]) -> None:
        """Put blocks in as lines of their own, each at its place in the document."""
        for block in blocks:
            self.changes.append(Change(step, "added", block.text, (block.number,)))
            place = next(
                (at for at, line in enumerate(self.lines) if line.block and line.block.number > block.number),
                len(self.lines),
            )
            text = f"- {block.text}" if block.tag == "li" else block.text
            self.lines.insert(place, Line(text, (block,), block.key))


def align(text: str, blocks: Sequence[Block]) -> list[Line]:
    """Lines for a text taken from the page, each with the blocks it came from, looked for onward from the last one.

    A line may join several blocks (table rows, list items), and several lines may be one block that was broken
    apart: then they are one line again. A line that is not found keeps its text without blocks.
    """
    return _Aligner(text, blocks).lines()


class _Aligner:
    """One pass over the lines of a text, beside the blocks of the page."""

    def __init__(self, text: str, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self.queue = [(line.strip(), line_key) for line in text.split("\n") if (line_key := key(line))]
        self.places: dict[str, list[int]] = {}  # by whole key
        self.starts: dict[str, list[int]] = {}  # by the key's first letters, as far as it has so many
        self.initials: dict[str, list[int]] = {}
        for at, block in enumerate(blocks):
            if block.key:
                self.places.setdefault(block.key, []).append(at)
                self.starts.setdefault(block.key[:_FIRST], []).append(at)
                self.initials.setdefault(block.key[0], []).append(at)
        self.last = -1

    def lines(self) -> list[Line]:
        made: list[Line] = []
        at = 0
        while at < len(self.queue):
            text, line_key = self.queue[at]
            found = _onward(self.places.get(line_key, []), self.last)
            if found:
                made.append(Line(text, (self.blocks[found[0]],), line_key))
                self.last = found[0]
            elif whole := self._broken(at):
                place, taken = whole
                block = self.blocks[place]
                made.append(Line(block.text, (block,), block.key))
                self.last, at = place, at + taken - 1
            elif places := self._joined(line_key):
                made += _split(text, [self.blocks[place] for place in places], line_key)
                self.last = places[-1]
            elif (held := self._holding(line_key)) is not None or (held := self._alike(line_key)) is not None:
                block = self.blocks[held]
                made.append(Line(block.text, (block,), block.key))
                self.last = held
            else:
                made.append(Line(text, (), line_key))
            at += 1
        return _in_order(made)

    def _holding(self, line_key: str) -> int | None:
        """The block, among the next ones, of which the line is most: trafilatura lost words of it."""
        for place in range(self.last + 1, min(self.last + 1 + _TRIES, len(self.blocks))):
            if (
                len(line_key) > 40
                and line_key in self.blocks[place].key
                and len(line_key) > 0.6 * len(self.blocks[place].key)
            ):
                return place
        return None

    def _alike(self, line_key: str) -> int | None:
        """The block that begins and ends as the line does, with a word more or less amid."""
        for place in _onward(self._starting(line_key), self.last)[:_TRIES]:
            found = self.blocks[place].key
            same_ends = found[:_ENDS] == line_key[:_ENDS] and found[-_ENDS:] == line_key[-_ENDS:]
            if same_ends and len(found) > 2 * _ENDS and 0.8 < len(line_key) / len(found) < 1.25:
                return place
        return None

    def _starting(self, line_key: str) -> list[int]:
        """Places of blocks that begin the line or are begun by it, as far as their first letters tell."""
        if len(line_key) < _FIRST:
            return self.initials.get(line_key[:1], [])
        starts = {line_key[:letters] for letters in range(1, _FIRST + 1)}
        return sorted(place for start in starts for place in self.starts.get(start, ()))

    def _joined(self, line_key: str) -> list[int]:
        """Places of the blocks whose texts together make up the line; a few that trafilatura left out may lie amid."""
        for start in _onward(self._starting(line_key), self.last)[:_TRIES]:
            places: list[int] = []
            done = left_out = 0
            for at in range(start, len(self.blocks)):
                part = self.blocks[at].key
                if line_key.startswith(part, done) and (not left_out or len(part) > _FIRST):
                    places.append(at)
                    done += len(part)
                    left_out = 0
                else:
                    left_out += 1
                if done == len(line_key) or left_out > _LEFT_OUT or not places:
                    break
            if done > 0.9 * len(line_key):
                return places
        return []

    def _broken(self, at: int) -> tuple[int, int] | None:
        """The block that this line begins, and how many lines it was broken into."""
        if at + 1 == len(self.queue):
            return None
        both = self.queue[at][1] + self.queue[at + 1][1]
        for place in _onward(self._starting(both), self.last)[:_TRIES]:
            block = self.blocks[place]
            if block.tag != "pre" and block.key.startswith(both):
                taken, done = 2, len(both)
                while at + taken < len(self.queue) and block.key.startswith(self.queue[at + taken][1], done):
                    done += len(self.queue[at + taken][1])
                    taken += 1
                return (place, taken) if done > 0.8 * len(block.key) else None
        return None


def _in_order(lines: list[Line]) -> list[Line]:
    """The lines in the order of the page, which trafilatura leaves at times; one without a block follows another."""
    places: list[int] = []
    for line in lines:
        places.append(line.block.number if line.block else (places or [0])[-1])
    return [line for _, line in sorted(zip(places, lines, strict=True), key=lambda placed: placed[0])]


def _split(text: str, blocks: Sequence[Block], line_key: str) -> list[Line]:
    """A line that joins cells of a row or parts of an item stays one; other blocks are lines of their own."""
    if all(any(box.tag in _JOINING for box in block.box.around()) for block in blocks):
        return [Line(text, tuple(blocks), line_key)]
    return [Line(block.text, (block,), block.key) for block in blocks if block.key]


_JOINING = ("tr", "li", "dl", "dd", "dt")
_LEFT_OUT = 3
_ENDS = 20  # letters at either end by which a line is known, when a word was changed amid
_FIRST = 4  # letters by which blocks are looked up
_TRIES = 50  # blocks tried for one line: more that begin alike are no article


def _onward(places: list[int], last: int) -> list[int]:
    """Places in a list, those after the last one found first."""
    after = bisect_right(places, last)
    return places[after : after + _TRIES] or places[:_TRIES]
