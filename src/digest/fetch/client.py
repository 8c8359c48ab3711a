"""Fetches feeds and pages: conditionally, within limits, from public addresses, one polite request at a time."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from math import ceil, inf
from types import TracebackType
from typing import Any, Final, Protocol, Self, TypeVar

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver
from yarl import URL

from digest import __version__, feeds, planner
from digest.errors import FetchError, GaveWay, Paused
from digest.fetch import answers, reasons, wrappers
from digest.fetch.addresses import Guard, GuardedResolver, SystemResolver
from digest.fetch.decoding import ACCEPT_ENCODING, Decoder, DecodingError, decoders
from digest.fetch.robots import Robots
from digest.fetch.targets import Target
from digest.fetch.turns import Closed, Turns
from digest.model import Fetched, Page, Redirect, Validators

T = TypeVar("T")

CONNECT_S: Final = 5.0
LOOKUP_S: Final = 5.0  # for the name, before the connection is tried
READ_S: Final = 15.0  # between two pieces of an answer
KEPT_S: Final = 15.0  # an open connection that nobody uses
IMPATIENT_S: Final = 5.0  # for an answer nobody has seen so far, while others wait for its host
MAX_REDIRECTS: Final = 5
MAX_HEADERS: Final = 128
MAX_HEADER_BYTES: Final = 32 * 1024  # of one header; content security policies of 10 KB exist
_CHUNK: Final = 64 * 1024
_REDIRECTING: Final = frozenset({301, 302, 303, 307, 308})
_COMPLETE: Final = frozenset({200, 203})
_FEED_ACCEPT: Final = (
    "application/atom+xml, application/rss+xml, application/feed+json;q=0.9, application/rdf+xml;q=0.8, "
    "application/xml;q=0.7, text/xml;q=0.7, application/json;q=0.6, */*;q=0.1"
)
_PAGE_ACCEPT: Final = "text/html, application/xhtml+xml;q=0.9, text/plain;q=0.5, */*;q=0.1"


class HostLimits(Protocol):
    """What one host is asked for: `connections` at once, `gap` seconds between starts."""

    @property
    def connections(self) -> int: ...
    @property
    def gap(self) -> float: ...


class Limits(Protocol):
    """The settings that fetching needs; digest.config's PollSettings has them."""

    @property
    def concurrency(self) -> int: ...
    @property
    def per_host(self) -> HostLimits: ...
    @property
    def timeout(self) -> float: ...  # seconds in all, on the wall clock
    @property
    def max_bytes(self) -> int: ...  # on the wire, and decoded
    @property
    def contact(self) -> str | None: ...
    @property
    def allow_networks(self) -> Sequence[Any]: ...  # networks as strings or as ipaddress has them


_NOTHING: Final[Mapping[str, str]] = {}
_UNCONDITIONAL: Final = Validators()


@dataclass(frozen=True, slots=True)
class _Wish:
    """What one fetch asks for. `extra` goes to the first origin only, `validators` to their own URL only."""

    accept: str
    extra: Mapping[str, str]
    validators: Validators
    validators_url: str
    other_kind: Callable[[str, bytes], str | None]  # what the document is instead of what is wanted
    page: bool = False  # robots.txt counts, and so do redirections by HTML
    patient: bool = True


@dataclass(frozen=True, slots=True)
class _Answer:
    target: Target
    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    validators: Validators = _UNCONDITIONAL


