"""The exhibits: feeds that each try one side of a reader's manners, with pages behind their entries."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from .server import Answer, Handler, Visit

HOUR, DAY = 3600.0, 86400.0
BEGIN = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)  # what the referee's time counts from

# Odd on purpose: they are to be sent back byte for byte, not understood.
ODD_ETAG, ODD_DATE = 'W/"a,b;c--gzip"', "Mon, 2 Mar 2026 06:00:00 +0000"
BUSY_FOR, OUTAGE_FOR, FRESH_FOR, TTL_MINUTES = 4 * HOUR, 6 * HOUR, 3 * HOUR, 180
SPARED_HOURS = range(6)
TOUCHED_EVERY, NEWS_EVERY, SECOND_HOME_AFTER = 6 * HOUR, 8 * HOUR, 30 * HOUR

STEADY, TOUCHED, FRESH, SPARED, BUSY, OUTAGE, RUDE, BROKEN, GONE, MOVED, NEW_HOME, LOOP, PACKED, CROWD, NEWS = (
    f"127.0.0.{number}" for number in range(11, 26)
)
CROWDED = tuple(f"/feed{number}" for number in range(1, 6))
LOGIN = "reader:secret"


@dataclass(frozen=True)
class Time:
    """The referee's time. `told_s` is what a header says of a span, `date` of a moment, so that the client agrees."""

    now: Callable[[], float]
    told_s: Callable[[float], int]
    date: Callable[[float], str]


def virtual(now: Callable[[], float]) -> Time:
    """For a client whose clock is ours."""
    return Time(now, int, lambda at: http_date(BEGIN + timedelta(seconds=at)))


def compressed(now: Callable[[], float], speed: float) -> Time:
    """For a client with a clock of its own, `speed` times slower than the referee's."""

    def date(at: float) -> str:
        return http_date(datetime.now(UTC) + timedelta(seconds=(at - now()) / speed))

    return Time(now, lambda span_s: max(1, round(span_s / speed)), date)


def http_date(when: datetime) -> str:
    """As headers have it."""
    return format_datetime(when, usegmt=True)


