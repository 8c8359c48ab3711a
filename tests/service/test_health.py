"""How a service is judged by its vitals."""

from __future__ import annotations

import pytest

from digest.health import Level, Loop, Vitals, judge
from digest.model import Counts, ParcelState

BEATING = {"polling": Loop(age_s=4, allowed_s=120), "mailing": Loop(age_s=14, allowed_s=900)}


def test_an_edition_that_cannot_be_made_turns_it_yellow_and_names_the_digest() -> None:
    health = judge(Vitals({}, refused_editions={"weekly": "To: is no address"}))
    assert (
        str(health) == "yellow; no edition of weekly can be made, what it would tell stays pending: To: is no address"
    )
    assert health.notices == ()


def test_a_service_that_does_all_it_is_there_for_is_green_and_needs_no_words() -> None:
    health = judge(Vitals(BEATING, counts=Counts(feeds=10, failing=5), free_bytes=10**9))
    assert (health.level, str(health), health.notices) == (Level.GREEN, "green", ())


@pytest.mark.parametrize(
    ("vitals", "level", "words"),
    [
        (Vitals({"polling": Loop(121, 120)}), Level.RED, "polling has stood still for 121 s; start the service again"),
        (Vitals(BEATING, store_error="disk is full"), Level.RED, "the store can't be used: disk is full"),
        (Vitals(BEATING, counts=Counts(feeds=9, failing=5)), Level.YELLOW, "5 of 9 feeds fail"),
        (Vitals(BEATING, oldest_due_s=7200), Level.YELLOW, "a feed has been due for 120 minutes"),
        (Vitals(BEATING, free_bytes=5_000_000), Level.YELLOW, "only 5 MB are free where the store lies"),
        (Vitals(BEATING, awaits_restart=("http",)), Level.YELLOW, "the edit of `http` takes effect after a restart"),
        (
            Vitals(BEATING, counts=Counts(outbox={ParcelState.FAILED: 1})),
            Level.YELLOW,
            "1 message was refused for good; see `digest outbox list`",
        ),
    ],
)
def test_each_reason_is_told_in_words_with_what_to_do(vitals: Vitals, level: Level, words: str) -> None:
    health = judge(vitals)
    assert health.level is level
    [reason] = health.reasons
    assert words in reason.text


def test_the_worst_reason_decides_and_comes_first() -> None:
    health = judge(Vitals({"reading": Loop(500, 120)}, refused_edit="topics/a.yaml:2:1: `anny` is not a known key"))
    assert health.level is Level.RED
    assert [reason["level"] for reason in health.to_json()["reasons"]] == ["red", "yellow"]


def test_readers_are_told_of_what_concerns_their_digest_only() -> None:
    vitals = Vitals({}, refused_edit="feeds.yaml:2:3: is no URL", counts=Counts(feeds=1, failing=1))
    assert judge(vitals).notices == (
        "An edit of the configuration was refused, the last good one counts: feeds.yaml:2:3: is no URL",
    )
