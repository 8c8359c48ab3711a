"""What a journey needs: a small web and a mail relay, both real and both on 127.0.0.1, and a configuration."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from canaries import FEED_KEY, RELAY_PASSWORD, RELAY_USER

Run = Callable[..., "subprocess.CompletedProcess[str]"]

ARTICLE = """<!doctype html><html lang="en"><head><title>{title} - The Ferry Herald</title></head><body>
<nav><a href="/">Home</a> <a href="/news">News</a></nav>
<article><h1>{title}</h1><p class="byline">By Ada Ferrier</p>{paragraphs}</article>
<aside class="related"><h2>Most read</h2><ul><li><a href="/x">Elsewhere</a></li></ul></aside>
<footer>Copyright The Ferry Herald</footer></body></html>"""

WORDS = ("engineers", "ferrymen", "lorries")


@dataclass
class Answer:
    """What a path of the web answers. `delay_s` is how long it takes to begin."""

    body: bytes
    type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0


@dataclass
class Seen:
    """One request."""

    path: str
    headers: dict[str, str]


class Web:
    """Serves what it is given, answers 304 where an ETag matches, and remembers every request."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.seen: list[Seen] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # the library's name
                web.seen.append(Seen(self.path, {name.lower(): value for name, value in self.headers.items()}))
                answer = web.answers.get(self.path, Answer(b"nothing here", status=404))
                time.sleep(answer.delay_s)
                etag = answer.headers.get("ETag")
                unchanged = etag is not None and self.headers.get("If-None-Match") == etag
                self.send_response(304 if unchanged else answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if not unchanged:
                    self.send_header("Content-Type", answer.type)
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                if not unchanged:
                    self.wfile.write(answer.body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, path: str) -> str:
        """The absolute URL of a path."""
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def publish(self, *titles: str, feed: str = "/feed.xml", etag: str | None = None) -> None:
        """An RSS feed with one entry a title, and a page for each."""
        items = []
        for title in titles:
            path = "/" + title.lower().replace(" ", "-")
            paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in _body(title))
            self.answers[path] = Answer(ARTICLE.format(title=title, paragraphs=paragraphs).encode())
            items.append(
                f"<item><title>{title}</title><link>{self.url(path)}</link><guid>{path}</guid>"
                f"<pubDate>{format_datetime(datetime.now(UTC))}</pubDate></item>"
            )
        body = f"<rss version='2.0'><channel><title>The Ferry Herald</title>{''.join(items)}</channel></rss>"
        headers = {"ETag": etag} if etag else {}
        self.answers[feed] = Answer(body.encode(), "application/rss+xml", headers=headers)


def _body(title: str) -> tuple[str, ...]:
    """Paragraphs of an article's length; those of different titles are no copies of each other."""
    return (
        f"{title}, the town council heard on Monday evening, and for once nobody on the benches laughed.",
        *(
            f"{title}: {word} {' '.join(f'{title.split(maxsplit=1)[0].lower()}-{word}-{n}' for n in range(40))}."
            for word in WORDS
        ),
    )


class Relay:
    """Takes mail and keeps it: `taken` holds (recipients, bytes). `refuse` is what it answers instead."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], bytes]] = []
        self.refuse: str | None = None
        self.pause_s = 0.0  # between the last byte of a message and its acknowledgement
        self.asked = 0  # messages that were handed over, acknowledged or not
        self.port = _free_port()
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self._sign_in,
            auth_require_tls=False,
        )

    def _sign_in(self, _server: SMTP, _session: Session, _envelope: Envelope, _way: str, login: Any) -> AuthResult:
        right = (login.login, login.password) == (RELAY_USER.encode(), RELAY_PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a message, or refuse it."""
        self.asked += 1
        if self.refuse is not None:
            return self.refuse
        await asyncio.sleep(self.pause_s)
        assert isinstance(envelope.content, bytes)
        self.taken.append((list(envelope.rcpt_tos), envelope.content))
        return "250 taken"

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def write_config(
    directory: Path, *, feeds: list[str], relay_port: int, schedule: str = "0 7 * * *", listen: str = "127.0.0.1:0"
) -> Path:
    """A small working configuration that holds secrets. Its HTTP server takes a free port, which it logs."""
    (directory / "topics").mkdir(parents=True)
    (directory / "digest.yaml").write_text(
        f"""\
poll:
  per_host: {{connections: 2, gap: 0s}}
  timeout: 3s
  allow_networks: [127.0.0.0/8]
mail:
  from: Desk <desk@example.org>
  smtp: {{host: 127.0.0.1, port: {relay_port}, security: none, username: {RELAY_USER}, password: {RELAY_PASSWORD}}}
http: {{listen: {listen}}}
digests:
  - id: daily
    title: Bridges
    schedule: "{schedule}"
    timezone: Europe/Berlin
    to: [reader@example.org, Editor <editor@example.org>]
""",
        encoding="utf-8",
    )
    (directory / "feeds.yaml").write_text(
        "feeds:\n" + "".join(f"  - url: {url}\n    headers: {{X-Key: {FEED_KEY}}}\n" for url in feeds), encoding="utf-8"
    )
    (directory / "topics" / "bridges.yaml").write_text("topic: Bridges\nany: [bridge, footbridge]\n", encoding="utf-8")
    for path in directory.glob("*.yaml"):
        path.chmod(0o600)
    return directory
