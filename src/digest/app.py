"""Turns a configuration into a wired pipeline, and runs it once: for real, or as a rehearsal that leaves no trace."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import structlog

from digest import config as configuration
from digest import topics
from digest.config import Config, Sourced, TopicConfig
from digest.deliver import ByRecipient, Delivery, DirectoryDelivery, check_channels, open_delivery
from digest.engine import Collector, Progress, Tally, deliver_ready, forget, unwatched
from digest.errors import ArchiveError, ConfigError, Problem, RenderError, StoreError, StoreLocked, WrongCall
from digest.fetch import Fetcher
from digest.model import DueFeed, Parcel, ParcelState, Window
from digest.pipeline import Edition, Pipeline
from digest.planner import PAGE_RETRY_AFTER
from digest.render import Renderer
from digest.store import Store
from digest.workers import Workers

FORGET_ROUNDS = 20  # the rest is for the next run: this one has its user waiting

log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    """The wall clock, aware and in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run came to. Of its messages, `unsent` wait for another attempt, and `given_up` for the owner.

    `alerts` are those that a rehearsal shows, as a service would have sent them before the editions; `written` are the
    files of a directory delivery, or of `--out`; `refused` says of which mailings no edition could be made, and why.
    """

    tally: Tally
    editions: tuple[Edition, ...]
    sent: int = 0
    unsent: int = 0
    given_up: int = 0
    written: tuple[Path, ...] = ()
    handed_over: bool = False  # to a service, which delivers it
    alerts: tuple[Edition, ...] = ()
    refused: tuple[str, ...] = ()


def load(directory: Path, env: Mapping[str, str]) -> Config:
    """The configuration of a directory, with topics that compile and channels that can be used.

    Raises ConfigError with what is wrong in it.
    """
    config = configuration.load(directory, env, also=_uncompilable)
    check_channels(config.channels)
    return config


def _uncompilable(found: Sequence[Sourced[TopicConfig]]) -> tuple[Problem, ...]:
    try:
        topics.compile(found)
    except ConfigError as error:
        return error.problems
    return ()


@asynccontextmanager
async def wired(
    config: Config, store: Store, delivery: Delivery, *, clock: Callable[[], datetime] = utc_now
) -> AsyncIterator[Pipeline]:
    """The pipeline of this configuration over this store and this delivery, its fetcher and workers running.

    Raises ConfigError for topics that don't compile.
    """
    compiled = topics.compile(config.topics)
    store.subscribe({feed.url: feed.name or "" for feed in config.feeds}, clock())
    for digest in config.digests:
        store.digest_state(digest.id, clock())  # from now on its slots count
    for alert_id in configuration.alerts(config):
        store.digest_state(alert_id, clock(), from_now_on=True)
    async with Workers() as workers, Fetcher(config.poll, ready=workers.calm) as fetcher:
        yield Pipeline(
            poll_settings=config.poll,
            feeds={feed.url: feed for feed in config.feeds},
            digests={digest.id: digest for digest in config.digests},
            alerts=configuration.alerts(config),
            sender=config.mail.sender,
            store=store,
            fetcher=fetcher,
            workers=workers,
            topics=compiled,
            renderer=Renderer(config.templates, config.archive_urls),
            delivery=delivery,
            clock=clock,
        )


async def run_once(config: Config, *, only: str | None = None, progress: Progress = unwatched) -> Outcome:
    """Poll what is due, read it, and mail each digest that has something. `only`: this digest alone.

    Raises StoreLocked when another instance works on the store, StoreError when it can't be used.
    """
    ids = chosen(config, only)
    async with AsyncExitStack() as stack:
        store = stack.enter_context(Store.open(config.store_url, lock=True))
        delivery = open_delivery(config.mail, config.channels)
        stack.push_async_callback(delivery.close)
        pipeline = await stack.enter_async_context(wired(config, store, delivery))
        await pipeline.recover()
        tally = await collect(pipeline, store.due(pipeline.clock()), progress)
        owed = [(each, await pipeline.window_until_now(each)) for each in ids]
        editions, refused = await _issue(pipeline, owed, lambda edition: edition.wanted)
        alerts, too = await _issue(pipeline, await pipeline.plan_alerts(), lambda _edition: True)
        await publish(config, store)
        outcome = await _delivered(pipeline, Outcome(tally, (*editions, *alerts), refused=(*refused, *too)))
        await forget(pipeline, config.keep, rounds=FORGET_ROUNDS)
        return replace(outcome, written=_written(delivery))


async def _issue(
    pipeline: Pipeline, owed: Sequence[tuple[str, Window]], wanted: Callable[[Edition], bool]
) -> tuple[list[Edition], list[str]]:
    """The wanted editions of these windows, frozen; and what was refused: that costs no other, and stays pending."""
    editions, refused = list[Edition](), list[str]()
    for mailing_id, window in owed:
        with _costing_no_other(mailing_id, refused):
            edition = await pipeline.compose(mailing_id, window)
            if wanted(edition):
                await pipeline.freeze(edition)
                editions.append(edition)
    return editions, refused


@contextmanager
def _costing_no_other(mailing_id: str, refused: list[str]) -> Iterator[None]:
    """Make an edition; one that can't be made is added to `refused`, and stays pending."""
    try:
        yield
    except RenderError as error:
        refused.append(f"no edition of {mailing_id} can be made: {error}")
    except StoreError:
        raise
    except Exception:  # a bug in one edition may not stop the others
        log.exception("crashed", digest=mailing_id)
        refused.append(f"no edition of {mailing_id} can be made: digest itself is at fault, see the log")


