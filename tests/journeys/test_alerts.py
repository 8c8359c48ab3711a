"""Alerts: at once, never twice, in the digests' own ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import Run, Web, write_config
from test_pipeline import Clock, Recipient, running

from digest import config as configuration
from digest.config import Config
from digest.engine import Collector, deliver_ready
from digest.errors import DeliveryError
from digest.model import DueFeed, ParcelState
from digest.pipeline import Pipeline

# The clock begins at 6:00 in Berlin; the digest leaves at 7:00.
TOPIC = """\
topic: Bridges
score:
  8: [bridge]
  2: [footbridge]
threshold: 2
alert: {threshold: 8, ALERT}
"""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recipient() -> Recipient:
    return Recipient()


def configured(tmp_path: Path, web: Web, alert: str) -> Config:
    directory = write_config(tmp_path / "config", feeds=[web.url("/feed.xml")], relay_port=9)
    (directory / "topics" / "bridges.yaml").write_text(TOPIC.replace("ALERT", alert))
    return configuration.load(directory, {"STATE_DIRECTORY": str(tmp_path / "state")})


async def look(pipeline: Pipeline) -> None:
    """Ask the feed, due or not, and read what it brings."""
    pipeline.clock.advance(seconds=1)
    collector = Collector(pipeline)
    collector.start_polls([DueFeed(url) for url in pipeline.feeds])
    await collector.until_idle()


async def tick(pipeline: Pipeline) -> None:
    """What the service does every few seconds; and the feed is asked."""
    await look(pipeline)
    for digest_id, window in await pipeline.plan():
        await pipeline.build(digest_id, window)
    for alert_id, window in await pipeline.plan_alerts():
        await pipeline.build(alert_id, window)
    await deliver_ready(pipeline)


def mails(
    recipient: Recipient, reader: str = "reader@example.org"
) -> list[tuple[str, list[str], Mapping[str, object]]]:
    """The digest, the titles and the whole of each mail that a reader got."""
    found = []
    for parcel in recipient.taken:
        if parcel.recipient == reader:
            data = json.loads(parcel.data)
            titles = [story["title"] for topic in data["topics"] for story in topic["stories"]]
            found.append((parcel.digest, titles, data))
    return found


async def test_an_alert_leaves_at_once_and_the_next_digest_names_it_only(
    tmp_path: Path, web: Web, clock: Clock, recipient: Recipient
) -> None:
    web.publish("Old bridge to be rebuilt", "Rope footbridge opens")
    async with running(configured(tmp_path, web, "per_hour: 4"), clock, recipient) as pipeline:
        await tick(pipeline)
        await tick(pipeline)
        assert [mail[:2] for mail in mails(recipient)] == [("alert.bridges", ["Old bridge to be rebuilt"])]
        assert recipient.taken[0].subject == "Alert: Old bridge to be rebuilt"
        assert b"List-Id: <alert.bridges.example.org>" in recipient.taken[0].raw
        clock.advance(hours=2)
        await tick(pipeline)
        clock.advance(days=1)
        await tick(pipeline)
    _, (digest, titles, data) = mails(recipient)
    assert (digest, titles) == ("daily", ["Rope footbridge opens"])
    (repeat,) = data["repeats"]
    assert (repeat["title"], repeat["alerted"], repeat["also_in"]) == ("Old bridge to be rebuilt", True, [])
    assert len(mails(recipient, "editor@example.org")) == 2


async def test_readers_who_got_no_alert_are_told_in_full(
    tmp_path: Path, web: Web, clock: Clock, recipient: Recipient
) -> None:
    web.publish("Old bridge to be rebuilt")
    async with running(configured(tmp_path, web, "to: [chief@example.org]"), clock, recipient) as pipeline:
        await tick(pipeline)
        clock.advance(hours=2)
        await tick(pipeline)
    assert [mail[:2] for mail in mails(recipient, "chief@example.org")] == [
        ("alert.bridges", ["Old bridge to be rebuilt"])
    ]
    assert [mail[:2] for mail in mails(recipient)] == [("daily", ["Old bridge to be rebuilt"])]


async def test_what_the_digest_told_first_is_no_alert_any_more(
    tmp_path: Path, web: Web, clock: Clock, recipient: Recipient
) -> None:
    async with running(configured(tmp_path, web, "per_hour: 4"), clock, recipient) as pipeline:
        await tick(pipeline)
        clock.advance(hours=1)
        web.publish("Old bridge to be rebuilt")
        await tick(pipeline)
        await tick(pipeline)
    assert [mail[0] for mail in mails(recipient)] == ["daily"]


async def test_quiet_hours_hold_back_the_mail_and_nothing_else(
    tmp_path: Path, web: Web, clock: Clock, recipient: Recipient
) -> None:
    """What comes in the night is judged at once and leaves in one mail when the night ends."""
    config = configured(tmp_path, web, "quiet_hours: '09:00-17:30', timezone: Asia/Tokyo, to: [chief@example.org]")
    async with running(config, clock, recipient) as pipeline:  # 14:00 in Tokyo
        published: list[str] = []
        for title in ("Old bridge to be rebuilt", "Toll bridge sold", "Rope footbridge opens", "Stone bridge falls"):
            published.append(title)
            web.publish(*published)
            await tick(pipeline)
            clock.advance(hours=1)
        assert len(list(pipeline.store.matches("bridges", clock.now.replace(year=2020)))) == 4
        assert not [parcel for parcel in recipient.taken if parcel.digest != "daily"]
    assert pipeline.clock() < clock.now.replace(hour=17)
    async with running(config, clock, recipient) as pipeline:
        await tick(pipeline)
    ((_, titles, _),) = mails(recipient, "chief@example.org")
    assert sorted(titles) == ["Old bridge to be rebuilt", "Stone bridge falls", "Toll bridge sold"]


async def test_beyond_so_many_an_hour_the_rest_comes_in_one_mail(
    tmp_path: Path, web: Web, clock: Clock, recipient: Recipient
) -> None:
    titles = [f"{name} bridge sold" for name in ("Stone", "Toll", "Rope", "Iron", "Harbour")]
    async with running(configured(tmp_path, web, "per_hour: 2, to: [chief@example.org]"), clock, recipient) as pipeline:
        for count in range(1, 6):
            web.publish(*titles[:count])
            clock.advance(minutes=5)
            await tick(pipeline)
        assert [len(told) for _, told, _ in mails(recipient, "chief@example.org")] == [1, 1]
        clock.advance(minutes=50)
        await tick(pipeline)
    told = [told for _, told, _ in mails(recipient, "chief@example.org")]
    assert [len(each) for each in told] == [1, 1, 3]
    assert sorted(title for each in told for title in each) == sorted(titles)


async def test_a_crash_loses_no_alert_and_doubles_none(
    tmp_path: Path, web: Web, clock: Clock, recipient: Recipient
) -> None:
    """Frozen with its story in one transaction, like an edition: what is delivered later are the same bytes."""
    web.publish("Old bridge to be rebuilt")
    config = configured(tmp_path, web, "to: [chief@example.org]")
    async with running(config, clock, recipient) as pipeline:
        await look(pipeline)
        for alert in await pipeline.plan_alerts():
            await pipeline.build(*alert)
        (ready,) = pipeline.store.outbox((ParcelState.READY,))
        frozen = pipeline.store.parcel(ready.id)
    async with running(config, clock, recipient) as pipeline:
        recipient.before = DeliveryError("451 later", retryable=True)
        await tick(pipeline)
        recipient.before = None
        clock.advance(minutes=30)
        await tick(pipeline)
    assert [parcel.raw for parcel in recipient.taken if parcel.recipient == "chief@example.org"] == [frozen.raw]


async def test_an_alert_that_is_new_to_a_topic_says_nothing_of_what_was_matched_before(
    tmp_path: Path, web: Web, clock: Clock, recipient: Recipient
) -> None:
    web.publish("Old bridge to be rebuilt")
    config = configured(tmp_path, web, "per_hour: 4")
    (topic,) = config.topics
    without = replace(config, topics=(replace(topic, value=topic.value.model_copy(update={"alert": None})),))
    async with running(without, clock, recipient) as pipeline:
        await tick(pipeline)
    async with running(config, clock, recipient) as pipeline:
        await tick(pipeline)
        assert recipient.taken == []


async def test_what_waited_for_longer_than_a_day_is_left_to_the_digest(
    tmp_path: Path, web: Web, clock: Clock, recipient: Recipient
) -> None:
    """An alert of yesterday's news, after an outage of the relay's or ours, is none."""
    web.publish("Old bridge to be rebuilt")
    config = configured(tmp_path, web, "to: [chief@example.org]")
    async with running(config, clock, recipient) as pipeline:
        await look(pipeline)
    clock.advance(hours=25)
    async with running(config, clock, recipient) as pipeline:
        await tick(pipeline)
        await tick(pipeline)
        assert await pipeline.plan_alerts() == ()
    assert mails(recipient, "chief@example.org") == []
    assert [mail[:2] for mail in mails(recipient)] == [("daily", ["Old bridge to be rebuilt"])]


def test_a_dry_run_shows_the_alert_that_a_service_would_send(tmp_path: Path, digest: Run, home: Path, web: Web) -> None:
    """Printed first, written beside the digest and told in JSON; and the digest holds its story nevertheless."""
    web.publish("Old bridge to be rebuilt", "Rope footbridge opens")
    directory = write_config(home / "config", feeds=[web.url("/feed.xml")], relay_port=9)
    quiet = 'quiet_hours: "00:00-23:59"'
    (directory / "topics" / "bridges.yaml").write_text(TOPIC.replace("ALERT", quiet))
    shown = digest("--config", directory, "--dry-run", "--out", tmp_path / "out")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("Subject: Alert: Old bridge to be rebuilt\n")
    assert "Subject: Bridges: 2 stories" in shown.stdout
    assert "Alerts: 1 mail, shown first; `digest run` sends such a story at once" in shown.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"alert.bridges.eml", "daily.eml"}
    told = json.loads(digest("--config", directory, "--dry-run", "--json").stdout)
    ((alert,), (daily,)) = told["alerts"], told["digests"]
    assert [story["title"] for topic in alert["topics"] for story in topic["stories"]] == ["Old bridge to be rebuilt"]
    assert (alert["id"], sum(len(topic["stories"]) for topic in daily["topics"])) == ("alert.bridges", 2)
    assert "alerts" not in json.loads(digest("--config", directory, "--dry-run", "--json", "--digest", "daily").stdout)
