"""Kill the service at random moments, then look whether every story was mailed, and none twice unknowingly.

    python tests/reliability/kill_loop.py 200

It polls the sample newsroom and a wire that brings a new story every other second, mails an edition a second by SMTP,
and forgets what is old: with a clock that runs 600 times as fast as ours. Ctrl-C or SIGTERM: no more kills, but the
verdict on those there were.
"""

from __future__ import annotations

import asyncio
import base64
import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from kill_life import clock, live  # noqa: E402 - found beside this file, wherever it is called from

from digest.newsroom import CONFIG, Newsroom  # noqa: E402
from digest.store import Store  # noqa: E402
from digest.workers import CPU_ROOMS  # noqa: E402

STORY_EVERY_S = 2.0
SHOWN = 2_000  # stories in the wire's feed: none is gone from it however long the service is down
SHORTEST_S, LONGEST_S = 6.0, 60.0  # until the kill: of the lives that end anywhere, and of those that end in mailing
END_WITHIN_S = 240.0
READERS = {"wire-desk": ("one@example.org", "two@example.org"), "all-desk": ("three@example.org",)}

DIGEST = """\
poll:
  every: 10m
  floor: 10m
  per_host: {{connections: 4, gap: 0s}}
  timeout: 2s
  allow_networks: [127.0.0.0/8]
http: {{listen: "off"}}
keep: {{articles: 2d, editions: 1d, messages: 1d}}  # a day of the digests' clock is 144 s
mail:
  from: Desk <desk@example.org>
  smtp: {{host: 127.0.0.1, port: {port}, security: none}}
digests:
  - id: wire-desk
    schedule: "*/30 * * * *"
    topics: [bridges]
    to: [one@example.org, two@example.org]
    max_stories: 5
  - {{id: all-desk, schedule: "*/20 * * * *", timezone: Asia/Kathmandu, to: [three@example.org], catch_up: each}}
"""


@dataclass
class Report:
    """What a run came to."""

    kills: int = 0
    lives_that_ended_by_themselves: int = 0
    kills_while_a_message_was_on_its_way: int = 0
    unknown: Counter[str] = field(default_factory=Counter)  # message id: how often its outcome was unknown
    stories: int = 0
    matches: int = 0
    forgotten: int = 0  # entries that retention removed
    editions: int = 0
    messages: int = 0
    repeated: int = 0
    faults: list[str] = field(default_factory=list)

    def table(self) -> str:
        """As `docs/reliability.md` shows it."""
        rows = [
            ("kills", self.kills),
            ("of these while a message was on its way", self.kills_while_a_message_was_on_its_way),
            ("of these with an unknown outcome", sum(self.unknown.values())),
            ("stories of the wire", self.stories),
            ("matches flagged and mailed", self.matches),
            ("entries that were forgotten meanwhile", self.forgotten),
            ("editions", self.editions),
            ("messages", self.messages),
            ("messages that arrived twice", self.repeated),
            ("of these with an outcome that was known, or other bytes", len(self.faults)),
        ]
        return "\n".join(f"| {what} | {number} |" for what, number in rows)


class Wire:
    """A feed that brings a story every other second, until `stopped_at`, and the pages it links to."""

    def __init__(self, since: float) -> None:
        self.since = since
        self.stopped_at: float | None = None
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # the library's name
                page = re.fullmatch(r"/story/(\d+)", self.path)
                body = wire.page(int(page[1])) if page else wire.feed(f"http://{self.headers['Host']}")
                self.send_response(200 if page or self.path == "/wire.xml" else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8" if page else "application/rss+xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/wire.xml"

    @property
    def count(self) -> int:
        """Stories so far."""
        return int(((self.stopped_at or time.time()) - self.since) / STORY_EVERY_S)

    def feed(self, base: str) -> bytes:
        """The latest stories, the newest first."""
        items = "".join(
            f"<item><title>{title(number)}</title><link>{base}/story/{number}</link><guid>{number}</guid></item>"
            for number in range(self.count - 1, max(-1, self.count - 1 - SHOWN), -1)
        )
        return f"<rss version='2.0'><channel><title>The Wire</title>{items}</channel></rss>".encode()

    def page(self, number: int) -> bytes:
        """A story's own words, so that none is a copy of another."""
        chance = random.Random(number)
        words = [
            "".join(chance.choices("bcdfglmnprstv", k=2)) + chance.choice("aeiou") + str(number) for _ in range(150)
        ]
        paragraphs = "".join(f"<p>The bridge {' '.join(words[at : at + 50])}.</p>" for at in range(0, 150, 50))
        head = f"<html lang='en'><head><title>{title(number)}</title></head>"
        return f"{head}<body><article><h1>{title(number)}</h1>{paragraphs}</article></body></html>".encode()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


def title(number: int) -> str:
    """A headline that no other contains."""
    return f"Bridge x{number}x opens at kilometre {number}"


@contextmanager
def newsroom() -> Iterator[Newsroom]:
    """The sample newsroom, from a thread of this process."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    room = Newsroom(now=clock(time.time()))
    asyncio.run_coroutine_threadsafe(room.__aenter__(), loop).result(30)
    yield room
    asyncio.run_coroutine_threadsafe(room.__aexit__(None, None, None), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


class Relay:
    """The mail server, and how many commands it has heard."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.heard = 0
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "kill_relay.py"), str(self.port), str(file)], stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        assert self._process.stdout.read(1) == b"!"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while heard := os.read(self._process.stdout.fileno(), 4096):
            self.heard += len(heard)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def messages(self) -> Iterator[tuple[str, bytes]]:
        """Every message that it acknowledged: recipient and bytes."""
        for line in self.file.read_text().splitlines():
            record = json.loads(line)
            for recipient in record["to"]:
                yield recipient, base64.b64decode(record["raw"])


