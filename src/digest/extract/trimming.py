"""Steps that drop lines of the draft for their words, their links and their place in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import islice, takewhile

from digest.extract import shape, wording
from digest.extract.blocks import Block, Box, key, size
from digest.extract.draft import Draft, Line

_HEAD = 12  # lines in which a page offers to listen, share, print ...
_NUMBER = re.compile(r"\d+")
_PARAGRAPH = 60  # letters
_ASKED = 120  # letters of a line that asks for a subscription
_SCRAP = 40  # letters, as `size` counts them
_APART = ("blockquote", "aside", "figure")
_QUOTES = re.compile("quote|exergue|zitat|destacado|citazione")
_QUOTED = (80, 250)  # letters of a quotation set large; shorter ones may be a refrain
_PULLED = 4
_TEASERS = 3
_LINE = 90  # characters of a line that names another column and its author
_BELOW = 4  # lines of a comment box or a copyright note
_TEASER = 400  # characters of a heading with a line or two below it
_CARD = 600  # characters of a box on the author
_SET_APART = 40  # more are no quotations but the article's form


def drop_headline(draft: Draft) -> None:
    """The headline, repeated in the first lines."""
    titles = {key(title) for title in draft.clues.titles} | ({draft.headline.key} if draft.headline else set())
    draft.drop("headline", [line for line in draft.lines[:8] if line.key in titles])


def drop_scraps(draft: Draft) -> None:
    """Short lines before the first paragraph that are neither heading nor sentence: what the page offers to do, counts.

    Results stay: a line with several numbers that are no date.
    """
    scraps: list[Line] = []
    for line in draft.lines[:_HEAD]:
        if line.text == draft.lead or line.is_heading:
            continue
        if size(line.text) > _SCRAP or wording.ends_sentence(line.text) or not _is_scrap(line):
            if size(line.text) > _PARAGRAPH:
                draft.drop_unless_most("scrap", scraps, 0.1)
            return
        scraps.append(line)


def _is_scrap(line: Line) -> bool:
    made_of_parts = (
        line.block is None or len(line.blocks) > 1 or line.block.tag in ("li", "td", "th", "dt", "dd", "pre")
    )
    announces = line.text.endswith((":", "："))
    return not (made_of_parts or announces) and (len(_NUMBER.findall(line.text)) < 3 or wording.is_date(line.text))


def cut_tail(draft: Draft) -> None:
    """Everything from a label such as "Related Channels" on, where mostly links and scraps follow."""
    for at in range(len(draft.lines) // 2, len(draft.lines)):
        rest = draft.lines[at:]
        if wording.is_label(rest[0].text):
            chars = sum(len(line.text) for line in rest)
            scraps = sum(len(line.text) for line in rest if len(line.text) < 90 or line.is_link)
            if scraps > 0.6 * chars and chars < 0.5 * draft.chars:
                draft.drop("tail", rest)
                return


def cut_teasers(draft: Draft) -> None:
    """From where nothing follows but teasers: headings that are links, each in a small box with a line or two.

    Also short lines with a link each under a heading, such as other columns with their authors, and scraps below them.
    """
    boxes = {box for line in draft.lines if _is_linked_heading(line) for box in [_teaser(line)] if box}
    at = len(draft.lines)
    while at and (block := draft.lines[at - 1].block) and any(box in boxes for box in block.box.around()):
        at -= 1
    rest = draft.lines[at:]
    if sum(map(_is_linked_heading, rest)) >= _TEASERS:
        if at and draft.lines[at - 1].is_heading:
            rest = draft.lines[at - 1 :]
        draft.drop_unless_most("teaser", rest, 0.2)
    for at in range(len(draft.lines) // 2, len(draft.lines)):
        label = draft.lines[at]
        begins = label.is_heading or (_is_pictured_row(label) and _is_linked_scrap(label))
        if not begins or label.text.endswith((":", "：")):
            continue
        listed = list(takewhile(_is_linked_scrap, draft.lines[at + 1 :]))
        if len(listed) >= _TEASERS:
            below = draft.lines[at + 1 + len(listed) :]
            if all(len(line.text) < _LINE for line in below) and len(below) <= _BELOW:
                draft.drop_unless_most("teaser", draft.lines[at:], 0.3)
            return


def _is_linked_heading(line: Line) -> bool:
    # A teaser's picture repeats its heading to those who can't see it, without a link.
    return line.is_heading and line.blocks[0].link_share >= 0.45


def _is_linked_scrap(line: Line) -> bool:
    linked = sum(block.link_chars for block in line.blocks) / max(1, sum(len(block.text) for block in line.blocks))
    made = line.block is not None and line.block.tag in ("p", "div", "td")
    short = len(line.text) < _LINE and not wording.ends_sentence(line.text)
    return made and short and linked > 0.3


def _is_pictured_row(line: Line) -> bool:
    """Is this a row of a table with a picture beside each name and link?"""
    table = next((box for box in line.block.box.around() if box.tag == "table"), None) if line.block else None
    return table is not None and table.extras >= _TEASERS


def _teaser(heading: Line) -> Box | None:
    """The box that holds a heading and, up to a teaser's length, what belongs to it."""
    block = heading.blocks[0]
    around = [box for box in block.box.around() if len(block.text) < box.chars < _TEASER]
    return around[-1] if around else None


