"""Guards the address that is really connected to: public ones only, unless the owner allows more."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

from aiohttp.abc import AbstractResolver, ResolveResult

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

LOOKUPS: Final = 32  # at once

# Not private to Python's ipaddress in every version, and still no publisher's: protocol assignments, the dead
# 6to4 relays (RFC 7526), shared addresses of carriers (RFC 6598), benchmarks, reserved and broadcast.
_CLOSED_4: Final = tuple(
    ip_network(each)
    for each in ("192.0.0.0/24", "192.88.99.0/24", "100.64.0.0/10", "198.18.0.0/15", "240.0.0.0/4", "0.0.0.0/8")
)
_PUBLIC_6: Final = ip_network("2000::/3")  # all that IANA has given out as global unicast
# Teredo and ORCHID, benchmarks, documentation (twice), 6to4: inside 2000::/3, and none is where feeds live.
_CLOSED_6: Final = tuple(ip_network(each) for each in ("2001::/23", "2001:db8::/32", "3fff::/20", "2002::/16"))
_NAT64: Final = ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address meant


class RefusedAddress(OSError):
    """An address that must not be connected to; `address` as it was to be connected to, `kind` in one word."""

    def __init__(self, address: str, kind: str) -> None:
        super().__init__(f"the address {address} is {kind}")
        self.address = address
        self.kind = kind


class Guard:
    """Judges addresses: global unicast, or within one of the allowed networks."""

    def __init__(self, allow_networks: Iterable[object]) -> None:
        self._allowed: tuple[Network, ...] = tuple(ip_network(str(each), strict=False) for each in allow_networks)

    def refusal(self, address: str) -> RefusedAddress | None:
        """Why `address` (numeric, as connect() gets it) is not to be connected to; None when it may be.

        An IPv4 address wrapped into an IPv6 one is judged as what it is.
        """
        try:
            found = ip_address(address.partition("%")[0])
        except ValueError:
            return RefusedAddress(address, "no numeric address")
        meant = _meant(found)
        if any(
            each in network for each in (found, meant) for network in self._allowed if each.version == network.version
        ):
            return None
        kind = _kind(meant)
        return RefusedAddress(address, kind) if kind else None

    def socket(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket for the address about to be connected to, the last gate; raises RefusedAddress.

        It is aiohttp's `socket_factory`: whatever name, spelling or redirect led here, and whatever the resolver
        said at its first look, this is the address of the connection.
        """
        family, kind, protocol, _, address = info
        if refusal := self.refusal(str(address[0])):
            raise refusal
        return socket.socket(family=family, type=kind, proto=protocol)


class SystemResolver(AbstractResolver):
    """The machine's own resolver, in threads of its own.

    asyncio's threads serve the store too; a dead name server would hold it up for half a minute.
    """

    def __init__(self, threads: int = LOOKUPS) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of `host`; raises OSError when there are none."""
        ask = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        return [
            ResolveResult(hostname=host, host=str(address[0]), port=port, family=kind, proto=protocol, flags=0)
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Wait for no lookup that is under way."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class GuardedResolver(AbstractResolver):
    """Leaves out of a resolver's answers what the guard refuses, so that a name with one public address works."""

    def __init__(self, inner: AbstractResolver, guard: Guard) -> None:
        self._inner = inner
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The allowed addresses of `host`; raises RefusedAddress when it has others only, OSError when none."""
        found = await self._inner.resolve(host, port, family)
        refusals = [self._guard.refusal(each["host"]) for each in found]
        allowed = [each for each, refusal in zip(found, refusals, strict=True) if refusal is None]
        if found and not allowed:
            raise next(refusal for refusal in refusals if refusal)
        return allowed

    async def close(self) -> None:
        """Close the resolver behind."""
        await self._inner.close()


def _meant(address: Address) -> Address:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _kind(address: Address) -> str:
    """In one word what keeps an address from being public; empty for a public one."""
    if address.is_loopback:
        return "loopback"
    if address.is_link_local:
        return "link-local"
    if address.is_multicast:
        return "multicast"
    if isinstance(address, IPv4Address):
        closed = any(address in network for network in _CLOSED_4)
    else:
        closed = address not in _PUBLIC_6 or any(address in network for network in _CLOSED_6)
    if closed and not address.is_private:
        return "reserved"
    return "private" if address.is_private or not address.is_global else ""
