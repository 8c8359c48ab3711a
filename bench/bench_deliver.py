"""Delivery: messages a second into a Postfix of its own on loopback, beside Postfix's own load generator."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from digest.deliver import MaildirDelivery, SmtpDelivery
from digest.deliver.smtp import Security
from digest.engine import deliver_ready
from digest.model import Digest, EditionUpdate, Parcel, Window
from digest.pipeline import Pipeline
from digest.store import Store

MESSAGES = 1000
SIZE = 30_000  # bytes, as an edition of some twenty stories has


@dataclass(frozen=True)
class Relay:
    """What the configuration says of a relay."""

    host: str
    port: int
    security: Security = "none"
    username: str | None = None

    def password(self) -> str | None:
        """There is none."""
        return None


def parcels() -> list[Parcel]:
    raw = (b"Subject: bench\r\n\r\n" + (b"x" * 70 + b"\r\n") * (SIZE // 72))[:SIZE]
    return [
        Parcel(
            id=number,
            digest="bench",
            edition=1,
            sender="digest@example.org",
            recipient=f"reader{number}@example.org",
            message_id=f"<{number}@example.org>",
            raw=raw,
        )
        for number in range(MESSAGES)
    ]


async def nothing() -> None:
    """A commit that costs nothing."""


@contextmanager
def postfix(folder: Path) -> Iterator[int]:
    """A Postfix of its own that takes mail on a port of 127.0.0.1 and throws it away."""
    config, queue, data = folder / "config", folder / "queue", folder / "data"
    shutil.copytree("/etc/postfix", config, symlinks=True, ignore=shutil.ignore_patterns("makedefs.out"))
    queue.mkdir()
    data.mkdir()
    shutil.chown(data, "postfix")
    folder.chmod(0o755)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    env = os.environ | {"MAIL_CONFIG": str(config)}

    def do(*command: str) -> None:
        subprocess.run(command, env=env, check=True, capture_output=True)

    settings = ["inet_interfaces=127.0.0.1", "inet_protocols=ipv4", "mynetworks=127.0.0.0/8", "mydestination="]
    settings += [f"queue_directory={queue}", f"data_directory={data}", f"maillog_file={folder / 'log'}"]
    settings += [f"maillog_file_prefixes={folder}", "default_transport=discard", "syslog_name=bench"]
    do("postconf", "-e", *settings)
    do("postconf", "-MX", "smtp/inet")
    do("postconf", "-Me", f"{port}/inet={port} inet n - n - - smtpd")
    do("postconf", "-F", "*/*/chroot=n")
    do("postfix", "start")
    try:
        time.sleep(1)
        yield port
    finally:
        do("postfix", "stop")


async def send(port: int, connections: int) -> float:
    """Messages a second."""
    delivery = SmtpDelivery(Relay("127.0.0.1", port), connections=connections)
    waiting = parcels()
    begun = time.perf_counter()
    await asyncio.gather(*(delivery.deliver(parcel, nothing) for parcel in waiting))
    spent = time.perf_counter() - begun
    await delivery.close()
    return MESSAGES / spent


async def mail(port: int, folder: Path) -> float:
    """Messages a second through the outbox: three commits each, on the disk before the next step."""
    clock = datetime.now(UTC)
    edition = Digest("bench", "Bench", Window(clock - timedelta(days=1), clock), "UTC", ())
    with Store.open(f"sqlite:///{folder / 'digest.db'}", lock=True) as store:
        store.digest_state("bench", clock)
        store.apply(EditionUpdate(edition, tuple(parcels()), clock))
        nobody: Any = None
        pipeline = Pipeline(
            poll_settings=nobody,
            feeds={},
            digests={},
            sender="digest@example.org",
            store=store,
            fetcher=nobody,
            workers=nobody,
            topics=nobody,
            renderer=nobody,
            delivery=SmtpDelivery(Relay("127.0.0.1", port)),
            clock=lambda: datetime.now(UTC),
        )
        begun = time.perf_counter()
        assert await deliver_ready(pipeline) == (MESSAGES, 0)
        spent = time.perf_counter() - begun
        await pipeline.delivery.close()
    return MESSAGES / spent


def smtp_source(port: int, connections: int) -> float:
    """Messages a second, by the tool that comes with Postfix; it, too, keeps connections and varies recipients."""
    command = ["smtp-source", "-d", "-N", "-s", str(connections), "-m", str(MESSAGES), "-l", str(SIZE)]
    begun = time.perf_counter()
    subprocess.run([*command, "-f", "a@example.org", "-t", "b@example.org", f"127.0.0.1:{port}"], check=True)
    return MESSAGES / (time.perf_counter() - begun)


async def store(folder: Path) -> float:
    """Messages a second into a Maildir, each synced."""
    delivery = MaildirDelivery(folder)
    begun = time.perf_counter()
    for parcel in parcels():
        await delivery.deliver(parcel, nothing)
    return MESSAGES / (time.perf_counter() - begun)


def run() -> list[tuple[str, str, str]]:
    """Rows of (what was measured, our figure, the comparison)."""
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        if shutil.which("smtp-source") and os.geteuid() == 0:
            with postfix(Path(scratch)) as port:
                for connections in (1, 4):
                    theirs = smtp_source(port, connections)
                    ours = asyncio.run(send(port, connections))
                    what = f"{MESSAGES} messages of {SIZE // 1000} kB by SMTP, {connections} connection(s)"
                    rows.append((what, f"{ours:.0f}/s", f"{ours / theirs:.2f} of smtp-source's {theirs:.0f}/s"))
                ours = asyncio.run(mail(port, Path(scratch)))
                what = "the same with the outbox's commits, 4 connections"
                rows.append((what, f"{ours:.0f}/s", f"{ours / theirs:.2f} of smtp-source; target: .5"))
        else:
            rows.append((f"{MESSAGES} messages by SMTP", "not measured", "needs Postfix, and root to run it"))
        rows.append((f"{MESSAGES} messages into a Maildir", f"{asyncio.run(store(Path(scratch, 'desk'))):.0f}/s", ""))
    return rows