class Site:
    """All exhibits. `feeds` are what a reader is to be subscribed to, once the port is known."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self._refusals: dict[str, float] = {}  # host -> when it refused first
        self._port = 0

    @property
    def handlers(self) -> dict[str, Handler]:
        """By host."""
        return {
            STEADY: self._with_pages(self._steady),
            TOUCHED: self._touched,
            FRESH: self._fresh,
            SPARED: self._spared,
            BUSY: self._busy,
            OUTAGE: self._outage,
            RUDE: self._rude,
            BROKEN: lambda visit: self._failure(visit, 500),
            GONE: lambda visit: self._failure(visit, 410),
            MOVED: self._moved,
            NEW_HOME: self._new_home,
            LOOP: self._loop,
            PACKED: self._packed,
            CROWD: self._crowd,
            NEWS: self._with_pages(self._news),
        }

    def feeds(self, port: int) -> list[str]:
        """The URLs to subscribe to."""
        self._port = port
        places = [(host, "/feed") for host in self.handlers if host not in (NEW_HOME, CROWD, BUSY, MOVED)]
        places += [(CROWD, path) for path in CROWDED] + [
            (BUSY, "/feed"),
            (BUSY, "/sister"),
            (f"{LOGIN}@{MOVED}", "/feed"),
        ]
        return [f"http://{host}:{port}{path}" for host, path in places]

    # --- feeds that are well ------------------------------------------------------------------------

    def _steady(self, visit: Visit) -> Answer:
        links = [*(f"/article/{number}" for number in range(3)), "/private/1"]
        return self._conditional(visit, self._rss(visit.host, links), ODD_ETAG, ODD_DATE)

    def _touched(self, visit: Visit) -> Answer:
        return self._conditional(visit, self._rss(visit.host, []), self.touched_etag(self._time.now()), None)

    @staticmethod
    def touched_etag(at: float) -> str:
        """The ETag that moves while the body stays."""
        return f'"touched-{at // TOUCHED_EVERY:.0f}"'

    def _fresh(self, visit: Visit) -> Answer:
        control = {"Cache-Control": f"public, max-age={self._time.told_s(FRESH_FOR)}"}
        return self._conditional(visit, self._rss(visit.host, []), '"fresh"', None, control)

    def _spared(self, visit: Visit) -> Answer:
        minutes = max(1, self._time.told_s(TTL_MINUTES * 60) // 60)
        hours = "".join(f"<hour>{hour}</hour>" for hour in SPARED_HOURS)
        wishes = f"<ttl>{minutes}</ttl><skipHours>{hours}</skipHours>"
        return self._conditional(visit, self._rss(visit.host, [], wishes), '"spared"', None)

    def _packed(self, visit: Visit) -> Answer:
        body, headers = self._rss(visit.host, []), {"Vary": "Accept-Encoding"}
        if "gzip" in visit.headers.get("accept-encoding", ""):
            body, headers = gzip.compress(body, mtime=0), headers | {"Content-Encoding": "gzip"}
        return self._conditional(visit, body, '"packed"', None, headers)

    def _crowd(self, visit: Visit) -> Answer:
        return self._conditional(visit, self._rss(visit.host, []), f'"{visit.path}"', None)

    def _news(self, visit: Visit) -> Answer:
        count = 2 + int(self._time.now() // NEWS_EVERY)
        links = [f"/article/{number}" for number in range(count)]
        return self._conditional(visit, self._rss(visit.host, links), f'"{count} articles"', None)

    # --- feeds that are not -------------------------------------------------------------------------

    def _refusing(self, visit: Visit, lasts_s: float) -> float | None:
        """Since when this host refuses; it begins with the second poll, and ends."""
        if visit.host not in self._refusals:
            self._refusals[visit.host] = -1.0  # the first poll goes well
            return None
        if self._refusals[visit.host] < 0:
            self._refusals[visit.host] = self._time.now()
        began = self._refusals[visit.host]
        return began if self._time.now() < began + lasts_s else None

    def _busy(self, visit: Visit) -> Answer:
        if visit.path == "/feed" and (began := self._refusing(visit, BUSY_FOR)) is not None:
            left_s = began + BUSY_FOR - self._time.now()
            return self._failure(visit, 429, {"Retry-After": str(self._time.told_s(left_s))})
        return self._conditional(visit, self._rss(visit.host, []), f'"{visit.path}"', None)

    def _outage(self, visit: Visit) -> Answer:
        if (began := self._refusing(visit, OUTAGE_FOR)) is not None:
            return self._failure(visit, 503, {"Retry-After": self._time.date(began + OUTAGE_FOR)})
        return self._conditional(visit, self._rss(visit.host, []), '"outage"', None)

    def _rude(self, visit: Visit) -> Answer:
        if self._refusing(visit, 3 * HOUR) is not None:
            return self._failure(visit, 429)
        return self._conditional(visit, self._rss(visit.host, []), '"rude"', None)

    def _failure(self, visit: Visit, status: int, headers: dict[str, str] | None = None) -> Answer:
        return Answer(status, b"no", {**self._common(), **(headers or {})})

    def _moved(self, visit: Visit) -> Answer:
        home = "/first" if self._time.now() < SECOND_HOME_AFTER else "/second"
        return Answer(302, headers={**self._common(), "Location": f"http://{NEW_HOME}:{self._port}{home}"})

    def _new_home(self, visit: Visit) -> Answer:
        return self._conditional(visit, self._rss(visit.host, []), f'"{visit.path}"', None)

    def _loop(self, visit: Visit) -> Answer:
        return Answer(301, headers={**self._common(), "Location": "/feed" if visit.path == "/again" else "/again"})

    # --- pages --------------------------------------------------------------------------------------

    def _with_pages(self, feed: Handler) -> Handler:
        def answer(visit: Visit) -> Answer:
            if visit.path == "/robots.txt":
                return Answer(
                    200, b"User-agent: *\nDisallow: /private/\n", self._common() | {"Content-Type": "text/plain"}
                )
            if visit.path.startswith(("/article/", "/private/")):
                text = f"<p>{visit.where} tells of the harbour, its cranes and the ferry that is late again.</p>" * 20
                page = f"<!doctype html><title>{visit.path}</title><article><h1>{visit.path}</h1>{text}</article>"
                return Answer(200, page.encode(), self._common() | {"Content-Type": "text/html; charset=utf-8"})
            return feed(visit)

        return answer

    # --- what all answers have ----------------------------------------------------------------------

    def _common(self) -> dict[str, str]:
        return {"Date": self._time.date(self._time.now()), "Set-Cookie": "visitor=42; Path=/"}

    def _conditional(
        self, visit: Visit, body: bytes, etag: str, modified: str | None, more: dict[str, str] | None = None
    ) -> Answer:
        """The feed at `/feed` (or where the host has it), or 304 for those who have it already."""
        if visit.path not in ("/feed", "/sister", "/first", "/second", *CROWDED):
            return Answer(404, b"no such page", self._common())
        headers = {**self._common(), "ETag": etag, "Content-Type": "application/rss+xml", **(more or {})}
        if modified:
            headers["Last-Modified"] = modified
        asked = visit.headers.get("if-none-match")
        same = asked == etag if asked is not None else visit.headers.get("if-modified-since", "?") == modified
        return Answer(304 if same else 200, body, headers)

    def _rss(self, host: str, links: Iterable[str], wishes: str = "") -> bytes:
        items = "".join(
            f"<item><title>{host} {link}</title><link>http://{host}:{self._port}{link}</link>"
            f"<guid isPermaLink='false'>{host}{link}</guid></item>"
            for link in links
        )
        return f"<rss version='2.0'><channel><title>Exhibit {host}</title>{wishes}{items}</channel></rss>".encode()