async def _delivered(pipeline: Pipeline, outcome: Outcome) -> Outcome:
    """Deliver what is ready, and tell how that went."""
    tried = {parcel.id for parcel in await _outbox(pipeline, ParcelState.READY)}
    sent, _others = await deliver_ready(pipeline)
    left = await _outbox(pipeline, ParcelState.READY, ParcelState.FAILED, ParcelState.UNKNOWN)
    unsent = sum(parcel.state is ParcelState.READY for parcel in left)
    given_up = sum(parcel.state is not ParcelState.READY and parcel.id in tried for parcel in left)
    return replace(outcome, sent=sent, unsent=unsent, given_up=given_up)


async def _outbox(pipeline: Pipeline, *states: ParcelState) -> list[Parcel]:
    return await asyncio.to_thread(pipeline.store.outbox, states)


async def publish(config: Config, store: Store) -> bool:
    """Bring the archive up to the store, where one is configured; whether it is. A failure is logged and never more.

    Comes after an edition is frozen and before it is sent, since mails link to it.
    """
    if config.archive is None:
        return True
    from digest.archive.shelf import Archive  # with the press: only where there is an archive

    renderer = Renderer(config.templates, config.archive_urls)
    archive = Archive(config.archive, config.digests, config.mail.sender, renderer)
    try:
        new = await asyncio.to_thread(archive.publish, store)
    except ArchiveError as error:
        log.error("archive not written, will try again", error=str(error))
        return False
    if new:
        log.info("archive", new=new)
    return True


@asynccontextmanager
async def rehearsal(config: Config, out: Path | None = None) -> AsyncIterator[tuple[Pipeline, DirectoryDelivery]]:
    """The pipeline over a throw-away copy of the store, and its delivery, which writes into `out` or away."""
    async with AsyncExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="digest-rehearsal-")))
        store = stack.enter_context(Store.rehearsal(config.store_url, scratch))
        shown = DirectoryDelivery(out or scratch / "out")
        yield await stack.enter_async_context(wired(config, store, shown)), shown


async def send_now(config: Config, *, only: str | None = None) -> Outcome:
    """Mail an extra edition of what is pending by now, without asking any feed. `only`: of this digest alone.

    Where a service works on the store, the edition is put into its outbox, and it delivers that within moments:
    `handed_over` of the outcome. Raises StoreError when the store can't be used.
    """
    ids = chosen(config, only)
    async with AsyncExitStack() as stack:
        handed_over = False
        try:
            store = stack.enter_context(Store.open(config.store_url, lock=True))
        except StoreLocked:
            handed_over, store = True, stack.enter_context(Store.open(config.store_url, lock=False))
        delivery = open_delivery(config.mail, config.channels)
        stack.push_async_callback(delivery.close)
        pipeline = await stack.enter_async_context(wired(config, store, delivery))
        owed = [(each, await pipeline.window_until_now(each)) for each in ids]
        editions, refused = await _issue(pipeline, owed, lambda edition: bool(edition.digest.stories))
        outcome = Outcome(Tally(), tuple(editions), handed_over=handed_over, refused=tuple(refused))
        await publish(config, store)
        if handed_over:
            return outcome
        await pipeline.recover()
        return replace(await _delivered(pipeline, outcome), written=_written(delivery))