class Fetcher:
    """The one way to the web. Use it as an async context manager; any number of tasks may share it.

    `ready` is awaited before each request, so that no more is fetched than can be read.

    Cookies and Referer are never sent, certificates are always verified, proxies of the environment are not used.
    """

    def __init__(
        self,
        settings: Limits,
        *,
        version: str = __version__,
        resolver: AbstractResolver | None = None,
        lookup_s: float = LOOKUP_S,
        connect_s: float = CONNECT_S,
        read_s: float = READ_S,
        ready: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._limits = settings
        self._agent = f"digest/{version}" + (f" (+{settings.contact})" if settings.contact else "")
        self._resolver = resolver
        self._timeouts = aiohttp.ClientTimeout(
            total=None, connect=lookup_s + connect_s, sock_connect=connect_s, sock_read=read_s
        )
        self._guard = Guard(settings.allow_networks)
        self._turns = Turns(
            concurrency=settings.concurrency,
            connections=settings.per_host.connections,
            gap_s=settings.per_host.gap,
            ready=ready,
        )
        self._robots = Robots("digest")
        self._answered_at: dict[str, float] = {}  # by host, the latest last: its connection may still be open
        self._session: aiohttp.ClientSession | None = None
        self._lookup: GuardedResolver | None = None

    async def __aenter__(self) -> Self:
        self._lookup = GuardedResolver(self._resolver or SystemResolver(), self._guard)
        connector = aiohttp.TCPConnector(
            limit=0,  # turns limit
            keepalive_timeout=KEPT_S,
            resolver=self._lookup,
            socket_factory=self._guard.socket,
            ssl=_tls(),
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeouts,
            headers={"User-Agent": self._agent, "Accept-Encoding": ACCEPT_ENCODING},
            auto_decompress=False,  # aiohttp does not notice that a gzip body breaks off
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
            max_headers=MAX_HEADERS,
            read_bufsize=_CHUNK,
            middlewares=(_once,),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None
        if self._lookup is not None:
            await self._lookup.close()  # aiohttp closes only resolvers that it made itself
            self._lookup = None

    async def feed(
        self,
        url: str,
        *,
        validators: Validators = _UNCONDITIONAL,
        headers: Mapping[str, str] | None = None,
        validators_url: str | None = None,
        patient: bool = True,
    ) -> Fetched:
        """The feed at `url`, or word that it has not changed: a 304 is a Fetched with an empty body.

        Not `patient`: an answer that takes longer than five seconds is given up if others wait for the host by then;
        that raises GaveWay.

        `validators` are sent, byte for byte, to the URL that they came from: `validators_url`, else `url`. `headers`
        and credentials in the URL go to the first origin only. Raises FetchError for everything else that happens.
        """
        target = Target.of(url)
        wish = _Wish(
            accept=_FEED_ACCEPT,
            extra=headers or {},
            validators=validators,
            validators_url=target.url if validators_url in (None, url) else _url_of(validators_url),
            other_kind=_any_kind,
            patient=patient,
        )
        answer, redirects = await self._follow(target, wish)
        return Fetched(
            url=url,
            final_url=answer.target.url,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            validators=answer.validators,
            redirects=redirects,
        )

    async def page(self, url: str) -> Page:
        """The HTML, XHTML or plain-text document at `url`; raises FetchError for other kinds, saying which.

        robots.txt is honoured at every hop. A redirect to a site's front page is how many say that a page is gone: that
        is an error. Links that carry their target and pages that only send the reader on
        are followed like redirects.
        """
        wish = _Wish(_PAGE_ACCEPT, {}, _UNCONDITIONAL, "", answers.other_kind, page=True)
        answer, redirects = await self._follow(Target.of(wrappers.carried(url)), wish)
        if redirects and feeds.is_front_page(answer.target.url) and not feeds.is_front_page(url):
            raise FetchError(f"{answer.target.host} leads to its front page instead", retryable=False)
        return Page(url=answer.target.url, body=answer.body, content_type=answer.headers.get("content-type", ""))

    async def post(self, url: str, form: Mapping[str, str]) -> None:
        """Send a form to `url`, also on to where 307 and 308 lead; raises FetchError unless it is accepted."""
        target = Target.of(url)
        left_s = float(self._limits.timeout)
        for _ in range(MAX_REDIRECTS + 1):
            location, spent_s = await self._in_turn(target, partial(self._send, target, form), left_s, 0.0)
            left_s -= spent_s
            if location is None:
                return
            target = replace(target.next(location), authorization=None)
        raise FetchError(f"{target.host} redirects more than {MAX_REDIRECTS} times", retryable=False)

    async def _send(self, target: Target, form: Mapping[str, str], keep: bool) -> str | None:
        """One POST; where it is to be sent instead, or None when it was accepted."""
        request = {"Connection": "keep-alive" if keep else "close"}
        if target.authorization:
            request["Authorization"] = target.authorization
        url = URL(target.url, encoded=True)
        async with self._opened.post(url, data=dict(form), headers=request, allow_redirects=False) as response:
            headers = _headers(response.raw_headers)
            if response.status in (307, 308) and headers.get("location"):
                return headers["location"]
            if not 200 <= response.status < 300:
                raise answers.refusal(target.host, response.status, headers, datetime.now(UTC))
            return None

    @property
    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the Fetcher is not open: use it as an async context manager")
        return self._session

    async def _robots_txt(self, url: str) -> bytes:
        wish = _Wish("text/plain, */*;q=0.1", {}, _UNCONDITIONAL, "", _any_kind)
        answer, _ = await self._follow(Target.of(url), wish)
        return answer.body

    async def _follow(self, target: Target, wish: _Wish) -> tuple[_Answer, tuple[Redirect, ...]]:
        """The answer at the end of at most five redirects. The deadline covers all hops, not the wait for turns."""
        first = target
        redirects: list[Redirect] = []
        left_s = float(self._limits.timeout)
        while True:
            gap_s = await self._robots.admit(target, self._robots_txt) if wish.page else 0.0
            ask = partial(self._exchange, target, wish)
            answer, spent_s = await self._in_turn(target, ask, left_s, gap_s, patient=wish.patient)
            left_s -= spent_s
            location = _onward(answer, wish)
            if location is None:
                return answer, tuple(redirects)
            before = {first.url, *(redirect.url for redirect in redirects)}
            # A wrapper that was reached by a redirect may carry its target in its own address.
            location = wrappers.carried(location) if wish.page else location
            # What a Location header carries as credentials is not ours to send.
            target = replace(target.next(location), authorization=None)
            redirects.append(Redirect(answer.status, target.url))
            if target.url in before:
                raise FetchError(f"{first.host} redirects in a circle", retryable=False)
            if len(redirects) > MAX_REDIRECTS:
                raise FetchError(f"{first.host} redirects more than {MAX_REDIRECTS} times", retryable=False)
            if target.origin == first.origin and wish.extra is not _NOTHING:
                target = replace(target, authorization=first.authorization)
            else:
                # Once away from their origin, secrets stay away, also when a later hop leads back.
                wish = replace(wish, extra=_NOTHING)

    async def _in_turn(
        self,
        target: Target,
        exchange: Callable[[bool], Awaitable[T]],
        left_s: float,
        gap_s: float,
        *,
        patient: bool = True,
    ) -> tuple[T, float]:
        """One request in its host's turn; also the seconds it took. `exchange` is told whether others wait there."""
        clock = asyncio.get_running_loop().time
        site = partial(feeds.publisher, target.url)
        try:
            async with self._turns.turn(target.place, site=site, gap_s=gap_s) as others_wait:
                began = clock()
                try:
                    async with asyncio.timeout(max(0.0, left_s)), self._giving_way(target, patient):
                        answer = await self._answered(target.place, exchange, others_wait)
                except FetchError as error:
                    if error.status in (429, 503):
                        self._turns.busy(target.place, error.retry_after_s, status=error.status, site=site())
                    raise
                except (aiohttp.ClientError, OSError, ValueError) as error:
                    self._turns.hung(target.place, slow=isinstance(error, TimeoutError))
                    raise reasons.reason(target.host, error) from error
                self._turns.hung(target.place, slow=False)
                return answer, clock() - began
        except Closed as pause:
            left = planner.span(timedelta(minutes=ceil(pause.remaining_s / 60)))
            raise Paused(
                f"{target.host} asked for a pause; it lasts another {left}",
                status=429,
                retry_after_s=pause.remaining_s,
            ) from None

    async def _answered(self, place: str, exchange: Callable[[bool], Awaitable[T]], keep: bool) -> T:
        """The answer. Asked again, once, where a connection may have been kept that its server closed meanwhile."""
        clock = asyncio.get_running_loop().time
        kept = clock() - self._answered_at.get(place, -inf) < KEPT_S
        try:
            try:
                return await exchange(keep)
            except _Unanswered:
                if not kept:
                    raise
                return await exchange(keep)
        except _Unanswered as unanswered:
            raise unanswered.error from None
        finally:
            self._answered_at.pop(place, None)  # to be the latest
            self._answered_at[place] = now = clock()
            while now - self._answered_at[oldest := next(iter(self._answered_at))] >= KEPT_S:
                del self._answered_at[oldest]

    @asynccontextmanager
    async def _giving_way(self, target: Target, patient: bool) -> AsyncIterator[None]:
        """Unless we are patient, end what takes longer than IMPATIENT_S if others wait for the host by then."""
        if patient:
            yield
            return
        way = asyncio.timeout(None)

        def give() -> None:
            if self._turns.waited_for(target.place):
                way.reschedule(0)

        try:
            async with way:
                timer = asyncio.get_running_loop().call_later(IMPATIENT_S, give)
                try:
                    yield
                finally:
                    timer.cancel()
        except TimeoutError:
            if not way.expired():
                raise
            self._turns.hung(target.place, slow=True)
            raise GaveWay(f"{target.host} took more than {IMPATIENT_S:g} s while others waited for it") from None

    async def _exchange(self, target: Target, wish: _Wish, keep: bool) -> _Answer:
        sent = wish.validators if target.url == wish.validators_url else _UNCONDITIONAL
        request = {"Accept": wish.accept, "Connection": "keep-alive" if keep else "close"}
        if sent.etag is not None:
            request["If-None-Match"] = sent.etag
        if sent.last_modified is not None:
            request["If-Modified-Since"] = sent.last_modified
        if target.authorization:
            request["Authorization"] = target.authorization
        url = URL(target.url, encoded=True)
        async with self._opened.get(url, headers={**request, **wish.extra}, allow_redirects=False) as response:
            headers = _headers(response.raw_headers)
            status = response.status
            if status in _REDIRECTING:
                return _Answer(target, status, headers)
            if status == 304:
                if sent == _UNCONDITIONAL:
                    raise FetchError(
                        f"{target.host} says “not modified” (304) though it was not asked that", status=304
                    )
                own = _validators(headers)
                kept = Validators(own.etag or sent.etag, own.last_modified or sent.last_modified)
                return _Answer(target, status, headers, validators=kept)
            if status not in _COMPLETE:
                raise answers.refusal(target.host, status, headers, datetime.now(UTC))
            content_type = headers.get("content-type", "")
            if other := wish.other_kind(content_type, b""):
                raise FetchError(f"this is {other}, not a web page", retryable=False, status=status)
            body = await self._body(response, target, headers)
            if other := wish.other_kind(content_type, body):
                raise FetchError(f"this is {other}, not a web page", retryable=False, status=status)
            return _Answer(target, status, headers, body, _validators(headers))

    async def _body(self, response: aiohttp.ClientResponse, target: Target, headers: Mapping[str, str]) -> bytes:
        """The whole body, decoded; refused when it is larger than the limit on the wire or decoded, never cut off."""
        limit = self._limits.max_bytes
        announced = headers.get("content-length", "")
        if announced.isascii() and announced.isdecimal() and int(announced[:20]) > limit:
            raise reasons.too_large(target.host, limit)
        body = BytesIO()  # gives out what it holds without a copy
        wire = 0
        try:
            chain = decoders(headers.get("content-encoding", ""))
            async for data in response.content.iter_any():
                wire += len(data)
                if wire > limit:
                    raise reasons.too_large(target.host, limit)
                for piece in _decoded(chain, data):
                    if body.tell() + len(piece) > limit:
                        raise reasons.too_large(target.host, limit)
                    body.write(piece)
            for decoder in chain:
                decoder.close()
        except DecodingError as error:
            raise FetchError(f"the answer of {target.host} is damaged: {error}") from error
        return body.getvalue()


class _Unanswered(Exception):
    """The connection was closed, or broke, before an answer came."""

    def __init__(self, error: aiohttp.ClientError) -> None:
        super().__init__(str(error))
        self.error = error


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send a request and leave it at that: aiohttp would send it again at once, also over a new connection."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        if request.method != "GET":  # nobody repeats these
            raise
        raise _Unanswered(error) from error


def _url_of(validators_url: str | None) -> str:
    try:
        return Target.of(validators_url or "").url
    except FetchError:
        return ""  # what can't be asked for has no validators to send


def _onward(answer: _Answer, wish: _Wish) -> str | None:
    """Where an answer sends us, None when it is the document itself."""
    if answer.status not in _REDIRECTING:
        location = wrappers.onward(answer.body, answer.target.url) if wish.page else None
        # A page that only reloads itself has no other place to go.
        return location if location and answer.target.next(location).url != answer.target.url else None
    location = answer.headers.get("location")
    if not location:
        host = answer.target.host
        raise FetchError(f"{host} redirects ({answer.status}) without saying where", status=answer.status)
    return location


def _any_kind(content_type: str, body: bytes) -> None:
    """Feeds are told by their content: their media types are wrong too often."""


def _decoded(chain: Sequence[Decoder], data: bytes) -> Iterator[bytes]:
    if not chain:
        yield data
        return
    for piece in chain[0].feed(data):
        yield from _decoded(chain[1:], piece)


def _headers(raw: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Names in lower case; repeated ones joined by commas (RFC 9110, 5.3)."""
    found: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), _text(value)
        # Location and the validators are single values; a second one is a mistake of the server.
        if key in found and key not in ("location", "etag", "last-modified", "content-type", "date"):
            text = f"{found[key]}, {text}"
        elif key in found:
            continue
        found[key] = text
    return found


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _validators(headers: Mapping[str, str]) -> Validators:
    return Validators(etag=headers.get("etag") or None, last_modified=headers.get("last-modified") or None)


def _tls() -> ssl.SSLContext | bool:
    """Verification against the system's authorities, or certifi's on a machine that has none."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile or paths.capath:
        return True  # aiohttp's own: it has read the system's authorities already, which takes 40 ms
    context = ssl.create_default_context(cafile=certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context
