"""Which topics alert whom: a topic's own words, and for the rest those of the digest that holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from digest.config.load import Config
from digest.config.settings import DigestConfig
from digest.config.topic import Alert
from digest.model import ALERT

MOST_STORIES = 20  # of one alert; the others follow in the next


@dataclass(frozen=True, slots=True)
class AlertConfig:
    """The alerts of one topic. `mailing` is what a digest of it would be, but for the schedule, which has no say."""

    topic: str
    rule: Alert
    mailing: DigestConfig

    @property
    def id(self) -> str:
        """Its name in the ledger and the outbox."""
        return self.mailing.id


def alerts(config: Config) -> Mapping[str, AlertConfig]:
    """The alerts that the topics ask for, by id.

    Language, images, ways to leave and what to do about unknown outcomes come from the first digest that holds the
    topic, and so do the readers and channels (of all such digests) and the zone where the topic names none.
    """
    found = {}
    for source in config.topics:
        topic, rule = Path(source.file).stem, source.value.alert
        if rule is None:
            continue
        holding = [digest for digest in config.digests if topic in (digest.topics or (topic,))] or [config.digests[0]]
        readers = rule.to or tuple(dict.fromkeys(reader for digest in holding for reader in digest.to))
        channels = () if rule.to else tuple(dict.fromkeys(channel for digest in holding for channel in digest.notify))
        mailing = holding[0].model_copy(
            update={
                "id": ALERT + (topic if topic.isascii() else topic.encode("punycode").decode("ascii")),
                "title": source.value.topic,
                "topics": (topic,),
                "to": readers,
                "notify": channels,
                "timezone": rule.timezone or holding[0].timezone,
                "max_stories": MOST_STORIES,
                "when_empty": "skip",
                "at_least_every": None,
            }
        )
        found[mailing.id] = AlertConfig(topic, rule, mailing)
    return found