def drop_links(draft: Draft) -> None:
    """Paragraphs that are a link and no more, and lines that invite to read another article.

    Items of a list stay when they don't invite: they may be the article's own list of sources.
    """

    def invites(block: Block) -> bool:
        if block.heading or block.text.startswith("http"):
            return False
        if wording.MORE.search(block.text) or wording.is_label(wording.parted(block.text)[0]):
            return block.link_share > 0.5
        return block.tag != "li" and block.link_share > 0.85 and size(block.text) > 35

    draft.drop_unless_most("link", draft.lines_of(invites), 0.2)
    ending = [line for line in draft.lines[1:][-3:] if line.is_link and len(line.text) < 90]
    if sum(len(line.text) for line in ending) < 0.05 * draft.chars:
        draft.drop("link", [line for line in ending if line.text[-1:] not in ".。"])


def drop_labelled_links(draft: Draft) -> None:
    """Links to other articles that a page introduces by the same words each time, in whatever language."""
    labelled: dict[str, list[Line]] = {}
    for line in draft.lines:
        block = line.blocks[0] if len(line.blocks) == 1 else None
        label, _, rest = wording.parted(line.text)
        if block and block.tag in ("p", "div") and rest.count(" ") > 2 and block.link_share > 0.4:
            labelled.setdefault(key(label), []).append(line)
    found = [line for lines in labelled.values() if len(lines) > 1 for line in lines]
    if sum(len(line.text) for line in found) < 0.2 * draft.chars:
        draft.drop("labelled link", found)


def drop_link_lists(draft: Draft) -> None:
    """Short lists in the body whose every item is a link, unless a line that ends with a colon announces them."""
    lists: dict[Box, list[Line]] = {}
    before: dict[Box, str] = {}
    last = ""
    for line in draft.lines:
        box = line.block.box.parent if line.block and line.block.tag == "li" else None
        if box is not None and box.tag in ("ul", "ol"):
            before.setdefault(box, last)
            lists.setdefault(box, []).append(line)
        last = line.text
    found = [
        line
        for box, lines in lists.items()
        if len(lines) <= 4 and all(line.is_link for line in lines) and not before[box].endswith((":", "："))
        for line in lines
    ]
    if sum(len(line.text) for line in found) < 0.1 * draft.chars:
        draft.drop("link list", found)


def drop_dates_and_bylines(draft: Draft) -> None:
    """Dates, reading times, names and addresses of the authors, in the first lines and the last ones."""
    authors = draft.clues.authors
    tail = [line for line in draft.lines[-12:] if not (wording.invites(line.text) or wording.is_credit(line.text))]
    edges = [*draft.lines[:6], *tail[-4:]]
    draft.drop(
        "byline",
        [
            line
            for line in edges
            if wording.is_date(line.text) or wording.is_byline(line.text, authors) or wording.is_address(line.text)
        ],
    )


def drop_promotion(draft: Draft) -> None:
    """Invitations to subscribe, follow or read something else, and the labels of furniture."""
    _drop_worded(draft, "promotion", wording.invites, 0.25)


