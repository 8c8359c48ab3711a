"""Decides when: when a feed is due next, which digest windows are owed, when a delivery is tried again."""

from digest.planner.deliveries import delivery_backoff_s, not_delivered
from digest.planner.health import health, remark, span
from digest.planner.line import Line
from digest.planner.mailings import ALERT_WHILE_NEW, HOUR, alert_at, silent_since
from digest.planner.moves import address
from digest.planner.oddities import Oddity, oddities
from digest.planner.pages import PAGE_RETRY_AFTER, page_retry_at
from digest.planner.polls import Interval, after_failure, after_failures, after_offline, after_poll, freshness_s, hold
from digest.planner.pushes import LEASE_S, Pushing, chores, denied, gone, not_overtaken, poll_at, pushing, verified
from digest.planner.trust import patient, validators
from digest.planner.uplink import Uplink, offline
from digest.planner.windows import next_slots, owed

__all__ = [
    "ALERT_WHILE_NEW",
    "HOUR",
    "LEASE_S",
    "PAGE_RETRY_AFTER",
    "Interval",
    "Line",
    "Oddity",
    "Pushing",
    "Uplink",
    "address",
    "after_failure",
    "after_failures",
    "after_offline",
    "after_poll",
    "alert_at",
    "chores",
    "delivery_backoff_s",
    "denied",
    "freshness_s",
    "gone",
    "health",
    "hold",
    "next_slots",
    "not_delivered",
    "not_overtaken",
    "oddities",
    "offline",
    "owed",
    "page_retry_at",
    "patient",
    "poll_at",
    "pushing",
    "remark",
    "silent_since",
    "span",
    "validators",
    "verified",
]
