"""Whatever a server does, its own item fails, in time, with a reason in plain words."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import sys
import time
import zlib
from pathlib import Path
from types import SimpleNamespace

import certifi
import pytest
from fetch_web import Authority, Names, Request, Serve, Settings, always, response

from digest.errors import FetchError
from digest.fetch import Fetcher

FEED = b"<rss version='2.0'><channel><title>t</title></channel></rss>"


async def failure(fetcher: Fetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.feed(url)
    return caught.value


async def test_a_closed_port_is_refused_in_words(fetcher: Fetcher) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        error = await failure(fetcher, f"http://127.0.0.1:{port}/")
    assert str(error) == "127.0.0.1 refuses connections"
    assert error.retryable


async def test_a_name_without_address_is_told_from_a_lookup_that_failed() -> None:
    gone = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    down = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    async with Fetcher(Settings(), resolver=Names({"gone.test": [gone], "down.test": [down]})) as fetcher:
        assert str(await failure(fetcher, "http://gone.test/")) == "gone.test has no address"
        assert "could not be looked up" in str(await failure(fetcher, "http://down.test/"))


async def test_a_slow_name_server_costs_no_more_than_lookup_and_connection_may_take() -> None:
    names = Names({"slow.test": [["127.0.0.1"]]}, delay_s=60)
    async with Fetcher(Settings(), resolver=names, lookup_s=0.1, connect_s=0.1) as fetcher:
        begun = time.monotonic()
        error = await failure(fetcher, "http://slow.test/")
    assert time.monotonic() - begun < 2
    assert str(error) == "slow.test did not take the connection in time"


@pytest.mark.parametrize(
    ("names", "days", "self_signed", "words"),
    [
        (("localhost",), (-30, -1), False, "the certificate of localhost has expired"),
        (("localhost",), (2, 30), False, "the certificate of localhost is not valid yet"),
        (("localhost",), (-1, 30), True, "the certificate of localhost is self-signed"),
        (("elsewhere.example",), (-1, 30), False, "the certificate of localhost is for another name"),
    ],
)
async def test_a_bad_certificate_is_refused_and_named(
    serve: Serve,
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
    days: tuple[int, int],
    self_signed: bool,
    words: str,
) -> None:
    trusting_only(authority, monkeypatch)
    site = await serve(
        always(response(FEED)), tls=authority.server(tmp_path, *names, days=days, self_signed=self_signed)
    )
    async with Fetcher(Settings()) as fetcher:
        error = await failure(fetcher, f"https://localhost:{site.port}/")
    assert words in str(error)
    assert site.requests == []


async def test_an_unknown_authority_is_refused(
    serve: Serve, authority: Authority, tmp_path: Path, fetcher: Fetcher
) -> None:
    site = await serve(always(response(FEED)), tls=authority.server(tmp_path, "localhost"))
    assert "authority that is not trusted" in str(await failure(fetcher, f"https://localhost:{site.port}/"))


async def test_on_a_machine_without_authorities_those_that_come_with_certifi_are_trusted(
    serve: Serve, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting_only(authority, monkeypatch)
    site = await serve(always(response(FEED)), tls=authority.server(tmp_path, "localhost"))
    async with Fetcher(Settings()) as fetcher:
        assert (await fetcher.feed(f"https://localhost:{site.port}/")).body == FEED


async def test_the_authorities_that_the_environment_names_are_trusted(
    serve: Serve, authority: Authority, tmp_path: Path
) -> None:
    site = await serve(always(response(FEED)), tls=authority.server(tmp_path, "localhost"))
    asking = """
import asyncio, sys
from digest.config import PollSettings
from digest.fetch import Fetcher

async def ask():
    async with Fetcher(PollSettings(allow_networks=["127.0.0.0/8", "::1/128"])) as fetcher:
        sys.stdout.buffer.write((await fetcher.feed(sys.argv[1])).body)

