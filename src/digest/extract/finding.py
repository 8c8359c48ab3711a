"""Steps that add to the draft what trafilatura missed."""

from __future__ import annotations

from itertools import islice, takewhile

from digest.extract import marks, shape, wording
from digest.extract.blocks import Block, Box, key, size
from digest.extract.draft import Draft

_LITTLE = 500  # characters of draft below which there may be a better box
_SHORTEST_LEAD = 24  # letters, as `size` counts them
_NEAR = 4  # blocks after the headline among which a standfirst is told by its markup
_BESIDE_LABEL = 30  # characters that a claim has at least, with its label
_CLAIM_BOX = 1_500
_CLAIMS = 30  # looked at: an article checks no more
_LONG = 60  # characters that make a line a paragraph rather than a label


def rescue(draft: Draft) -> None:
    """The densest box of the page, where trafilatura found next to nothing and the page has text.

    The box with the most unlinked text directly in it, counted less for each level further up (after Readability).
    """
    if draft.chars >= _LITTLE:
        return
    readable = [block for block in draft.blocks if not _is_periphery(block)]
    weight: dict[Box, float] = {}
    for block in readable:
        if size(block.text) > 50 and block.link_share < 0.4:
            for box, part in zip(islice(block.box.around(), 1, 4), (1.0, 0.6, 0.3), strict=False):
                weight[box] = weight.get(box, 0.0) + part * (len(block.text) - block.link_chars)
    if not weight:
        return
    densest = max(weight, key=lambda box: weight[box])
    found = [block for block in readable if block.link_share < 0.5 and block.box.within(densest)]
    chars = sum(len(block.text) for block in found)
    if chars > 250 and draft.chars < 0.4 * chars:
        draft.drop("rescue", list(draft.lines))
        draft.add("rescue", found)


def find_headline(draft: Draft) -> None:
    """Changes nothing: marks the block that is the headline, for the steps that follow.

    The last heading before the body that words the title as the page or the feed does, else the last h1 there.
    """
    titles = {key(title) for title in draft.clues.titles}
    body = next((line.block.number for line in draft.lines if line.block and size(line.text) > 80), len(draft.blocks))
    worded = [block for block in draft.blocks[: body + 2] if block.key in titles]
    headings = [block for block in worded if block.heading]
    first_rank = [block for block in draft.blocks[: body + 1] if block.heading == 1]
    draft.headline = next((found[-1] for found in (headings, first_rank, worded) if found), None)


def fill_from_declared_body(draft: Draft) -> None:
    """Blocks that JSON-LD gives as part of the article, where less than three quarters of that were chosen."""
    declared = key(draft.clues.body)
    covered = sum(len(line.key) for line in draft.lines if line.key in declared)
    if len(declared) < 300 or covered > 0.75 * len(declared):
        return
    chosen, texts = draft.chosen(), {line.key for line in draft.lines}
    missing: dict[str, Block] = {}
    for block in draft.blocks:
        if len(block.key) > 25 and block.number not in chosen and block.key not in texts and block.key in declared:
            missing.setdefault(block.key, block)
    if covered + sum(map(len, missing)) > 0.6 * len(declared):
        draft.add("declared body", missing.values())


def recover_containers(draft: Draft) -> None:
    """Paragraphs in further boxes of the same make as the one that holds the body, where they are a quarter more."""
    home, _ = shape.home(draft)
    if home is None or home.parent is None or not home.marks or home.link_chars > 0.3 * home.chars:
        return
    made = shape.template(home)

    def alike(block: Block) -> bool:
        return any(box is not home and shape.template(box) == made for box in islice(block.box.around(), 4))

    chosen = draft.chosen()
    more = [
        block
        for block in draft.blocks
        if block.tag in ("p", "h2", "h3", "blockquote", "li")
        and block.link_share < 0.5
        and block.number not in chosen
        and alike(block)
    ]
    if sum(len(block.text) for block in more) > 0.25 * draft.chars:
        draft.add("container", more)


