"""The story of one page: decode, parse, read what it declares and shows, find the body, name it, judge the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from digest.errors import ExtractError
from digest.extract import authors, blocks, body, dating, declared, languages, naming, outcomes, tree
from digest.extract.declared import Declared, plain, texts
from digest.extract.draft import Change, Clues, Draft
from digest.extract.outcomes import Outcome
from digest.extract.steps import STEPS, Step
from digest.model import Article, Entry, FeedClaims, Lesson, Page, SiteKnowledge

NOTHING_CLAIMED = FeedClaims()
NOTHING_KNOWN = SiteKnowledge()


@dataclass(frozen=True, slots=True)
class Reading:
    """An article with how it came about.

    `changes`: what each step added and dropped, in order. `lesson`: what it teaches of its site;
    a page that gave no whole article teaches nothing.
    """

    article: Article
    changes: tuple[Change, ...] = ()
    lesson: Lesson | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A paragraph in the order of the page: "kept", "added" or "dropped", and the step that did it."""

    action: str
    text: str
    step: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """An article with every paragraph that was ever taken for a part of it."""

    article: Article
    told: tuple[Told, ...] = ()


def article(page: Page, claims: FeedClaims = NOTHING_CLAIMED, site: SiteKnowledge = NOTHING_KNOWN) -> Article:
    """The article of a page, as clean as page, feed and other pages of the site allow.

    Pure: no I/O. Never raises for a bad page: then `complete` is false, `error` says why in words, and the text is
    the best there is, the feed's own where that is fuller. Time and memory are bounded by the page's size only: run
    it in a worker.
    """
    return read(page, claims, site).article


def from_claims(url: str, claims: FeedClaims, error: str) -> Article:
    """The feed's own text as an article, for a page that gave none. `error` says why, in words."""
    return Article(
        url=url,
        title=claims.title,
        text=_fuller(claims.content, claims.summary),
        authors=claims.authors,
        published=claims.published,
        language=claims.language[:2].lower() if claims.language else None,
        site=claims.site or None,
        complete=False,
        error=error,
    )


def without_page(entry: Entry, claims: FeedClaims, *, by_feed: bool) -> Article | None:
    """The article of an entry that has no page of its own, from the feed's text; None where its page is to be had.

    `by_feed`: the owner says that this feed carries whole articles.
    """
    if by_feed:
        return replace(from_claims(entry.url or "", claims, ""), complete=True, error=None)
    if not entry.url:
        return from_claims("", claims, "the feed gives no link")
    if entry.shares_page:
        told = from_claims(entry.url, claims, "its link leads to a page of several entries, not to its own")
        return replace(told, complete=True, error=None) if claims.content else told
    return None


def read(
    page: Page,
    claims: FeedClaims = NOTHING_CLAIMED,
    site: SiteKnowledge = NOTHING_KNOWN,
    steps: Sequence[Step] = STEPS,
) -> Reading:
    """The article of a page as `article` gives it, with the record of its making. `steps`: for measuring one less."""
    return _read(page, claims, site, steps)[0]


def behind(url: str, page: Page, claims: FeedClaims, site: SiteKnowledge) -> Reading:
    """What `read` gives of the page that an entry's link, `url`, led to.

    Where that is not its article, the link stays the entry's own: many may lead to one page to log in at.
    """
    reading = read(page, claims, site)
    return reading if reading.article.complete else replace(reading, article=replace(reading.article, url=url))


def explain(page: Page, claims: FeedClaims = NOTHING_CLAIMED, site: SiteKnowledge = NOTHING_KNOWN) -> Explained:
    """The article of a page as `article` gives it, with what each step did to it, in the order of the page."""
    reading, draft = _read(page, claims, site, STEPS)
    if draft is None:
        return Explained(reading.article)
    added = {change.numbers: change.step for change in reading.changes if change.action == "added"}
    placed: list[tuple[int, Told]] = []
    last = 0
    for line in draft.lines:
        numbers = tuple(block.number for block in line.blocks)
        last = numbers[0] if numbers else last
        step = added.get(numbers, "")
        placed.append((last, Told("added" if step else "kept", line.text, step)))
    placed += [
        (change.numbers[0] if change.numbers else 0, Told("dropped", change.text, change.step))
        for change in reading.changes
        if change.action == "dropped" and (change.step != "rescue" or change.numbers not in added)
    ]
    return Explained(reading.article, tuple(told for _, told in sorted(placed, key=lambda each: each[0])))


