"""Read feedparser's own test feeds, about 2,200 files, fetched when this is run: `python -m bench.corpus`.

Prints what raised, what took more than a second, what was new at a second look, where parsing only what is new
differed from parsing the whole, where our shorter way through feedparser's handlers noted something else than its own
way, and where an entry disagrees with the expectation in its file. Exits with 1 if anything of the first five kinds was
found.
"""

from __future__ import annotations

import ast
import html
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from digest import feeds
from digest.errors import ParseError
from digest.feeds.plaintext import one_line, title
from digest.model import Entry, FeedDocument

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "feeds"))

import feedparsers_way

EXPECTED = re.compile(
    r"""(entries\[(\d)\]|feed)\['(title|id|link|summary)'\] == (u?'(?:[^'\\]|\\.)*'|u?"(?:[^"\\]|\\.)*")"""
)
MORE_EXPECTED = re.compile(
    r"""entries\[(\d)\](\['content'\]\[0\]\['value'\]|\['author_detail'\]\['name'\]|"""
    r"""\['(?:published|updated)_parsed'\]) == """
    r"""(u?'(?:[^'\\]|\\.)*'|u?"(?:[^"\\]|\\.)*"|\([\d, ]+\))"""
)
HEADER = re.compile(rb"^\s*Header:\s*([\w-]+):\s*(.+?)\s*$", re.MULTILINE)
# What we leave out on purpose: the sanitiser and links inside HTML (done at render), ids that are not verbatim.
ON_PURPOSE = ("sanitize", "base", "namespace")


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        root = _fetched(Path(directory))
        found: Counter[str] = Counter()
        for path in sorted(root.rglob("*.xml")):
            for what in _read(path, path.relative_to(root)):
                found[what.partition(":")[0]] += 1
                if not what.startswith(("files", "agrees", "no feed")):
                    print(f"{path.relative_to(root)}: {what}")
        print(dict(found))
    return int(any(found[what] for what in ("raised", "slow", "new again", "unequal", "another way")))


def _fetched(directory: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "feedparser"]
    subprocess.run(pip, cwd=directory, check=True)
    (archive,) = directory.glob("feedparser-*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(directory, filter="data")
    return directory / archive.name.removesuffix(".tar.gz") / "tests"


def _read(path: Path, name: Path) -> list[str]:
    body = path.read_bytes()
    headers = {key.decode().lower(): value.decode("latin-1") for key, value in HEADER.findall(body[:4000])}
    url = headers.get("content-location", f"http://127.0.0.1:8097/{name}")
    begun = time.process_time()
    try:
        document = feeds.parse(body, headers, url)
        known = {key for entry in document.entries for key in entry.keys}
        parts = [set[str](), known, {key for entry in document.entries[1:] for key in entry.keys}]
        pruned = [feeds.parse_new(body, headers, url, part) for part in parts]
    except ParseError as error:
        return ["files", f"no feed: {error}"]
    except Exception as error:  # noqa: BLE001  # what is counted here
        return ["files", f"raised: {error!r}"]
    found = ["files"]
    if time.process_time() - begun > 1:
        found.append("slow")
    if difference := feedparsers_way.difference(body, headers, url):
        found.append(f"another way: {difference}")
    if feeds.fresh(feeds.parse(body, headers, url).entries, known):
        found.append("new again")
    for part, result in zip(parts, pruned, strict=True):
        fresh = tuple(entry for entry in document.entries if not part.intersection(entry.keys))
        if result.document != replace(document, entries=fresh):
            found.append("unequal")
    if not any(each in name.parts for each in ON_PURPOSE):
        found += _agreement(body, document)
    return found


def _agreement(body: bytes, document: FeedDocument) -> list[str]:
    line = re.search(rb"Expect:\s*(.+)", body[:6000])
    stated = line[1].decode("utf-8", "replace") if line else ""
    found = [
        "agrees" if _has(document.entries[int(number) :], where, wanted) else f"disagrees: {where}, expected {wanted!r}"
        for number, where, literal in MORE_EXPECTED.findall(stated)
        for wanted in [ast.literal_eval(literal)]
        if document.entries[int(number) :]  # one with nothing but a date or an author says nothing, and is none
    ]
    for place, number, field, literal in EXPECTED.findall(stated):
        if place == "feed" and field in ("id", "summary"):
            continue
        entries = document.entries[int(number or 0) :]
        got = _field(document if place == "feed" else entries[0] if entries else None, field)
        wanted = str(ast.literal_eval(literal)).strip()
        same = got in (wanted, html.escape(wanted, quote=False), one_line(wanted), title(wanted, markup=True))
        found.append("agrees" if same else f"disagrees: {place} {field} {got!r}, expected {wanted!r}")
    return found


def _has(entries: Sequence[Entry], where: str, wanted: object) -> bool:
    """Whether the first of the entries has the text, the author or the date that is expected of it."""
    entry = entries[0]
    if "author" in where:
        return str(wanted) in entry.authors
    if "parsed" in where:
        stated = entry.published if "published" in where else entry.updated
        return stated is not None and stated.utctimetuple() == wanted
    return str(wanted).strip() in (entry.content, html.escape(entry.content, quote=False), html.unescape(entry.content))


def _field(source: FeedDocument | Entry | None, field: str) -> str:
    if isinstance(source, FeedDocument):
        return source.title if field == "title" else source.site_url or ""
    if source is None:
        return "(no such entry)"
    values = {"title": source.title, "id": source.guid, "link": source.url, "summary": source.summary or source.content}
    return values[field] or ""


if __name__ == "__main__":
    sys.exit(main())
