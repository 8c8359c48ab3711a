"""The rules: each looks at the visits and says how often it was kept, and shows the first time that it was not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby, pairwise

from . import site
from .server import Visit

FLOOR_S = 3600.0  # of a feed whose server says nothing else (Rachel Kroll's reader tests; Miniflux)
SLACK_S = 2.0
GAP_SLACK_S = 0.25  # one request may wait longer than the next until a busy machine takes it in
MOST_HOPS = 6  # requests of one poll: five redirects
FEED_PATHS = ("/feed", "/sister", "/first", "/second", *site.CROWDED)


@dataclass(frozen=True)
class Verdict:
    """How one rule was kept: `kept` of `seen` occasions; `evidence` of the first breach."""

    rule: str
    kept: int
    seen: int
    evidence: str = ""

    @property
    def passed(self) -> bool | None:
        """None: there was no occasion."""
        return None if not self.seen else self.kept == self.seen


Visits = Sequence[Visit]
Occasions = Iterator[tuple[bool, str]]  # kept or not, and what was seen
Rule = Callable[[Visits], Occasions]


def judge(visits: Visits, *, gap_s: float) -> list[Verdict]:
    """All verdicts. `gap_s`: seconds of the client's clock that must lie between two starts at a host."""
    verdicts = []
    for rule in (*RULES, _gap(gap_s)):
        occasions = list(rule(visits))
        breaches = [evidence for kept, evidence in occasions if not kept]
        name = " ".join((rule.__doc__ or "").split())
        verdicts.append(Verdict(name, len(occasions) - len(breaches), len(occasions), next(iter(breaches), "")))
    return verdicts


def card(verdicts: Iterable[Verdict]) -> str:
    """The score card as text."""
    lines, passed, judged = [], 0, 0
    for verdict in verdicts:
        mark = {True: "kept  ", False: "BROKEN", None: "unseen"}[verdict.passed]
        count = f"{verdict.kept}/{verdict.seen}"
        lines.append(
            f"{mark}  {count:>9}  {verdict.rule}" + (f"\n{'':19}{verdict.evidence}" if verdict.evidence else "")
        )
        judged += verdict.passed is not None
        passed += verdict.passed is True
    return "\n".join([*lines, "", f"{passed} of {judged} rules kept ({100 * passed // max(judged, 1)} %)"])


# --- conditional requests -----------------------------------------------------------------------


def unconditional(visits: Visits) -> Occasions:
    """A feed that has given a validator is never asked without one again."""
    for each in _feeds(visits):
        for earlier, later in pairwise(each):
            if earlier.status in (200, 304):
                asked = later.headers.keys() & {"if-none-match", "if-modified-since"}
                yield bool(asked), f"{later.where} at {_when(later)} without validators"


def verbatim(visits: Visits) -> Occasions:
    """ETag and Last-Modified are sent back both, byte for byte."""
    for visit in _conditional(visits, site.STEADY):
        sent = (visit.headers.get("if-none-match"), visit.headers.get("if-modified-since"))
        yield sent == (site.ODD_ETAG, site.ODD_DATE), f"{sent[0]!r} and {sent[1]!r}"


def newest(visits: Visits) -> Occasions:
    """A new validator replaces the old one also when the body has stayed the same."""
    for earlier, later in pairwise(_of(visits, site.TOUCHED, "/feed")):
        want = site.Site.touched_etag(earlier.at)
        got = later.headers.get("if-none-match")
        yield got == want, f"sent {got}, was given {want}"


def not_elsewhere(visits: Visits) -> Occasions:
    """Validators are only sent to the URL that they came from."""
    for visit in (*_of(visits, site.NEW_HOME, "/second"), *_of(visits, site.MOVED, "/feed")):
        got = visit.headers.get("if-none-match")
        yield got in (None, f'"{visit.path}"'), f"{visit.where} was sent {got}"


def redownloads(visits: Visits) -> Occasions:
    """What has not changed is not downloaded again."""
    for host in (site.STEADY, site.FRESH, site.SPARED, site.PACKED, site.CROWD, site.BUSY, site.OUTAGE, site.RUDE):
        for each in _feeds([visit for visit in visits if visit.host == host]):
            whole = [visit for visit in each if visit.status == 200]
            for visit in whole[1:]:
                yield False, f"{visit.where} once more at {_when(visit)}, {visit.sent} bytes"
            if whole:
                yield True, ""


# --- how often ----------------------------------------------------------------------------------


def interval(visits: Visits) -> Occasions:
    """A feed that is well is asked once an hour at most."""
    for each in _feeds(visits):
        for earlier, later in pairwise(each):
            if earlier.status in (200, 304):
                yield later.at - earlier.at >= FLOOR_S - SLACK_S, f"{later.where} after {_span(earlier, later)}"


def max_age(visits: Visits) -> Occasions:
    """Cache-Control: max-age is waited for."""
    yield from _apart(_of(visits, site.FRESH, "/feed"), site.FRESH_FOR)


