"""A gigabyte of zeros, packed into next to nothing in each of the encodings that servers use."""

from __future__ import annotations

import zlib

import brotli
from backports import zstd

MEGABYTE = bytes(1_000_000)


def gzip_bomb() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    return packed + again * 999


def brotli_bomb() -> bytes:
    packer = brotli.Compressor(quality=1, lgwin=22)
    return b"".join(packer.process(MEGABYTE) for _ in range(1000)) + packer.finish()


def zstd_bomb() -> bytes:
    packer = zstd.ZstdCompressor(level=1)
    return b"".join(packer.compress(MEGABYTE) for _ in range(1000)) + packer.flush()
