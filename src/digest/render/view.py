"""What templates see: the digest in words, dates and links that are ready to be shown.

Every text here is one clean line; every link is http(s) in ASCII, or None. docs/templates.md
describes each field to those who write templates: keep it true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from digest.model import AlsoIn, Article, Coverage, Digest, Repeat, Snippet, Story, Why, Window
from digest.render.clean import cleaned, inert, language_tag, link, shortened
from digest.render.words import Words
from digest.writing import direction

LONGEST_TITLE = 220
LONGEST_NAME = 80
_TERMS = 3  # of one reason; then an ellipsis
LONGEST_LIST = 12  # failing feeds, gaps, other places; then "and N more"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a snippet; `hit` where a rule's term was found."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class WhyView:
    """One reason: signed points or a word, what was found, where; `rule` and `at` name the line of the topic file."""

    points: str
    terms: tuple[str, ...]
    field: str
    rule: str
    at: str


@dataclass(frozen=True, slots=True)
class PlaceView:
    """Another place that carries the story, or reports the same event."""

    outlet: str
    title: str
    url: str | None
    kind: str
    same_event: bool
    titled: bool
    lang: str | None
    dir: str


@dataclass(frozen=True, slots=True)
class StoryView:
    """One story. `lang` may be None; `dir` is ltr or rtl; `host` is set where it must be shown."""

    number: int
    title: str
    url: str | None
    host: str | None
    outlet: str
    authors: str
    date: str
    lang: str | None
    dir: str
    score: int
    why: tuple[WhyView, ...]
    rules: str
    image: str | None
    snippets: tuple[tuple[Part, ...], ...]
    also_in: tuple[PlaceView, ...]
    also_in_more: int
    also_topics: tuple[str, ...]
    incomplete: bool
    excuse: str


@dataclass(frozen=True, slots=True)
class SectionView:
    """One topic. `count` counts the stories it has; `stories` may hold fewer where the message ran out of room."""

    title: str
    count: int
    stories: tuple[StoryView, ...]


@dataclass(frozen=True, slots=True)
class RepeatView:
    """A story that the readers have had: when (`alerted`: as an alert), and which outlets have carried it since."""

    title: str
    url: str | None
    lang: str | None
    dir: str
    when: str
    alerted: bool
    outlets: str


@dataclass(frozen=True, slots=True)
class FailingView:
    """A feed that could not be read."""

    name: str
    url: str
    error: str
    next: str


@dataclass(frozen=True, slots=True)
class CoverageView:
    """The footer: what was looked at, and what could not be."""

    feeds: int
    polled: int
    entries: int
    incomplete: int
    failing: tuple[FailingView, ...]
    failing_count: int
    failing_more: int
    gaps: tuple[str, ...]
    gaps_more: int
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArchiveView:
    """Where the edition can be read in a browser, with all others, and followed as an Atom feed."""

    page: str
    index: str
    feed: str


@dataclass(frozen=True, slots=True)
class View:
    """One edition. `state` is stories, quiet or broken: nothing matched, or nothing could be read.

    `degraded`: more than half of the feeds failed, so that an edition says less than it seems to.
    """

    id: str
    alert: bool
    title: str
    lang: str
    dir: str
    state: str
    degraded: bool
    date: str
    at: str
    window: str
    timezone: str
    slots: int
    count: int
    outlets: int
    top: StoryView | None
    preheader: str
    sections: tuple[SectionView, ...]
    repeats: tuple[RepeatView, ...]
    repeats_more: int
    omitted: int
    unshown: int
    contents: bool
    coverage: CoverageView
    archive: ArchiveView | None


SHOWN = (Part, WhyView, PlaceView, StoryView, SectionView, RepeatView, FailingView, CoverageView, ArchiveView, View)


def view(digest: Digest, words: Words, notices: Sequence[str] = (), *, archive: str | None = None) -> View:
    """Put a digest into words. `notices` are told in the footer together with those of its coverage.

    `archive` is the URL, ending in a slash, below which this digest's editions are to be found.
    """
    zone = ZoneInfo(digest.timezone)
    number = 0
    sections = []
    for section in digest.sections:
        stories = []
        for story in section.stories:
            number += 1
            stories.append(_story(story, number, words, zone, digest.window))
        sections.append(SectionView(_name(section.title), len(stories), tuple(stories)))
    every = [story for section in sections for story in section.stories]
    return View(
        id=digest.id,
        alert=digest.alert,
        title=_name(digest.title),
        lang=words.language,
        dir=direction(words.language, ""),
        state=_state(digest),
        degraded=_degraded(digest.coverage),
        date=words.day(digest.window.end.astimezone(zone)),
        at=words.moment(digest.window.end.astimezone(zone), digest.window.end),
        window=words.span(digest.window.start.astimezone(zone), digest.window.end.astimezone(zone)),
        timezone=digest.timezone,
        slots=digest.window.slots,
        count=len(every),
        outlets=len({story.outlet for story in every}),
        top=max(every, key=lambda story: story.score, default=None),
        preheader=shortened(_preheader(every), 160),
        sections=tuple(sections),
        repeats=tuple(_repeat(repeat, words, zone, digest.window) for repeat in digest.repeats[:LONGEST_LIST]),
        repeats_more=max(0, len(digest.repeats) - LONGEST_LIST),
        omitted=digest.omitted,
        unshown=0,
        contents=len(every) > 3,
        coverage=_coverage(digest.coverage, words, zone, digest.window, notices),
        archive=_archive(archive, digest.window) if archive else None,
    )


def _archive(base: str, window: Window) -> ArchiveView:
    return ArchiveView(f"{base}{window.stamp}.html", f"{base}index.html", f"{base}feed.atom")


def with_less(whole: View, *, snippets: int, stories: int | None = None) -> View:
    """The same edition with fewer snippets a story and, if that is given, only so many stories: the best of them."""
    every = [story for section in whole.sections for story in section.stories]
    best = sorted(every, key=lambda story: (-story.score, story.number))[:stories]
    kept = {story.number for story in best}
    sections = []
    for section in whole.sections:
        shown = tuple(
            replace(story, snippets=story.snippets[:snippets]) for story in section.stories if story.number in kept
        )
        if shown:
            sections.append(replace(section, stories=shown))
    unshown = whole.count - sum(len(section.stories) for section in sections)
    return replace(whole, sections=tuple(sections), unshown=unshown, contents=whole.contents and not unshown)


def _state(digest: Digest) -> str:
    if digest.stories:
        return "stories"
    coverage = digest.coverage
    failing = len(coverage.failing)
    # None polled is no fault by itself: a short window may lie between two polls.
    nothing_read = failing >= coverage.feeds or (_degraded(coverage) and not coverage.polled)
    return "broken" if failing and nothing_read else "quiet"


def _degraded(coverage: Coverage) -> bool:
    return len(coverage.failing) * 2 > coverage.feeds


def _preheader(stories: Sequence[StoryView]) -> str:
    """What inboxes show beside the subject, which names the first story already."""
    if len(stories) == 1:
        return "".join(part.text for snippet in stories[0].snippets[:1] for part in snippet)
    return " · ".join(story.title for story in stories[1:4])


def _story(story: Story, number: int, words: Words, zone: ZoneInfo, window: Window) -> StoryView:
    article = story.front.article
    title = _title(article.title) or words.gettext("Untitled")
    url = link(article.url)
    host = (urlsplit(url).hostname or "") if url else ""
    return StoryView(
        number=number,
        title=title,
        url=url,
        host=host if "xn--" in host else None,
        outlet=_name(story.front.feed_name) or host,
        authors=_names(article.authors),
        date=_date(article, words, zone, window),
        lang=language_tag(article.language),
        dir=direction(language_tag(article.language), title),
        score=story.score,
        why=tuple(_why(why, words) for why in story.front.match.why),
        rules=_rules(story.front.match.why),
        image=_image(story.front.image),
        snippets=tuple(parts for snippet in story.snippets if (parts := _parts(snippet))),
        also_in=tuple(_place(place, words) for place in story.also_in[:LONGEST_LIST]),
        also_in_more=max(0, len(story.also_in) - LONGEST_LIST),
        also_topics=tuple(_name(topic) for topic in story.also_topics[:LONGEST_LIST]),
        incomplete=not article.complete,
        excuse=shortened(words.reason(cleaned(article.error or "")), 160),
    )


def _image(url: str | None) -> str | None:
    """Only https: mail programs show no other, and who reads what is nobody else's to see."""
    safe = link(url)
    return safe if safe and safe.startswith("https:") else None


