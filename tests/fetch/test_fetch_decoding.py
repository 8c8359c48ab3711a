"""Content encodings are undone whole, in bounded steps, or not at all."""

from __future__ import annotations

import asyncio
import gzip
import subprocess
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress

import brotli
import pytest
from backports import zstd
from bombs import brotli_bomb, gzip_bomb, zstd_bomb
from fetch_web import Serve, always, response
from hypothesis import given
from hypothesis import strategies as st

from digest.fetch import Fetcher
from digest.fetch.decoding import STEP, DecodingError, decoders


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "bare deflate": ("deflate", bare_deflate),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", zstd.compress),
}


def unpacked(encoding: str, pieces: list[bytes]) -> bytes:
    chain = decoders(encoding)

    def through(level: int, data: bytes) -> bytes:
        if level == len(chain):
            return data
        steps = list(chain[level].feed(data))
        assert all(0 < len(step) <= STEP for step in steps)
        return b"".join(through(level + 1, step) for step in steps)

    whole = b"".join(through(0, piece) for piece in pieces)
    for decoder in chain:
        decoder.close()
    return whole


@pytest.mark.parametrize("name", PACKERS)
@given(data=st.binary(max_size=3000), size=st.integers(1, 500), times=st.integers(0, 200))
def test_what_was_packed_comes_back_however_it_is_cut(name: str, data: bytes, size: int, times: int) -> None:
    encoding, pack = PACKERS[name]
    packed = pack(data * times)
    pieces = [packed[start : start + size] for start in range(0, len(packed), size)]
    assert unpacked(encoding, pieces) == data * times


@pytest.mark.parametrize("name", PACKERS)
@given(data=st.binary(min_size=1, max_size=3000), cut=st.integers(1, 20))
def test_a_body_that_breaks_off_is_never_taken_for_whole(name: str, data: bytes, cut: int) -> None:
    encoding, pack = PACKERS[name]
    packed = pack(data)
    with pytest.raises(DecodingError):
        unpacked(encoding, [packed[: max(1, len(packed) - cut)]])


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
@given(data=st.binary(min_size=1, max_size=200))
def test_noise_is_refused_and_nothing_else_raised(encoding: str, data: bytes) -> None:
    with suppress(DecodingError):
        unpacked(encoding, [data])


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_members_in_a_row_are_one_body(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(b"one ") + pack(b"") + pack(b"two")
    encoding = "gzip" if pack is gzip.compress else "zstd"
    for size in (1, 7, 1000):
        assert unpacked(encoding, [packed[at : at + size] for at in range(0, len(packed), size)]) == b"one two"
    with pytest.raises(DecodingError, match="members"):
        unpacked(encoding, [pack(b"") * 1001])


@pytest.mark.parametrize(("name", "pack"), [("gzip", gzip.compress), ("zstd", zstd.compress)])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_what_is_put_behind_a_packed_body_unpacked_is_left_out(
    name: str, pack: Callable[[bytes], bytes], size: int
) -> None:
    """A cache's note costs nobody the feed, not even where it comes in a piece of its own."""
    note = b"<!-- cached at (\x1f noon -->" * 3
    sent = pack(b"whole") + b"\0\0" + note
    assert unpacked(name, [sent[at : at + size] for at in range(0, len(sent), size)]) == b"whole"


@pytest.mark.parametrize("name", ["UTF-8", "iso-8859-1", "none", "binary"])
def test_a_charset_named_as_encoding_is_none(name: str) -> None:
    assert decoders(name) == []


def test_zeros_after_gzip_are_padding() -> None:
    assert unpacked("gzip", [gzip.compress(b"one") + b"\0" * 512]) == b"one"


def test_encodings_are_undone_last_first() -> None:
    assert unpacked("deflate, gzip", [gzip.compress(zlib.compress(b"x" * 1000))]) == b"x" * 1000
    assert unpacked("identity", [b"x"]) == b"x"
    with pytest.raises(DecodingError, match="3 times"):
        decoders("gzip, gzip, gzip")
    with pytest.raises(DecodingError, match="unknown"):
        decoders("compress")


def test_a_zstd_window_beyond_what_http_allows_is_refused() -> None:
    options = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.compression_level: 1}
    packer = zstd.ZstdCompressor(options=options)
    packed = packer.compress(b"x" * 1000) + packer.flush()
    with pytest.raises(DecodingError):
        unpacked("zstd", [packed])


async def test_a_packed_body_is_decoded_on_its_way(serve: Serve, fetcher: Fetcher) -> None:
    for encoding, pack in PACKERS.values():
        site = await serve(always(response(pack(b"<rss/>" * 1000), headers={"Content-Encoding": encoding})))
        assert (await fetcher.feed(site.url())).body == b"<rss/>" * 1000


# --- bombs ----------------------------------------------------------------------------------------

# The growth is that of a process of its own: in this one the bombs' own making would count.
MEASURED = """
import asyncio, resource, sys
from digest.errors import FetchError
from digest.fetch import Fetcher
from fetch_web import Settings

async def main():
    async with Fetcher(Settings(max_bytes=10_000_000, timeout=20)) as fetcher:
        await fetcher.feed(sys.argv[1])
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for url in sys.argv[2:]:
            try:
                await fetcher.feed(url)
                print("swallowed", url)
            except FetchError as error:
                assert "larger than 10 MB" in str(error), error
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)

asyncio.run(main())
"""


async def test_bombs_of_a_gigabyte_cost_less_than_20_mb(serve: Serve) -> None:
    async def endless(request: object, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"", length=-1))
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    sites = [
        await serve(always(response(bomb(), headers={"Content-Encoding": encoding})))
        for encoding, bomb in (("gzip", gzip_bomb), ("br", brotli_bomb), ("zstd", zstd_bomb))
    ]
    sites.append(await serve(endless))
    plain = await serve(always(response(b"x")))
    urls = [site.url() for site in [plain, *sites]]
    ran = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", MEASURED, *urls],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) < 20_000, ran.stdout
