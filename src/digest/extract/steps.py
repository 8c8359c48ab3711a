"""The steps that turn trafilatura's choice into the article, in their order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from digest.extract import wording
from digest.extract.blocks import Block, Box, key
from digest.extract.draft import Draft, Line

Step = Callable[[Draft], None]

_LEAD_MARKS = re.compile(
    r"(?:^|[\s_-])(?:standfirst|stand-first|sub-?title|sub-?head(?:line)?|dek|deck|lead|lede|lead-?text|teaser|intro|"
    r"introduction|summary|abstract|excerpt|epigraph|chapo|sapo|sommario|catenaccio|entradilla|bajada|ingress|vorspann|"
    r"alternativeheadline|kicker-?text|strapline)"
)
_CAPTION_MARKS = re.compile(r"caption|credit|copyright|figure|image|photo|media|gallery|video|bild|foto|promo|related")
_DATE_LIKE = re.compile(r"\d{1,2}[:.h]\d\d|\b(?:19|20)\d\d\b")


def find_headline(draft: Draft) -> None:
    """Not a change: marks where on the page the headline stands, for the steps that follow."""
    titles = {key(title) for title in draft.clues.titles if title}
    first_body = next(
        (line.block.number for line in draft.lines if line.block and len(line.text) > 80), len(draft.blocks)
    )
    before = [block for block in draft.blocks if block.number <= first_body + 1 and block.key in titles]
    headings = [block for block in before if block.heading]
    first_headings = [block for block in draft.blocks if block.heading == 1 and block.number <= first_body]
    for candidates in (headings[-1:], first_headings[-1:], before[-1:]):
        if candidates:
            draft.headline = candidates[0]
            return


def drop_headline(draft: Draft) -> None:
    """The headline repeated in the first lines."""
    titles = [title_key for title in draft.clues.titles if (title_key := key(title))]
    headline = draft.headline.key if draft.headline else ""

    def repeats(line: Line) -> bool:
        return line.key in titles or (bool(headline) and line.key == headline)

    draft.drop("headline", [line for line in draft.lines[:8] if repeats(line)])


def drop_before_headline(draft: Draft) -> None:
    """What stands above the headline: breadcrumbs, sections, kickers."""
    if draft.headline is None:
        return
    at = draft.headline.number
    above = [line for line in draft.lines if line.block and line.block.number < at]
    if sum(len(line.text) for line in above) < 0.15 * draft.chars:
        draft.drop("above the headline", above)


def add_standfirst(draft: Draft) -> None:
    """The standfirst between headline and body, told by the page's or the feed's own summary, or by its markup."""
    if draft.headline is None:
        return
    chosen = draft.chosen()
    first = next((line.block.number for line in draft.lines if line.block and len(line.text) > 60), len(draft.blocks))
    summaries = [summary_key for summary in draft.clues.summaries if len(summary_key := key(summary)) > 20]
    between = [block for block in draft.blocks[draft.headline.number + 1 : first] if block.number not in chosen]
    for distance, block in enumerate(between[:40]):
        if (
            len(block.key) > 20
            and block.link_share < 0.3
            and not _is_caption(block)
            and (_says(block.key, summaries) or (distance < 4 and _looks_like_lead(block, distance)))
        ):
            draft.add("standfirst", [block])
            draft.lead = block.text
            return


def _says(block_key: str, summaries: list[str]) -> bool:
    return any(
        block_key == summary
        or summary in block_key
        or (len(block_key) > 30 and block_key in summary)
        or (len(summary) > 60 and block_key.startswith(summary[:60]))
        for summary in summaries
    )


def _looks_like_lead(block: Block, distance: int) -> bool:
    marks = f"{block.box.marks} {block.box.parent.marks if block.box.parent else ''}"
    return (
        len(block.text) > 40
        and not _DATE_LIKE.search(block.text[-12:])
        and bool(_LEAD_MARKS.search(marks) or (distance == 0 and block.heading))
    )


def _is_caption(block: Block) -> bool:
    return any(
        box.tag in ("figure", "figcaption") or _CAPTION_MARKS.search(box.marks) for box in list(block.box.around())[:2]
    )


_BOX_MARKS = re.compile(
    r"(?:^|[\s_:-])(?:related|recommend(?:ed|ation|ations)?|read-?more|more-?(?:on|from|link|links|stories|news)|see-?also|also-?read|"
    r"most-?(?:read|popular|viewed)|popular|trending|latest|newsletter|newsletters|subscribe|subscription|subscribing|sign-?up|"
    r"promo|promos|promotion|promobox|house-promo|advert|advertisement|advertising|ads|sponsor(?:ed)?|affiliate|taboola|outbrain|"
    r"share|sharing|social|follow|comments?|disqus|respond|author-?(?:bio|box|info|card|description|profile)|about-?(?:the-)?author|bio|"
    r"biography|byline|breadcrumbs?|tags?|tag-?list|keywords|topics-?list|label-?items?|caption|credits?|copyright|figcaption|disclaimer|"
    r"paywall-?(?:box|message|offer)|cta|call-to-action|toolbar|infobox|info-?box|factbox|fact-?box|faktabox|fakta|cookie|consent|"
    r"collections|nav|navigation|menu|footer|poll|survey|vote|votes|rating|teaser-?(?:list|box|grid)|teasers|carousel|"
    r"podcast|feedback|app-?promo|donate|donation|support-us|crosspromo|cross-?promo|kicker|jump-?links?|toc|table-?of-?contents)"
    r"(?=$|[\s_:-]|box|block|list|item|link|container|wrapper|module|title|text)"
)


def drop_boxes(draft: Draft) -> None:
    """Boxes inside the body that their publisher marks as something else: related, newsletter, facts, share ..."""
    main = draft.main_box(0.6)
    if main is None:
        return

    def boxed(line: Line) -> bool:
        if not line.block:
            return False
        for box in line.block.box.around():
            if box is main:
                return False
            if (box.tag == "aside" or _BOX_MARKS.search(box.marks)) and box.chars < 0.3 * draft.chars:
                return True
        return False

    _drop_few(draft, "box", boxed, 0.35)


def drop_outside(draft: Draft) -> None:
    """What follows the box that holds the body, or is a link outside of it."""
    main = draft.main_box(0.8)
    if main is None:
        return
    inside = [line.block.number for line in draft.lines if line.block and line.block.box.within(main)]
    last = max(inside)

    def outside(line: Line) -> bool:
        return (
            bool(line.block)
            and not line.block.box.within(main)
            and not any(
                box.parent is main.parent and box.signature == main.signature for box in line.block.box.around()
            )
            and (line.block.number > last or line.block.link_share > 0.8)
        )

    _drop_few(draft, "outside the body", outside, 0.2)


_MORE = re.compile(
    r"(?i)^\W*(?:read|see|also|more|watch|listen|related|don.t miss|up next|click|leggi|guarda|lesen|mehr|weiter|siehe|auch|lire|voir|"
    r"à lire|lea|leer|lee|ver|vea|leia|veja|saiba|les|lees|läs|se også|læs|czytaj|zobacz|читайте|смотрите|oku|関連|相关|관련)\b"
)


def drop_links(draft: Draft) -> None:
    """Paragraphs that are wholly a link: read-more lines. Items of a list stay, they may be a list of sources."""

    def linked(line: Line) -> bool:
        block = line.block
        return (
            block is not None
            and not block.heading
            and not block.text.startswith("http")
            and (block.link_share > 0.85 if block.tag != "li" else False)
            and (len(block.text) > 35 or bool(_MORE.search(block.text)))
        ) or (block is not None and block.link_share > 0.5 and bool(_MORE.search(block.text)))

    _drop_few(draft, "link", linked, 0.2)


def _home(draft: Draft) -> tuple[Box | None, float]:
    """The box that most paragraphs of the draft stand directly in, and which share of the draft that is."""
    weight: dict[Box, int] = {}
    for line in draft.lines:
        if line.block and line.block.box.parent and line.block.tag == "p":
            weight[line.block.box.parent] = weight.get(line.block.box.parent, 0) + len(line.text)
    if not weight:
        return None, 0.0
    home = max(weight, key=lambda box: weight[box])
    return home, weight[home] / max(1, draft.chars)


def _child(block: Block, home: Box) -> Box | None:
    """The box directly in `home` that holds the block."""
    child = None
    for box in block.box.around():
        if box is home:
            return child
        child = box
    return None


def drop_inset(draft: Draft) -> None:
    """Boxes with a heading of their own, among paragraphs that stand directly in the body's box."""
    home, share = _home(draft)
    if home is None or share < 0.6:
        return
    inset: dict[Box, list[Line]] = {}
    for line in draft.lines:
        if line.block and (child := _child(line.block, home)) and child.tag in ("div", "section", "aside", "article"):
            inset.setdefault(child, []).append(line)
    few = {child: lines for child, lines in inset.items() if lines[0].block and lines[0].block.heading}
    if len(few) > 2:
        return  # that many are the body's own sections
    for child, lines in few.items():
        if (
            lines[0].block
            and lines[0].block.heading
            and any(line.block and not line.block.heading for line in lines)
            and child.chars < 0.25 * draft.chars
        ):
            draft.drop("inset", lines)