def drop_paywall(draft: Draft) -> None:
    """What asks for a subscription, in the last lines, with the offer that follows it outside the body's box."""
    tail = draft.lines[1:][-10:]
    home, make = shape.grain(draft) or (None, "")

    def tells_of_it(at: int) -> bool:
        """Is this a paragraph of an article on such offers?"""
        line, after = tail[at], tail[at + 1 :]
        if line.block is None or _made_otherwise(line.block, home, make):
            return False
        goes_on = any(
            size(other.text) > _SCRAP and other.block and not _made_otherwise(other.block, home, make)
            for other in after
            if not wording.is_paywall(other.text)
        )
        return goes_on or (size(line.text) > _ASKED and not wording.is_paywall(line.text[:_PARAGRAPH]))

    asking = [at for at, line in enumerate(tail) if wording.is_paywall(line.text) and not tells_of_it(at)]
    if not asking:
        return
    offer = tail[asking[0] :]
    aside = all(line.block and _made_otherwise(line.block, home, make) for line in offer)
    if _fill_a_paywall(draft, offer) or (aside and sum(len(line.text) for line in offer) < 0.4 * draft.chars):
        draft.drop("paywall", offer)
    draft.drop("paywall", [tail[at] for at in asking if at >= len(tail) - 6])


def _fill_a_paywall(draft: Draft, offer: Sequence[Line]) -> bool:
    """Are these lines all that a box holds which calls itself a paywall? With more in it, it holds the article."""
    first = offer[0].block
    wall = next((box for box in first.box.around() if "paywall" in box.marks), None) if first else None
    return wall is not None and [line for line in draft.lines if line.block and line.block.box.within(wall)] == offer


def drop_pull_quotes(draft: Draft) -> None:
    """Quotations set large that a longer paragraph has anyway, word by word.

    Not where they are many: then the article quotes what it speaks of.
    """

    def is_set_apart(line: Line) -> bool:
        block = line.block
        return (
            block is not None
            and _QUOTED[0] < len(block.key) < _QUOTED[1]
            and any(box.tag in _APART or _QUOTES.search(box.marks) for box in islice(block.box.around(), 3))
        )

    apart = {line for line in draft.lines if is_set_apart(line)}
    if not 0 < len(apart) <= _SET_APART:
        return
    others = [line.key for line in draft.lines if line not in apart]
    said, whole = "\n".join(others), set(others)
    found = [line for line in draft.lines if line in apart and line.key in said and line.key not in whole]
    if len(found) <= _PULLED:
        draft.drop_unless_most("pull quote", found, 0.2)


def drop_credits(draft: Draft) -> None:
    """Photo credits and copyright notes."""
    _drop_worded(draft, "credit", wording.is_credit, 0.3)


def drop_biography(draft: Draft) -> None:
    """The author's biography at the end or in a card, and the note that the opinion is the author's own."""
    authors, cards = draft.clues.authors, _cards(draft)
    if cards:
        notes = draft.lines_of(lambda b: b.text != draft.lead and any(box in cards for box in b.box.around()))
        draft.drop_unless_most("biography", notes, 0.3)
    tail = draft.lines[1:][-4:]
    found = [line for line in tail if wording.is_biography(line.text, authors) or wording.is_disclaimer(line.text)]
    draft.drop_unless_most("biography", found, 0.3)


def _cards(draft: Draft) -> set[Box]:
    """Small boxes that show a picture and an author's name: whatever else they say is about the author."""
    names = {key(author) for author in draft.clues.authors}
    named = [block for block in draft.blocks if block.key in names]
    around = {box for block in named for box in islice(block.box.around(), 4) if box.extras and box.chars < _CARD}
    if not around:
        return around
    main = shape.main_box(draft, 0.3)
    body = {*(main.around() if main else ()), *(draft.headline.box.around() if draft.headline else ())}
    return around - body


def drop_orphans(draft: Draft) -> None:
    """Headings of what has been dropped, and a heading that nothing follows."""
    gone = {number for change in draft.changes if change.step in ("link", "promotion") for number in change.numbers}
    orphans = [
        line
        for line, following in zip(draft.lines, [*draft.lines, None][1:], strict=True)
        if line.is_heading and (following is None or (following.is_heading and line.blocks[-1].number + 1 in gone))
    ]
    draft.drop("orphan", orphans)


def _made_otherwise(block: Block, home: Box | None, make: str) -> bool:
    """Is this no paragraph of the body, which stands in `home` and is made like `make`?"""
    child = shape.child_of((home,), block) if home else None
    return (child.signature if child else "") != make or not (home and block.box.within(home))


def _drop_worded(draft: Draft, step: str, unwanted: Callable[[str], bool], most: float) -> None:
    """Drop lines by their words, unless they are more than this share of the draft."""
    draft.drop_unless_most(step, [line for line in draft.lines if unwanted(line.text.removeprefix("- "))], most)
