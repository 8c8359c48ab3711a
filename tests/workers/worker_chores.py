"""Functions for workers to run: they must be importable from the worker process."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from pathlib import Path

from digest.errors import FetchError, ParseError


def add(left: int, right: int) -> int:
    return left + right


def parent() -> int:
    """The fork server."""
    return os.getppid()


def pid() -> int:
    return os.getpid()


def sleep(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def spin(path: str) -> None:
    """Hang as the worst input does: inside one long computation. `path` tells who does."""
    Path(path).write_text(str(os.getpid()))
    while True:
        pass


def die(number: int) -> None:
    os.kill(os.getpid(), number)


def crash() -> None:
    ctypes.string_at(0)


def devour(megabytes: int) -> int:
    return len(b"x" * (megabytes * 1_000_000))


def be_no_feed() -> None:
    raise ParseError("this is no feed")


class Note:
    """Something of which one can tell whether it is still held."""


def refuse(note: Note) -> None:
    raise ParseError(f"{type(note).__name__} is no feed")


def meet_a_refusal() -> None:
    raise FetchError("gone", retryable=False, status=410)


def meet_a_bug() -> None:
    raise KeyError("x" * 1_000_000)


class UntransportableError(Exception):
    """Can be pickled, and can't be read again."""

    def __init__(self, *, needed: str) -> None:
        super().__init__(f"needs {needed}")


def raise_something_untransportable() -> None:
    raise UntransportableError(needed="a keyword")


def give_something_untransportable() -> object:
    return lambda: None


def is_immune(number: int) -> bool:
    return signal.getsignal(number) is signal.SIG_IGN


def echo(blob: bytes) -> bytes:
    return blob
