"""`digest extract`: clean articles from URLs and files."""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from digest import extract as extraction
from digest.cli.console import ConfigOption, ExitCode, err, out, poll_settings, print_json, refuse, run
from digest.cli.making import changes_of, show_beside, show_changes
from digest.cli.root import cli
from digest.config import PollSettings
from digest.errors import DigestError, FetchError, Problem, WorkerDied, WorkerTimeout
from digest.extract import Told
from digest.feeds import dates
from digest.fetch import Fetcher
from digest.model import Article, FeedClaims, Page
from digest.workers import Workers, allowed_s

AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to extract: a URL, or a file or standard input with the URL that it came from."""

    name: str
    url: str = ""
    path: Path | None = None  # "-" is standard input
    claims: FeedClaims = field(default_factory=FeedClaims)


@dataclass(frozen=True, slots=True)
class Extracted:
    """What became of one source. `unread`: it could not be read, or holds nothing to read; then this says why."""

    source: Source
    article: Article
    unread: DigestError | None = None
    told: tuple[Told, ...] = ()  # with --explain
    plain: str = ""  # what trafilatura alone makes of it, with --compare


class UnreadableFile(DigestError):
    """A file that was named can't be read."""


class NoPage(DigestError):
    """A file that was named holds no title and no text, such as an empty one or a PDF."""


@cli.command(rich_help_panel="Look closer")
def extract(
    context: typer.Context,
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="URL|FILE...", help="Pages; `-` is standard input.")
    ] = None,
    listing: Annotated[
        Path | None,
        typer.Option("--list", metavar="L.jsonl", help="Sources from a file, one JSON object a line: file, url, ..."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, in the order asked for.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what was dropped and added, and by which step.")
    ] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Show beside it what trafilatura alone makes of the page.")
    ] = False,
    url: Annotated[
        str, typer.Option("--url", help="Where a file came from; it resolves links and names the site.")
    ] = "",
    config: ConfigOption = None,
) -> None:
    """Print the clean article of each page: text, or one JSON object a line, in order.

    **Examples**

    - `digest extract https://example.org/news/1`
    - `curl -s https://example.org/news/1 | digest extract - --url https://example.org/news/1`
    - `digest extract --list pages.jsonl --json`
    - `digest extract page.html --explain`

    A line of the list has `file` (HTML, may be .gz) and `url`, and what a feed said of it where that is known:
    `title`, `summary`, `authors`, `published`.
    """
    wanted = [source(name, url) for name in sources or ()]
    if listing is not None:
        wanted.extend(_listed(listing))
    if not wanted and listing is None:
        raise typer.BadParameter("name a URL or a file, or - for standard input", param_hint="URL|FILE")
    if compare and (explain or as_json):
        raise typer.BadParameter("--compare shows two columns and nothing else", param_hint="--compare")
    how = "explain" if explain else "compare" if compare else ""
    failures = run(_extract_all(wanted, poll_settings(context, config), as_json=as_json, how=how))
    if failures and len(failures) == len(wanted):
        raise typer.Exit(min(exit_code(failure) for failure in failures))
    if any(isinstance(failure, UnreadableFile) for failure in failures):
        raise typer.Exit(ExitCode.BAD_INPUT)


def exit_code(failure: DigestError) -> ExitCode:
    """What the shell is told of a source that can't be read."""
    return ExitCode.UNREACHABLE if isinstance(failure, FetchError) else ExitCode.BAD_INPUT


def source(name: str, url: str) -> Source:
    """A page by what the user called it. A file may come from `url`."""
    if name.startswith(("http://", "https://")):
        return Source(name, url=name)
    return Source(name, url=url, path=Path(name))


def _listed(listing: Path) -> Iterator[Source]:
    """The sources of a list. Files are looked up beside it. Exits with 65 at a line that is none."""
    try:
        lines = listing.read_text("utf-8-sig").split("\n")  # JSON may hold U+2028 as it is
    except (OSError, UnicodeDecodeError) as error:
        raise refuse(f"{listing}: can't be read: {_reason(error)}", ExitCode.BAD_INPUT) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _from_object(json.loads(line), listing.parent)
        except (ValueError, TypeError) as error:
            wrong = "it is no JSON" if isinstance(error, json.JSONDecodeError) else str(error)
            problem = Problem(str(listing), number, 1, f"this is no source: {wrong}", "give an object with file or url")
            raise refuse(str(problem), ExitCode.BAD_INPUT) from error


def _from_object(said: object, directory: Path) -> Source:
    """The source of one line. Raises ValueError or TypeError for what is none."""
    if not isinstance(said, dict):
        raise TypeError("it is no object")
    for key in ("file", "url", "title", "summary", "published"):
        if not isinstance(said.get(key), str | None):
            raise TypeError(f"its `{key}` is no text")
    file, url = said.get("file"), said.get("url") or ""
    if not file and not url:
        raise ValueError("neither file nor url")
    authors = said.get("authors") or ()
    if not isinstance(authors, str | list | tuple) or not all(isinstance(author, str) for author in authors):
        raise TypeError("its `authors` are no texts")
    published = said.get("published")
    claims = FeedClaims(
        title=said.get("title") or "",
        summary=said.get("summary") or "",
        authors=(authors,) if isinstance(authors, str) else tuple(authors),
        published=_moment(published) if published else None,
    )
    return Source(str(file or url), url, directory / file if file else None, claims)


