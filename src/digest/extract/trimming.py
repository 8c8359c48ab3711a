"""Steps that drop from the draft what is furniture. Each gives up where it would take so much that it must be wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from digest.extract import marks, shape, wording
from digest.extract.blocks import Block, Box, key, size
from digest.extract.draft import Draft, Line


def drop_menus(draft: Draft) -> None:
    """Links in boxes of many links and little else, however much of the draft they are: trafilatura dumped the page."""

    def is_menu(box: Box) -> bool:
        return box.tag not in _PAGE and box.link_chars > 0.85 * box.chars and (box.tag == "nav" or box.chars > _MENU)

    def is_entry(line: Line) -> bool:
        return _is_link(line) and line.block is not None and any(is_menu(box) for box in line.block.box.around())

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


def drop_other_articles(draft: Draft) -> None:
    """Further articles on the page: an <article> with a headline of its own that isn't the one we read."""
    headline = draft.headline
    if headline is None:
        return
    ours = {box for box in headline.box.around() if box.tag == "article"}
    later = [block for block in draft.blocks[headline.number + 1 :] if block.heading == 1 and block.key != headline.key]
    theirs = {box for block in later for box in block.box.around() if box.tag == "article"} - ours
    if theirs:
        _drop_unless_most(draft, "another article", lambda block: any(box in theirs for box in block.box.around()), 0.8)


def drop_headline(draft: Draft) -> None:
    """The headline, repeated in the first lines."""
    titles = {key(title) for title in draft.clues.titles} | ({draft.headline.key} if draft.headline else set())
    draft.drop("headline", [line for line in draft.lines[:8] if line.key in titles])


def drop_above_headline(draft: Draft) -> None:
    """What stands above the headline: breadcrumbs, sections, kickers."""
    if draft.headline is not None:
        at = draft.headline.number
        _drop_unless_most(draft, "above the headline", lambda block: block.number < at, 0.15)


def drop_placeholders(draft: Draft) -> None:
    """Boxes that say the same long sentence three times and more: notes in place of embedded content."""
    home, _ = shape.home(draft)
    said: dict[str, set[Box]] = {}
    for line in draft.lines:
        box = line.block.box.parent if line.block else None
        if box and box is not home and box.chars < 800 and len(line.text) > 60:
            said.setdefault(line.key, set()).add(box)
    boxes = {box for places in said.values() if len(places) >= 3 for box in places}
    if boxes:
        _drop_unless_most(draft, "placeholder", lambda block: any(box in boxes for box in block.box.around()), 0.6)


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

    _drop_unless_most(draft, "box", boxed, 0.35)


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

    _drop_unless_most(draft, "outside the body", outside, 0.2)


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
        child = shape.child_of(home, line.block) if line.block else None
        if child and child.tag in _SECTIONS and child.signature != make:
            inset.setdefault(child, []).append(line)
    headed = [lines for lines in inset.values() if _is_heading(lines[0]) and _is_inset(lines)]
    chars = [sum(len(line.text) for line in lines) for lines in headed]
    if len(headed) <= _INSETS and max(chars, default=0) < 0.25 * draft.chars and sum(chars) < 0.35 * draft.chars:
        draft.drop("inset", [line for lines in headed for line in lines])


def drop_strangers(draft: Draft) -> None:
    """Small boxes among the paragraphs that are made otherwise and hold a picture, a button or a link.

    They are captions, offers and links to other articles, whatever their publisher calls them. Never the standfirst.
    """
    found = shape.grain(draft)
    if found is None:
        return
    home_box, make = found
    children = {line: shape.child_of(home_box, line.block) for line in draft.lines if line.block}
    inviting = {child for line, child in children.items() if _invites(line)}
    makes = Counter(child.signature for child in set(children.values()) if child)

    def strange(block: Block) -> bool:
        child = shape.child_of(home_box, block)
        if child is None or child.signature == make or child.tag not in _STRANGERS or block.text == draft.lead:
            return False
        if makes[child.signature] >= _SECTION and not child.extras:
            return False
        small = 0 < child.chars < min(_SMALL, 0.15 * draft.chars)
        return small and (child.extras > 0 or child.link_chars > 0 or child in inviting)

    _drop_unless_most(draft, "stranger", strange, 0.15)


