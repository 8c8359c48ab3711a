"""Steps that drop boxes of the page for what the markup says of them, whatever their words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice

from digest.extract import marks, shape, wording
from digest.extract.blocks import Block, Box
from digest.extract.draft import Draft, Line

_INSETS = 3
_INSET_HEADINGS = 2
_SECTION = 6  # boxes of one make, without pictures, that are the body's own: notes, entries of a list
_MENU = 600  # characters of links in a box
_PARAGRAPHS = ("p", "li", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6")
_UNFOLDING = ("button", "summary", "label", "h1", "h2", "h3", "h4", "h5", "h6")
_PAGE = ("html", "body", "main", "article")
_SECTIONS = ("div", "section", "aside", "article")
_STRANGERS = (*_SECTIONS, "table", "figure", "center", "form")
_NOTE = 500  # characters of a note in place of a film or a post
_SMALL = 300  # characters of a caption or an offer


def drop_menus(draft: Draft) -> None:
    """Links in boxes of many links and little else, however much of the draft they are: trafilatura dumped the page."""

    def is_menu(box: Box) -> bool:
        return box.tag not in _PAGE and box.link_chars > 0.85 * box.chars and (box.tag == "nav" or box.chars > _MENU)

    def is_entry(line: Line) -> bool:
        return line.is_link and line.block is not None and any(is_menu(box) for box in line.block.box.around())

    draft.drop("menu", [line for line in draft.lines if is_entry(line)])


def drop_consent(draft: Draft) -> None:
    """The tables and texts of a cookie dialogue, however much of the draft they are."""
    draft.drop(
        "consent",
        [
            line
            for line in draft.lines
            if line.block
            and any(box.tag not in _PAGE and marks.are_of_consent(box.marks) for box in line.block.box.around())
        ],
    )


def drop_hidden(draft: Draft) -> None:
    """What a browser doesn't show: paragraphs hidden one by one, and small boxes that nothing above would unfold.

    Not where they are much: then a script shows them. Larger boxes are the article behind a click or before its script.
    """

    def hidden(block: Block) -> bool:
        box = next((box for box in block.box.around() if box.hidden), None)
        return box is not None and (box.tag in _PARAGRAPHS or (box.chars < _SMALL and not unfolded(block, box)))

    def unfolded(block: Block, box: Box) -> bool:
        before = (draft.blocks[at] for at in range(block.number - 1, -1, -1))
        above = next((other for other in before if not other.box.within(box)), None)
        return above is not None and (
            above.heading > 0 or any(outer.tag in _UNFOLDING for outer in islice(above.box.around(), 3))
        )

    draft.drop_unless_most("hidden", draft.lines_of(hidden), 0.25)


def drop_other_articles(draft: Draft) -> None:
    """Further articles on the page: an <article> with a headline of its own that isn't the one we read."""
    headline = draft.headline
    if headline is None:
        return
    ours = {box for box in headline.box.around() if box.tag == "article"}
    later = [block for block in draft.blocks[headline.number + 1 :] if block.heading == 1 and block.key != headline.key]
    theirs = {box for block in later for box in block.box.around() if box.tag == "article"} - ours
    if theirs:
        draft.drop_unless_most(
            "another article", draft.lines_of(lambda block: any(box in theirs for box in block.box.around())), 0.8
        )


def drop_above_headline(draft: Draft) -> None:
    """What stands above the headline: breadcrumbs, sections, kickers."""
    if draft.headline is not None:
        at = draft.headline.number
        draft.drop_unless_most("above the headline", draft.lines_of(lambda block: block.number < at), 0.15)


def drop_placeholders(draft: Draft) -> None:
    """Notes in place of embedded content: small boxes with a button or a frame that speak of cookies or consent."""
    home, _ = shape.home(draft)
    notes = {
        box
        for line in draft.lines
        if line.block and line.text != draft.lead and wording.speaks_of_consent(line.text)
        for box in islice(line.block.box.around(), 3)
        if box is not home and box.tag in _STRANGERS and box.extras and box.chars < _NOTE
    }
    if notes:
        draft.drop_unless_most(
            "placeholder", draft.lines_of(lambda block: any(box in notes for box in block.box.around())), 0.6
        )


def drop_boxes(draft: Draft) -> None:
    """Boxes inside the body that their publisher marks as something else: related, newsletter, facts, share ..."""
    main = shape.main_box(draft, 0.6)
    if main is None:
        return
    most = 0.3 * draft.chars

    def boxed(block: Block) -> bool:
        for box in block.box.around():
            if box is main:
                return False
            if box is block.box and block.heading:
                continue  # a heading is marked for the table of contents, or for its looks
            if (box.tag in ("aside", "figcaption") or marks.are_of_furniture(box.marks)) and box.chars < most:
                return True
        return False

    draft.drop_unless_most("box", draft.lines_of(boxed), 0.35)


def drop_outside(draft: Draft) -> None:
    """What follows the box that holds the body, and links around it; not further boxes of the same make."""
    main = shape.main_box(draft, 0.8)
    if main is None:
        return
    last = max(line.block.number for line in draft.lines if line.block and line.block.box.within(main))

    def outside(block: Block) -> bool:
        if block.box.within(main) or (block.number < last and block.link_share < 0.8):
            return False
        return not any(box.parent is main.parent and box.signature == main.signature for box in block.box.around())

    draft.drop_unless_most("outside the body", draft.lines_of(outside), 0.2)


def drop_insets(draft: Draft) -> None:
    """Boxes with a heading of their own among the body's paragraphs, made otherwise than these: facts, background.

    Not where they are many, or much, or have several headings, as questions and answers do: then they are the body's
    own sections.
    """
    found = shape.grain(draft)
    if found is None:
        return
    home, make = found
    inset: dict[Box, list[Line]] = {}
    for line in draft.lines:
        child = shape.child_of((home,), line.block) if line.block else None
        if child and child.tag in _SECTIONS and child.signature != make:
            inset.setdefault(child, []).append(line)
    headed = [lines for lines in inset.values() if lines[0].is_heading and _is_inset(lines)]
    chars = [sum(len(line.text) for line in lines) for lines in headed]
    if len(headed) <= _INSETS and max(chars, default=0) < 0.25 * draft.chars and sum(chars) < 0.35 * draft.chars:
        draft.drop("inset", [line for lines in headed for line in lines])


def _is_inset(lines: Sequence[Line]) -> bool:
    headings = sum(line.is_heading for line in lines)
    return headings <= _INSET_HEADINGS and headings < len(lines)


def drop_strangers(draft: Draft) -> None:
    """Small boxes among the paragraphs that are made otherwise and hold a picture, a button or a link.

    They are captions, offers and links to other articles, whatever their publisher calls them. Never the standfirst.
    """
    found = shape.grain(draft)
    if found is None:
        return
    home_box, make = found
    children = {line: shape.child_of((home_box,), line.block) for line in draft.lines if line.block}
    inviting = {child for line, child in children.items() if wording.invites(line.text)}
    makes = Counter(child.signature for child in set(children.values()) if child)

    def strange(block: Block) -> bool:
        child = shape.child_of((home_box,), block)
        if child is None or child.signature == make or child.tag not in _STRANGERS or block.text == draft.lead:
            return False
        if makes[child.signature] >= _SECTION and not child.extras:
            return False
        small = 0 < child.chars < min(_SMALL, 0.15 * draft.chars)
        return small and (child.extras > 0 or child.link_chars > 0 or child in inviting)

    draft.drop_unless_most("stranger", draft.lines_of(strange), 0.15)
