"""Deciding does no I/O: while a test of a deciding room runs, this process can reach no network."""

from __future__ import annotations

import sys
from collections.abc import Generator

import pytest

from postgresql_server import postgresql  # noqa: F401 # a fixture

DECIDING = frozenset({"compose", "extract", "feeds", "planner", "stories", "topics"})
REACHING_OUT = frozenset(
    {"socket.bind", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
)

denied = False


def deny(event: str, arguments: tuple[object, ...]) -> None:
    if denied and event in REACHING_OUT:
        raise PermissionError(f"{event}{arguments[1:]}: deciding rooms do no I/O")


# An audit hook sees what any library does, in C too. It can't be taken out again, hence the switch.
sys.addaudithook(deny)


def pytest_configure(config: pytest.Config) -> None:
    # pytest-xdist 3.8 loses --dist=loadgroup on its way to the workers of pytest 9.2, and then ignores its groups.
    if hasattr(config, "workerinput"):
        config.option.loadgroup = True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    global denied  # noqa: PLW0603 - the audit hook has no other way to know
    denied = item.path.parent.name in DECIDING or item.get_closest_marker("no_network") is not None
    try:
        return (yield)
    finally:
        denied = False
