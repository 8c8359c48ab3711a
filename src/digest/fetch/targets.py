"""Makes of a URL what a request needs: an address in ASCII, an origin, and the credentials set apart."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from w3lib.url import safe_url_string

from digest.errors import FetchError

MAX_URL: Final = 8000
_PLAIN: Final = re.compile(r"https?://[a-z0-9.:-]+/[A-Za-z0-9._~/?&=-]*")  # most URLs need no escaping
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. `url` has neither credentials nor fragment, and is safe to log."""

    url: str
    host: str
    origin: str  # scheme, host and port: what secrets are bound to (RFC 6454)
    place: str  # host:port: what politeness is bound to
    authorization: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, url: str) -> Self:
        """The target that `url` names; raises FetchError when it names no place on the web."""
        scheme = url.strip().partition(":")[0].lower()
        if scheme not in _DEFAULT_PORTS:
            raise FetchError(
                f"{url.strip()[:80]!r} is no web address: it must begin with http:// or https://", retryable=False
            )
        if len(url) > MAX_URL:
            raise FetchError(f"this web address is longer than {MAX_URL} characters", retryable=False)
        try:
            parts = urlsplit(url if _PLAIN.fullmatch(url) else safe_url_string(url))
            host, port = parts.hostname, parts.port or _DEFAULT_PORTS[scheme]
        except (ValueError, UnicodeError) as error:
            raise FetchError(f"this is no valid web address: {error}", retryable=False) from error
        if not host:
            raise FetchError("this web address names no host", retryable=False)
        netloc = f"[{host}]" if ":" in host else host
        place = f"{netloc}:{port}"
        if port != _DEFAULT_PORTS[scheme]:
            netloc = place
        return cls(
            url=urlunsplit((scheme, netloc, parts.path or "/", parts.query, "")),
            host=host,
            origin=f"{scheme}://{place}",
            place=place,
            authorization=_basic(parts.username, parts.password),
        )

    def next(self, location: str) -> Target:
        """Where a Location header leads from here; raises FetchError when that is not the web."""
        try:
            joined = urljoin(self.url, location.strip())
        except ValueError as error:
            raise FetchError(f"{self.host} redirects to what is no address", retryable=False) from error
        scheme = joined.partition(":")[0].lower()
        if scheme not in _DEFAULT_PORTS:
            raise FetchError(
                f"{self.host} redirects to a {scheme[:20]}: address, which is not the web", retryable=False
            )
        return Target.of(joined)


def _basic(user: str | None, password: str | None) -> str | None:
    if user is None and password is None:
        return None
    pair = f"{unquote(user or '')}:{unquote(password or '')}"
    return "Basic " + b64encode(pair.encode()).decode("ascii")
