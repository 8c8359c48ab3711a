"""What the fetch tests say to each other: settings, a site and its requests, answers as bytes, an authority."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class PerHost:
    connections: int = 1
    gap: float = 0.0


@dataclass(frozen=True)
class Settings:
    """What digest.config's PollSettings gives to the fetcher."""

    concurrency: int = 64
    per_host: PerHost = PerHost()
    timeout: float = 5.0
    max_bytes: int = 1_000_000
    contact: str | None = "https://example.org/about"
    allow_networks: tuple[str, ...] = ("127.0.0.0/8",)


@dataclass
class Request:
    """One request as it stood on the wire."""

    line: str
    headers: Mapping[str, str]  # names in lower case
    raw: bytes
    at: float

    @property
    def path(self) -> str:
        return self.line.split()[1]


@dataclass
class Site:
    """A server and what it was asked."""

    port: int
    host: str = "127.0.0.1"
    scheme: str = "http"
    requests: list[Request] = field(default_factory=list)
    open_now: int = 0
    most_open: int = 0

    def url(self, path: str = "/feed") -> str:
        return f"{self.scheme}://{self.host}:{self.port}{path}"


Answer = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


def response(
    body: bytes = b"", status: str = "200 OK", headers: Mapping[str, str] | None = None, *, length: int | None = None
) -> bytes:
    """The bytes of an answer; `length` overrides its Content-Length, negative for none."""
    stated = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    lines += [f"Content-Length: {stated}"] if stated >= 0 else []
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def always(answer: bytes) -> Answer:
    async def write(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    return write


def paths(answers: Mapping[str, bytes]) -> Answer:
    async def write(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answers.get(request.path, response(status="404 Not Found")))

    return write


Serve = Callable[..., Awaitable[Site]]


SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the tests' own; `path` is its file, for who is to trust it."""

    path: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def server(
        self, directory: Path, *names: str, days: tuple[int, int] = (-1, 30), self_signed: bool = False
    ) -> ssl.SSLContext:
        """A server's TLS with a certificate for `names`, valid from and to so many days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if self_signed else self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now(UTC) + timedelta(days=days[0]))
            .not_valid_after(datetime.now(UTC) + timedelta(days=days[1]))
            .add_extension(x509.SubjectAlternativeName([_name(each) for each in names]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key((key if self_signed else self.key).public_key()),
                critical=False,
            )
            .sign(key if self_signed else self.key, hashes.SHA256())
        )
        path = directory / f"{names[0]}.pem"
        path.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


class Names(AbstractResolver):
    """A resolver with answers of the tests' own; each look takes the next answer of a name."""

    def __init__(self, answers: dict[str, list[list[str] | OSError]], delay_s: float = 0.0) -> None:
        self.answers = answers
        self.delay_s = delay_s

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        await asyncio.sleep(self.delay_s)
        looks = self.answers[host]
        found = looks.pop(0) if len(looks) > 1 else looks[0]
        if isinstance(found, OSError):
            raise found
        return [
            ResolveResult(hostname=host, host=each, port=port, family=socket.AF_INET, proto=0, flags=0)
            for each in found
        ]

    async def close(self) -> None: ...
