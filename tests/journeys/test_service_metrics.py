"""`/metrics` says what a running service did, in a form that Prometheus reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from loopback import Relay, Web
from prometheus_client.parser import text_string_to_metric_families
from running import Service


def measured(service: Service) -> dict[tuple[str, ...], float]:
    """Every sample by its name and its label values."""
    status, text = service.ask("/metrics")
    assert status == 200
    families = list(text_string_to_metric_families(text))
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_what_was_polled_read_flagged_and_mailed_is_counted(
    serve: Callable[[Path], Service], desk: Path, web: Web, relay: Relay
) -> None:
    web.publish("Old bridge to be rebuilt", "Mayor opens a library")
    settings = desk / "digest.yaml"
    settings.write_text(settings.read_text().replace("0 7 * * *", "* * * * *"))
    (desk / "feeds.yaml").write_text(f"feeds: [{web.url('/feed.xml')}, {web.url('/gone.xml')}]\n")
    service = serve(desk)
    service.wait_for(lambda: len(relay.taken) == 2, seconds=90)  # to ask for metrics all the while would be work
    service.wait_for(lambda: measured(service)["digest_deliveries_total", "sent"] == 2)
    found = measured(service)
    assert found["digest_polls_total", "new"] == 1
    assert found["digest_polls_total", "failed"] == 1
    assert found["digest_entries_total",] == 2
    assert found["digest_articles_total", "complete"] == 2
    assert found["digest_articles_flagged_total",] == 1
    assert found["digest_editions_total", "daily"] == 1
    assert found["digest_outbox", "sent"] == 2
    assert ("digest_stored", "articles") in found  # counted every two minutes at most
    assert found["digest_feeds", "failing"] == 1
    assert found["digest_config_ok",] == 1
    assert found["digest_loop_last_success_timestamp_seconds", "polling"] > 1.7e9
    assert found["process_resident_memory_bytes",] > 10e6
    assert service.stop() == 0
