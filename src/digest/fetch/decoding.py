"""Undoes content encodings in bounded steps: a bomb is refused long before it has unfolded."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from typing import Any, Final, Protocol

import brotli  # type: ignore[import-untyped]  # it ships no types

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

STEP: Final = 64 * 1024  # bytes that one step may unfold to
MAX_LAYERS: Final = 2
MAX_MEMBERS: Final = 1000  # of one gzip or zstd stream; concatenation is legal (RFC 1952, 2.2), a million is not
# zstd's window is memory that the sender chooses; 8 MB is what RFC 9659 asks of HTTP clients.
_ZSTD_WINDOW_LOG: Final = 23
# What servers write there by mistake, a charset mostly; browsers don't mind it either.
_NO_ENCODINGS: Final = frozenset({"identity", "none", "binary", "8bit", "utf-8", "utf8", "us-ascii", "iso-8859-1"})
ACCEPT_ENCODING: Final = "gzip, deflate, br, zstd"


class DecodingError(ValueError):
    """The body is not what its content encoding says, or it breaks off."""


class Decoder(Protocol):
    """Undoes one encoding."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What `data` unfolds to, in steps of at most about STEP bytes; raises DecodingError."""

    def close(self) -> None:
        """Say that no more comes; raises DecodingError when the body breaks off."""


def decoders(content_encoding: str) -> list[Decoder]:
    """The decoders to run, first one first, for a Content-Encoding header; raises DecodingError for unknown ones."""
    names = [name.strip().lower() for name in content_encoding.split(",")]
    layers = [name for name in names if name and name not in _NO_ENCODINGS]
    if len(layers) > MAX_LAYERS:
        raise DecodingError(f"the body is encoded {len(layers)} times")
    found: list[Decoder] = []
    for name in reversed(layers):
        if name in ("gzip", "x-gzip"):
            found.append(_Members(name, _gzip, b"\x1f"))
        elif name == "zstd":
            # A frame (RFC 8878, 3.1.1), or one to be skipped (3.1.2).
            found.append(_Members(name, _zstd, b"\x28" + bytes(range(0x50, 0x60))))
        elif name == "deflate":
            found.append(_Deflate())
        elif name == "br":
            found.append(_Brotli())
        else:
            raise DecodingError(f"the encoding {name[:40]!r} is unknown")
    return found


def _gzip() -> Any:
    return zlib.decompressobj(16 + zlib.MAX_WBITS)


def _zstd() -> Any:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG})


class _Members:
    """gzip and zstd: streams of one or more members, each beginning with one of the bytes `first`.

    What follows a member and is none, such as a cache's note that was put behind it unpacked, is left out.
    """

    def __init__(self, name: str, make: Any, first: bytes) -> None:
        self._name = name
        self._make = make
        self._first = first
        self._over = False
        self._stream = make()
        self._members = 1
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._stream.eof:
                data = data.lstrip(b"\0")  # zeros after a gzip member are padding
                if not data:
                    return
                self._over = self._over or data[0] not in self._first
                if self._over:
                    return
                self._members += 1
                if self._members > MAX_MEMBERS:
                    raise DecodingError(f"the {self._name} body has more than {MAX_MEMBERS} members")
                self._stream = self._make()
            self._begun = True
            yield from self._steps(data)
            data = self._stream.unused_data if self._stream.eof else b""

    def _steps(self, data: bytes) -> Iterator[bytes]:
        while True:
            try:
                piece = self._stream.decompress(data, STEP)
            except (zlib.error, zstd.ZstdError, ValueError, EOFError) as error:
                raise DecodingError(f"the body is no valid {self._name}") from error
            if piece:
                yield piece
            if self._stream.eof:
                return
            data = getattr(self._stream, "unconsumed_tail", b"")  # zlib hands back what it has not read
            waiting = not getattr(self._stream, "needs_input", True)  # zstd keeps it, and says so
            if not data and not waiting and len(piece) < STEP:
                return

    def close(self) -> None:
        if self._begun and not self._stream.eof:
            raise DecodingError(f"the {self._name} body breaks off before its end")


class _Deflate:
    """deflate, with zlib's wrapper as RFC 9110 has it, or bare as some servers send it."""

    def __init__(self) -> None:
        self._stream: Any = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if not data:
            return
        if self._stream is None:
            wrapped = data[0] & 0x0F == 8  # RFC 1950, 2.2: the method, 8, in the low half
            self._stream = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        while not self._stream.eof:
            try:
                piece = self._stream.decompress(data, STEP)
            except zlib.error as error:
                raise DecodingError("the body is no valid deflate") from error
            if piece:
                yield piece
            data = self._stream.unconsumed_tail
            if not data and len(piece) < STEP:
                return

    def close(self) -> None:
        if self._stream is not None and not self._stream.eof:
            raise DecodingError("the deflate body breaks off before its end")


class _Brotli:
    """br."""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._begun = self._begun or bool(data)
        try:
            while True:
                piece = self._stream.process(data, output_buffer_limit=STEP)
                data = b""
                if piece:
                    yield piece
                if self._stream.is_finished() or self._stream.can_accept_more_data():
                    return
        except brotli.error as error:
            raise DecodingError("the body is no valid br") from error

    def close(self) -> None:
        if self._begun and not self._stream.is_finished():
            raise DecodingError("the br body breaks off before its end")
