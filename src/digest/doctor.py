"""Examines what a configuration needs of the world: names, relay, clock, schedules, disk. Sends and changes nothing."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import socket
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from digest import planner
from digest.config import Config, DigestConfig
from digest.deliver import SmtpDelivery
from digest.errors import DeliveryError, FetchError, StoreError
from digest.feeds import without_credentials
from digest.fetch import Fetcher
from digest.health import LEAST_FREE_BYTES
from digest.store import Store

Verdict = Literal["ok", "warn", "fail"]

LOOKUPS_AT_ONCE = 16
LOOKUP_WITHIN_S = 15.0
NAMED_AT_MOST = 5  # of many that fail alike
FEEDS_ASKED = 3
RELAY_WITHIN_S = 60.0
LOOK_FOR_DAMAGE_S = 20.0  # some 5 GB of a store are read in that time
CLOCK_WARN_S, CLOCK_FAIL_S = 30.0, 600.0
FIRINGS = 5
SPARE_FILES = 200  # beside two for each request under way: database, log, workers, mail


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at, what was found, and what mends it."""

    verdict: Verdict
    subject: str
    text: str
    mend: str = ""


async def examine(config: Config, now: datetime) -> list[Finding]:
    """Look at everything; what can't be reached is a finding. Raises nothing of its own."""
    found = [Finding("ok", "configuration", _summary(config))]
    found += [*_state(config), *_store(config, now), *_files(config), *_limits(config)]
    found += [*await _names(config), await _mail(config), await _clock(config, now)]
    for digest in config.digests:
        found += _schedule(digest, now)
    return found


def _summary(config: Config) -> str:
    numbers = f"feeds: {len(config.feeds)}, topics: {len(config.topics)}, digests: {len(config.digests)}"
    return f"{config.directory}: {numbers}"


# --- this machine ---------------------------------------------------------------------------------


def _state(config: Config) -> Iterator[Finding]:
    url = config.store_url
    if not url.startswith("sqlite:///"):
        return
    directory = Path(url.removeprefix("sqlite:///")).parent
    there = _nearest(directory)
    if not os.access(there, os.W_OK | os.X_OK):
        yield Finding("fail", "state", f"{there} can't be written", "make it writable for the user that runs digest")
        return
    if there == directory and stat.S_IMODE(directory.stat().st_mode) & 0o077:
        yield Finding("warn", "state", f"{directory} can be read by others", f"chmod 700 {directory}")
    free = shutil.disk_usage(there).free
    text = f"{there} can be written; {free / 1e9:.1f} GB are free"
    enough = free >= LEAST_FREE_BYTES
    yield Finding("ok" if enough else "warn", "disk", text, "" if enough else "make room on this disk")


def _nearest(place: Path) -> Path:
    """The place itself, or the first above it that is there; what may not be looked at may not be written either."""
    for path in (place, *place.parents):
        try:
            if path.exists():
                return path
        except PermissionError:
            return path
    return place


def _store(config: Config, now: datetime) -> Iterator[Finding]:
    try:
        store = Store.look(config.store_url)
        if store is None:
            yield Finding("ok", "store", "there is none yet; `digest run` makes it")
            return
        with store:
            store.check(within_s=LOOK_FOR_DAMAGE_S)
            size = store.size().total_bytes
            latest = max((state.last_poll_at for state in store.feeds() if state.last_poll_at), default=None)
    except StoreError as error:
        yield Finding("fail", "store", str(error))
        return
    yield Finding("ok", "store", f"{store.place}, {size / 1e6:.1f} MB")
    if latest is not None and latest > now + timedelta(minutes=1):
        text = f"feeds were polled in the future ({latest:%Y-%m-%d %H:%M} UTC), so the clock was wrong then or is now"
        yield Finding("warn", "clock", text, "set the clock; let NTP keep it")


def _files(config: Config) -> Iterator[Finding]:
    """Secrets that others on this machine can read."""
    secrets = [config.directory / "digest.yaml", config.directory / "feeds.yaml"]
    if config.mail.smtp is not None and config.mail.smtp.password_file is not None:
        secrets.append(config.mail.smtp.password_file)
    holding = [path for path in secrets if os.access(path, os.F_OK) and _is_secret(path, config)]
    for path in holding:
        if stat.S_IMODE(path.stat().st_mode) & 0o007:
            text = f"{path} holds a secret and can be read by everybody on this machine"
            yield Finding("warn", "permissions", text, f"chmod o= {path}")


def _is_secret(path: Path, config: Config) -> bool:
    smtp = config.mail.smtp
    if path.name == "digest.yaml":
        store = urlsplit(config.store_url)
        return (smtp is not None and smtp.secret is not None) or bool(store.password) or "password=" in store.query
    if path.name == "feeds.yaml":
        return any(feed.secret_headers or "@" in urlsplit(feed.url).netloc for feed in config.feeds)
    return True