class Loop:
    """The killing."""

    def __init__(self, home: Path, seed: int) -> None:
        self.report = Report()
        self._home = home
        self._chance = random.Random(seed)
        self._since = time.time()
        self._store = home / "state" / "digest.db"
        self._env = {"PATH": os.environ["PATH"], "HOME": str(home), "STATE_DIRECTORY": str(home / "state")}
        self._log = home / "log"
        self._enough = threading.Event()
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(["digest.service", "sqlalchemy.dialects.sqlite", *CPU_ROOMS])

    def run(self, kills: int) -> Report:
        """Kill so often, let it come to its end, and judge."""
        with ExitStack() as stack:
            room = stack.enter_context(newsroom())
            wire = Wire(self._since)
            stack.callback(wire.close)
            relay = Relay(self._home / "relay.jsonl")
            stack.callback(relay.close)
            config = self._configured(wire, relay, room)
            for _ in range(kills):
                if self._enough.is_set():
                    break
                self._one_life(config, relay)
            wire.stopped_at = time.time()
            self._last_life(config, wire, relay)
        self._judge(wire, relay)
        return self.report

    def enough(self, *_signal: object) -> None:
        """No more kills."""
        self._enough.set()

    def _configured(self, wire: Wire, relay: Relay, room: Newsroom) -> Path:
        config = self._home / "config"
        shutil.copytree(CONFIG, config)
        (config / "digest.yaml").write_text(DIGEST.format(port=relay.port), encoding="utf-8")
        feeds = (CONFIG / "feeds.yaml").read_text(encoding="utf-8")
        (config / "feeds.yaml").write_text(f"{feeds}  - url: {wire.url}\n    every: 10m\n", encoding="utf-8")
        (config / "topics" / "bridges.yaml").write_text("topic: Bridges\nany: [bridge]\n", encoding="utf-8")
        self._env |= room.environment
        return config

    def _begin(self, config: Path) -> Any:
        process = self._processes.Process(target=live, args=(config, self._env, self._since, self._log))
        process.start()
        return process

    def _one_life(self, config: Path, relay: Relay) -> None:
        process = self._begin(config)
        doomed = self._when(relay)
        while process.is_alive() and not doomed():
            time.sleep(0.001)
        process.kill()
        process.join()
        if process.exitcode == -9:
            self.report.kills += 1
        else:
            self.report.lives_that_ended_by_themselves += 1
        states = self._on_their_way()
        self.report.kills_while_a_message_was_on_its_way += bool(states)
        self.report.unknown.update(message_id for message_id, state in states if state == "data_sent")

    def _when(self, relay: Relay) -> Callable[[], bool]:
        """A moment to strike: one of three at any time, the others while mail is handed over."""
        if self._chance.random() < 1 / 3:
            strike = time.monotonic() + self._chance.uniform(0.0, SHORTEST_S)
            return lambda: time.monotonic() >= strike
        commands, pause_s = relay.heard + self._chance.randint(1, 9), self._chance.uniform(0.0, 0.02)
        latest = time.monotonic() + LONGEST_S
        since: list[float] = []

        def reached() -> bool:
            if relay.heard >= commands and not since:
                since.append(time.monotonic())
            return (bool(since) and time.monotonic() - since[0] >= pause_s) or time.monotonic() >= latest

        return reached

    def _on_their_way(self) -> list[tuple[str, str]]:
        """Message ids and states of what was being delivered, as the killed service left them; read from a copy."""
        return self._asked("SELECT message_id, state FROM parcels WHERE state IN ('sending', 'data_sent')")

    def _asked(self, query: str) -> list[Any]:
        with tempfile.TemporaryDirectory(dir=self._home) as scratch:
            for suffix in ("", "-wal"):
                if (file := self._store.with_name(self._store.name + suffix)).exists():
                    shutil.copyfile(file, Path(scratch) / ("copy.db" + suffix))
            with closing(sqlite3.connect(Path(scratch) / "copy.db")) as copy:
                made = copy.execute("SELECT count(*) FROM sqlite_master WHERE name = 'parcels'").fetchone()[0]
                return copy.execute(query).fetchall() if made else []

    def _last_life(self, config: Path, wire: Wire, relay: Relay) -> None:
        """Let it do what is left, then stop it as systemd does."""
        process = self._begin(config)
        deadline = time.monotonic() + END_WITHIN_S
        quiet, heard = 0, -1
        while quiet < 4:
            time.sleep(1)
            assert process.is_alive(), self._log.read_text()[-4000:]
            if time.monotonic() > deadline:
                self.report.faults.append(f"it did not come to rest within {END_WITHIN_S:.0f} s")
                break
            waiting = self._asked("SELECT count(*) FROM entries WHERE read_after IS NOT NULL")[0][0]
            unsent = self._asked("SELECT count(*) FROM parcels WHERE state != 'sent'")[0][0]
            # The feed still holds all stories, so where the last one is, all were seen.
            last = self._asked(f"SELECT count(*) FROM entries WHERE entry LIKE '%/story/{wire.count - 1}%'")[0][0]
            still = relay.heard == heard and not waiting and not unsent and last == 1
            quiet, heard = quiet + 1 if still else 0, relay.heard
        process.terminate()
        process.join(45)
        if process.exitcode != 0:
            self.report.faults.append(f"SIGTERM: exit code {process.exitcode}")
            process.kill()

    def _judge(self, wire: Wire, relay: Relay) -> None:
        report = self.report
        report.stories = wire.count
        arrived: dict[tuple[str, str], list[bytes]] = defaultdict(list)
        for recipient, raw in relay.messages():
            arrived[recipient, str(message_from_bytes(raw, policy=policy.default)["Message-ID"])].append(raw)
        report.messages = len(arrived)
        self._judge_repeats(arrived)
        self._judge_stories(wire, arrived)
        self._judge_store()

    def _judge_repeats(self, arrived: Mapping[tuple[str, str], list[bytes]]) -> None:
        for (recipient, message_id), copies in arrived.items():
            self.report.repeated += len(copies) > 1
            if len(set(copies)) > 1:
                self.report.faults.append(f"{message_id} to {recipient} arrived with different bytes")
            if len(copies) > 1 + self.report.unknown[message_id]:
                known = f"its outcome was unknown {self.report.unknown[message_id]} times"
                self.report.faults.append(f"{message_id} to {recipient} arrived {len(copies)} times; {known}")

    def _judge_stories(self, wire: Wire, arrived: Mapping[tuple[str, str], list[bytes]]) -> None:
        told: Counter[tuple[str, int]] = Counter()
        for (recipient, _), copies in arrived.items():
            body = message_from_bytes(copies[0], policy=policy.default).get_body(("plain",))
            assert body is not None
            told.update(
                (recipient, number) for number in {int(each) for each in re.findall(r"x(\d+)x", body.get_content())}
            )
        for recipient in (reader for readers in READERS.values() for reader in readers):
            for number in range(wire.count):
                if told[recipient, number] != 1:
                    self.report.faults.append(
                        f"story {number} was mailed to {recipient} {told[recipient, number]} times"
                    )

    def _judge_store(self) -> None:
        with Store.open(f"sqlite:///{self._store}", lock=True) as store:
            store.check()
        ever = "SELECT seq FROM sqlite_sequence WHERE name = 'entries'"  # ids are never used again
        self.report.forgotten = self._asked(f"SELECT ({ever}) - (SELECT count(*) FROM entries)")[0][0]
        matches = self._asked("SELECT id, topic FROM matches")
        mailed = Counter(
            self._asked(
                "SELECT e.digest, m.match_id FROM edition_matches AS m JOIN editions AS e ON e.id = m.edition_id"
            )
        )
        self.report.matches = len({match_id for _, match_id in mailed})
        for digest, topics in (("wire-desk", {"bridges"}), ("all-desk", None)):
            wanted = {match_id for match_id, topic in matches if topics is None or topic in topics}
            wanted |= {match_id for each, match_id in mailed if each == digest}  # those forgotten since, too
            for match_id in wanted:
                if mailed[digest, match_id] != 1:
                    self.report.faults.append(f"match {match_id} is in {mailed[digest, match_id]} editions of {digest}")
            windows = self._asked(
                f"SELECT window_start, window_end FROM editions WHERE digest = '{digest}' ORDER BY window_start"
            )
            self.report.editions += len(windows)
            for (_, end), (start, _) in pairwise(windows):
                if end != start:
                    self.report.faults.append(f"{digest}: a window ends at {end} and the next begins at {start}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="digest-kills-") as directory:
        loop = Loop(Path(directory), seed=int(sys.argv[2]) if len(sys.argv) > 2 else 1)
        signal.signal(signal.SIGTERM, loop.enough)
        signal.signal(signal.SIGINT, loop.enough)
        found = loop.run(int(sys.argv[1]))
    print(found.table())
    kinds = Counter(re.sub(r"<[^>]*>|\d+", "N", fault) for fault in found.faults)
    print("\n".join(f"{number} x {kind}" for kind, number in kinds.most_common()) or "all as it should be")
    print("\n".join(found.faults[:20]))
    sys.exit(bool(found.faults))
