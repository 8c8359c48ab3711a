"""Why a feed or a page could not be read, in the reader's language: our own sentences, and nobody else's."""

from __future__ import annotations

import errno
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import editions
import pytest
from babel.messages.pofile import read_po
from markup import Seen

from digest import feeds, planner
from digest.errors import ParseError
from digest.fetch import answers, reasons
from digest.model import FailingFeed, FeedState
from digest.render import Renderer
from digest.render.reasons import CONTEXT
from digest.render.templates import built_in
from digest.render.words import Words

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
LANGUAGES = ("de", "ko", "ja")


def told(said: str, language: str) -> str:
    return Words.of(language, built_in() / "labels").reason(said)


def sentences(language: str) -> dict[str, str]:
    with (built_in() / "labels" / f"{language}.po").open("rb") as stream:
        return {str(entry.id): str(entry.string) for entry in read_po(stream) if entry.context == CONTEXT}


def gaps(sentence: str) -> set[str]:
    return {part.partition("}")[0] for part in sentence.split("{")[1:]}


def test_every_language_knows_the_same_sentences_and_fills_the_same_gaps():
    for language in LANGUAGES:
        assert sentences(language).keys() == sentences("de").keys()
        for said, sentence in sentences(language).items():
            assert gaps(sentence) == gaps(said), (language, said)


def unreadable(body: bytes) -> str:
    with pytest.raises(ParseError) as refused:
        feeds.parse(body, {}, "https://example.org/feed")
    return str(refused.value)


def heard() -> list[str]:
    """What the fetcher, the parser and the feeds' health say most, in their own words."""
    faults = [
        TimeoutError(),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError(),
        *(OSError(number, "") for number in (errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTUNREACH)),
    ]
    said = [str(reasons.reason("example.org", fault)) for fault in faults]
    statuses = (401, 402, 403, 404, 407, 410, 429, 451, 500, 503)
    said += [str(answers.refusal("example.org", status, {}, NOW)) for status in statuses]
    said += [str(reasons.too_large("example.org", 10_000_000))]
    said += [unreadable(b""), unreadable(b"<!doctype html><html><title>x</title></html>"), unreadable(b"[1,")]
    state = FeedState("https://example.org/feed", failures=3, last_error="example.org refuses connections")
    states = [
        state,
        replace(state, failures=0),
        replace(state, last_status=429, last_error="example.org asks for fewer requests (429)"),
        replace(state, stopped=True),
        replace(state, failures=0, last_error=None, lost_window_at=NOW - timedelta(hours=3)),
        replace(state, failures=0, last_error=None, moved_to="https://example.org/new"),
        replace(state, failures=0, last_error=None, last_new_at=NOW - timedelta(days=90), gap_s=86400.0),
    ]
    return said + [planner.health(each, NOW).sentence for each in states]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_we_say_of_a_failing_feed_is_said_in_the_readers_language(language):
    for said in heard():
        for before, after in zip(said.split("; "), told(said, language).split("; "), strict=True):
            assert before != after, said


def test_english_readers_hear_it_as_it_was_said():
    assert [told(said, "en") for said in heard()] == heard()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("example.org answered 599 Gone fishing; back soon", "example.org antwortete 599 Gone fishing; back soon"),
        ("Gone fishing, {host} 100 % {0}", "Gone fishing, {host} 100 % {0}"),
        ("{0} refuses connections", "{0} lehnt Verbindungen ab"),
        ("we seem to be offline: gone (2 times in a row)", "wir scheinen ohne Netz zu sein: gone (2-mal in Folge)"),
        ("Paper: Live: nothing new for 12 days", "Paper: Live: seit 12 Tagen nichts Neues"),
    ],
)
def test_a_servers_own_words_stay_as_they_are(said, expected):
    assert told(said, "de") == expected


def test_footer_and_excuse_of_an_edition_are_in_its_language():
    digest = editions.full()
    failing = FailingFeed("https://example.org/feed", "Lantern Post", "example.org refuses connections", None)
    digest = replace(digest, language="de", coverage=replace(digest.coverage, failing=(failing,)))
    message = Renderer().message(digest)
    assert "Lantern Post: example.org lehnt Verbindungen ab" in Seen(message.html).text
    assert "Lantern Post: example.org lehnt Verbindungen ab" in message.text