def recover_paragraphs(draft: Draft) -> None:
    """Paragraphs between the first and the last of the draft that are made just like those chosen."""
    chosen, texts, usual = draft.chosen(), {line.key for line in draft.lines}, shape.usual_makes(draft)
    if not chosen or not usual:
        return
    draft.add(
        "paragraph",
        [
            block
            for block in draft.blocks[min(chosen) : max(chosen)]
            if block.tag == "p"
            and size(block.text) > _LONG
            and block.link_share < 0.4
            and block.number not in chosen
            and block.key not in texts
            and shape.make(block) in usual
            and not (wording.is_credit(block.text) or wording.is_promotion(block.text))
            and not any(marks.are_of_furniture(box.marks) for box in islice(block.box.around(), 2))
        ],
    )


def recover_lists(draft: Draft) -> None:
    """Lists left out between the first and the last paragraph that stand in the body's box as paragraphs do."""
    homes, share = shape.homes(draft)
    chosen, texts = draft.chosen(), {line.key for line in draft.lines}
    if share < 0.5 or not chosen:
        return
    lists: dict[Box, list[Block]] = {}
    for block in draft.blocks[min(chosen) : max(chosen)]:
        child = shape.child_of(homes, block)
        if child is not None and child.tag in ("ul", "ol") and not marks.are_of_furniture(child.marks):
            lists.setdefault(child, []).append(block)
    draft.add(
        "list",
        [
            block
            for box, items in lists.items()
            if box.link_chars < 0.3 * box.chars and not any(item.number in chosen for item in items)
            for item in items
            if (block := item).key not in texts
        ],
    )


def recover_pieces(draft: Draft) -> None:
    """Headings and short paragraphs left out between the first and the last paragraph, right in the body's box."""
    homes, share = shape.homes(draft)
    chosen, texts = draft.chosen(), {line.key for line in draft.lines}
    if share < 0.5 or not chosen:
        return
    draft.add(
        "piece",
        [
            block
            for block in draft.blocks[min(chosen) : max(chosen)]
            if block.key
            and block.box.parent in homes
            and (block.heading or (block.tag == "p" and not marks.are_of_furniture(block.box.marks)))
            and block.number not in chosen
            and block.key not in texts
            and block.link_share < 0.3
        ],
    )


def recover_runs(draft: Draft) -> None:
    """Text left out that stands bare in the body's box, where the paragraphs do so too, parted by breaks.

    trafilatura loses what follows a picture there, and the first paragraph with it.
    """
    weight: dict[Box, int] = {}
    for line in draft.lines:
        if line.block and line.block.bare:
            weight[line.block.box] = weight.get(line.block.box, 0) + len(line.text)
    home = max(weight, key=lambda box: weight[box], default=None)
    chosen, texts = draft.chosen(), {line.key for line in draft.lines}
    if home is None or weight[home] < 0.5 * draft.chars:
        return
    draft.add(
        "run",
        [
            block
            for block in draft.blocks
            if block.box is home
            and block.bare
            and block.number not in chosen
            and block.key not in texts
            and size(block.text) > _LONG
            and block.link_share < 0.3
        ],
    )


def recover_claims(draft: Draft) -> None:
    """The box of a fact check: what was claimed, and the verdict, as its labels or its marks call them.

    Publishers mark it as a rating or set it aside, and so it is left out; yet it is what its readers look for.
    """
    chosen = draft.chosen()
    if draft.headline is None or not chosen:
        return
    labels = [b for b in draft.blocks[draft.headline.number + 1 : max(chosen)] if wording.is_claim_label(b.text)]
    main = shape.main_box(draft, 0.3) if labels else None
    if main is None:
        return
    article = {*main.around(), *draft.headline.box.around()}

    def within(box: Box, label: Block) -> list[Block]:
        return list(takewhile(lambda block: block.box.within(box), draft.blocks[label.number :]))

    def holds_claim(box: Box, label: Block) -> bool:
        small = _BESIDE_LABEL < box.chars < _CLAIM_BOX and box.link_chars < 0.3 * box.chars and box not in article
        return small and ("claim" in box.marks or any(wording.is_verdict_label(b.text) for b in within(box, label)))

    for label in labels[:_CLAIMS]:
        boxes = [box for box in islice(label.box.around(), 4) if holds_claim(box, label)]
        whole = within(boxes[-1], label) if boxes else []
        chosen = draft.chosen()
        draft.add("claim", [b for b in whole if b.number not in chosen and b.key and b.link_share < 0.5])


