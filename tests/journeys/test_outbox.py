"""The outbox by hand: what can be sent again, and what can't."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from loopback import Relay, Run, Web

from digest.config import KeepSettings
from digest.store import Store


def test_a_dropped_message_is_sent_again_when_asked_for_but_never_without_its_bytes(
    digest: Run, desk: Path, home: Path, web: Web, relay: Relay
) -> None:
    """The bytes of what was dropped are forgotten like those of what was sent; what were left to send is nothing."""
    web.publish("Old bridge to be rebuilt")
    relay.refuse = "451 come back later"
    assert digest().returncode == 75
    assert digest("outbox", "drop", "1").returncode == 0
    with Store.open(f"sqlite:///{home / 'state' / 'digest.db'}", lock=True) as store:
        store.forget(KeepSettings(messages=86_400), datetime.now(UTC) + timedelta(days=2), {})
    refused = digest("outbox", "retry", "1", "2")
    assert (refused.returncode, refused.stdout) == (64, "")
    assert "message 1 was dropped, and its bytes are kept no longer" in refused.stderr
    assert digest("outbox", "drop", "2").returncode == 0
    relay.refuse = None
    assert digest("outbox", "retry", "2").returncode == 0
    assert digest().returncode == 0
    assert len(relay.taken) == 1
