"""What memory a worker takes that reads page after page: `python -m bench.memory DIRECTORY PAGES [--tasks N]`.

The directory has HTML files, which may be gzipped; they are read over and over, each time a little different, by one
worker of the kind that the service has, which replaces its process after so many tasks. Printed every 1,000 pages and
at the end: pages read, processes so far, and the largest resident set that any of them ever had.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import itertools
import os
import resource
import time
from pathlib import Path

from digest.errors import DigestError
from digest.extract import article
from digest.model import Page
from digest.workers import Workers, allowed_s


def weighed(page: Page) -> tuple[int, int]:
    """Read a page; the process that did it, and its largest resident set so far in MB (Linux counts kB)."""
    article(page)
    return os.getpid(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000


def page_of(file: Path, number: int) -> Page:
    """The page of a file, told apart from its other readings."""
    body = file.read_bytes()
    body = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
    return Page(f"https://site-{number % 500}.example/{number}", body + f"<p>Reading number {number}.</p>".encode())


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("pages", type=int)
    parser.add_argument("--tasks", type=int, default=500, metavar="N", help="tasks of one process")
    asked = parser.parse_args()
    files = itertools.cycle(sorted(file for file in asked.directory.iterdir() if ".html" in file.name))
    largest: dict[int, int] = {}
    failed = 0
    started = time.monotonic()
    async with Workers(1, tasks_per_worker=asked.tasks) as workers:
        for number, file in zip(range(1, asked.pages + 1), files, strict=False):
            page = page_of(file, number)
            try:
                process, mb = await workers.run(weighed, page, deadline_s=allowed_s(page.body))
                largest[process] = max(mb, largest.get(process, 0))
            except DigestError as error:
                failed += 1
                print(f"{file.name}: {error}")
            if number % 1000 == 0 or number == asked.pages:
                took, mb = time.monotonic() - started, max(largest.values())
                print(f"{number} pages, {len(largest)} processes, {mb} MB, {failed} failed, {took:.0f} s", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