def _read(page: Page, claims: FeedClaims, site: SiteKnowledge, steps: Sequence[Step]) -> tuple[Reading, Draft | None]:
    """The reading, and the draft that it was made from; None when the page could not be read at all."""

    def instead(error: str) -> tuple[Reading, None]:
        return Reading(from_claims(page.url, claims, error)), None

    if len(page.body) > tree.MAX_BYTES:
        return instead(f"the page is larger than {tree.MAX_BYTES // 1_000_000} MB")
    if _is_no_html(page):
        return instead("the page is no HTML")
    try:
        parsed, whole = tree.parse(tree.decode(page.body, page.content_type))
    except ExtractError as refusal:
        return instead(str(refusal))
    facts = declared.read(parsed)
    shown = blocks.read(parsed)
    if len(shown) > tree.MAX_BLOCKS:
        return instead(f"the page has more than {tree.MAX_BLOCKS:,} pieces of text")
    named = _named(page, claims, facts, parsed, shown)
    made = body.read(parsed, shown, _clues(named, facts, shown, claims), site, steps)
    draft = made.draft
    lead = draft.lead if draft.lead in draft.text else ""  # what recurs on the site may have been dropped since
    found = replace(named, text=draft.text, lead=lead, language=languages.language(facts, claims, draft.text))
    outcome = outcomes.judge(draft, facts, claims, found.language)
    if not whole and (outcome is None or draft.chars < outcomes.SHORT):
        outcome = Outcome("the page is nested too deep to be read whole")
    lesson = made.lesson if outcome is None else None
    return Reading(_judged(found, claims, outcome), tuple(draft.changes), lesson), draft


def plain_trafilatura(page: Page) -> str:
    """What trafilatura alone takes for the body of a page, one paragraph a line: to compare with."""
    try:
        return body.core(tree.parse(tree.decode(page.body, page.content_type))[0])
    except ExtractError:
        return ""


def _named(
    page: Page, claims: FeedClaims, facts: Declared, parsed: tree.Tree, shown: Sequence[blocks.Block]
) -> Article:
    """Everything of the article but its text."""
    sites = naming.site_names(facts, page.url, claims.site)
    title = naming.title(facts, shown, claims, sites)
    return Article(
        url=page.url,
        title=title,
        text="",
        authors=authors.authors(facts, parsed, shown, claims, sites),
        published=dating.published(facts, claims, parsed, shown, title, page.url),
        modified=dating.modified(facts),
        site=naming.site_name(facts, page.url, claims.site) or None,
        description=facts.meta("og:description", "description", "twitter:description") or None,
    )


def _clues(named: Article, facts: Declared, shown: Sequence[blocks.Block], claims: FeedClaims) -> Clues:
    """What is known of the article before its body is looked for."""
    headline = plain(str(facts.article.get("headline") or ""))
    titles = [named.title, claims.title, headline, facts.meta("og:title"), facts.meta("twitter:title"), facts.title]
    titles += [block.text for block in shown if block.heading == 1]
    summaries = [
        claims.summary,
        facts.meta("description"),
        facts.meta("og:description"),
        *texts(facts.article.get("description")),
    ]
    summaries += texts(facts.article.get("alternativeHeadline"))
    return Clues(
        titles=tuple(dict.fromkeys(filter(None, titles))),
        summaries=tuple(dict.fromkeys(filter(None, summaries))),
        body="\n".join(filter(None, map(plain, str(facts.article.get("articleBody") or "").splitlines()))),
        authors=named.authors,
        site=named.site or "",
    )


def _judged(found: Article, claims: FeedClaims, outcome: Outcome | None) -> Article:
    """The article with its outcome; with the feed's own text where the page's is not whole and the feed's is better."""
    if outcome is None:
        return found
    claimed = from_claims(found.url, claims, outcome.error)
    if claimed.text and (outcome.junk or len(claimed.text) > len(found.text)):
        found = replace(found, text=claimed.text, lead="")
    return replace(found, complete=False, error=outcome.error)


def _is_no_html(page: Page) -> bool:
    head = page.body[:1024].lstrip()
    return head.startswith(
        (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"{", b"\x00\x00\x00")
    ) or page.content_type.startswith(("image/", "audio/", "video/", "application/pdf", "application/json"))


def _fuller(one: str, other: str) -> str:
    return one if len(one) > len(other) else other