def add_standfirst(draft: Draft) -> None:
    """The standfirst between headline and body: told by the page's or the feed's own summary, or by its markup.

    It is the article's first paragraph, and its `lead`. A summary that is the first paragraph of the body is none.
    """
    if draft.headline is None:
        return
    summaries = [summary_key for summary in draft.clues.summaries if size(summary_key := key(summary)) > _SHORTEST_LEAD]
    chosen, usual = draft.chosen(), shape.usual_makes(draft)
    body = next(
        (at for at, block in enumerate(draft.blocks) if block.number in chosen and shape.make(block) in usual), 0
    )
    body = body or next((line.block.number for line in draft.lines if line.block and size(line.text) > _LONG), 0)
    for distance, block in enumerate(draft.blocks[draft.headline.number + 1 : body][:40]):
        if size(block.key) <= _SHORTEST_LEAD or block.link_share >= 0.3 or marks.is_caption(block):
            continue
        told = _says_the_same(block.key, summaries) or (distance < _NEAR and _is_marked_standfirst(block, distance))
        if told or (distance == 0 and _stands_before_the_byline(draft, block)):
            if block.number not in chosen:
                draft.add("standfirst", [block])
            draft.lead = block.text
            return
    if summary := _bold_summary(draft, body):
        if summary.number not in chosen:
            draft.add("standfirst", [summary])
        draft.lead = summary.text


def _bold_summary(draft: Draft, body: int) -> Block | None:
    """The text in bold or italics, whole, that stands in the body's box before its first bare text."""
    for block in draft.blocks[max(body - 1, 0) : body + 1] if body else ():
        beside = (other for other in draft.blocks[block.number + 1 : block.number + 4] if other.box is block.box)
        following = next(beside, None)
        if (
            following is not None
            and following.bare
            and not block.bare
            and block.tag in ("div", "article", "section", "td")
            and block.link_share < 0.3
            and size(block.text) > _LONG
        ):
            return block
    return None


def _says_the_same(block_key: str, summaries: list[str]) -> bool:
    """Is the block one of the summaries, or one the beginning or a part of the other?"""
    return any(
        summary in block_key
        or (len(block_key) > 30 and block_key in summary)
        or (len(summary) > 60 and block_key.startswith(summary[:60]))
        for summary in summaries
    )


def _is_marked_standfirst(block: Block, distance: int) -> bool:
    """A sentence that its markup calls a standfirst, or a subheading right below the headline."""
    named = any(marks.STANDFIRST.search(box.marks) for box in islice(block.box.around(), 2))
    dated = any(digit.isdigit() for digit in block.text[-6:])
    return size(block.key) > _SHORTEST_LEAD and not dated and (named or (distance == 0 and block.heading > 0))


def _stands_before_the_byline(draft: Draft, block: Block) -> bool:
    """Is this a sentence between the headline and the line that says who wrote when?"""
    after = [other.text for other in draft.blocks[block.number + 1 : block.number + 3]]
    signed = bool(after) and wording.is_byline(after[0], draft.clues.authors)
    sentence = size(block.text) > _LONG and not wording.begins_as_byline(block.text)
    return sentence and (signed or any(map(wording.is_date, after)))


def _is_periphery(block: Block) -> bool:
    return any(
        box.tag in marks.NOT_READ_TAGS or marks.NOT_READ.search(box.marks) for box in islice(block.box.around(), 6)
    )