async def rehearse_sending(config: Config, *, only: str | None = None) -> Outcome:
    """What `send_now` would mail, over a throw-away copy of the store."""
    ids = chosen(config, only)
    async with rehearsal(config) as (pipeline, _shown):
        editions, refused = await _editions_now(pipeline, ids)
        told = tuple(edition for edition in editions if edition.digest.stories)
        return Outcome(Tally(), told, refused=tuple(refused))


async def rehearse(
    config: Config, *, only: str | None = None, out: Path | None = None, progress: Progress = unwatched
) -> Outcome:
    """The same over a throw-away copy of the store: polls every feed now, sends nothing and leaves no trace.

    With `out`, each edition and each alert is written there as ID.eml, ID.html, ID.txt and ID.json. Alerts are shown
    whatever the hour, and their stories in the digest too; but not when one digest alone is asked for.
    """
    ids = chosen(config, only)
    async with rehearsal(config, out) as (pipeline, shown):
        tally = await collect(pipeline, [DueFeed(url) for url in pipeline.feeds], progress)
        alerts, refused = await _editions_now(pipeline, () if only else tuple(pipeline.alerts))
        editions, too = await _editions_now(pipeline, ids)
        alerts = [alert for alert in alerts if alert.digest.stories]
        refused += too
        alerts, editions = [await _show(pipeline, shown, each, refused) for each in (alerts, editions)]
        written = _written(shown) if out else ()
        return Outcome(tally, tuple(editions), written=written, alerts=tuple(alerts), refused=tuple(refused))


async def collect(pipeline: Pipeline, due: Sequence[DueFeed], progress: Progress) -> Tally:
    """Poll these feeds and read all that waits. There is no later, so second attempts are made at once."""
    collector = Collector(pipeline, progress)
    collector.start_polls(due)
    try:
        return await collector.until_idle(patience=PAGE_RETRY_AFTER)
    finally:
        await collector.cancel()


async def _editions_now(pipeline: Pipeline, ids: Sequence[str]) -> tuple[list[Edition], list[str]]:
    """Of each digest, or alert, an edition of what is pending by now, outside the schedule; and what was refused."""
    editions, refused = list[Edition](), list[str]()
    for each in ids:
        with _costing_no_other(each, refused):
            editions.append(await pipeline.compose(each, await pipeline.window_until_now(each)))
    return editions, refused


async def _show(pipeline: Pipeline, shown: Delivery, editions: Iterable[Edition], refused: list[str]) -> list[Edition]:
    """Make finished messages of these editions, and hand over the first of each; those that could be made."""
    made = []
    for edition in editions:
        parcels: Sequence[Parcel] = ()
        with _costing_no_other(edition.digest.id, refused):
            await pipeline.freeze(edition)
            parcels = pipeline.parcels(edition)[:1]
            made.append(edition)
        for parcel in parcels:
            await shown.deliver(parcel, _nothing)
    return made


async def _nothing() -> None:
    """What a rehearsal has to commit."""


def _written(delivery: Delivery) -> tuple[Path, ...]:
    mail = delivery.mail if isinstance(delivery, ByRecipient) else delivery
    return tuple(mail.written) if isinstance(mail, DirectoryDelivery) else ()


def chosen(config: Config, only: str | None) -> tuple[str, ...]:
    """The ids of all digests, or of the one asked for. Raises WrongCall when there is no such digest."""
    ids = tuple(digest.id for digest in config.digests)
    if only is None:
        return ids
    if only not in ids:
        raise WrongCall(f"there is no digest {only!r}; digest.yaml has: {', '.join(ids)}")
    return (only,)


@asynccontextmanager
async def sample_newsroom(env: Mapping[str, str]) -> AsyncIterator[Config]:
    """The configuration of the bundled sample newsroom, which is served on loopback meanwhile."""
    async with sample_places(env) as (directory, places):
        yield load(directory, places)


@asynccontextmanager
async def sample_places(env: Mapping[str, str]) -> AsyncIterator[tuple[Path, Mapping[str, str]]]:
    """Where that configuration lies, and the environment to load it with.

    Its state lies in a temporary directory that goes with it.
    """
    from digest.newsroom import CONFIG, Newsroom  # nobody else starts a web server of samples

    async with Newsroom(now=utc_now()) as newsroom:
        with tempfile.TemporaryDirectory(prefix="digest-demo-") as scratch:
            places = {**env, **newsroom.environment, "STATE_DIRECTORY": scratch}
            yield CONFIG, places
