"""A digest as the JSON that `--json`, directory deliveries and webhooks hand out."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from digest.model import Digest, Section, Story


def as_json(digest: Digest, subject: str) -> dict[str, Any]:
    """One edition as an object of strings, numbers, lists and objects. Its keys are a contract.

    Dates are ISO 8601 with offset, in UTC. Slices of snippets count code points. Text is plain
    text as extracted: whoever shows it as HTML escapes it.
    """
    return {
        "id": digest.id,
        "title": digest.title,
        "subject": subject,
        "window": {"from": digest.window.start.isoformat(), "to": digest.window.end.isoformat()},
        "topics": [_topic(section) for section in digest.sections],
        "omitted": digest.omitted,
        "repeats": [
            {
                "title": repeat.title,
                "url": repeat.url,
                "feed": repeat.feed,
                "at": repeat.at.isoformat(),
                "alerted": repeat.alerted,
                "also_in": [asdict(place) for place in repeat.also_in],
            }
            for repeat in digest.repeats
        ],
    }


def to_json(digest: Digest, subject: str) -> str:
    """The object of `as_json` as text that UTF-8 can carry, readable and ending in a newline."""
    text = json.dumps(as_json(digest, subject), ensure_ascii=False, indent=2) + "\n"
    return text.encode("utf-8", "replace").decode("utf-8")  # a feed may hold half of a surrogate pair


def _topic(section: Section) -> dict[str, Any]:
    return {"id": section.topic, "title": section.title, "stories": [_story(story) for story in section.stories]}


def _story(story: Story) -> dict[str, Any]:
    article = story.front.article
    return {
        "title": article.title,
        "url": article.url,
        "feed": story.front.feed_name,
        "authors": list(article.authors),
        "published": article.published.isoformat() if article.published else None,
        "language": article.language,
        "score": story.score,
        "complete": article.complete,
        "text": article.text,
        "why": [
            {
                "points": why.points,
                "rule": why.rule,
                "terms": list(why.terms),
                "field": why.field.value if why.field else None,
                "at": why.at,
            }
            for why in story.front.match.why
        ],
        "snippets": [{"text": it.text, "hits": [list(hit) for hit in it.hits]} for it in story.snippets],
        "also_in": [asdict(place) for place in story.also_in],
    }
