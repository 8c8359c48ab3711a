"""Turns what goes wrong on the network into words that a user understands."""

from __future__ import annotations

import errno
import socket
import ssl
from typing import Final

import aiohttp

from digest.errors import FetchError
from digest.fetch.addresses import RefusedAddress

# OpenSSL's verify codes (openssl-verification-options(1)).
_CERTIFICATES: Final = {
    9: "the certificate of {host} is not valid yet; is this machine's clock right?",
    10: "the certificate of {host} has expired",
    18: "the certificate of {host} is self-signed",
    19: "the certificate of {host} comes from an authority that is not trusted",
    20: "the certificate of {host} comes from an authority that is not trusted, or its chain is incomplete",
    21: "the certificate of {host} can't be verified: its chain is incomplete",
    23: "the certificate of {host} has been revoked",
    62: "the certificate of {host} is for another name",
    64: "the certificate of {host} is for another address",
}
_ERRNOS: Final = {
    errno.ECONNREFUSED: "{host} refuses connections",
    errno.ECONNRESET: "{host} broke the connection off",
    errno.EPIPE: "{host} broke the connection off",
    errno.ENETUNREACH: "there is no route to {host}",
    errno.EHOSTUNREACH: "there is no route to {host}",
    errno.ETIMEDOUT: "{host} did not answer in time",
    errno.EMFILE: "this process has too many files open; raise its limit or lower poll.concurrency",
}
_NO_SUCH_NAME: Final = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


def refused(host: str, refusal: RefusedAddress) -> FetchError:
    """The words for an address that the guard has refused, with the mend."""
    of = "" if host == refusal.address else f" of {host}"
    return FetchError(
        f"the address {refusal.address}{of} is {refusal.kind}; allow it with poll.allow_networks", retryable=False
    )


def too_large(host: str, max_bytes: int) -> FetchError:
    """The words for a body beyond the limit."""
    size = f"{max_bytes / 1_000_000:.3g} MB" if max_bytes >= 100_000 else f"{max_bytes} bytes"
    return FetchError(f"the answer of {host} is larger than {size} (poll.max_bytes)", retryable=False)


def reason(host: str, error: BaseException) -> FetchError:
    """The FetchError for what aiohttp, the resolver or the clock raised."""
    found = _in_words(host, error)
    connecting = isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    found.unreachable = connecting and found.retryable and not isinstance(error, aiohttp.ClientSSLError)
    return found


def _in_words(host: str, error: BaseException) -> FetchError:
    match error:
        case aiohttp.ClientConnectorError(os_error=RefusedAddress() as refusal):
            return refused(host, refusal)
        case aiohttp.ClientConnectorCertificateError(certificate_error=ssl.SSLCertVerificationError() as bad):
            words = _CERTIFICATES.get(
                bad.verify_code, f"the certificate of {{host}} can't be verified: {bad.verify_message}"
            )
            return FetchError(words.format(host=host))
        case aiohttp.ClientConnectorSSLError():
            return FetchError(f"{host} does not speak TLS that can be understood ({_ssl_words(error)})")
        case aiohttp.ClientConnectorDNSError(os_error=socket.gaierror() as unknown):
            if unknown.errno in _NO_SUCH_NAME:
                return FetchError(f"{host} has no address")
            return FetchError(f"the address of {host} could not be looked up ({unknown.strerror})")
        case aiohttp.ClientOSError() | OSError(errno=int()) if error.errno in _ERRNOS:
            return FetchError(_ERRNOS[error.errno].format(host=host))
        case TimeoutError():
            return _late(host, error)
        case aiohttp.ServerDisconnectedError():
            return FetchError(f"{host} closed the connection without an answer")
        case aiohttp.ClientPayloadError():
            return FetchError(f"the answer of {host} breaks off before its end")
        case aiohttp.ClientResponseError():
            return FetchError(f"{host} does not speak proper HTTP ({_short(error.message)})")
        case aiohttp.InvalidURL():
            return FetchError(f"the address {_short(str(error))} is not valid", retryable=False)
    return FetchError(f"{host} could not be read: {_short(str(error) or type(error).__name__)}")


def _late(host: str, error: TimeoutError) -> FetchError:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return FetchError(f"{host} did not take the connection in time")
    if isinstance(error, aiohttp.SocketTimeoutError):
        return FetchError(f"{host} stopped sending before the answer was complete")
    return FetchError(f"{host} did not answer within the total time (poll.timeout)")


def _ssl_words(error: aiohttp.ClientConnectorSSLError) -> str:
    inner = error.os_error
    return _short((inner.reason if isinstance(inner, ssl.SSLError) else "") or str(inner)).lower().replace("_", " ")


def _short(text: str) -> str:
    return " ".join(text.split())[:120]