def _limits(config: Config) -> Iterator[Finding]:
    most, _ceiling = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * config.poll.concurrency + SPARE_FILES
    if 0 <= most < wanted:
        text = f"{most} open files are allowed, and poll.concurrency may need {wanted}"
        yield Finding(
            "warn", "limits", text, f"raise it (LimitNOFILE=, ulimit -n), or lower poll.concurrency below {most}"
        )


# --- the network ----------------------------------------------------------------------------------


async def _names(config: Config) -> Iterable[Finding]:
    """Whether every host's name leads to an address."""
    hosts = sorted({urlsplit(feed.url).hostname or "" for feed in config.feeds})
    free = asyncio.Semaphore(LOOKUPS_AT_ONCE)

    async def trouble(host: str) -> str:
        async with free:
            try:
                async with asyncio.timeout(LOOKUP_WITHIN_S):
                    await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
            except TimeoutError:
                return "no answer"
            except (OSError, UnicodeError) as error:
                return getattr(error, "strerror", None) or str(error)
        return ""

    troubles = await asyncio.gather(*map(trouble, hosts))
    lost = [f"{host} ({why})" for host, why in zip(hosts, troubles, strict=True) if why]
    if not lost:
        return [Finding("ok", "names", f"every host of a feed has an address ({len(hosts)})")]
    more = f" and {len(lost) - NAMED_AT_MOST} more" if len(lost) > NAMED_AT_MOST else ""
    text = f"{len(lost)} of {len(hosts)} hosts of feeds without an address: {', '.join(lost[:NAMED_AT_MOST])}{more}"
    if len(lost) == len(hosts):
        return [Finding("fail", "names", text, "see this machine's network and /etc/resolv.conf")]
    return [Finding("warn", "names", text, "see the spelling in feeds.yaml; a site may be gone")]


async def _mail(config: Config) -> Finding:
    mail = config.mail
    if mail.smtp is None:
        place = mail.maildir or mail.directory or Path()
        there = _nearest(place)
        if os.access(there, os.W_OK | os.X_OK):
            return Finding("ok", "mail", f"digests go into {place}")
        return Finding("fail", "mail", f"{there} can't be written", "make it writable for the user that runs digest")
    delivery = SmtpDelivery(mail.smtp)
    try:
        async with asyncio.timeout(RELAY_WITHIN_S):
            return Finding("ok", "mail", await delivery.try_out())
    except DeliveryError as error:
        return Finding("fail", "mail", str(error), "see `mail.smtp` in digest.yaml")
    except TimeoutError:
        text = f"{mail.smtp.host}:{mail.smtp.port} did not answer within {RELAY_WITHIN_S:.0f} s"
        return Finding("fail", "mail", text, "see `mail.smtp` in digest.yaml, and whether a firewall is between")


async def _clock(config: Config, now: datetime) -> Finding:
    """Compare with the clock of a feed's server: one request, to the first that answers."""
    started = asyncio.get_running_loop().time()
    async with Fetcher(config.poll) as fetcher:
        for feed in config.feeds[:FEEDS_ASKED]:
            try:
                fetched = await fetcher.feed(feed.url, headers=feed.headers)
                theirs = parsedate_to_datetime(fetched.headers["date"])
            except (FetchError, KeyError, ValueError, TypeError):
                continue
            passed = timedelta(seconds=asyncio.get_running_loop().time() - started)
            off_s = abs((now + passed - theirs).total_seconds())
            host = urlsplit(without_credentials(feed.url)).hostname
            if off_s < CLOCK_WARN_S:
                return Finding("ok", "clock", f"as {host} has it")
            verdict: Verdict = "warn" if off_s < CLOCK_FAIL_S else "fail"
            text = f"{off_s:.0f} s away from {host}'s clock"
            return Finding(verdict, "clock", text, "set the clock; let NTP keep it")
    text = f"could not be compared: no feed told the time (asked: {min(FEEDS_ASKED, len(config.feeds))})"
    return Finding("warn", "clock", text, "see `digest feeds list`")


# --- schedules ------------------------------------------------------------------------------------


def _schedule(digest: DigestConfig, now: datetime) -> Iterator[Finding]:
    zone = ZoneInfo(digest.timezone)
    slots = planner.next_slots(digest.schedule, digest.timezone, now, FIRINGS)
    shown = ", ".join(f"{slot.astimezone(zone):%a %d %b %Y %H:%M}" for slot in slots)
    yield Finding("ok", f"digest {digest.id}", f"`{digest.schedule}` in {digest.timezone}: {shown}")
    odd = planner.oddities(digest.schedule, digest.timezone, now)
    for each in odd:
        day, time = f"{each.local:%a %d %b %Y}", f"{each.local:%H:%M}"
        if each.skipped:
            text = f"{time} does not come on {day}, clocks go forward: it leaves at {each.fires:%H:%M}"
        else:
            text = f"{time} comes twice on {day}, clocks go back: it leaves at the first"
        yield Finding("warn", f"digest {digest.id}", text)
