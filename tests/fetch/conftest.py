"""A web of real sockets on loopback, well-behaved or not, and certificates to mistrust."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fetch_web import SIGNS_CERTIFICATES, Answer, Authority, Request, Serve, Settings, Site

from digest.fetch import Fetcher


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start servers: `await serve(answer)`; each request is read whole, answered, and the connection closed."""
    servers: list[asyncio.Server] = []
    tasks: set[asyncio.Task[None]] = set()

    async def start(answer: Answer, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Site:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            tasks.add(task)
            site.open_now += 1
            site.most_open = max(site.most_open, site.open_now)
            try:
                raw = await reader.readuntil(b"\r\n\r\n")
                first, *lines = raw.decode("utf-8", "surrogateescape").rstrip("\r\n").split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
                request = Request(first, headers, raw, asyncio.get_running_loop().time())
                site.requests.append(request)
                await answer(request, writer)
                await writer.drain()
            except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                pass
            finally:
                site.open_now -= 1
                tasks.discard(task)
                writer.close()

        server = await asyncio.start_server(connected, host, 0, ssl=tls)
        servers.append(server)
        site = Site(server.sockets[0].getsockname()[1], host, "https" if tls else "http")
        return site

    yield start
    for server in servers:
        server.close()
    for task in list(tasks):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(Settings()) as opened:
        yield opened


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the tests' own authority")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=60))
        .not_valid_after(datetime.now(UTC) + timedelta(days=60))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(SIGNS_CERTIFICATES, critical=True)  # Python 3.13 verifies strictly (RFC 5280, 4.2.1)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("authority") / "authority.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(path, certificate, key)