asyncio.run(ask())
"""
    asked = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", asking, f"https://localhost:{site.port}/"),
        env={**os.environ, "SSL_CERT_FILE": str(authority.path)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert (await asked.communicate())[0] == FEED


def trusting_only(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a machine that has no authorities, and a certifi that has this one."""
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: SimpleNamespace(cafile=None, capath=None))
    monkeypatch.setattr(certifi, "where", lambda: str(authority.path))


async def test_what_is_no_tls_is_told_so(fetcher: Fetcher) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 The plain HTTP request was sent to HTTPS port\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with server:
        error = await failure(fetcher, f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert "does not speak TLS" in str(error)


async def test_a_server_that_drips_is_cut_off_at_the_total_time(serve: Serve) -> None:
    async def drip(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"", length=100_000))
        while True:
            writer.write(b"x" * 20)
            await writer.drain()
            await asyncio.sleep(0.05)

    site = await serve(drip)
    async with Fetcher(Settings(timeout=0.5), read_s=5) as fetcher:
        begun = time.monotonic()
        error = await failure(fetcher, site.url())
    assert 0.4 < time.monotonic() - begun < 1.5
    assert "poll.timeout" in str(error)


async def test_a_server_that_hangs_after_its_headers_is_cut_off_at_the_read_time(serve: Serve) -> None:
    async def hang(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"", length=1000))
        await writer.drain()
        await asyncio.sleep(60)

    site = await serve(hang)
    async with Fetcher(Settings(), read_s=0.3) as fetcher:
        begun = time.monotonic()
        error = await failure(fetcher, site.url())
    assert time.monotonic() - begun < 1.5
    assert "stopped sending" in str(error)


