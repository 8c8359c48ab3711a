"""`digest doctor` looks at all that can be in the way, says what mends it, and sends nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

from loopback import Relay, Run, Web


def findings(digest: Run, desk: Path, code: int) -> dict[str, dict[str, str]]:
    done = digest("doctor", "--json", "--config", desk)
    assert done.returncode == code, done.stderr
    return {found["subject"]: found for found in json.loads(done.stdout)}


def test_where_all_is_well_each_line_says_what_was_seen(
    digest: Run, desk: Path, home: Path, web: Web, relay: Relay
) -> None:
    web.publish("Old bridge to be rebuilt")
    found = findings(digest, desk, 0)
    assert {each["verdict"] for each in found.values()} == {"ok"}
    assert found["mail"]["text"] == f"127.0.0.1:{relay.port} takes mail: not encrypted, signed in as desk"
    assert found["clock"]["text"] == "as 127.0.0.1 has it"
    assert found["names"]["text"] == "every host of a feed has an address (1)"
    assert found["digest daily"]["text"].count("07:00") == 5
    assert found["store"]["text"].startswith("there is none yet")
    assert not (home / "state").exists()
    assert relay.taken == []


def test_what_is_wrong_is_told_with_what_mends_it(digest: Run, desk: Path, web: Web) -> None:
    settings = desk / "digest.yaml"
    text = settings.read_text().replace("0 7 * * *", "30 2 * * *")
    settings.write_text(re.sub("port: [0-9]+", "port: 9", text))
    settings.chmod(0o644)
    (desk / "feeds.yaml").write_text(f"feeds: [http://absent.invalid/rss, '{web.url('/feed.xml')}']\n")
    done = digest("doctor", "--config", desk)
    assert done.returncode == 69
    lines = {line[:4]: line for line in done.stdout.splitlines()}
    assert "mail: 127.0.0.1" in lines["fail"]
    told = done.stdout
    assert "1 of 2 hosts of feeds without an address: absent.invalid" in told
    assert "holds a secret and can be read by everybody on this machine; chmod o= " in told
    assert "02:30 does not come on" in told
    assert "it leaves at 03:00" in told
    assert "02:30 comes twice on" in told


def test_a_damaged_store_is_one_finding_and_the_rest_is_looked_at_all_the_same(
    digest: Run, desk: Path, home: Path, web: Web, relay: Relay
) -> None:
    web.publish("Old bridge to be rebuilt")
    assert digest("--config", desk).returncode in (0, 75)
    store = home / "state" / "digest.db"
    data = bytearray(store.read_bytes())
    data[len(data) // 4 : -4096] = b"\xde\xad" * ((len(data) - len(data) // 4 - 4096) // 2)
    store.write_bytes(data)
    found = findings(digest, desk, 69)
    assert found["store"]["verdict"] == "fail"
    assert "restore a backup" in found["store"]["text"]
    assert found["mail"]["verdict"] == "ok"


def test_a_store_that_is_opened_without_a_password_is_no_secret(digest: Run, desk: Path, web: Web) -> None:
    settings = desk / "digest.yaml"
    text = re.sub("smtp: {.*}", "directory: out/", settings.read_text())
    settings.chmod(0o644)
    for store, secret in (("digest@", False), ("digest:hunter2@", True)):
        settings.write_text(f"store: postgresql+psycopg://{store}127.0.0.1:9/news\n{text}")
        assert ("permissions" in findings(digest, desk, 69)) is secret
