"""`digest send`: an extra edition now, from what the store holds."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from loopback import Relay, Run, Web
from test_once import contents

from digest import app
from digest import config as configuration
from digest.deliver import open_delivery
from digest.model import ParcelState
from digest.store import Store


@pytest.fixture
def collected(digest: Run, desk: Path, web: Web, relay: Relay) -> Path:
    """A desk that has mailed one story; another was over the cap of that edition."""
    web.publish("Old bridge to be rebuilt", "Stone footbridge falls")
    text = (desk / "digest.yaml").read_text()
    (desk / "digest.yaml").write_text(text.replace("    to: [", "    max_stories: 1\n    to: ["))
    done = digest("--config", desk)
    assert done.returncode == 0, done.stderr
    relay.taken.clear()
    return desk


def test_what_is_pending_is_sent_as_an_extra_edition_and_then_nothing_is_left(
    digest: Run, collected: Path, relay: Relay
) -> None:
    rehearsed = digest("send", "--config", collected, "--dry-run")
    assert rehearsed.returncode == 0, rehearsed.stderr
    assert "Subject: Bridges: 1 story" in rehearsed.stdout
    assert relay.taken == []
    done = digest("send", "daily", "--config", collected)
    assert done.returncode == 0, done.stderr
    assert sorted(to for to, _ in relay.taken) == [["editor@example.org"], ["reader@example.org"]]
    assert "2 messages sent" in done.stderr
    again = digest("send", "--config", collected, "--json")
    assert again.returncode == 0
    assert json.loads(again.stdout) == {"digests": [], "sent": 0, "unsent": 0, "given_up": 0}
    assert "Nothing is pending" in again.stderr
    assert len(relay.taken) == 2


def test_a_rehearsal_of_sending_changes_nothing(digest: Run, collected: Path, home: Path) -> None:
    before = contents(home)
    assert digest("send", "--config", collected, "--dry-run").returncode == 0
    assert contents(home) == before


def test_a_relay_that_does_not_take_it_now_gets_it_later_and_the_exit_code_says_so(
    digest: Run, collected: Path, relay: Relay
) -> None:
    relay.refuse = "451 later"
    done = digest("send", "--config", collected)
    assert done.returncode == 75, done.stderr
    assert "2 not delivered" in done.stderr


def test_a_digest_that_there_is_not_is_refused(digest: Run, desk: Path) -> None:
    done = digest("send", "weekly", "--config", desk)
    assert done.returncode == 64
    assert "there is no digest 'weekly'" in done.stderr


def test_a_running_service_is_left_to_deliver_it(digest: Run, collected: Path, env: dict[str, str]) -> None:
    """Whoever holds the store's lock delivers; the edition is frozen beside it."""
    config = configuration.load(collected, env)
    with Store.open(config.store_url, lock=True) as store:
        done = digest("send", "--config", collected)
        assert done.returncode == 0, done.stderr
        assert "The service that works on this store delivers it" in done.stderr
        assert len(store.outbox((ParcelState.READY,))) == 2


async def test_while_the_clock_stands_behind_the_last_edition_none_is_made(
    collected: Path, env: dict[str, str]
) -> None:
    """An edition of an empty window would take the place of the next one."""
    config = configuration.load(collected, env)
    yesterday = app.utc_now() - timedelta(days=1)
    with Store.open(config.store_url, lock=True) as store:
        delivery = open_delivery(config.mail, config.channels)
        async with app.wired(config, store, delivery, clock=lambda: yesterday) as pipeline:
            window = await pipeline.window_until_now("daily")
            assert window.start == window.end
            assert await pipeline.plan() == ()
