"""What an edition holds, in which order, and what waits for the next one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from digest.compose.quoting import snippets
from digest.config import DigestConfig
from digest.model import Coverage, Digest, Repeat, Section, Story, Window


def edition(
    digest: DigestConfig,
    stories: Iterable[Story],
    titles: Mapping[str, str],
    window: Window,
    coverage: Coverage,
    repeats: Sequence[Repeat] = (),
) -> Digest:
    """Compose one edition of these stories. Pure: the same arguments give the same digest.

    `stories` hold what earlier editions carried over as well; `titles` names the topics, in the
    order of the configuration. Every match of a story ends in the edition or in `carried`:
    nothing is dropped. A story stands once, under one topic. `repeats` are noted, all of them.

    Stories rank by score, then by how many other places carry them; those in the reader's language go before others;
    then by the hour in which we first saw them, the newest first. Dates of publishers are claims: they only order
    what came in one hour.
    The best `max_stories` of the whole digest are in, the others are carried.
    """
    topics = tuple(digest.topics or titles)
    ranked = sorted(stories, key=lambda story: _rank(story, digest.language))
    looked_at = [*(story.members for story in ranked), *(repeat.members for repeat in repeats)]
    kept, rest = ranked[: digest.max_stories], ranked[digest.max_stories :]
    return Digest(
        id=digest.id,
        title=digest.title,
        window=window,
        timezone=digest.timezone,
        language=digest.language,
        sections=tuple(
            Section(topic, titles.get(topic, topic), those)
            for topic in topics
            if (those := tuple(_told(story, titles) for story in kept if story.front.match.topic == topic))
        ),
        omitted=len(rest),
        coverage=coverage,
        carried=tuple(sorted(member for story in rest for member in story.members)),
        high_water=max((member for members in looked_at for member in members), default=0),
        repeats=tuple(repeats),
    )


def _rank(story: Story, language: str) -> tuple[int, int, bool, float, float, int]:
    foreign = story.front.article.language not in {language, None}
    hour, claimed = story.front.arrival
    return -story.score, -len(story.also_in), foreign, -hour, -claimed, -story.front.match_id


def _told(story: Story, titles: Mapping[str, str]) -> Story:
    return replace(
        story,
        snippets=snippets(story.front.article, story.front.match.hits),
        also_topics=tuple(titles.get(topic, topic) for topic in story.also_topics),
    )