def _moment(text: str) -> datetime | None:
    """A feed's date, however feeds write theirs; None for one that is not believed, as when a feed is polled."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return dates.read(text)
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return moment if dates.EARLIEST <= moment < dates.LATEST else None


async def _extract_all(
    sources: list[Source], settings: PollSettings, *, as_json: bool, how: str = ""
) -> list[DigestError]:
    """Extract side by side and print in order. Returns what could not be read. `how`: "explain" or "compare"."""
    failures: list[DigestError] = []
    async for done in _in_order(sources, settings, how):
        if done.unread is not None:
            failures.append(done.unread)
            err.print(f"{done.source.name}: {done.unread}", style="red", markup=False)
        if as_json:
            changes = {"changes": changes_of(done.told)} if how == "explain" else {}
            print_json(_as_json(done.article) | changes, indent=None)
        elif done.unread is None:
            _print_article(done, how=how, of_many=len(sources) > 1)
    return failures


async def extracted(sources: list[Source], settings: PollSettings) -> list[Extracted]:
    """What became of each source, in order."""
    return [done async for done in _in_order(sources, settings)]


async def _in_order(sources: list[Source], settings: PollSettings, how: str = "") -> AsyncIterator[Extracted]:
    places = asyncio.Semaphore(AT_ONCE)
    async with Fetcher(settings) as fetcher, Workers() as workers:

        async def placed(source: Source) -> Extracted:
            async with places:
                return await _extract(source, fetcher, workers, how)

        tasks = [asyncio.create_task(placed(source)) for source in sources]
        try:
            for task in tasks:
                yield await task
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _extract(source: Source, fetcher: Fetcher, workers: Workers, how: str) -> Extracted:
    try:
        page = await _page(source, fetcher)
        deadline_s = allowed_s(page.body)
        if how == "explain":
            found = await workers.run(extraction.explain, page, source.claims, deadline_s=deadline_s)
            return Extracted(source, found.article, _nothing_in(source, found.article), told=found.told)
        article = await workers.run(extraction.article, page, source.claims, deadline_s=deadline_s)
        if how == "compare":
            plain = await workers.run(extraction.plain_trafilatura, page, deadline_s=deadline_s)
            return Extracted(source, article, _nothing_in(source, article), plain=plain)
    except (FetchError, UnreadableFile) as error:
        return Extracted(source, extraction.from_claims(source.url, source.claims, str(error)), error)
    except (WorkerDied, WorkerTimeout) as error:
        return Extracted(source, extraction.from_claims(source.url, source.claims, str(error)))
    return Extracted(source, article, _nothing_in(source, article))


def _nothing_in(source: Source, article: Article) -> DigestError | None:
    """Why there is nothing to show of a source; None when there is something."""
    if article.error is None or article.title or article.text:
        return None
    return FetchError(article.error) if source.path is None else NoPage(article.error)


async def _page(source: Source, fetcher: Fetcher) -> Page:
    if source.path is None:
        return await fetcher.page(source.url)
    try:
        body = await asyncio.to_thread(_read, source.path)
    except (OSError, EOFError, zlib.error) as error:
        hint = "; a URL begins with http:// or https://" if _looks_like_url(source.name) else ""
        raise UnreadableFile(f"can't be read: {_reason(error)}{hint}") from error
    return Page(source.url, body)


def _looks_like_url(name: str) -> bool:
    host, slash, _ = name.partition("/")
    return "://" in name or host.startswith("www.") or ("." in host.strip(".") and bool(slash))


def _reason(error: Exception) -> str:
    """Why a file can't be read, without the number and the path that the system adds."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _read(path: Path) -> bytes:
    """The bytes of a file, gunzipped when they are gzip."""
    body = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


def _as_json(article: Article) -> dict[str, Any]:
    """The object of one line: design section 5."""
    return {
        "url": article.url,
        "title": article.title,
        "authors": list(article.authors),
        "published": article.published.isoformat() if article.published else None,
        "modified": article.modified.isoformat() if article.modified else None,
        "language": article.language,
        "site": article.site,
        "description": article.description,
        "text": article.text,
        "complete": article.complete,
        "error": article.error,
    }


def _print_article(done: Extracted, *, how: str, of_many: bool) -> None:
    """Title, byline, text. What is missing is told on stderr."""
    article = done.article
    if article.error:
        err.print(f"{article.url or done.source.name}: {article.error}", style="yellow", markup=False)
    byline = " · ".join(
        part
        for part in (
            article.site,
            ", ".join(article.authors),
            article.published.date().isoformat() if article.published else None,
        )
        if part
    )
    for part in (article.title, byline):
        if part:
            out.print(part, end="\n\n", markup=False)
    if how == "compare":
        show_beside(out, done.plain, article.text)
    elif done.told:
        show_changes(out, done.told)
    elif article.text:
        out.print(article.text, end="\n\n", markup=False)
    if of_many:
        with suppress(BrokenPipeError):
            out.rule(style="dim")
