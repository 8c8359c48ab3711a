"""Writes the archive's files from what the store froze, each whole or not at all, as often as it is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import structlog
from markupsafe import Markup

from digest.archive import records
from digest.archive.records import EditionRecord, StoryRecord
from digest.config import ArchiveSettings, DigestConfig
from digest.deliver.files import publish, write_synced
from digest.errors import ArchiveError
from digest.render import Renderer
from digest.render.atom import AtomEntry, AtomFeed, atom
from digest.render.clean import cleaned, language_tag, link
from digest.render.index import EditionLine, FeedLine, GroupView, IndexView
from digest.render.renderer import words_of
from digest.store import Store

IN_A_FEED = 100  # stories of a topic's feed
IN_THE_INDEX = 10  # editions of a digest on the first page

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)  # the age of a feed that nothing was in yet

log = structlog.get_logger(__name__)


class Archive:
    """The directory `settings.directory`:

        index.html                   every digest, its latest editions, and all feeds
        digests/ID/index.html        every edition of a digest
        digests/ID/feed.atom         its latest editions
        digests/ID/NAME.html         an edition, exactly as it was mailed
        digests/ID/editions.json     what index and feeds are made from; they outlive what the store keeps
        topics/ID.atom               the latest stories of a topic, of all digests

    What is there is never deleted. Files that would not change are not touched.
    """

    def __init__(
        self, settings: ArchiveSettings, digests: Sequence[DigestConfig], sender: str, renderer: Renderer
    ) -> None:
        self._root = settings.directory
        self._base = settings.base_url
        self._digests = tuple(digests)
        self._sender = parseaddr(sender)[1]
        self._renderer = renderer

    def publish(self, store: Store) -> int:
        """Write what the store has and the archive has not; how many editions that were.

        An edition counts as archived once its digest's editions.json names it, which is written after its page: a
        crash in between costs nothing but doing it again. Raises ArchiveError and StoreError.
        """
        try:
            return self._publish(store)
        except OSError as error:
            raise ArchiveError(f"archive {error.filename or self._root}: {error.strerror or error}") from error

    def _publish(self, store: Store) -> int:
        new = 0
        known: dict[str, list[EditionRecord]] = {}
        for digest in self._digests:
            folder = self._root / "digests" / digest.id
            before = self._known(folder)
            names = {each.name for each in before}
            fresh = []
            for edition_id, window in store.windows(digest.id).items():
                if window.stamp not in names:
                    edition = store.edition(edition_id)
                    _write(folder / f"{window.stamp}.html", edition.html.encode())
                    fresh.append(records.record(edition))
            known[digest.id] = records.merged(before, fresh)
            _write(folder / "editions.json", records.to_json(known[digest.id]))
            new += len(fresh)
        # All of it every time: it costs little, and templates, titles and addresses may have changed.
        for digest in self._digests:
            folder = self._root / "digests" / digest.id
            _write(folder / "feed.atom", self._digest_feed(digest, known[digest.id]))
            _write(folder / "index.html", self._digest_index(digest, known[digest.id]))
        for topic, title in self._topics(known):
            _write(self._root / "topics" / f"{topic}.atom", self._topic_feed(topic, title, known))
        _write(self._root / "index.html", self._index(known))
        return new

    def _known(self, folder: Path) -> list[EditionRecord]:
        """What is archived already. A list that can't be read is put aside, and made anew from the store."""
        path = folder / "editions.json"
        try:
            return records.from_json(path.read_bytes())
        except FileNotFoundError:
            return []
        except (ValueError, KeyError, TypeError) as error:
            aside = path.replace(path.with_suffix(".damaged"))
            log.warning("archive's list is damaged", file=str(path), kept_as=str(aside), error=repr(error))
            return []

    def _url(self, path: str) -> str | None:
        return f"{self._base}/{path}" if self._base else None

    # --- feeds --------------------------------------------------------------------------------------

    def _digest_feed(self, digest: DigestConfig, editions: Sequence[EditionRecord]) -> bytes:
        here = f"digests/{digest.id}"
        return atom(
            AtomFeed(
                name=f"mailto:{self._sender}/{here}",
                title=digest.title,
                author=digest.title,
                updated=_BEGINNING,
                entries=[
                    AtomEntry(
                        name=f"mailto:{self._sender}/{here}/{each.name}",
                        title=each.subject,
                        updated=each.ended,
                        url=self._url(f"{here}/{each.name}.html") or f"{each.name}.html",
                        content=_as_list(each),
                        language=digest.language,
                    )
                    for each in editions[: records.WITH_STORIES]
                ],
                url=self._url(f"{here}/index.html") or "index.html",
                own_url=self._url(f"{here}/feed.atom"),
                language=digest.language,
            )
        )

    def _topics(self, known: dict[str, list[EditionRecord]]) -> Iterator[tuple[str, str]]:
        titles: dict[str, str] = {}
        for editions in known.values():
            for edition in reversed(editions[: records.WITH_STORIES]):  # the latest title counts
                titles |= edition.topics
        yield from sorted(titles.items())

    def _topic_feed(self, topic: str, title: str, known: dict[str, list[EditionRecord]]) -> bytes:
        told = [
            (edition, story)
            for editions in known.values()
            for edition in editions[: records.WITH_STORIES]
            for story in edition.stories
            if story.topic == topic
        ]
        # A story that two editions have stands once, since the first of them.
        own = f"mailto:{self._sender}/topics/{topic}"
        once: dict[str, tuple[EditionRecord, StoryRecord]] = {}
        for edition, story in sorted(told, key=lambda each: each[0].name):
            name = f"{own}/{story.url or story.title}"
            if name in once and once[name][1].title != story.title:  # stories of several entries at one page
                name = f"{name}#{quote(story.title)}"
            once.setdefault(name, (edition, story))
        latest = sorted(once.items(), key=lambda each: each[1][0].name, reverse=True)[:IN_A_FEED]
        return atom(
            AtomFeed(
                name=own,
                title=title,
                author=title,
                updated=_BEGINNING,
                entries=[
                    AtomEntry(
                        name=name,
                        title=story.title or link(story.url) or topic,
                        updated=edition.ended,
                        url=link(story.url),
                        content=Markup("<p>{}</p>").format(cleaned(story.quote)),
                        published=datetime.fromisoformat(story.published) if story.published else None,
                        authors=story.authors or (story.feed,),
                        category=topic,
                        language=language_tag(story.language),
                    )
                    for name, (edition, story) in latest
                ],
                own_url=self._url(f"topics/{quote(topic)}.atom"),
            )
        )

    # --- pages --------------------------------------------------------------------------------------

    def _digest_index(self, digest: DigestConfig, editions: Sequence[EditionRecord]) -> bytes:
        page = IndexView(
            title=cleaned(digest.title),
            lang=digest.language,
            home="../../index.html",
            groups=(_group(digest, editions, ""),),
            feeds=(FeedLine(cleaned(digest.title), "feed.atom"),),
        )
        return self._renderer.index(page).encode()

    def _index(self, known: dict[str, list[EditionRecord]]) -> bytes:
        feeds = [FeedLine(cleaned(it.title), f"digests/{it.id}/feed.atom") for it in self._digests]
        feeds += [FeedLine(cleaned(title), f"topics/{quote(topic)}.atom") for topic, title in self._topics(known)]
        page = IndexView(
            title="",
            lang=self._digests[0].language,
            home=None,
            groups=tuple(_group(it, known[it.id][:IN_THE_INDEX], f"digests/{it.id}/") for it in self._digests),
            feeds=tuple(feeds),
        )
        return self._renderer.index(page).encode()


