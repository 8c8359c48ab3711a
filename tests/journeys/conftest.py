"""Journeys: the whole program, as its users run it, on real parts."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from forks import Forks
from loopback import Relay, Run, Web, write_config
from running import Service

import canaries
from digest.newsroom import Newsroom


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home, where nothing of the machine's own settings is found."""
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def env(home: Path) -> dict[str, str]:
    """The environment of a user who has set nothing."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "STATE_DIRECTORY": str(home / "state"),
    }


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """What starts commands quickly."""
    forks = Forks()
    yield forks
    forks.close()


@pytest.fixture
def digest(env: dict[str, str], home: Path, told: list[tuple[str, str]], forks: Forks) -> Run:
    """Runs `digest ...` in a process of its own and returns what came of it."""

    def run(*words: str | Path, stdin: str = "", timeout: float = 90, **more: str) -> subprocess.CompletedProcess[str]:
        done = forks.run([*map(str, words)], env={**env, **more}, cwd=home, stdin=stdin, timeout=timeout)
        told.extend([(f"stdout of {words}", done.stdout), (f"stderr of {words}", done.stderr)])
        return done

    return run


@pytest.fixture(scope="session")
def newsroom() -> Iterator[Newsroom]:
    """The sample newsroom, served from a thread of the tests."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    room = Newsroom(now=datetime.now(UTC))
    asyncio.run_coroutine_threadsafe(room.__aenter__(), loop).result(30)
    yield room
    asyncio.run_coroutine_threadsafe(room.__aexit__(None, None, None), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """A web of the test's own on loopback."""
    with Web() as web:
        yield web


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A real SMTP server on loopback that keeps what it takes."""
    with Relay() as relay:
        yield relay


@pytest.fixture
def desk(home: Path, web: Web, relay: Relay) -> Path:
    """A configuration directory: one feed of the test's web, one topic, one digest, mailed through the relay."""
    return write_config(home / "config", feeds=[canaries.in_url(web.url("/feed.xml"))], relay_port=relay.port)


@pytest.fixture
def serve(env: dict[str, str], home: Path, told: list[tuple[str, str]]) -> Iterator[Callable[[Path], Service]]:
    """Starts services and sees to it that none is left."""
    started: list[Service] = []

    def start(config: Path) -> Service:
        service = Service(config, env, home / f"log{len(started)}", told)
        started.append(service)
        service.wait_for(lambda: '"started"' in service.logged())
        return service

    yield start
    for service in started:
        if service.process.poll() is None:
            service.process.kill()
            service.process.wait()
        told.append(("the service's log", service.logged()))
