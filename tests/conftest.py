"""Deciding does no I/O: while a test of a deciding room runs, this process can reach no network."""

from __future__ import annotations

import sys
from collections.abc import Generator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from postgresql_server import postgresql  # noqa: F401 # a fixture

DECIDING = frozenset({"compose", "extract", "feeds", "planner", "stories", "topics"})
REACHING_OUT = frozenset(
    {"socket.bind", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
)

# Modules with a fixture that takes long to make. Begun first.
COSTLY = frozenset({"tests/journeys/test_demo.py", "tests/packaging/test_wheel.py"})

denied = False


def deny(event: str, arguments: tuple[object, ...]) -> None:
    if denied and event in REACHING_OUT:
        raise PermissionError(f"{event}{arguments[1:]}: deciding rooms do no I/O")


# An audit hook sees what any library does, in C too. It can't be taken out again, hence the switch.
sys.addaudithook(deny)


class Scheduling(LoadScopeScheduling):
    """Each test goes to whichever worker is free, but those of a costly module to one, so that it costs once."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if module in COSTLY else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    # pytest-xdist's own --dist=loadgroup does nothing under pytest 9.2: it renames tests, whose names can't be changed.
    return Scheduling(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    global denied  # noqa: PLW0603 - the audit hook has no other way to know
    denied = item.path.parent.name in DECIDING or item.get_closest_marker("no_network") is not None
    try:
        return (yield)
    finally:
        denied = False