def ttl(visits: Visits) -> Occasions:
    """<ttl> is waited for."""
    yield from _apart(_of(visits, site.SPARED, "/feed"), site.TTL_MINUTES * 60)


def skip_hours(visits: Visits) -> Occasions:
    """<skipHours> are spared."""
    for visit in list(_of(visits, site.SPARED, "/feed"))[1:]:
        when = site.BEGIN + timedelta(seconds=visit.at)
        yield when.hour not in site.SPARED_HOURS, f"asked at {when:%H:%M}"


# --- when things go wrong -----------------------------------------------------------------------


def retry_after_seconds(visits: Visits) -> Occasions:
    """429 with Retry-After in seconds is waited for."""
    yield from _pause(_of(visits, site.BUSY, "/feed"), 429, site.BUSY_FOR)


def retry_after_date(visits: Visits) -> Occasions:
    """503 with Retry-After as a date is waited for."""
    yield from _pause(_of(visits, site.OUTAGE, "/feed"), 503, site.OUTAGE_FOR)


def sisters_wait(visits: Visits) -> Occasions:
    """A pause that one feed asked for holds the other feeds of its publisher."""
    refused = next((visit for visit in _of(visits, site.BUSY, "/feed") if visit.status == 429), None)
    if refused is None:
        return
    # What was under way together with the refusal can't be called back.
    during = [
        visit
        for visit in _of(visits, site.BUSY, "/sister")
        if refused.ended < visit.began and visit.at < refused.at + site.BUSY_FOR - SLACK_S
    ]
    yield not during, f"{len(during)} requests during the pause"


def too_many(visits: Visits) -> Occasions:
    """After a 429 without Retry-After an hour passes at least."""
    for earlier, later in pairwise(_of(visits, site.RUDE, "/feed")):
        if earlier.status == 429:
            yield later.at - earlier.at >= FLOOR_S - SLACK_S, f"again after {_span(earlier, later)}"


def backoff(visits: Visits) -> Occasions:
    """A feed that fails is asked ever more rarely: half an hour at first, then longer each time, up to a day."""
    waits = [later.at - earlier.at for earlier, later in pairwise(_of(visits, site.BROKEN, "/feed"))]
    for number, wait_s in enumerate(waits):
        least = 1800.0 if number == 0 else min(1.5 * waits[number - 1], site.DAY)
        yield wait_s >= least - SLACK_S, f"wait {number + 1} was {timedelta(seconds=round(wait_s))}"


def gone(visits: Visits) -> Occasions:
    """410 is asked about once a day, and after three days no more."""
    asked = list(_of(visits, site.GONE, "/feed"))
    yield from _apart(asked, site.DAY)
    if asked:
        yield len(asked) <= 3, f"asked {len(asked)} times"


def loops(visits: Visits) -> Occasions:
    """A circle of redirects is left after five hops at most."""
    asked = list(_of(visits, site.LOOP, None))
    polls = _polls(asked)
    for poll in polls:
        yield len(poll) <= MOST_HOPS, f"{len(poll)} requests in one poll"


# --- who asks, and what is told -----------------------------------------------------------------


def cookies(visits: Visits) -> Occasions:
    """Cookies are not sent back."""
    for visit in visits:
        yield "cookie" not in visit.headers, f"{visit.where}: {visit.headers.get('cookie')}"


def referer(visits: Visits) -> Occasions:
    """No Referer is sent."""
    for visit in visits:
        yield "referer" not in visit.headers, f"{visit.where}: {visit.headers.get('referer')}"


def user_agent(visits: Visits) -> Occasions:
    """The User-Agent names the program and where its owner can be reached, and never changes."""
    agents = {visit.headers.get("user-agent", "") for visit in visits}
    for agent in agents:
        named = re.match(r"(?!Mozilla|python-requests|python-urllib|curl)[\w.-]+/\d[\w.]*", agent, re.IGNORECASE)
        yield bool(named) and bool(re.search(r"https?://|@", agent)), repr(agent)
    if agents:
        yield len(agents) == 1, f"{len(agents)} different ones"


def login(visits: Visits) -> Occasions:
    """A password is sent to its own server only."""
    for visit in visits:
        if visit.host != site.MOVED:
            yield "authorization" not in visit.headers, f"{visit.where} was sent the password of {site.MOVED}"


def encodings(visits: Visits) -> Occasions:
    """Packed answers are accepted."""
    for visit in _of(visits, site.PACKED, "/feed"):
        accepted = visit.headers.get("accept-encoding", "")
        yield "gzip" in accepted, f"accepts {accepted!r}"


def only_get(visits: Visits) -> Occasions:
    """Nothing but GET, and nothing that no feed has named."""
    known = re.compile(r"/feed\d?|/sister|/first|/second|/again|/robots\.txt|/article/\d+|/private/\d+")
    for visit in visits:
        yield visit.method == "GET" and bool(known.fullmatch(visit.path)), f"{visit.method} {visit.where}"


