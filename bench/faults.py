"""What memory a faulty feed takes: `python -m bench.faults [WORDS...]` polls each, and prints by how much all grew.

Each fault is polled by a process of its own with a store, a fetcher and workers as the service has them, after a sound
feed has warmed them. Growth is that of all its processes together, over their resident sets before: the larger of the
sum of each one's peak and of the largest sum that was ever seen. WORDS: only faults whose names contain one of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import os
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "fetch"))

from bombs import brotli_bomb, gzip_bomb, zstd_bomb

Serve = Callable[[asyncio.StreamWriter], Awaitable[None]]

LIMIT_MB = 20
TIMEOUT_S = 8
SETTINGS = """\
poll: {{timeout: {timeout}s, allow_networks: [127.0.0.0/8], per_host: {{gap: 0s}}}}
mail: {{from: desk@example.org, directory: out/}}
digests: [{{id: daily, schedule: "0 7 * * *"}}]
"""


def http(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    stated = len(body) if length is None else length
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, f"Content-Length: {stated}", "", ""]).encode() + body


def rss(items: Iterable[str], before: str = "") -> bytes:
    return f"{before}<rss version='2.0'><channel><title>F</title>{''.join(items)}</channel></rss>".encode()


def entry(number: int, text: str = "") -> str:
    return (
        f"<item><guid>{number}</guid><title>Entry {number}</title><link>https://a.example/{number}</link>"
        f"<description>{text}</description></item>"
    )


def again(head: bytes, piece: bytes, pause_s: float = 0.0) -> Serve:
    """An answer that begins with `head` and goes on with `piece` for ever."""

    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return serve


OK = b"HTTP/1.1 200 OK\r\n"
LAUGHS = "<!DOCTYPE rss [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {name} '{f'&{before};' * 10}'>" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
FAULTS: dict[str, Callable[[], bytes | Serve]] = {
    "nothing wrong": lambda: http(rss([entry(1)])),
    "drip": lambda: again(OK + b"\r\n", b"<", 0.05),
    "hang after headers": lambda: again(OK + b"\r\n", b"", 0.1),
    "endless 1xx": lambda: again(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 100),
    "endless header": lambda: again(OK + b"X: ", b"x" * 65536),
    "endless headers": lambda: again(OK, b"X: x\r\n" * 1000),
    "200 headers of 64 KB": lambda: http(b"", *(f"X-{number}: {'x' * 65536}" for number in range(200))),
    "endless body": lambda: again(OK + b"\r\n", b"<!-- and on and on -->" * 3000),
    "endless chunks of a byte": lambda: again(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 1000),
    "endless chunk extension": lambda: again(OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 65536),
    "short Content-Length": lambda: http(b"<rss>" * 100_000, length=10**6),
    "truncated gzip": lambda: http(gzip.compress(rss([entry(1, "a" * 5_000_000)]))[:-20], "Content-Encoding: gzip"),
    "gzip bomb of 1 GB": lambda: http(gzip_bomb(), "Content-Encoding: gzip"),
    "brotli bomb of 1 GB": lambda: http(brotli_bomb(), "Content-Encoding: br"),
    "zstd bomb of 1 GB": lambda: http(zstd_bomb(), "Content-Encoding: zstd"),
    "redirect loop": lambda: http(b"x" * 5_000_000, "Location: ?", status="302 Found"),
    "304 unasked": lambda: http(b"", status="304 Not Modified"),
    "404 with 9 MB": lambda: http(b"x" * 9_000_000, status="404 Not Found"),
    "HTML of 9 MB": lambda: http(b"<html><p>words and words</p>" * 320_000),
    "spaces, 9 MB": lambda: http(b" " * 9_000_000),
    "NULs, 9 MB": lambda: http(rss([entry(1, "\0" * 9_000_000)])),
    "noise, 9 MB": lambda: http(os.urandom(9_000_000)),
    "mislabelled EUC-KR, 5 MB": lambda: http(
        b"<?xml version='1.0' encoding='utf-8'?>" + rss([entry(1, "연합뉴스 " * 500_000)]).decode().encode("euc-kr")
    ),
    "entity bomb": lambda: http(rss(["<item><guid>l</guid><description>&i;</description></item>"], LAUGHS + "]>")),
    "one entry of 9 MB": lambda: http(rss([entry(1, "word " * 1_800_000)])),
    "JSON nested 9 MB deep": lambda: http(b'{"items":' + b"[" * 9_000_000),
    "elements nested 9 MB deep": lambda: http(b"<rss><channel><item>" + b"<b>" * 3_000_000),
    "two million empty elements": lambda: http(rss(["<b/>" * 2_000_000])),
    "the same guid 30,000 times": lambda: http(
        rss(f"<item><guid>g</guid><title>{n}</title></item>" for n in range(30_000))
    ),
    "50,000 entries": lambda: http(rss(map(entry, range(50_000)))),
    "50,000 entries, JSON": lambda: http(
        b'{"version":"https://jsonfeed.org/version/1.1","items":['
        + b",".join(b'{"id":"%d","url":"https://a.example/%d","title":"Entry"}' % (n, n) for n in range(50_000))
        + b"]}"
    ),
}


# --- in the process that polls ---------------------------------------------------------------------


def tree() -> list[int]:
    """This process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for each in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            parents.setdefault(int(each.read_text().rpartition(") ")[2].split()[1]), []).append(int(each.parent.name))
    found = [os.getpid()]
    for process in found:
        found += parents.get(process, [])
    return found


