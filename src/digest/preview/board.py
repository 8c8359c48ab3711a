"""What the preview shows: the mails as the files would make them now, and what is wrong with the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from digest import app, compose, stories, topics
from digest import config as configuration
from digest.config import Config, DigestConfig
from digest.errors import ConfigError, DigestError, Problem, RenderError
from digest.model import Digest, Flagged, Message, Window
from digest.pipeline import Pipeline
from digest.render import Renderer, mime


@dataclass(frozen=True, slots=True)
class Shown:
    """One digest, or the alert of one topic, as its readers would get it."""

    id: str
    title: str
    message: Message
    headers: str  # of the finished message, as they go over the wire


class Board:
    """Composes every digest from the articles that the store holds, by the rules and templates as the files have them.

    `pipeline` runs over a throw-away copy of the store; nothing is polled, and nothing is stored. `templates`, if
    given, stands in for the directory that the configuration names.
    """

    def __init__(
        self, pipeline: Pipeline, config: Config, env: Mapping[str, str], templates: Path | None = None
    ) -> None:
        self.directory = config.directory
        self.templates = templates or config.templates
        self.problems: tuple[Problem, ...] = ()
        self.shown: tuple[Shown, ...] = ()
        self._pipeline = pipeline
        self._env = env
        self._own_templates = templates
        self._windows: dict[str, Window] = {}
        self._judged: tuple[object, list[Flagged]] | None = None

    async def look(self) -> None:
        """Take note of the window of each digest: what it would hold if it were made now. Call once, first."""
        for digest_id in self._pipeline.digests:
            self._windows[digest_id] = await self._pipeline.window_until_now(digest_id)

    def refresh(self) -> None:
        """Read the files and make everything anew. What is wrong is in `problems`, as `digest check` has it.

        A configuration that is refused leaves what was shown before. Slow: call it in a thread.
        """
        try:
            config = app.load(self.directory, self._env)
            compiled = topics.compile(config.topics)
        except ConfigError as error:
            self.problems = error.problems
            return
        self.templates = self._own_templates or config.templates
        renderer = Renderer(self.templates, config.archive_urls)
        try:
            made = tuple(self._made(config, compiled, renderer))
            self.shown = tuple(each for each in made if isinstance(each, Shown))
            refused = (each for each in made if isinstance(each, Problem))
            self.problems = (*refused, *compiled.check_examples(), *compiled.lint(), *renderer.check())
        except (DigestError, OSError) as error:  # a file may be gone for the moment in which an editor replaces it
            self.problems = (Problem("", 0, 0, str(error)),)

    def _made(self, config: Config, compiled: topics.Topics, renderer: Renderer) -> Iterator[Shown | Problem]:
        """Every digest, and the alerts that have anything to tell; of those that can't be made, why."""
        alerts = configuration.alerts(config).values()
        mailings: tuple[tuple[DigestConfig, str, int | None], ...] = (
            *((each, each.title, None) for each in config.digests),
            *((each.mailing, f"Alert: {each.mailing.title}", each.rule.threshold) for each in alerts),
        )
        for digest, title, least in mailings:
            try:
                edition, message, window = self._compose(digest, config, compiled, renderer, least)
                if least is None or edition.stories:
                    yield Shown(digest.id, title, message, _headers(message, digest, config, window.end))
            except RenderError as error:
                yield Problem("", 0, 0, f"no edition of {digest.id} can be made: {error}")

    def _compose(
        self,
        digest: DigestConfig,
        config: Config,
        compiled: topics.Topics,
        renderer: Renderer,
        least: int | None = None,
    ) -> tuple[Digest, Message, Window]:
        """An edition of what has at least `least` points, and its window."""
        window = self._windows.get(digest.id) or next(iter(self._windows.values()))
        chosen = digest.topics or tuple(compiled.titles)
        found = self._flagged(config, compiled)
        flagged = [it for it in found if it.first_seen >= window.start and (least is None or it.match.score >= least)]
        if digest.images:
            flagged = [replace(it, image=self._pipeline.store.entry(it.entry_id).entry.picture) for it in flagged]
        told = stories.group([it for it in flagged if it.match.topic in chosen], chosen)
        coverage = self._pipeline.store.coverage(window, window.end)
        edition = compose.edition(digest, told, compiled.titles, window, coverage)
        return edition, renderer.message(edition), window

    def _flagged(self, config: Config, compiled: topics.Topics) -> list[Flagged]:
        """Every stored article of the windows, judged by the rules as they are now; again only when these changed."""
        files = sorted((config.directory / "topics").glob("*.yaml"))
        rules = (config.feeds, [(file, file.stat().st_mtime_ns) for file in files])
        if self._judged is None or self._judged[0] != rules:
            self._judged = (rules, self._judge(config, compiled))
        return self._judged[1]

    def _judge(self, config: Config, compiled: topics.Topics) -> list[Flagged]:
        since = min(window.start for window in self._windows.values())
        only = {feed.url: frozenset(feed.topics) for feed in config.feeds if feed.topics}
        flagged: list[Flagged] = []
        for stored in self._pipeline.store.articles(since):
            source = urlsplit(stored.article.url).hostname or ""
            for match in compiled.match(stored.article, source=source, only=only.get(stored.feed)):
                flagged.append(
                    Flagged(
                        match_id=len(flagged) + 1,
                        entry_id=stored.entry_id,
                        feed=stored.feed,
                        feed_name=stored.feed_name,
                        article=stored.article,
                        match=match,
                        first_seen=stored.first_seen,
                    )
                )
        return flagged


def _headers(message: Message, digest: DigestConfig, config: Config, now: datetime) -> str:
    """The head of the finished message, as its first reader would get it."""
    sender, recipient = config.mail.sender, digest.to[0]
    domain = parseaddr(sender)[1].partition("@")[2]
    raw = mime(
        message,
        sender=sender,
        recipient=recipient,
        message_id=f"<preview@{domain}>",
        date=now,
        list_id=f"<{digest.id}.{domain}>",
        unsubscribe=digest.ways_to_leave(recipient),
    )
    return raw.partition(b"\r\n\r\n")[0].decode("ascii").replace("\r\n", "\n")