def drop_other_articles(draft: Draft) -> None:
    """Further articles on the page: an <article> with a headline of its own, which isn't the one that we read."""
    if draft.headline is None:
        return
    ours = {box for box in draft.headline.box.around() if box.tag == "article"}
    theirs = {
        box
        for block in draft.blocks
        if block.heading == 1 and block.number > draft.headline.number and block.key != draft.headline.key
        for box in block.box.around()
        if box.tag == "article" and box not in ours
    }
    if theirs:
        _drop_few(
            draft,
            "another article",
            lambda line: bool(line.block) and any(box in theirs for box in line.block.box.around()),
            0.8,
        )


def drop_placeholders(draft: Draft) -> None:
    """Boxes that say the same long sentence three times and more: notes in place of embedded content."""
    home, _ = _home(draft)
    said: dict[str, set[Box]] = {}
    for line in draft.lines:
        if (
            line.block
            and len(line.text) > 60
            and (box := line.block.box.parent)
            and box is not home
            and box.chars < 800
        ):
            said.setdefault(line.key, set()).add(box)
    boxes = {box for places in said.values() if len(places) >= 3 for box in places}
    if boxes:
        _drop_few(
            draft,
            "placeholder",
            lambda line: bool(line.block) and any(box in boxes for box in line.block.box.around()),
            0.6,
        )


