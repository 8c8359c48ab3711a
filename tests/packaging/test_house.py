"""What the house plan promises beyond what import-linter sees."""

from __future__ import annotations

import ast
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import digest

DECIDING = ["compose", "extract", "feeds", "planner", "stories", "topics"]


@pytest.mark.no_network
def test_a_test_of_a_deciding_room_can_reach_no_network():
    with pytest.raises(PermissionError, match="deciding rooms do no I/O"):
        socket.create_connection(("127.0.0.1", 9))
    with pytest.raises(PermissionError, match="deciding rooms do no I/O"), socket.socket() as sock:
        sock.connect(("127.0.0.1", 9))


@pytest.mark.parametrize("room", DECIDING)
def test_a_deciding_room_opens_no_socket_and_starts_no_program_when_it_is_imported(room: str):
    watched = (
        "import sys\n"
        "def deny(event, arguments):\n"
        "    if event.startswith(('socket.', 'subprocess.')): raise PermissionError(event, arguments)\n"
        "sys.addaudithook(deny)\n"
        f"import digest.{room}\n"
    )
    done = subprocess.run([sys.executable, "-c", watched], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.no_network
def test_a_feed_whose_bytes_are_a_url_or_a_path_is_never_opened():
    """feedparser.parse() opens what looks like a URL or a file name; we hand it streams only."""
    from digest import feeds
    from digest.errors import ParseError

    for body in (b"http://127.0.0.1:9/feed.xml", b"/etc/passwd", __file__.encode()):
        with pytest.raises(ParseError):
            feeds.parse(body, {}, "http://127.0.0.1:9/feed.xml")


@pytest.mark.no_network
def test_extraction_downloads_nothing_that_a_page_points_to():
    from digest import extract
    from digest.model import Page

    page = (
        b"<html><head><meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'><base href='http://127.0.0.1:9/'>"
        b"<link rel=canonical href='http://127.0.0.1:9/x'></head><body><article><h1>Talks resume</h1>"
        b"<iframe src='http://127.0.0.1:9/y'></iframe><p>" + b"Envoys met again on Tuesday. " * 40 + b"</p></article>"
    )
    article = extract.article(Page("http://127.0.0.1:9/a", page))
    assert "Envoys met again on Tuesday." in article.text


@pytest.mark.parametrize("room", DECIDING)
def test_a_deciding_room_imports_nothing_that_downloads(room: str):
    """import-linter can't name modules within libraries."""
    downloading = {"http.client", "trafilatura.downloads", "trafilatura.spider", "urllib.request"}
    for path in (Path(digest.__file__).parent / room).rglob("*.py"):
        imports = [
            node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        named = {alias.name for node in imports for alias in node.names}
        modules = {node.module for node in imports if isinstance(node, ast.ImportFrom)}
        within = {
            f"{node.module}.{alias.name}"
            for node in imports
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        assert not downloading & (named | modules | within), path
        assert "fetch_url" not in named, path
