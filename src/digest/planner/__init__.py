"""Decides when: when a feed is due next, which digest windows are owed, when a delivery is tried again."""

from digest.planner.deliveries import delivery_backoff_s, not_delivered
from digest.planner.polls import Interval, after_failure, after_offline, after_poll, freshness_s, offline, validators
from digest.planner.windows import next_slots, owed

__all__ = [
    "Interval",
    "after_failure",
    "after_offline",
    "after_poll",
    "delivery_backoff_s",
    "freshness_s",
    "next_slots",
    "not_delivered",
    "offline",
    "owed",
    "validators",
]
