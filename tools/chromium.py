# ruff: noqa: INP001 - found by path, not a package
"""Headless Chromium, driven over its DevTools protocol: lays out a page, photographs it, runs a script in it.

Nothing is loaded from a network: pages are handed over as text.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)


class Browser:
    """One page of a running Chromium, driven over its DevTools protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.sent = 0

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer; events in between are passed over."""
        self.sent += 1
        await self.socket.send_json({"id": self.sent, "method": method, "params": parameters})
        while True:
            answer = await self.socket.receive_json(timeout=60)
            if answer.get("id") == self.sent:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return dict(answer["result"])

    async def show(self, html: str, width: int, scheme: str) -> None:
        """Lay the page out as a screen of that width and colour scheme would."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=2 if width < 600 else 1,
            mobile=width < 600,
        )
        await self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        frame = (await self.call("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        await self.call("Page.setDocumentContent", frameId=frame, html=html)
        await self.call("Runtime.evaluate", expression="document.fonts.ready", awaitPromise=True)

    async def run(self, script: str) -> Any:
        """Run a script in the page; what it comes to, promises included, as a JSON value."""
        told = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in told:
            raise RuntimeError(str(told["exceptionDetails"].get("exception", told)))
        return told["result"].get("value")

    async def photograph(self, html: str, width: int, scheme: str, height: int | None = None) -> bytes:
        """A WebP picture of the whole page, or of its upper `height` pixels."""
        await self.show(html, width, scheme)
        size = (await self.call("Page.getLayoutMetrics"))["cssContentSize"]
        shot = await self.call(
            "Page.captureScreenshot",
            format="webp",
            quality=70,  # a fifth of PNG's size, and the letters are as sharp
            captureBeyondViewport=True,
            clip={"x": 0, "y": 0, "width": width, "height": height or size["height"], "scale": 1},
        )
        if size["width"] > width:
            raise RuntimeError(f"the page is {size['width']} pixels wide on a screen of {width}")
        return base64.b64decode(shot["data"])


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Start Chromium with an empty profile, and end it."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit("no Chromium found; install it, e.g. with: apt-get install chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            program,
            *FLAGS,
            f"--user-data-dir={profile}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            port = await _port(Path(profile, "DevToolsActivePort"))
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    pages = [page for page in await answer.json() if page["type"] == "page"]
                async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    page = Browser(socket)
                    await page.call("Page.enable")
                    yield page
        finally:
            process.terminate()
            await process.wait()


async def _port(told: Path) -> int:
    for _ in range(200):
        if lines := await asyncio.to_thread(_lines, told):
            return int(lines[0])
        await asyncio.sleep(0.1)
    raise RuntimeError("Chromium did not start within 20 s")


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []
