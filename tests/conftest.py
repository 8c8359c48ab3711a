"""What holds for every test: deciding rooms reach no network, and no secret is told in a log or an error."""

from __future__ import annotations

import sys
from collections.abc import Generator

import hypothesis
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

import canaries
from databases import postgresql_store, store_url  # noqa: F401 # fixtures
from postgresql_server import postgresql  # noqa: F401 # a fixture

DECIDING = frozenset({"compose", "extract", "feeds", "planner", "stories", "topics"})
REACHING_OUT = frozenset(
    {"socket.bind", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
)

# Modules with a fixture that takes long to make.
COSTLY = frozenset({"tests/journeys/test_demo.py", "tests/packaging/test_wheel.py"})
# Rooms whose tests take long, most of it in waiting for other processes. Begun first, so that none is left at the end.
PATIENT = frozenset({"journeys", "packaging", "referee", "reliability"})
WAITING = 3  # tests that wait while those on the cores compute

# No test is timed: a busy machine is no fault. What hypothesis calls slow is bounded by its number of examples.
PROFILE = "untimed"
hypothesis.settings.register_profile(PROFILE, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile(PROFILE)

denied = False

# What other processes said during a test, as (where, text).
TOLD = pytest.StashKey[list[tuple[str, str]]]()


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


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    return (yield) + WAITING


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.parent.name not in PATIENT)


@pytest.fixture
def told(request: pytest.FixtureRequest) -> list[tuple[str, str]]:
    """What a test heard from other processes, as (where, text). No secret may stand in it."""
    return request.node.stash.setdefault(TOLD, [])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    global denied  # noqa: PLW0603 - the audit hook has no other way to know
    denied = item.path.parent.name in DECIDING or item.get_closest_marker("no_network") is not None
    try:
        return (yield)
    finally:
        denied = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that passed fails when a secret stands in what was logged or printed meanwhile, by whichever process."""
    report = yield
    if report.when == "teardown" and report.passed:
        texts = [(f"captured {kind} of {when}", text) for when, kind, text in item._report_sections]
        if found := canaries.told([*texts, *item.stash.get(TOLD, [])]):
            report.outcome, report.longrepr = "failed", "a secret was told: " + "; ".join(found)
    return report
