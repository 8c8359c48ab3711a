"""What the boxes of a page tell of a draft: where its paragraphs stand, and which of them are made alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from digest.extract.blocks import Block, Box
from digest.extract.draft import Draft


def home(draft: Draft) -> tuple[Box | None, float]:
    """The box that most paragraphs of the draft stand directly in, and the share of the draft that does."""
    weight: dict[Box, int] = {}
    for line in draft.lines:
        if line.block and line.block.tag == "p" and line.block.box.parent:
            weight[line.block.box.parent] = weight.get(line.block.box.parent, 0) + len(line.text)
    if not weight:
        return None, 0.0
    box = max(weight, key=lambda candidate: weight[candidate])
    return box, weight[box] / max(1, draft.chars)


def homes(draft: Draft) -> tuple[set[Box], float]:
    """The home with the further boxes of its make that hold paragraphs, and the share of the draft directly in them.

    Long articles come in portions, with advertisements between. What has no marks is of no make.
    """
    first, share = home(draft)
    if first is None or not first.marks:
        return {first} if first else set(), share
    chars: Counter[Box] = Counter()
    for line in draft.lines:
        if line.block and line.block.tag == "p" and line.block.box.parent:
            chars[line.block.box.parent] += len(line.text)
    made = template(first)
    portions = {box for box in chars if template(box) == made}
    return portions, sum(chars[box] for box in portions) / max(1, draft.chars)


def grain(draft: Draft) -> tuple[Box, str] | None:
    """The innermost box whose children of one make hold most of the draft, and that make: its paragraphs.

    Paragraphs may be made of anything: <p>, <div class="x">, a <div> around each <p>. The make is empty where the
    text stands in the box itself, parted by breaks.
    """
    weight: Counter[tuple[Box, str]] = Counter()
    for line in draft.lines:
        if line.block:
            child = ""
            for box in line.block.box.around():
                weight[box, child] += len(line.text)
                child = box.signature
    enough = 0.55 * max(1, draft.chars)
    found = [of for of, chars in weight.items() if chars >= enough]
    return max(found, key=lambda of: of[0].depth, default=None)


def main_box(draft: Draft, share: float) -> Box | None:
    """The innermost box that holds at least this share of the draft's text."""
    weight: dict[Box, int] = {}
    for line in draft.lines:
        if line.block:
            for box in line.block.box.around():
                weight[box] = weight.get(box, 0) + len(line.text)
    enough = share * max(1, draft.chars)
    return max((box for box, chars in weight.items() if chars >= enough), key=lambda box: box.depth, default=None)


def child_of(home_boxes: Collection[Box], block: Block) -> Box | None:
    """The box directly in one of `home_boxes` that holds the block; None when the block is elsewhere."""
    child = None
    for box in block.box.around():
        if box in home_boxes:
            return child
        child = box
    return None


def template(box: Box) -> str:
    """What boxes made by the same template, in the same surroundings, have in common."""
    return f"{box.signature} {box.parent.signature if box.parent else ''}"


def make(block: Block) -> str:
    """What blocks made by the same template have in common."""
    return template(block.box)


def usual_makes(draft: Draft) -> set[str]:
    """The makes that each account for a quarter of the draft."""
    chars: Counter[str] = Counter()
    for line in draft.lines:
        if line.block and line.block.tag == "p":
            chars[make(line.block)] += len(line.text)
    return {of for of, count in chars.items() if count > 0.25 * draft.chars}