def forget_peaks(processes: Iterable[int]) -> None:
    """Let each one's peak be counted from now on (proc(5), clear_refs)."""
    for each in processes:
        with contextlib.suppress(OSError):
            Path(f"/proc/{each}/clear_refs").write_text("5")


def kilobytes(process: int, name: str) -> int:
    """A figure of /proc/PID/status; 0 of a process that has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    return 0


async def poll(home: Path, urls: list[str]) -> None:
    """Poll the sound feed, then the faulty one; print the growth in kB, the seconds and what came of it."""
    from digest import config as configuration
    from digest.app import utc_now, wired
    from digest.deliver import DirectoryDelivery
    from digest.store import Store

    config = configuration.load(home, {"STATE_DIRECTORY": str(home)})
    with Store.open(config.store_url, lock=True) as store:
        async with wired(config, store, DirectoryDelivery(home / "out")) as pipeline:
            store.subscribe(dict.fromkeys(urls, ""), utc_now())
            await pipeline.poll(urls[0])
            processes = tree()
            forget_peaks(processes)
            before = sum(kilobytes(each, "VmRSS:") for each in processes)
            largest, done = before, threading.Event()

            def watch() -> None:
                nonlocal largest
                while not done.wait(0.02):
                    largest = max(largest, sum(kilobytes(each, "VmRSS:") for each in tree()))

            watcher = threading.Thread(target=watch)
            watcher.start()
            began = time.monotonic()
            polled = await pipeline.poll(urls[1])
            took = time.monotonic() - began
            peaks = sum(kilobytes(each, "VmHWM:") for each in {*processes, *tree()})
            done.set()
            watcher.join()
            came = polled.failing.error if polled.failing else f"{polled.new} new"
            print(max(largest, peaks) - before, f"{took:.1f}", came, sep="\t")


# --- in the process that serves --------------------------------------------------------------------


async def measured(name: str) -> tuple[float, str, str]:
    """One fault: MB of growth, seconds, and what came of the poll."""
    answer = FAULTS[name]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
            if path != b"/fault" and not path.startswith(b"/?"):
                writer.write(http(rss(map(entry, range(20)))))
            elif isinstance(answer, bytes):
                writer.write(answer)
            else:
                await answer(writer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    urls = [f"http://127.0.0.1:{port}/{path}" for path in ("sound", "fault")]
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "topics").mkdir()
        (Path(home) / "topics" / "ferries.yaml").write_text("topic: Ferries\nany: [ferry]\n")
        (Path(home) / "digest.yaml").write_text(SETTINGS.format(timeout=TIMEOUT_S))
        (Path(home) / "feeds.yaml").write_text("feeds:\n" + "".join(f"  - {url}\n" for url in urls))
        program = (sys.executable, "-m", "bench.faults", "--poll", home, *urls)
        child = await asyncio.create_subprocess_exec(
            *program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        told, wrong = await child.communicate()
    server.close()
    if child.returncode:
        sys.exit(wrong.decode())
    growth, took, came = told.decode().strip().splitlines()[-1].split("\t")
    return int(growth) / 1000, took, came


async def main(words: list[str]) -> None:
    table = Table("fault", "grew by", "took", "came of it", title=f"wanted: at most {LIMIT_MB} MB")
    for name in FAULTS:
        if not words or any(word in name for word in words):
            print(f"{name} ...", file=sys.stderr)
            growth, took, came = await measured(name)
            style = "red" if growth > LIMIT_MB else None
            table.add_row(name, f"{growth:.1f} MB", f"{took} s", came.replace("\n", " ")[:70], style=style)
    Console(width=140).print(table)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--poll"]:
        asyncio.run(poll(Path(sys.argv[2]), sys.argv[3:]))
    else:
        asyncio.run(main(sys.argv[1:]))
