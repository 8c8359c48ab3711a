"""The web archive: every edition as it was mailed, an index, and feeds that any reader takes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import aiohttp
import editions
import feedparser
import pytest
from aiohttp import web
from atom_rules import ATOM, assert_atom
from hypothesis import given, settings
from hypothesis import strategies as st
from markup import Seen

from digest import compose, stories
from digest.archive import records, routes
from digest.archive.shelf import Archive
from digest.config import ArchiveSettings, DigestConfig
from digest.errors import ArchiveError
from digest.model import Coverage, Digest, EditionUpdate, Parcel, StoredEdition, Window
from digest.render import Renderer
from digest.store import Store

NOW = editions.END
DAY = timedelta(days=1)
BASE = "https://news.example.org/archive"
DAILY = DigestConfig(id="daily", title="Korea desk", schedule="0 7 * * *", timezone="Asia/Seoul")
URLS = {"daily": f"{BASE}/digests/daily/"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'digest.db'}", lock=False) as store:
        yield store


def freeze(store: Store, digest: Digest, day: float = 0) -> str:
    """Put an edition into the store that ends so many days later, behind those that are there; its HTML as mailed."""
    start = store.digest_state(digest.id, NOW).window_end or digest.window.start
    window = Window(start, digest.window.end + day * DAY)
    digest = replace(digest, window=window)
    message = Renderer(archives=URLS).message(digest)
    data = compose.to_json(digest, message.subject)
    parcel = Parcel(
        0, digest.id, 0, "a@b.example", "c@d.example", f"<{day}@b.example>", b"", html=message.html, data=data
    )
    store.apply(EditionUpdate(digest, (parcel,), NOW))
    return message.html


def archive(tmp_path: Path, base: str | None = BASE, digests: tuple[DigestConfig, ...] = (DAILY,)) -> Archive:
    settings = ArchiveSettings(directory=tmp_path / "www", base_url=base)
    return Archive(settings, digests, "Desk <desk@example.org>", Renderer(archives=URLS))


def files(tmp_path: Path) -> dict[str, bytes]:
    root = tmp_path / "www"
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_an_edition_stands_in_the_archive_exactly_as_it_was_mailed_and_the_mail_links_to_it(store, tmp_path):
    html = freeze(store, editions.full())
    assert archive(tmp_path).publish(store) == 1
    name = "digests/daily/2026-11-22T220000Z.html"
    assert files(tmp_path)[name].decode() == html
    assert f"{BASE}/{name}" in Seen(html).links()
    assert f"{BASE}/digests/daily/index.html" in Seen(html).links()


def test_every_link_of_index_and_pages_leads_to_a_file_that_is_there(store, tmp_path):
    for day in range(3):
        freeze(store, editions.full(), day)
    archive(tmp_path, base=None).publish(store)
    root = tmp_path / "www"
    for page in ("index.html", "digests/daily/index.html"):
        links = _hrefs((root / page).read_text())
        assert len(links) >= 5
        for link in links:
            assert ((root / page).parent / link).resolve().is_file(), (page, link)
    assert (root / "index.html").read_text().count("Monday, 23 November 2026") == 1


def test_editions_of_one_day_are_told_apart_by_their_time(store, tmp_path):
    for day in (0, 0.25, 1):
        freeze(store, editions.full(), day)
    archive(tmp_path).publish(store)
    shown = re.findall(r'class="date">([^<]+)<', files(tmp_path)["digests/daily/index.html"].decode())
    assert shown == ["Tuesday, 24 November 2026", "Monday, 23 November 2026, 13:00", "Monday, 23 November 2026, 07:00"]


def _hrefs(html: str) -> list[str]:
    found: list[str] = []

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend(value for name, value in attrs if name == "href" and value)

    Links().feed(html)
    return found


@pytest.mark.parametrize("name", ["full", "hostile"])
def test_its_feeds_are_atom_and_a_reader_of_feeds_reads_them_back(store, tmp_path, name):
    freeze(store, getattr(editions, name)())
    freeze(store, getattr(editions, name)(), 1)
    archive(tmp_path).publish(store)
    written = files(tmp_path)
    feeds = {path: body for path, body in written.items() if path.endswith(".atom")}
    assert {"digests/daily/feed.atom", "topics/north-korea-diplomacy.atom", "topics/bank-of-korea.atom"} <= set(feeds)
    for path, body in feeds.items():
        feed = assert_atom(body)
        read = feedparser.parse(body)
        assert not read.bozo, path
        assert len(read.entries) == len(feed.findall(f"{ATOM}entry")) > 0
        assert all(link.href.startswith("http") for entry in read.entries for link in entry.get("links", ()))
        for entry in feed.iter(f"{ATOM}content"):
            assert re.match(r"<(h2|p)>", entry.text or ""), "a reader would show the tags"
            assert not re.search(r"<(?!/?(?:h2|ul|li|a|br|p)\b)", entry.text or ""), entry.text
            assert not re.search(r"javascript:|data:", "".join(_hrefs(entry.text or "")))
    daily = feedparser.parse(feeds["digests/daily/feed.atom"])
    assert [entry.link.rsplit("/", 1)[1] for entry in daily.entries] == [
        "2026-11-23T220000Z.html",
        "2026-11-22T220000Z.html",
    ]


def test_a_topics_feed_has_each_story_once_however_many_editions_told_of_it(store, tmp_path):
    freeze(store, editions.full())
    freeze(store, editions.full(), 1)
    archive(tmp_path).publish(store)
    read = feedparser.parse(files(tmp_path)["topics/bank-of-korea.atom"])
    assert [entry.title for entry in read.entries] == [
        "Bank of Korea holds rate at 2.25 % and hints at patience through the winter",
        "What the minutes do not say",
    ]
    assert read.entries[0].updated == "2026-11-22T22:00:00Z"
    assert read.entries[0].author == "Ruth Abara"


def test_publishing_again_changes_nothing_and_touches_no_file(store, tmp_path):
    freeze(store, editions.full())
    archive(tmp_path).publish(store)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "www").rglob("*")}
    assert archive(tmp_path).publish(store) == 0
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "www").rglob("*")} == before


def test_after_a_crash_at_any_file_the_next_run_makes_the_archive_whole(store, tmp_path, monkeypatch):
    """Killed before the n-th file, for every n: a later run leaves what one that was never killed leaves."""
    from digest.archive import shelf

    for day in range(2):
        freeze(store, editions.full(), day)
    (tmp_path / "whole").mkdir()
    archive(tmp_path / "whole").publish(store)
    whole = files(tmp_path / "whole")
    write = shelf._write
    for dies_at in range(len(whole)):
        place = tmp_path / str(dies_at)
        left = iter(range(dies_at))

        def dying(path: Path, body: bytes, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise KeyboardInterrupt
            write(path, body)

        monkeypatch.setattr(shelf, "_write", dying)
        with pytest.raises(KeyboardInterrupt):
            archive(place).publish(store)
        monkeypatch.setattr(shelf, "_write", write)
        archive(place).publish(store)
        assert files(place) == whole


def test_what_the_store_forgets_stays_in_the_archive(store, tmp_path):
    freeze(store, editions.full())
    archive(tmp_path).publish(store)
    with Store.open(f"sqlite:///{tmp_path / 'other.db'}", lock=False) as other:
        freeze(other, editions.full(), 1)
        assert archive(tmp_path).publish(other) == 1
    index = files(tmp_path)["digests/daily/index.html"].decode()
    assert index.index("2026-11-23T220000Z.html") < index.index("2026-11-22T220000Z.html")


def test_a_list_that_was_damaged_is_made_anew_from_the_store(store, tmp_path):
    freeze(store, editions.full())
    archive(tmp_path).publish(store)
    whole = files(tmp_path)
    (tmp_path / "www" / "digests" / "daily" / "editions.json").write_text('[{"name"')
    assert archive(tmp_path).publish(store) == 1
    assert files(tmp_path) == whole | {"digests/daily/editions.damaged": b'[{"name"'}


def test_only_the_newest_editions_keep_their_stories_in_the_list():
    old = records.EditionRecord("2026", "S", "2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00", 1, {})
    story = records.StoryRecord("t", "T", "u", "f", (), "", None, "")
    every = [replace(old, name=f"{number:03}", stories=(story,)) for number in range(60)]
    kept = records.merged(every[:30], every[20:])
    assert [each.name for each in kept] == [f"{number:03}" for number in range(59, -1, -1)]
    assert [bool(each.stories) for each in kept] == [True] * records.WITH_STORIES + [False] * 10
    assert records.from_json(records.to_json(kept)) == kept


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_directory_that_may_not_be_written_is_named(store, tmp_path):
    (tmp_path / "www").mkdir(mode=0o500)
    freeze(store, editions.full())
    with pytest.raises(ArchiveError, match="www"):
        archive(tmp_path).publish(store)


def test_a_file_in_the_way_is_named_and_nothing_is_lost(store, tmp_path):
    freeze(store, editions.full())
    (tmp_path / "www").write_text("in the way")
    with pytest.raises(ArchiveError, match="www"):
        archive(tmp_path).publish(store)
    (tmp_path / "www").unlink()
    assert archive(tmp_path).publish(store) == 1


async def test_over_http_there_are_the_pages_and_feeds_and_nothing_else(store, tmp_path):
    freeze(store, editions.full())
    archive(tmp_path).publish(store)
    (tmp_path / "secret.html").write_text("secret")
    app = web.Application()
    app.add_routes(routes(lambda: tmp_path / "www"))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    home = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with aiohttp.ClientSession() as session:

            async def get(path: str) -> aiohttp.ClientResponse:
                async with session.get(home + path) as answer:
                    await answer.read()
                    return answer

            for path in ("/archive", "/archive/", "/archive/index.html", "/archive/digests/daily/"):
                answer = await get(path)
                assert answer.status == 200
                assert answer.content_type == "text/html"
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert (await get("/archive/digests/daily/2026-11-22T220000Z.html")).status == 200
            feed = await get("/archive/digests/daily/feed.atom")
            assert feed.content_type == "application/atom+xml"
            async with session.get(feed.url, headers={"If-Modified-Since": feed.headers["Last-Modified"]}) as again:
                assert again.status == 304
            for path in (
                "%2e%2e/secret.html",
                "..%2fsecret.html",
                "digests/daily/editions.json",
                "digests/absent/",
                "x",
            ):
                assert (await get(f"/archive/{path}")).status == 404, path
    finally:
        await runner.cleanup()


def test_a_date_before_the_calendar_and_one_with_an_offset_are_told_in_utc():
    from digest.render.atom import AtomEntry, AtomFeed, atom

    moment = datetime(2026, 11, 22, 22, tzinfo=UTC)
    entry = AtomEntry("n", "T", moment, None, "<p>x</p>", published=datetime(1, 1, 1, tzinfo=UTC))
    feed = assert_atom(atom(AtomFeed("f", "F", "A", moment, [entry])))
    assert feed.findtext(f"{ATOM}entry/{ATOM}published") == "0001-01-01T00:00:00Z"
    assert json.dumps(feed.findtext(f"{ATOM}updated")) == '"2026-11-22T22:00:00Z"'


def test_stories_of_several_entries_at_one_page_each_stand_in_a_topics_feed():
    """Under one address, as in a changelog, each with an id of its own; the same story of two editions once."""
    records_of = {}
    for digest_id, titles in (("daily", ["One", "Two"]), ("weekly", ["One"])):
        told = [
            editions.flagged(n, "A", title, f"Text {n} of it", why=(editions.nk(1, "Pyongyang"),))
            for n, title in enumerate(titles, 1)
        ]
        told = [
            replace(each, article=replace(each.article, url="https://a.example/changelog"), shares_page=True)
            for each in told
        ]
        digest = compose.edition(editions.Desk(), stories.group(told), editions.TITLES, editions.WINDOW, Coverage(1, 1))
        data = compose.to_json(digest, "Subject")
        records_of[digest_id] = [
            records.record(StoredEdition(len(records_of) + 1, digest_id, editions.WINDOW, "", data))
        ]
    made = Archive(ArchiveSettings(base_url=BASE), (DAILY,), "desk@example.org", Renderer())
    feed = made._topic_feed("north-korea-diplomacy", "T", records_of)
    assert_atom(feed)
    assert sorted(entry.title for entry in feedparser.parse(feed).entries) == ["One", "Two"]


_ANY = st.text(st.characters(), max_size=60) | st.text(
    st.sampled_from(list("<>&\"'{}%=?:/\r\n\x00\u202e\u2028\ud800\ufffea b]")), max_size=40
)


@settings(max_examples=80)
@given(title=_ANY, outlet=_ANY, author=_ANY, text=_ANY, url=_ANY, language=_ANY)
def test_no_text_whatever_breaks_a_feed_or_an_index(title, outlet, author, text, url, language):
    """For any words of publishers the feeds are Atom, and the index has only our own elements and links."""
    story = editions.flagged(1, "A", title, text, why=(editions.nk(1, "Pyongyang"),), authors=(author,))
    article = replace(story.article, url=f"https://a.example/{url}", language=language)
    story = replace(story, article=article, feed_name=outlet)
    digest = compose.edition(editions.Desk(), stories.group([story]), editions.TITLES, editions.WINDOW, Coverage(1, 1))
    data = compose.to_json(digest, title)
    record = records.record(StoredEdition(1, "daily", editions.WINDOW, "", data))
    [kept] = records.from_json(records.to_json([record]))
    made = Archive(ArchiveSettings(base_url=BASE), (DAILY,), "desk@example.org", Renderer())
    assert_atom(made._digest_feed(DAILY, [kept]))
    assert_atom(made._topic_feed("north-korea-diplomacy", "T", {"daily": [kept]}))
    index = made._digest_index(DAILY, [kept]).decode()
    assert set(re.findall(r"<([a-z0-9]+)", index)) <= set(
        "html head meta title link style body main nav a h1 h2 ul li span p".split(" ")  # noqa: SIM905
    )
    assert all(not re.match(r"\w+:", href) for href in _hrefs(index))
