"""What an edition holds, in which order, and what waits for the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from digest import stories
from digest.compose.quoting import snippets
from digest.config import DigestConfig
from digest.model import Coverage, Digest, Flagged, Section, Story, Window


def edition(
    digest: DigestConfig,
    pending: Sequence[Flagged],
    titles: Mapping[str, str],
    window: Window,
    coverage: Coverage,
) -> Digest:
    """Compose one edition from what is pending. Pure: the same arguments give the same digest.

    `pending` holds what earlier editions carried over as well; `titles` names the topics, in the
    order of the configuration. Every match id of the digest's topics ends in exactly one story of
    the edition or in `carried`: nothing is dropped. A story stands once, under one topic.

    Stories rank by score, then by when we first saw them: dates of publishers are claims and
    decide nothing. The best `max_stories` of the whole digest are in, the others are carried.
    """
    topics = tuple(digest.topics or titles)
    place = {topic: at for at, topic in enumerate(topics)}
    chosen = sorted(
        (flagged for flagged in pending if flagged.match.topic in place),
        key=lambda flagged: (place[flagged.match.topic], flagged.match_id),
    )
    ranked = sorted(stories.group(chosen), key=_rank)
    kept, rest = ranked[: digest.max_stories], ranked[digest.max_stories :]
    return Digest(
        id=digest.id,
        title=digest.title,
        window=window,
        timezone=digest.timezone,
        sections=tuple(
            Section(topic, titles.get(topic, topic), those)
            for topic in topics
            if (those := tuple(_told(story, titles) for story in kept if story.front.match.topic == topic))
        ),
        omitted=len(rest),
        coverage=coverage,
        carried=tuple(sorted(member for story in rest for member in story.members)),
        high_water=max((flagged.match_id for flagged in pending), default=0),
    )


def _rank(story: Story) -> tuple[int, float, int]:
    return (-story.score, -story.front.first_seen.timestamp(), -story.front.match_id)


def _told(story: Story, titles: Mapping[str, str]) -> Story:
    return replace(
        story,
        snippets=snippets(story.front.article, story.front.match.hits),
        also_topics=tuple(titles.get(topic, topic) for topic in story.also_topics),
    )
