"""Counts what the service does, and shows it as Prometheus reads it.

Counters begin with the process. Gauges are what the store and the service say at the moment they are asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Info, ProcessCollector, generate_latest

from digest import __version__
from digest.health import Level
from digest.model import Article, Counts, Parcel, ParcelState
from digest.pipeline import Polled, Read

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Moment:
    """What is measured when somebody asks. Times are seconds."""

    counts: Counts
    oldest_due_s: float  # how long the feed that is due the longest has been due; 0 when none is
    came_round_at: Mapping[str, datetime]  # each loop's last success
    tasks_waiting: int  # for a worker process
    workers_busy: int
    edit_refused: bool
    level: Level
    loop_lag_s: float


class Metrics:
    """Everything that is counted, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        Info("digest_build", "The version that runs", registry=registry).info({"version": __version__})
        self._polls = Counter("digest_polls", "Polls of feeds", ["outcome"], registry=registry)
        self._entries = Counter("digest_entries", "New entries", registry=registry)
        self._articles = Counter("digest_articles", "Entries read", ["outcome"], registry=registry)
        self._flagged = Counter("digest_articles_flagged", "Articles with a match", registry=registry)
        self._editions = Counter("digest_editions", "Editions made", ["digest"], registry=registry)
        self._deliveries = Counter(
            "digest_deliveries", "Attempts to hand a message over", ["outcome"], registry=registry
        )
        self._feeds = Gauge("digest_feeds", "Subscribed feeds", ["health"], registry=registry)
        self._stored = Gauge("digest_stored", "What the store holds", ["what"], registry=registry)
        self._outbox = Gauge("digest_outbox", "Messages by state", ["state"], registry=registry)
        self._oldest_due = Gauge("digest_oldest_due_seconds", "How long a feed has been due", registry=registry)
        self._came_round = Gauge(
            "digest_loop_last_success_timestamp_seconds", "When a loop last came round", ["loop"], registry=registry
        )
        self._waiting = Gauge("digest_worker_tasks_waiting", "Tasks that wait for a worker process", registry=registry)
        self._busy = Gauge("digest_workers_busy", "Worker processes at work", registry=registry)
        self._config_ok = Gauge("digest_config_ok", "1, or 0 after an edit that was refused", registry=registry)
        self._level = Gauge("digest_health", "0 green, 1 yellow, 2 red", registry=registry)
        self._lag = Gauge("digest_event_loop_lag_seconds", "The longest of the last minute", registry=registry)
        for outcome in ("new", "unchanged", "failed"):
            self._polls.labels(outcome)
        for outcome in ("complete", "incomplete", "asked_again"):
            self._articles.labels(outcome)
        for outcome in ("sent", "postponed", "failed", "unknown"):
            self._deliveries.labels(outcome)

    def ended(self, step: Polled | Read | Parcel) -> None:
        """Count a poll, a read, or an attempt to hand a message over: by the state it left the message in."""
        match step:
            case Polled():
                self._polls.labels("failed" if step.failing else "new" if step.new else "unchanged").inc()
                self._entries.inc(step.new)
            case Read(article=Article(complete=complete)):
                self._articles.labels("complete" if complete else "incomplete").inc()
                self._flagged.inc(step.flagged)
            case Read():
                self._articles.labels("asked_again").inc()
            case Parcel():
                self._deliveries.labels("postponed" if step.state is ParcelState.READY else step.state.value).inc()

    def edition_made(self, digest_id: str) -> None:
        """Count an edition."""
        self._editions.labels(digest_id).inc()

    def shown(self, moment: Moment) -> bytes:
        """All of it in Prometheus's text format."""
        counts = moment.counts
        ok = counts.feeds - counts.failing - counts.stopped
        for health, number in (("ok", ok), ("failing", counts.failing), ("stopped", counts.stopped)):
            self._feeds.labels(health).set(number)
        for what in ("entries", "waiting", "articles", "incomplete", "matches", "editions"):
            self._stored.labels(what).set(getattr(counts, what))
        for state in ParcelState:
            self._outbox.labels(state.value).set(counts.outbox.get(state, 0))
        for loop, at in moment.came_round_at.items():
            self._came_round.labels(loop).set(at.timestamp())
        self._oldest_due.set(moment.oldest_due_s)
        self._waiting.set(moment.tasks_waiting)
        self._busy.set(moment.workers_busy)
        self._config_ok.set(not moment.edit_refused)
        self._level.set(moment.level)
        self._lag.set(moment.loop_lag_s)
        return generate_latest(self._registry)