def cut_tail(draft: Draft) -> None:
    """Everything from a label such as "Related Channels" on, where mostly links and scraps follow."""
    for at in range(len(draft.lines) // 2, len(draft.lines)):
        rest = draft.lines[at:]
        if wording.is_label(rest[0].text):
            chars = sum(len(line.text) for line in rest)
            scraps = sum(len(line.text) for line in rest if len(line.text) < 90 or _is_link(line))
            if scraps > 0.6 * chars and chars < 0.5 * draft.chars:
                draft.drop("tail", rest)
                return


def drop_links(draft: Draft) -> None:
    """Paragraphs that are a link and no more, and lines that invite to read another article.

    Items of a list stay when they don't invite: they may be the article's own list of sources.
    """

    def invites(block: Block) -> bool:
        if block.heading or block.text.startswith("http"):
            return False
        if wording.MORE.search(block.text):
            return block.link_share > 0.5
        return block.tag != "li" and block.link_share > 0.85 and size(block.text) > 35

    _drop_unless_most(draft, "link", invites, 0.2)
    ending = [line for line in draft.lines[1:][-3:] if _is_link(line) and len(line.text) < 90]
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
        if len(lines) <= 4 and all(map(_is_link, lines)) and not before[box].endswith((":", "："))
        for line in lines
    ]
    if sum(len(line.text) for line in found) < 0.1 * draft.chars:
        draft.drop("link list", found)


def drop_dates_and_bylines(draft: Draft) -> None:
    """Dates, reading times, names and addresses of the authors, in the first lines and the last ones."""
    authors = draft.clues.authors
    edges = [*draft.lines[:6], *draft.lines[-4:]]
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
    _drop_lines_unless_most(draft, "promotion", lambda text: wording.is_promotion(text) or wording.is_label(text), 0.25)


def drop_paywall(draft: Draft) -> None:
    """What asks for a subscription, in the last lines, with the offer that follows it outside the body's box."""
    tail = draft.lines[1:][-10:]
    asking = [at for at, line in enumerate(tail) if wording.is_paywall(line.text)]
    if not asking:
        return
    home, make = shape.grain(draft) or (None, "")
    offer = tail[asking[0] :]
    aside = all(line.block and _made_otherwise(line.block, home, make) for line in offer)
    if aside and sum(len(line.text) for line in offer) < 0.4 * draft.chars:
        draft.drop("paywall", offer)
    draft.drop("paywall", [tail[at] for at in asking if at >= len(tail) - 6])


def drop_credits(draft: Draft) -> None:
    """Photo credits and copyright notes."""
    _drop_lines_unless_most(draft, "credit", wording.is_credit, 0.3)


def drop_biography(draft: Draft) -> None:
    """The author's biography at the end."""
    tail = draft.lines[1:][-4:]
    found = [line for line in tail if wording.is_biography(line.text, draft.clues.authors)]
    if sum(len(line.text) for line in found) < 0.3 * draft.chars:
        draft.drop("biography", found)


def drop_orphans(draft: Draft) -> None:
    """Headings of what has been dropped, and a heading that nothing follows."""
    gone = {number for change in draft.changes if change.step in ("link", "promotion") for number in change.numbers}
    orphans = [
        line
        for line, following in zip(draft.lines, [*draft.lines, None][1:], strict=True)
        if _is_heading(line) and (following is None or (_is_heading(following) and line.blocks[-1].number + 1 in gone))
    ]
    draft.drop("orphan", orphans)


_INSETS = 3
_INSET_HEADINGS = 2
_SECTION = 6  # boxes of one make, without pictures, that are the body's own: notes, entries of a list
_MENU = 600  # characters of links in a box
_PAGE = ("html", "body", "main", "article")
_SECTIONS = ("div", "section", "aside", "article")
_STRANGERS = (*_SECTIONS, "table", "figure", "center", "form")
_SMALL = 300  # characters of a caption or an offer


def _made_otherwise(block: Block, home: Box | None, make: str) -> bool:
    """Is this no paragraph of the body, which stands in `home` and is made like `make`?"""
    child = shape.child_of(home, block) if home else None
    return (child.signature if child else "") != make or not (home and block.box.within(home))


def _is_inset(lines: Sequence[Line]) -> bool:
    headings = sum(map(_is_heading, lines))
    return headings <= _INSET_HEADINGS and headings < len(lines)


def _is_heading(line: Line) -> bool:
    return len(line.blocks) == 1 and line.blocks[0].heading > 0


def _invites(line: Line) -> bool:
    return wording.is_promotion(line.text) or wording.is_label(line.text)


def _is_link(line: Line) -> bool:
    return line.block is not None and line.block.link_share > 0.5


def _drop_unless_most(draft: Draft, step: str, unwanted: Callable[[Block], bool], most: float) -> None:
    """Drop the lines of unwanted blocks, unless they are more than this share of the draft."""
    lines = [line for line in draft.lines if line.block and unwanted(line.block)]
    if sum(len(line.text) for line in lines) <= most * draft.chars:
        draft.drop(step, lines)


def _drop_lines_unless_most(draft: Draft, step: str, unwanted: Callable[[str], bool], most: float) -> None:
    """Drop lines by their words, unless they are more than this share of the draft."""
    lines = [line for line in draft.lines if unwanted(line.text.removeprefix("- "))]
    if sum(len(line.text) for line in lines) <= most * draft.chars:
        draft.drop(step, lines)