def recover_paragraphs(draft: Draft) -> None:
    """Paragraphs between the first and the last of the draft that are made just like those chosen."""
    made: Counter[str] = Counter()
    for line in draft.lines:
        if line.block and line.block.tag == "p":
            made[_make(line.block)] += len(line.text)
    usual = {make for make, chars in made.items() if chars > 0.25 * draft.chars}
    chosen = draft.chosen()
    if not usual or not chosen:
        return
    texts = {line.key for line in draft.lines}
    first, last = min(chosen), max(chosen)
    draft.add(
        "paragraph",
        [
            block
            for block in draft.blocks
            if first < block.number < last
            and block.number not in chosen
            and block.tag == "p"
            and len(block.text) > 60
            and block.link_share < 0.4
            and block.key not in texts
            and _make(block) in usual
            and not any(_BOX_MARKS.search(box.marks) for box in list(block.box.around())[:2])
        ],
    )


def _make(block: Block) -> str:
    outer = block.box.parent
    return f"{block.box.signature} {outer.signature if outer else ''}"


def recover_containers(draft: Draft) -> None:
    """Paragraphs in further boxes of the same make as the one that holds the body."""
    weight = {}
    for line in draft.lines:
        if line.block and line.block.tag == "p" and line.block.box.parent:
            weight[line.block.box.parent] = weight.get(line.block.box.parent, 0) + len(line.text)
    if not weight:
        return
    home = max(weight, key=weight.get)
    if not home.marks or home.link_chars > 0.3 * home.chars:
        return
    chosen = draft.chosen()
    signature = home.signature
    def_outer = home.parent.signature if home.parent else ""
    more = [
        block
        for block in draft.blocks
        if block.number not in chosen
        and block.tag in ("p", "h2", "h3", "blockquote", "li")
        and any(
            box is not home and box.signature == signature and box.parent and box.parent.signature == def_outer
            for box in list(block.box.around())[:4]
        )
        and block.link_share < 0.5
    ]
    if sum(len(block.text) for block in more) > 0.25 * draft.chars:
        draft.add("container", more)


def _drop_few(draft: Draft, step: str, unwanted: Callable[[Line], bool], most: float) -> None:
    """Drop lines unless they are so much of the draft that the rule must be wrong about this page."""
    lines = [line for line in draft.lines if unwanted(line)]
    if sum(len(line.text) for line in lines) <= most * draft.chars:
        draft.drop(step, lines)


def drop_dates_and_bylines(draft: Draft) -> None:
    """Dates, reading times and names of the authors, in the first lines and the last ones."""
    near_edge = [*draft.lines[:6], *draft.lines[-4:]]
    draft.drop(
        "byline",
        [line for line in near_edge if wording.is_date(line.text) or wording.is_byline(line.text, draft.clues.authors)],
    )