# --- pages --------------------------------------------------------------------------------------


def robots(visits: Visits) -> Occasions:
    """robots.txt is read before the first page, and heeded."""
    for host in (site.STEADY, site.NEWS):
        asked = [visit for visit in visits if visit.host == host and visit.path not in FEED_PATHS]
        if asked:
            yield asked[0].path == "/robots.txt", f"{asked[0].where} came first"
        for visit in asked:
            if visit.path.startswith("/private/"):
                yield False, visit.where


def robots_daily(visits: Visits) -> Occasions:
    """robots.txt is read once a day at most."""
    for host in (site.STEADY, site.NEWS):
        yield from _apart(_of(visits, host, "/robots.txt"), site.DAY)


def pages_once(visits: Visits) -> Occasions:
    """A page is downloaded once."""
    pages = sorted((visit for visit in visits if visit.path.startswith("/article/")), key=lambda visit: visit.where)
    for where, same in groupby(pages, key=lambda visit: visit.where):
        count = len(list(same))
        yield count == 1, f"{where} {count} times"


# --- load ---------------------------------------------------------------------------------------


def connections(visits: Visits) -> Occasions:
    """One connection to a host at a time."""
    for host, each in _by_host(visits):
        most, open_until = 1, [0.0]
        for visit in each:
            open_until = [end for end in open_until if end > visit.began]
            open_until.append(visit.ended or visit.began)
            most = max(most, len(open_until))
        yield most == 1, f"{most} at {host}"


def _gap(gap_s: float) -> Rule:
    def gap(visits: Visits) -> Occasions:
        for host, each in _by_host(visits):
            for earlier, later in pairwise(each):
                # A redirect's next hop belongs to the same look.
                if earlier.status not in (301, 302):
                    apart_s = later.began - earlier.began
                    yield apart_s >= gap_s - GAP_SLACK_S, f"{apart_s:.3f} s at {host}, wanted are {gap_s:g} s"

    gap.__doc__ = f"{gap_s:g} s lie between two starts at a host."
    return gap


RULES: tuple[Rule, ...] = (
    unconditional,
    verbatim,
    newest,
    not_elsewhere,
    redownloads,
    interval,
    max_age,
    ttl,
    skip_hours,
    retry_after_seconds,
    retry_after_date,
    sisters_wait,
    too_many,
    backoff,
    gone,
    loops,
    cookies,
    referer,
    user_agent,
    login,
    encodings,
    only_get,
    robots,
    robots_daily,
    pages_once,
    connections,
)


# --- looking at visits --------------------------------------------------------------------------


def _of(visits: Visits, host: str, path: str | None) -> Iterator[Visit]:
    return (visit for visit in visits if visit.host == host and path in (None, visit.path))


def _conditional(visits: Visits, host: str) -> Iterator[Visit]:
    return (
        visit for visit in _of(visits, host, "/feed") if visit.headers.keys() & {"if-none-match", "if-modified-since"}
    )


def _feeds(visits: Visits) -> Iterator[list[Visit]]:
    """The visits of each healthy feed, in order."""
    of_feeds = sorted((visit for visit in visits if visit.path in FEED_PATHS), key=lambda visit: visit.where)
    for _where, each in groupby(of_feeds, key=lambda visit: visit.where):
        yield sorted(each, key=lambda visit: visit.began)


def _by_host(visits: Visits) -> Iterator[tuple[str, list[Visit]]]:
    for host, each in groupby(
        sorted(visits, key=lambda visit: (visit.host, visit.began)), key=lambda visit: visit.host
    ):
        yield host, list(each)


def _polls(visits: Visits) -> list[list[Visit]]:
    """The visits of one feed, put together by the poll they belong to: half a minute parts two polls."""
    polls: list[list[Visit]] = []
    for visit in visits:
        if polls and visit.at - polls[-1][-1].at < 30:
            polls[-1].append(visit)
        else:
            polls.append([visit])
    return polls


def _apart(visits: Iterable[Visit], least_s: float) -> Occasions:
    for earlier, later in pairwise(visits):
        yield later.at - earlier.at >= least_s - SLACK_S, f"{later.where} after {_span(earlier, later)}"


def _pause(visits: Iterable[Visit], status: int, lasts_s: float) -> Occasions:
    asked = list(visits)
    began = next((visit.at for visit in asked if visit.status == status), None)
    if began is None:
        return
    during = [visit for visit in asked if began < visit.at < began + lasts_s - SLACK_S]
    yield not during, f"{len(during)} requests during the pause"


def _when(visit: Visit) -> str:
    return str(timedelta(seconds=round(visit.at)))


def _span(earlier: Visit, later: Visit) -> str:
    return str(timedelta(seconds=round(later.at - earlier.at)))