def _title(text: str) -> str:
    return shortened(cleaned(text), LONGEST_TITLE)


def _name(text: str) -> str:
    return shortened(cleaned(text), LONGEST_NAME)


def _names(authors: Sequence[str]) -> str:
    named = [name for author in authors[:3] if (name := _name(author))]
    return ", ".join(named) + (" …" if len(authors) > 3 else "")


def _date(article: Article, words: Words, zone: ZoneInfo, window: Window) -> str:
    """The local date, with the time where it is known."""
    moment = article.published
    if moment is None:
        return ""
    if (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0):
        return words.date(moment, window.end)  # only the day is known: it is the same day everywhere
    return words.moment(moment.astimezone(zone), window.end)


def _why(why: Why, words: Words) -> WhyView:
    points = f"{why.points:+d}".replace("-", "\u2212") if why.points else words.gettext("required")
    found = list(dict.fromkeys(shortened(cleaned(term), 60) for term in why.terms))
    if not why.points:
        terms = tuple(found[:1])  # of a gate it is enough to say that it was passed
    elif len(found) > _TERMS:
        terms = (*found[: _TERMS - 1], f"{found[_TERMS - 1]} …")
    else:
        terms = tuple(found)
    return WhyView(points, terms, words.field(why.field), shortened(cleaned(why.rule), 100), cleaned(why.at))


