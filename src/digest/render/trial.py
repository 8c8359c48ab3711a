"""Small editions that show everything an edition can hold: templates are tried on them before they are trusted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from digest.model import (
    ALERT,
    AlsoIn,
    Article,
    Coverage,
    Digest,
    FailingFeed,
    Field,
    Flagged,
    Hit,
    Match,
    Repeat,
    Section,
    Snippet,
    Story,
    Why,
    Window,
)
from digest.render.index import EditionLine, FeedLine, GroupView, IndexView

_END = datetime(2026, 1, 5, 7, 0, tzinfo=UTC)
_WINDOW = Window(_END - timedelta(days=3), _END, slots=3)
_FAILING = tuple(
    FailingFeed(f"https://feed-{nth}.example/", f"Feed {nth}", "no answer", _END if nth % 2 else None)
    for nth in range(15)
)
_COVERAGE = Coverage(20, 5, _FAILING, ("Feed 3",), 40, 2, ("A notice.",))


def editions() -> tuple[Digest, ...]:
    """A full edition, one with a single bare story, a quiet one, a broken one and an alert."""
    stories = tuple(_story(nth) for nth in range(1, 6))
    return (
        _digest((Section("one", "First <topic>", stories[:3]), Section("two", "Second", stories[3:])), _COVERAGE),
        _digest((Section("one", "Only", (_bare(),)),), Coverage(1, 1)),
        _digest((), Coverage(feeds=3, polled=3, entries=9)),
        _digest((), Coverage(feeds=15, polled=0, failing=_FAILING)),
        replace(_digest((Section("one", "Only", stories[:2]),), _COVERAGE), id=f"{ALERT}one"),
    )


def indexes() -> tuple[IndexView, ...]:
    """A first page of the archive, and one of a digest without editions."""
    lines = (EditionLine("Trial & error: 5 stories", "one.html", "Monday", 5),)
    feeds = (FeedLine("Trial & error", "feed.atom"),)
    return (
        IndexView("", "en", None, (GroupView("Trial & error", "index.html", lines),), feeds),
        IndexView("Trial & error", "en", "../index.html", (GroupView("Trial & error", None, ()),), feeds),
    )


def _digest(sections: tuple[Section, ...], coverage: Coverage) -> Digest:
    repeats = tuple(_repeat(nth) for nth in range(13)) if len(sections) > 1 else ()
    digest = Digest("trial", "Trial & error", _WINDOW, "Europe/Berlin", sections, len(sections), coverage)
    return replace(digest, repeats=repeats)


def _repeat(nth: int) -> Repeat:
    places = tuple(AlsoIn(f"Outlet {place}", "Told", "https://other.example/", "copy") for place in range(nth % 5))
    url = f"https://outlet.example/{nth}" if nth else ""
    return Repeat(
        f"Told {nth}", url, "Outlet", _END - timedelta(days=nth), alerted=nth % 2 == 0, also_in=places, members=()
    )


def _story(nth: int) -> Story:
    article = Article(
        url=f"https://outlet.example/{nth}",
        title=f"Story <{nth}> of a trial",
        text="The trial began on Monday. Nobody was surprised.",
        authors=("Ada Trial", "Ben Error"),
        published=_END - timedelta(hours=nth),
        language=("en", "ko", "ar", None, "de")[nth - 1],
        complete=nth != 2,
        error="only the feed's text" if nth == 2 else None,
    )
    whys = (
        Why(3, "title: trial", ("trial",), Field.TITLE, "topics/one.yaml:3"),
        Why(-1, "none: verdict", (), None, "topics/one.yaml:5"),
    )
    match = Match("one", 2, whys, (Hit(Field.BODY, 4, 9, "trial"),))
    kinds = ("copy", "excerpt", "same story")
    also = tuple(AlsoIn(f"Outlet {kind}", f"Its {kind}", "https://other.example/", kind) for kind in kinds)
    return Story(
        front=Flagged(
            nth,
            nth,
            "https://outlet.example/rss",
            "Outlet",
            article,
            match,
            _END - timedelta(hours=nth),
            image="https://outlet.example/a.jpg",
        ),
        also_in=also * (5 if nth == 1 else 1),
        snippets=(Snippet("The trial began on Monday.", ((4, 9),)), Snippet("Nobody was surprised.", ())),
        members=(nth,),
        also_topics=("Second",),
    )


def _bare() -> Story:
    """A story of which nearly nothing is known."""
    article = Article(url="", title="", text="", complete=False)
    match = Match("one", 0, (), ())
    return Story(front=Flagged(1, 1, "https://outlet.example/rss", "", article, match, _END), members=(1,))