async def test_a_server_that_never_answers_is_cut_off(serve: Serve) -> None:
    async def silence(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    site = await serve(silence)
    async with Fetcher(Settings(timeout=0.4)) as fetcher:
        assert "did not answer" in str(await failure(fetcher, site.url()))


async def test_endless_interim_answers_end_at_the_total_time(serve: Serve) -> None:
    async def interim(request: Request, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"HTTP/1.1 102 Processing\r\n\r\n" * 50)
            await writer.drain()
            await asyncio.sleep(0.001)

    site = await serve(interim)
    async with Fetcher(Settings(timeout=0.5)) as fetcher:
        begun = time.monotonic()
        await failure(fetcher, site.url())
    assert time.monotonic() - begun < 2


async def test_a_body_shorter_than_announced_is_an_error(serve: Serve, fetcher: Fetcher) -> None:
    site = await serve(always(response(FEED, length=len(FEED) + 10)))
    assert "breaks off" in str(await failure(fetcher, site.url()))


async def test_a_chunked_body_without_its_end_is_an_error(serve: Serve, fetcher: Fetcher) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    site = await serve(always(head + b"5\r\n<rss>\r\n"))
    assert "breaks off" in str(await failure(fetcher, site.url()))


async def test_a_gzip_body_that_breaks_off_is_an_error(serve: Serve, fetcher: Fetcher) -> None:
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(FEED * 100) + packer.flush()
    site = await serve(always(response(packed[:-20], headers={"Content-Encoding": "gzip"})))
    assert "breaks off" in str(await failure(fetcher, site.url()))


async def test_a_body_that_is_not_what_its_encoding_says_is_an_error(serve: Serve, fetcher: Fetcher) -> None:
    for encoding in ("gzip", "br", "zstd"):
        site = await serve(always(response(FEED, headers={"Content-Encoding": encoding})))
        assert "is damaged" in str(await failure(fetcher, site.url()))
    site = await serve(always(response(FEED, headers={"Content-Encoding": "rot13"})))
    assert "'rot13' is unknown" in str(await failure(fetcher, site.url()))


async def test_a_body_over_the_limit_is_refused_before_it_is_read(serve: Serve, fetcher: Fetcher) -> None:
    site = await serve(always(response(b"x", length=30_000_000)))
    error = await failure(fetcher, site.url())
    assert str(error) == "the answer of 127.0.0.1 is larger than 1 MB (poll.max_bytes)"
    assert not error.retryable


async def test_an_endless_body_is_refused_at_the_limit_and_never_truncated(serve: Serve, fetcher: Fetcher) -> None:
    sent = 0

    async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(response(b"", length=-1))
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    site = await serve(endless)
    assert "larger than 1 MB" in str(await failure(fetcher, site.url()))
    assert sent < 20_000_000  # the rest stood in the buffers of the sockets


async def test_a_body_of_exactly_the_limit_is_read(serve: Serve) -> None:
    site = await serve(always(response(b"x" * 1000)))
    async with Fetcher(Settings(max_bytes=1000)) as fetcher:
        assert len((await fetcher.feed(site.url())).body) == 1000
    async with Fetcher(Settings(max_bytes=999)) as fetcher:
        await failure(fetcher, site.url())


@pytest.mark.parametrize(("count", "size"), [(200, 64 * 1024), (1, 10_000_000), (5000, 10)])
async def test_huge_headers_are_refused(serve: Serve, fetcher: Fetcher, count: int, size: int) -> None:
    async def headers(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(count):
            writer.write(b"X-%d: " % number + b"h" * size + b"\r\n")
            await writer.drain()
        writer.write(b"\r\n")

    site = await serve(headers)
    assert "proper HTTP" in str(await failure(fetcher, site.url()))


async def test_what_is_no_http_is_told_so(serve: Serve, fetcher: Fetcher) -> None:
    site = await serve(always(b"220 mail.example.org ESMTP\r\n"))
    assert "proper HTTP" in str(await failure(fetcher, site.url()))


async def test_a_connection_closed_without_answer_is_told_so(serve: Serve, fetcher: Fetcher) -> None:
    site = await serve(always(b""))
    assert "without an answer" in str(await failure(fetcher, site.url()))
    assert len(site.requests) == 1, "whoever does not answer is not asked again at once"


async def test_a_reset_connection_is_told_so(serve: Serve, fetcher: Fetcher) -> None:
    async def reset(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    site = await serve(reset)
    error = await failure(fetcher, site.url())
    assert "broke the connection off" in str(error) or "without an answer" in str(error)
    assert len(site.requests) == 1


@pytest.mark.parametrize("answers", [True, False])
async def test_on_a_connection_that_was_kept_and_is_closed_a_request_is_sent_once_more(
    fetcher: Fetcher, *, answers: bool
) -> None:
    """Servers close what stood open for a while, and may do so while we ask; a new connection is not asked twice."""
    asked: list[int] = []  # by connection

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(asked)
        asked.append(0)
        while head := await reader.readuntil(b"\r\n\r\n"):
            asked[number] += 1
            if asked[number] > 1 or (number > 1 and not answers):
                break
            writer.write(response(b"feed"))
            if b"Connection: close" in head:
                break
        writer.close()

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        fetches = (fetcher.feed(f"http://127.0.0.1:{port}/{name}") for name in ("one", "two", "three"))
        *others, last = await asyncio.gather(*fetches, return_exceptions=True)
    assert not any(isinstance(each, BaseException) for each in others)
    assert asked == [1, 2, 1], "the second one's connection was kept for the last one"
    assert isinstance(last, FetchError) is not answers


async def test_an_unasked_not_modified_is_an_error(serve: Serve, fetcher: Fetcher) -> None:
    site = await serve(always(b"HTTP/1.1 304 Not Modified\r\n\r\n"))
    error = await failure(fetcher, site.url())
    assert "304" in str(error)
    assert error.status == 304


async def test_one_bad_server_costs_the_others_nothing(serve: Serve) -> None:
    async def hang(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    bad = [await serve(hang) for _ in range(8)]
    good = [await serve(always(response(FEED))) for _ in range(20)]
    async with Fetcher(Settings(timeout=3.0, concurrency=10)) as fetcher:
        begun = time.monotonic()
        hanging = [asyncio.create_task(fetcher.feed(site.url())) for site in bad]
        done = await asyncio.gather(*(fetcher.feed(site.url()) for site in good))
        assert time.monotonic() - begun < 1.5
        assert all(fetched.body == FEED for fetched in done)
        assert not any(task.done() for task in hanging)
        results = await asyncio.gather(*hanging, return_exceptions=True)
    assert all(isinstance(result, FetchError) for result in results)
