"""Only public addresses are connected to, however they are written and whenever a name resolves to them."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest
from fetch_web import Names, Serve, Settings, always, response
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import FetchError
from digest.fetch import Fetcher
from digest.fetch.addresses import Guard, RefusedAddress

STRICT = Settings(allow_networks=())


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "0",
        "0.0.0.0",
        "①②⑦.0.0.1",
        "１２７．０．０．１",
        "127。0。0。1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::127.0.0.1]",
        "[0:0:0:0:0:0:0:1]",
        "localhost.",
        "127.0.0.1.",
    ],
)
async def test_no_spelling_of_loopback_is_connected_to(serve: Serve, host: str) -> None:
    site = await serve(always(response(b"secret")))
    async with Fetcher(STRICT) as fetcher:
        with pytest.raises(FetchError):
            await fetcher.feed(f"http://{host}:{site.port}/")
    assert site.requests == []


async def test_the_refusal_names_the_address_the_host_and_the_mend() -> None:
    async with Fetcher(STRICT, resolver=Names({"intranet.example": [["10.0.0.1"]]})) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.feed("http://intranet.example/")
    assert str(caught.value) == (
        "the address 10.0.0.1 of intranet.example is private; allow it with poll.allow_networks"
    )
    assert not caught.value.retryable


async def test_a_name_that_turns_private_at_the_second_look_is_refused(serve: Serve) -> None:
    site = await serve(always(response(b"x")))
    names = Names({"rebind.example": [["127.0.0.1"], ["127.0.0.9"]]})
    async with Fetcher(Settings(allow_networks=("127.0.0.1/32",)), resolver=names) as fetcher:
        fetcher._session.connector._use_dns_cache = False  # type: ignore[union-attr]
        await fetcher.feed(f"http://rebind.example:{site.port}/")
        with pytest.raises(FetchError, match=r"127\.0\.0\.9 of rebind\.example is loopback"):
            await fetcher.feed(f"http://rebind.example:{site.port}/")


async def test_a_name_with_a_public_and_a_private_address_is_reached_at_the_public_one(serve: Serve) -> None:
    site = await serve(always(response(b"x")))
    names = Names({"both.example": [["10.0.0.1", "127.0.0.1", "169.254.1.1"]]})
    async with Fetcher(Settings(allow_networks=("127.0.0.1/32",)), resolver=names) as fetcher:
        assert (await fetcher.feed(f"http://both.example:{site.port}/")).status == 200


async def test_names_are_looked_up_in_threads_of_their_own(serve: Serve) -> None:
    site = await serve(always(response(b"x")))
    blocked = threading.Event()
    loop = asyncio.get_running_loop()
    hogs = [loop.run_in_executor(None, blocked.wait, 10) for _ in range(64)]  # asyncio's own threads are all busy
    try:
        async with Fetcher(Settings()) as fetcher, asyncio.timeout(5):
            assert (await fetcher.feed(f"http://localhost:{site.port}/")).status == 200
    finally:
        blocked.set()
        await asyncio.gather(*hogs)


REFUSED = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 127.0.0.1 127.255.255.255 169.254.169.254 172.16.0.1 172.31.255.255
192.0.0.1 192.0.0.9 192.0.0.170 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1
239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::a00:1 64:ff9b::7f00:1 64:ff9b:1::1 100::1
2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:10::1 2001:db8::1 2002:7f00:1::1 2002:808:808::1 3fff::1 fc00::1
fd12::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1 4000::1 1::1
"""
ALLOWED = """
1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 192.88.98.1 198.17.0.1 198.20.0.1
223.255.255.1 ::ffff:8.8.8.8 64:ff9b::808:808 2001:4860:4860::8888 2606:4700::1111 2a00:1450::1
"""


@pytest.mark.parametrize("address", REFUSED.split())
def test_special_addresses_are_refused(address: str) -> None:
    assert Guard(()).refusal(address) is not None


@pytest.mark.parametrize("address", ALLOWED.split())
def test_public_addresses_are_accepted(address: str) -> None:
    assert Guard(()).refusal(address) is None


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "fd00::5"])
def test_allowed_networks_open_what_is_closed(address: str) -> None:
    assert Guard(("10.0.0.0/8", "fd00::/8")).refusal(address) is None
    assert Guard(("10.0.0.0/8", "fd00::/8")).refusal("192.168.0.1") is not None


def test_the_last_gate_gives_no_socket_for_a_refused_address() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("192.168.0.1", 80))
    with pytest.raises(RefusedAddress):
        Guard(()).socket(info)


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_in_all_its_wrappings(address: object) -> None:
    guard = Guard(())
    bare = guard.refusal(str(address)) is None
    assert (guard.refusal(f"::ffff:{address}") is None) == bare
    assert (guard.refusal(f"64:ff9b::{address}") is None) == bare


@given(st.text(max_size=40))
def test_what_is_no_address_is_refused(text: str) -> None:
    if not any(char.isdigit() or char == ":" for char in text):
        assert Guard(()).refusal(text) is not None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://",
        "http:///x",
        "http://[::1/",
        "http://x:99999/",
    ],
)
async def test_what_is_no_web_address_is_refused_in_words(url: str) -> None:
    async with Fetcher(STRICT) as fetcher:
        with pytest.raises(FetchError, match="address") as caught:
            await fetcher.feed(url)
    assert not caught.value.retryable