def _group(digest: DigestConfig, editions: Sequence[EditionRecord], folder: str) -> GroupView:
    zone, words = ZoneInfo(digest.timezone), words_of(digest.language)
    ends = [it.ended.astimezone(zone) for it in editions]
    a_day = Counter(end.date() for end in ends)
    lines = (
        EditionLine(
            title=cleaned(it.subject),
            url=f"{folder}{it.name}.html",
            date=words.day(end) if a_day[end.date()] == 1 else words.day_and_time(end),
            count=it.count,
        )
        for it, end in zip(editions, ends, strict=True)
    )
    return GroupView(cleaned(digest.title), f"{folder}index.html" if folder else None, tuple(lines))


def _as_list(edition: EditionRecord) -> str:
    """The edition's stories under their topics, as HTML for feed readers."""
    made = Markup()
    for topic, title in edition.topics.items():
        items = Markup().join(_item(story) for story in edition.stories if story.topic == topic)
        made += Markup("<h2>{}</h2><ul>{}</ul>").format(cleaned(title), items)
    return made


def _item(story: StoryRecord) -> Markup:
    title, url = cleaned(story.title), link(story.url)
    linked = Markup('<a href="{}">{}</a>').format(url, title or url) if url else Markup("{}").format(title)
    return Markup("<li>{} ({})<br>{}</li>").format(linked, cleaned(story.feed), cleaned(story.quote))


def _write(path: Path, body: bytes) -> None:
    """Put a file in its place, whole, unless it is there with that content."""
    if path.exists() and path.read_bytes() == body:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    write_synced(draft, body)
    publish(draft, path)
