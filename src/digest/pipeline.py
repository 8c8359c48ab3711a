"""The path of an entry from poll to email. Read this first.

    due feed -> Fetched -> Entry -> Page -> Article -> Match -> (stored)
    (stored) -> Story -> Digest -> Message -> outbox -> delivered

Five steps: `poll` a feed, `read` an entry, `plan` what is owed, `build` an edition, `deliver` a parcel. Each takes ids,
leaves its whole outcome in the store in one transaction, and may be repeated: what was done is not done twice. So a
crash costs at most the step it hit, and who calls the steps, in which process and how many at once, is not known here.
A dry run is these same steps over a throw-away store and a delivery that only shows.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import structlog

from digest import compose, feeds, planner, stories
from digest.config import AlertConfig, DigestConfig, FeedConfig, PollSettings
from digest.deliver import Delivery
from digest.errors import DeliveryError, FetchError, ParseError, Quarantine, WorkerDied, WorkerLost, WorkerTimeout
from digest.feeds import Unseen
from digest.fetch import Fetcher
from digest.model import (
    Article,
    ArticleUpdate,
    Digest,
    DigestState,
    EditionUpdate,
    FailingFeed,
    FeedClaims,
    FeedState,
    Fetched,
    Flagged,
    HurryUpdate,
    KillUpdate,
    Message,
    NewEntry,
    Parcel,
    ParcelState,
    ParcelUpdate,
    PollUpdate,
    RetryUpdate,
    StoredArticle,
    StoredEntry,
    Told,
    Window,
)
from digest.render import Renderer, addressed, readers
from digest.store import Stale, Store
from digest.topics import Topics
from digest.workers import Workers, allowed_s

if TYPE_CHECKING:
    from digest.extract import Reading

GLANCE_BYTES = 128_000  # looked at in this process: even 20,000 empty entries take a tenth of a second at most

ON_THEIR_WAY = (ParcelState.SENDING, ParcelState.DATA_SENT)

T = TypeVar("T")
Args = TypeVarTuple("Args")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll of one feed came to."""

    url: str
    not_modified: bool = False
    new: int = 0
    remembered: int = 0  # entries that are old, or known under other keys: noted, not read
    failing: FailingFeed | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What reading one entry came to. `article` is None when its page will be asked for once more."""

    entry_id: int
    article: Article | None = None
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Edition:
    """One issue of a digest for one window, composed and rendered."""

    digest: Digest
    message: Message
    wanted: bool  # there is a story in it, or its readers want to hear of quiet times too


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The wired parts and the slices of the configuration that the path needs."""

    poll_settings: PollSettings
    feeds: Mapping[str, FeedConfig]  # by configured URL
    digests: Mapping[str, DigestConfig]  # by id
    sender: str  # the From header
    store: Store
    fetcher: Fetcher
    workers: Workers
    topics: Topics
    renderer: Renderer
    delivery: Delivery
    clock: Callable[[], datetime]  # aware, UTC
    alerts: Mapping[str, AlertConfig] = field(default_factory=dict)  # by id
    notices: tuple[str, ...] = ()  # what the reader must be told in the footer
    jitter: Callable[[], float] = field(default=random.random)
    uplink: planner.Uplink = field(default_factory=planner.Uplink)
    pages: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)  # being read

    # --- due feed -> Fetched -> Entry -> (stored) ---------------------------------------------------

    async def poll(self, url: str, *, gives_way: bool = False) -> Polled:
        """Look at one feed once and store its new entries together with the validators that vouch for them.

        A feed that fails is a result: its next poll moves away and its error is kept. With `gives_way`, the first poll
        of one that lets others of its host wait for long raises GaveWay, and is to be repeated after them.
        """
        feed = self.feeds[url]
        state = await self.store.ask_feed(url)
        try:
            fetched = await self.fetcher.feed(
                planner.address(state, secret=bool(feed.headers)),
                validators=planner.validators(state, self.clock()),
                validators_url=state.validators_url,
                headers=feed.headers,
                patient=not gives_way or planner.patient(state),
            )
            body_hash = None if fetched.not_modified else feeds.fingerprint(fetched.body)
            unseen = None
            if body_hash is not None and body_hash != state.body_hash:
                async with self._quarantine("feed", url, body_hash):
                    unseen = await self._unseen(state, fetched)
        except (FetchError, ParseError, WorkerDied, WorkerTimeout) as error:
            return await self._poll_failed(state, feed, error)
        fetched = replace(fetched, body=b"")  # it is read; what waits for the store holds no more than it must
        now = self.clock()
        self.uplink.answered(url, now)
        fresh, learnt = await self._compare(state, unseen, now)
        wanted = sum(new.wanted for new in fresh)
        after = planner.after_poll(
            state,
            fetched,
            unseen.document if unseen else None,
            total=unseen.total if unseen else 0,
            new=wanted if state.last_success_at else len(fresh),
            body_hash=body_hash,
            settings=planner.Interval.of(self.poll_settings, feed),
            now=now,
            jitter=self.jitter(),
        )
        await self.store.write_in_company(PollUpdate(after, fresh, now, learnt))
        log.debug("polled", feed=feeds.without_credentials(url), status=fetched.status, new=wanted)
        return Polled(url, not_modified=unseen is None, new=wanted, remembered=len(fresh) - wanted)

    async def _unseen(self, state: FeedState, fetched: Fetched) -> Unseen | None:
        """The document without most of what is known of it; None when a glance at its guids shows nothing else."""
        known, glance = set[str](), feeds.Glance()
        if state.last_success_at is not None:
            small = len(fetched.body) <= GLANCE_BYTES
            glance = feeds.glance(*_parts(fetched)) if small else await self._on_feed(feeds.scan, fetched)
            known = await self.store.ask_known(state.url, glance.keys)
            if glance.keys and known.issuperset(glance.keys):
                return None
        return await self._on_feed(feeds.parse_new, fetched, frozenset(known), self.clock(), glance)

    async def _on_feed(
        self, step: Callable[[bytes, Mapping[str, str], str, *Args], T], fetched: Fetched, *args: *Args
    ) -> T:
        return await self.workers.run(step, *_parts(fetched), *args, deadline_s=allowed_s(fetched.body))

    async def _compare(
        self, state: FeedState, unseen: Unseen | None, now: datetime
    ) -> tuple[Collection[NewEntry], tuple[tuple[str, str], ...]]:
        """The entries not seen before, and new keys of known ones. On a first look, old ones are only remembered."""
        if unseen is None:
            return (), ()
        entries = unseen.document.entries
        if state.last_success_at is None:
            oldest = now - timedelta(seconds=self.poll_settings.first_look)
            return feeds.fresh(entries, (), oldest=oldest), unseen.learnt
        known = await self.store.ask_known(state.url, feeds.asked(entries))
        entries = feeds.at_own_links(entries, known, alone=unseen.total == 1)
        fresh = feeds.fresh(entries, known)
        if feeds.suddenly_new(fresh, unseen.total):
            fresh = feeds.renumbered(fresh, await asyncio.to_thread(self.store.titles, state.url))
        return fresh, unseen.learnt + feeds.more_keys(entries, known)

    @asynccontextmanager
    async def _quarantine(self, kind: str, url: str, input_hash: str) -> AsyncIterator[None]:
        """Keep what has killed two workers away from the others, by the hash of its bytes; and count who is killed."""
        if await self.store.ask_quarantined(input_hash):
            raise Quarantine(f"this {kind} has crashed our readers twice; it is left alone until its bytes change")
        try:
            yield
        except WorkerLost:
            raise
        except (WorkerDied, WorkerTimeout) as error:
            await self.store.write(KillUpdate(input_hash, kind, url, str(error), self.clock()))
            raise

    async def _poll_failed(self, state: FeedState, feed: FeedConfig, error: Exception) -> Polled:
        now = self.clock()
        excused = self.uplink.failed(state, error, now)
        after, *taken_back = planner.after_failures(state, error, excused, now=now, jitter=self.jitter())
        held = planner.hold(error, state.url, self.feeds, feeds.publisher, now)
        updates = [PollUpdate(each, (), now) for each in (after, *taken_back)]
        await self.store.write_in_company(*updates, held)
        shown = feeds.without_credentials(state.url)
        log.info("poll failed", feed=shown, error=str(error), next_poll_at=str(after.next_poll_at))
        name = feed.name or state.title or shown
        return Polled(state.url, failing=FailingFeed(shown, name, str(error), after.next_poll_at))

    # --- Entry -> Page -> Article -> Match -> (stored) ----------------------------------------------

    async def read(self, entry_id: int) -> Read:
        """Get the article behind one entry, judge it by every topic of its feed, and store both together."""
        stored = await asyncio.to_thread(self.store.entry, entry_id)
        feed, url = self.feeds.get(stored.feed), stored.entry.url
        # Of two entries at one page, the second waits for what the first has made of it.
        async with self.pages.setdefault(feeds.canonical_url(url) if url else f"entry {entry_id}", asyncio.Lock()):
            reading = await self._article(stored, feed)
            now = self.clock()
            if isinstance(reading, datetime):
                await self.store.write_in_company(RetryUpdate(entry_id, reading))
                return Read(entry_id)
            article = replace(reading.article, url=feeds.without_tracking(reading.article.url))
            only = frozenset(feed.topics) if feed and feed.topics else None
            matches = await asyncio.to_thread(self.topics.match, article, urlsplit(article.url).hostname or "", only)
            canonical = feeds.canonical_url(article.url) if article.url and not stored.entry.shares_page else None
            shingles = await self._shingles(article)
            update = ArticleUpdate(entry_id, article, matches, now, canonical, reading.lesson, shingles)
            await self.store.write_in_company(update)
        log.debug("read", entry=entry_id, complete=article.complete, topics=[match.topic for match in matches])
        return Read(entry_id, article, flagged=bool(matches))

    async def _shingles(self, article: Article) -> tuple[int, ...]:
        """By what copies of it are found; in a worker, like all that takes longer for longer texts."""
        try:
            return await self.workers.run(stories.keys, article.text, deadline_s=allowed_s())
        except (WorkerDied, WorkerTimeout):
            return ()

    async def _article(self, stored: StoredEntry, feed: FeedConfig | None) -> Reading | datetime:
        """The article, from its page if that can be had, else from the feed; or when to ask for its page again."""
        from digest import extract  # its patterns take a tenth of a second to compile: not at the start

        entry = stored.entry
        url = entry.url or ""
        claims = await self._claims(stored, feed)
        if told := extract.without_page(entry, claims, by_feed=feed is not None and feed.full_text == "feed"):
            return extract.Reading(told)
        twin = await asyncio.to_thread(self.store.article_at, feeds.canonical_url(url))
        if twin is not None and twin.complete:
            return extract.Reading(twin)
        if feed is not None and feed.prefilter == "title":
            claimed = extract.from_claims(
                url, claims, "the feed's title and summary have no term of a topic (prefilter)"
            )
            if not self.topics.hinted(claimed, urlsplit(url).hostname or "", frozenset(feed.topics) or None):
                return extract.Reading(claimed)
        try:
            page = await self.fetcher.page(url)
            site = await asyncio.to_thread(self.store.site, feeds.site(page.url), self.clock())
            async with self._quarantine("page", page.url, sha256(page.body).hexdigest()):
                return await self.workers.run(extract.behind, url, page, claims, site, deadline_s=allowed_s(page.body))
        except FetchError as error:
            again = planner.page_retry_at(error, stored.attempts, self.clock())
            return again or extract.Reading(extract.from_claims(url, claims, str(error)))
        except (WorkerDied, WorkerTimeout) as error:
            return extract.Reading(extract.from_claims(url, claims, str(error)))

    async def _claims(self, stored: StoredEntry, feed: FeedConfig | None) -> FeedClaims:
        """What the feed said, as plain text; in a worker, since its HTML is as hostile as any page's."""
        state = await self.store.ask_feed(stored.feed)
        name = (feed.name if feed else None) or state.title
        try:
            return await self.workers.run(feeds.claims, stored.entry, state.language, name, deadline_s=allowed_s())
        except (WorkerDied, WorkerTimeout):
            return FeedClaims(title=stored.entry.title, published=stored.entry.published, site=name)

    # --- (stored) -> Story -> Digest -> Message -> outbox -------------------------------------------

    async def plan(self) -> tuple[tuple[str, Window], ...]:
        """The windows whose editions are owed by now, of each digest the oldest first."""
        now = self.clock()
        owed: list[tuple[str, Window]] = []
        for digest in self.digests.values():
            state = await asyncio.to_thread(self.store.digest_state, digest.id, now)
            windows = planner.owed(digest.schedule, digest.timezone, state.covered_until, now, digest.catch_up)
            owed.extend((digest.id, window) for window in windows)
        return tuple(owed)

    async def plan_alerts(self) -> tuple[tuple[str, Window], ...]:
        """The alerts that may leave by now. Ask when owed editions are built: what they told needs none any more."""
        now = self.clock()
        due: list[tuple[str, Window]] = []
        for alert in self.alerts.values():
            state = await asyncio.to_thread(self.store.digest_state, alert.id, now, from_now_on=True)
            since, rule = state.covered_until, alert.rule
            waiting = await asyncio.to_thread(self.store.pending_count, state, (alert.topic,), rule.threshold)
            if since < now and waiting:
                recent = await asyncio.to_thread(self.store.mailed, alert.id, now - planner.HOUR)
                if planner.alert_at(recent, rule.per_hour, rule.quiet_hours, alert.mailing.timezone, now) <= now:
                    due.append((alert.id, Window(since, now)))
        return tuple(due)

    async def window_until_now(self, digest_id: str) -> Window:
        """The window of an edition outside the schedule: all since the last one. Empty while the clock is behind it."""
        now = self.clock()
        state = await asyncio.to_thread(self.store.digest_state, digest_id, now)
        start = state.covered_until
        if state.window_end is None:  # the feeds' first look went back so far
            start -= timedelta(seconds=self.poll_settings.first_look)
        return Window(start, max(start, now))

    async def build(self, digest_id: str, window: Window) -> Edition:
        """Make the edition of one window and put it into the outbox."""
        edition = await self.compose(digest_id, window)
        await self.freeze(edition)
        return edition

    async def compose(self, digest_id: str, window: Window) -> Edition:
        """What an edition of this window holds by now, rendered. Changes nothing."""
        config, least, oldest = self._mailing(digest_id)
        state = await asyncio.to_thread(self.store.digest_state, digest_id, self.clock())
        chosen = config.topics or tuple(self.topics.titles)
        pending = await asyncio.to_thread(self.store.pending, state, chosen, least=least, images=config.images)
        high_water = max((flagged.match_id for flagged in pending), default=0)
        pending = [flagged for flagged in pending if oldest is None or flagged.first_seen >= oldest]
        coverage = await asyncio.to_thread(self.store.coverage, window, self.clock())
        coverage = replace(coverage, notices=(*self.notices, *coverage.notices))
        earlier, told = await self._known(config, pending)
        telling = await asyncio.to_thread(stories.tell, pending, chosen, earlier, told)
        titles = self.topics.titles
        digest = compose.edition(config, telling.stories, titles, window, coverage, telling.repeats)
        digest = replace(digest, high_water=high_water)
        wanted = bool(digest.stories) or await self._sign_of_life(config, state, window)
        return Edition(digest, await asyncio.to_thread(self.renderer.message, digest), wanted)

    def _mailing(self, mailing_id: str) -> tuple[DigestConfig, int | None, datetime | None]:
        """How a digest or an alert is mailed; of an alert, the fewest points, and how long ago is too long."""
        if alert := self.alerts.get(mailing_id):
            return alert.mailing, alert.rule.threshold, self.clock() - planner.ALERT_WHILE_NEW
        return self.digests[mailing_id], None, None

    async def _sign_of_life(self, config: DigestConfig, state: DigestState, window: Window) -> bool:
        """A mail leaves though there is nothing to tell."""
        since = planner.silent_since(config.at_least_every, window)
        if since is None or config.when_empty == "send":
            return config.when_empty == "send"
        return state.since <= since and not await asyncio.to_thread(self.store.mailed, config.id, since)

    async def _known(
        self, config: DigestConfig, pending: Sequence[Flagged]
    ) -> tuple[Sequence[StoredArticle], Mapping[int, Told]]:
        """Other articles of late that may be copies of these, and how its readers had any of them."""
        since = self.clock() - stories.REMEMBERED
        own = sorted({flagged.entry_id for flagged in pending})
        earlier = await asyncio.to_thread(self.store.alike, own, since)
        entries = [*own, *(stored.entry_id for stored in earlier)]
        ledger = await asyncio.to_thread(self.store.told, entries, since)
        return earlier, stories.told_to(readers(config), config.id, ledger, self.digests)

    async def freeze(self, edition: Edition) -> None:
        """Store an edition, its stories and its parcels in one transaction; from here on no byte of it changes.

        What is over the cap is carried to the next edition. An edition with nothing in it only closes its
        window, unless the digest wants to hear of quiet times too.
        """
        parcels = self.parcels(edition) if edition.wanted else ()
        await asyncio.to_thread(self.store.apply, EditionUpdate(edition.digest, parcels, self.clock()))
        log.info("edition", digest=edition.digest.id, stories=len(edition.digest.stories), parcels=len(parcels))

    def parcels(self, edition: Edition) -> tuple[Parcel, ...]:
        """One parcel a recipient, with the bytes that every attempt will send."""
        mailing, *_ = self._mailing(edition.digest.id)
        chat = self.renderer.chat(edition.digest) if mailing.notify else ""
        return addressed(edition.digest, edition.message, chat, mailing, self.sender, self.clock())

    # --- outbox -> delivered ------------------------------------------------------------------------

    async def deliver(self, parcel_id: int) -> Parcel:
        """Hand one message over and record how that went. Recorded after delivery: twice is better than never.

        `sending` is stored before connecting and `data_sent` before the message is committed to the server, so
        that after a crash it is known whether the message can have arrived. Raises DeliveryError only where the
        fault is the relay's own: the caller then postpones this parcel and all others.
        """
        parcel = await self.store.ask_parcel(parcel_id)
        parcel = replace(parcel, state=ParcelState.SENDING, attempts=parcel.attempts + 1)
        update = ParcelUpdate(parcel.id, parcel.state, self.clock(), attempts=parcel.attempts, seen=ParcelState.READY)
        try:
            await self.store.write_along(update)
        except Stale:  # given up since it was listed, or another's by now
            return await self.store.ask_parcel(parcel_id)

        async def before_commit() -> None:
            await self.store.write(ParcelUpdate(parcel.id, ParcelState.DATA_SENT, self.clock()))

        try:
            reply = await self.delivery.deliver(parcel, before_commit)
        except DeliveryError as error:
            if error.relay:
                raise
            return await self._not_delivered(parcel, error)
        return await self._move(parcel, ParcelState.SENT, reply)

    async def postpone(self, parcels: Sequence[Parcel], fault: DeliveryError) -> None:
        """Let parcels wait together, since the relay would refuse each of them alike; not beyond their five days."""
        delay_s = max(planner.delivery_backoff_s(parcel.attempts + 1, self.jitter()) for parcel in parcels)
        now = self.clock()
        left = await asyncio.to_thread(self.store.outbox, (ParcelState.READY, *ON_THEIR_WAY))
        ids = {parcel.id for parcel in left}  # without those that were given up meanwhile
        updates = [planner.not_delivered(parcel, fault, "resend", now, delay_s) for parcel in parcels]
        await self.store.write(*(update for update in updates if update.parcel_id in ids))

    async def try_again_now(self) -> None:
        """Let what waits for its next attempt wait no longer, since the way out is another one now."""
        await asyncio.to_thread(self.store.apply, HurryUpdate(self.clock()))

    async def set_right(self) -> None:
        """After the clock was put back: what it had put off to a far day is due again. Call at any time."""
        if mended := await asyncio.to_thread(self.store.set_right, self.clock()):
            log.warning("the clock had been ahead", mended=mended)

    async def recover(self) -> None:
        """After a crash: what was on its way is ready again, or its outcome is unknown. Call once, under the lock."""
        await self.set_right()
        for parcel in await asyncio.to_thread(self.store.outbox, ON_THEIR_WAY):
            error = _interrupted(parcel)
            if error.retryable:
                await self._move(parcel, ParcelState.READY, str(error))
            else:
                await self._not_delivered(parcel, error)

    async def broke_off(self, parcel_id: int) -> Parcel:
        """Settle a parcel whose delivery ended in a bug of ours: it is ready again later, or its outcome is unknown."""
        parcel = await self.store.ask_parcel(parcel_id)
        return await self._not_delivered(parcel, _interrupted(parcel)) if parcel.state in ON_THEIR_WAY else parcel

    async def _not_delivered(self, parcel: Parcel, error: DeliveryError) -> Parcel:
        """Let it be tried again later, or no more."""
        known = parcel.digest in self.digests or parcel.digest in self.alerts
        on_unknown = self._mailing(parcel.digest)[0].on_unknown if known else "resend"
        delay_s = planner.delivery_backoff_s(parcel.attempts, self.jitter())
        update = planner.not_delivered(parcel, error, on_unknown, self.clock(), delay_s)
        await self.store.write(update)
        tell = log.warning if update.state is ParcelState.READY else log.error
        tell("not delivered", digest=parcel.digest, parcel=parcel.id, error=update.reply, state=update.state.value)
        return replace(parcel, state=update.state, reply=update.reply)

    async def _move(self, parcel: Parcel, state: ParcelState, reply: str) -> Parcel:
        await self.store.write_along(ParcelUpdate(parcel.id, state, self.clock(), reply))
        return replace(parcel, state=state, reply=reply)


def _interrupted(parcel: Parcel) -> DeliveryError:
    """What is known of a parcel that was on its way: without the final dot it did not arrive."""
    if parcel.state is ParcelState.SENDING:
        return DeliveryError("interrupted before the message was handed over", retryable=True)
    return DeliveryError("interrupted while the message was handed over", retryable=False, unknown=True)


def _parts(fetched: Fetched) -> tuple[bytes, Mapping[str, str], str]:
    return fetched.body, fetched.headers, fetched.final_url