def _rules(reasons: Sequence[Why]) -> str:
    """Where the rules stand: each file once, with its lines."""
    lines: dict[str, dict[str, None]] = {}
    for why in reasons:
        file, _, line = cleaned(why.at).rpartition(":")
        lines.setdefault(file.rpartition("/")[2], {})[line] = None
    return "; ".join(f"{file}:{', '.join(own)}" if file else ", ".join(own) for file, own in lines.items())


def _parts(snippet: Snippet) -> tuple[Part, ...]:
    """The stretches of a quotation. Hits that touch, as in scripts without spaces, are one: *日朝協議*."""
    parts: list[Part] = []
    at = 0
    for start, end in snippet.hits:
        if at <= start < end <= len(snippet.text):
            hit = Part(inert(snippet.text[start:end]), True)
            if at == start and parts:
                parts[-1] = Part(parts[-1].text + hit.text, True)
            else:
                parts += [Part(inert(snippet.text[at:start]), False), hit]
            at = end
    parts.append(Part(inert(snippet.text[at:]), False))
    return tuple(part for part in parts if part.text)


def _place(place: AlsoIn, words: Words) -> PlaceView:
    title = _title(place.title)
    return PlaceView(
        outlet=_name(place.feed),
        title=title,
        url=link(place.url),
        kind=words.kind(place.kind),
        same_event=place.kind == "same story",
        titled=bool(title) and place.kind != "copy",
        lang=None,
        dir=direction(None, title),
    )


def _repeat(repeat: Repeat, words: Words, zone: ZoneInfo, window: Window) -> RepeatView:
    title = _title(repeat.title) or words.gettext("Untitled")
    return RepeatView(
        title=title,
        url=link(repeat.url),
        lang=None,
        dir=direction(None, title),
        when=words.moment(repeat.at.astimezone(zone), window.end),
        alerted=repeat.alerted,
        outlets=_names(list(dict.fromkeys(place.feed for place in repeat.also_in))),
    )


def _coverage(coverage: Coverage, words: Words, zone: ZoneInfo, window: Window, notices: Sequence[str]) -> CoverageView:
    return CoverageView(
        feeds=coverage.feeds,
        polled=coverage.polled,
        entries=coverage.entries,
        incomplete=coverage.incomplete,
        failing=tuple(
            FailingView(
                name=_name(feed.name) or _name(feed.url),
                url=shortened(cleaned(feed.url), 120),
                error=shortened(words.reason(cleaned(feed.error)), 160),
                next=words.moment(feed.next_poll_at.astimezone(zone), window.end) if feed.next_poll_at else "",
            )
            for feed in coverage.failing[:LONGEST_LIST]
        ),
        failing_count=len(coverage.failing),
        failing_more=max(0, len(coverage.failing) - LONGEST_LIST),
        gaps=tuple(_name(name) for name in coverage.gaps[:LONGEST_LIST]),
        gaps_more=max(0, len(coverage.gaps) - LONGEST_LIST),
        notices=tuple(
            shortened(words.reason(cleaned(notice)), 200) for notice in (*notices, *coverage.notices)[:LONGEST_LIST]
        ),
    )