def drop_promotion(draft: Draft) -> None:
    """Invitations to subscribe, follow or read something else, and the labels of furniture."""
    _drop_few(
        draft,
        "promotion",
        lambda line: (
            wording.is_promotion(line.text.removeprefix("- ")) or wording.is_label(line.text.removeprefix("- "))
        ),
        0.25,
    )


def drop_credits(draft: Draft) -> None:
    """Photo credits, copyright notes and bare addresses."""
    _drop_few(draft, "credit", lambda line: wording.is_credit(line.text.removeprefix("- ")), 0.15)


def cut_tail(draft: Draft) -> None:
    """Everything from a label such as "Related Channels" on, where mostly links and scraps follow."""
    for at in range(len(draft.lines) // 2, len(draft.lines)):
        if wording.is_label(draft.lines[at].text):
            rest = draft.lines[at:]
            chars = sum(len(line.text) for line in rest)
            scraps = sum(
                len(line.text) for line in rest if len(line.text) < 90 or (line.block and line.block.link_share > 0.5)
            )
            if scraps > 0.6 * chars and chars < 0.5 * draft.chars:
                draft.drop("tail", rest)
                return


def drop_biography(draft: Draft) -> None:
    """The author's biography at the end."""
    tail = draft.lines[max(1, len(draft.lines) - 4) :]
    found = [line for line in tail if wording.is_biography(line.text, draft.clues.authors)]
    if sum(len(line.text) for line in found) < 0.3 * draft.chars:
        draft.drop("biography", found)


def drop_orphans(draft: Draft) -> None:
    """Headings that announced what is gone, and headings that nothing follows."""
    gone = {number for change in draft.changes if change.step in ("link", "promotion") for number in change.numbers}
    orphans = [
        line
        for line, following in zip(draft.lines, [*draft.lines, None][1:], strict=True)
        if line.block
        and line.block.heading
        and len(line.blocks) == 1
        and (following is None or (line.block.number + 1 in gone and following.block and following.block.heading))
    ]
    draft.drop("orphan", orphans[-3:])


_UNREAD = re.compile(
    r"(?:^|[\s_-])(?:nav|menu|footer|sidebar|header|breadcrumb|comment|comments|related|cookie|consent|banner|modal|popup|newsletter|share|social)"
)


def rescue(draft: Draft) -> None:
    """The densest box of the page, where trafilatura found nothing, or less than 40 % of what stands there."""
    weight: dict[Box, float] = {}
    readable = [
        block
        for block in draft.blocks
        if not any(
            box.tag in ("nav", "footer", "aside", "header", "form") or _UNREAD.search(box.marks)
            for box in list(block.box.around())[:6]
        )
    ]
    for block in readable:
        if len(block.key) > 40 and block.link_share < 0.4:
            worth = len(block.text) * (1 - block.link_share)
            for box, part in zip(list(block.box.around())[1:4], (1.0, 0.6, 0.3), strict=False):
                weight[box] = weight.get(box, 0.0) + worth * part
    if not weight:
        return
    best = max(weight, key=lambda box: weight[box])
    found = [block for block in readable if block.box.within(best) and block.link_share < 0.5]
    chars = sum(len(block.text) for block in found)
    if draft.chars < min(0.4 * chars, 500) and chars > 250:
        draft.drop("rescue", list(draft.lines))
        draft.add("rescue", found)


def fill_from_declared_body(draft: Draft) -> None:
    """Blocks that JSON-LD gives as part of the article, where less than three quarters of that were chosen."""
    declared = key(draft.clues.body)
    if len(declared) < 300:
        return
    covered = sum(len(line.key) for line in draft.lines if line.key in declared)
    if covered > 0.75 * len(declared):
        return
    chosen = {line.key for line in draft.lines}
    blocks = draft.chosen()
    more: dict[str, Block] = {}
    for block in draft.blocks:
        if len(block.key) > 25 and block.number not in blocks and block.key not in chosen and block.key in declared:
            more.setdefault(block.key, block)
    if covered + sum(map(len, more)) > 0.6 * len(declared):
        draft.add("declared body", more.values())


_ENDS = re.compile(r"[.!?:…。！？।؟\"”»’)]\s*$")

STEPS: tuple[Step, ...] = (
    rescue,
    find_headline,
    drop_other_articles,
    fill_from_declared_body,
    recover_containers,
    recover_paragraphs,
    drop_headline,
    drop_before_headline,
    add_standfirst,
    drop_placeholders,
    drop_boxes,
    drop_outside,
    drop_inset,
    cut_tail,
    drop_links,
    drop_dates_and_bylines,
    drop_promotion,
    drop_credits,
    drop_biography,
    drop_orphans,
)
