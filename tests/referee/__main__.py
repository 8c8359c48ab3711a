"""`python -m tests.referee`: score digest. `--serve`: score whatever is pointed at the site, until Ctrl-C.

A reader with a clock of its own is run with `--speed N`: N seconds of the referee's time pass in one real second,
and what headers say of time is made N times shorter. So with `--speed 3600` a reader that is started once a second
is one that is started hourly. The pause between two starts at a host is real time in any case.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import structlog

from . import ours
from .rules import Verdict, card, judge
from .server import Server
from .site import Site, compressed

GAP_S = 5.0


async def _serve(port: int, speed: float, lasts_s: float | None, feeds_file: Path | None) -> list[Verdict]:
    began = time.monotonic()

    def now_s() -> float:
        return (time.monotonic() - began) * speed

    site = Site(compressed(now_s, speed))
    async with Server(site.handlers, now_s, port=port) as server:
        feeds = "\n".join(site.feeds(server.port))
        if feeds_file:
            feeds_file.write_text(feeds + "\n", "utf-8")
        print(feeds, flush=True)
        with suppress(asyncio.CancelledError):  # Ctrl-C: then the card is printed
            await asyncio.sleep(lasts_s if lasts_s is not None else 10**9)
        return judge(server.visits, gap_s=GAP_S)


def main() -> int:
    """0 when every rule that was tried is kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--serve", action="store_true", help="wait for another reader instead of running digest")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--for", dest="lasts_s", type=float, help="seconds to serve; default: until Ctrl-C")
    parser.add_argument("--feeds", type=Path, help="write the feeds' URLs into this file, one a line")
    options = parser.parse_args()
    if options.serve:
        verdicts = asyncio.run(_serve(options.port, options.speed, options.lasts_s, options.feeds))
    else:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
        with tempfile.TemporaryDirectory(prefix="digest-referee-") as scratch:
            verdicts = ours.verdicts(Path(scratch))
    print(card(verdicts))
    return int(any(verdict.passed is False for verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main())
