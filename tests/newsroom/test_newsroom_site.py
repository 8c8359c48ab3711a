"""The sample newsroom's site: every feed in its format, conditional requests, broken neighbours."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import feedparser
import pytest

from digest import config
from digest.newsroom import CONFIG, Newsroom, outlets, pieces

FORMATS = {
    "brackwater": "rss20",
    "meridiem": "atom10",
    "quillport": "rss091n",
    "tollgate": "rss20",
    "narrows": "atom03",
    "saebyeok": "rss092",
    "namchon": "rss20",
    "shiomi": "rss10",
    "falkenried": "atom10",
}
WRITING = [outlet.id for outlet in outlets().values() if not outlet.fault]


@pytest.mark.parametrize("outlet", FORMATS)
async def test_every_feed_parses_as_its_format_with_all_its_entries(newsroom, browser, outlet):
    async with browser.get(newsroom.feed_url(outlet)) as response:
        parsed = feedparser.parse(
            await response.read(), response_headers={"content-type": response.headers["Content-Type"]}
        )
    titles = [truth.title for truth in newsroom.truth() if truth.outlet == outlet]
    assert (parsed.version, parsed.bozo) == (FORMATS[outlet], False)
    assert [" ".join(entry.title.split()) for entry in parsed.entries] == titles


async def test_the_json_feed_is_json_feed_1_1(newsroom, browser):
    async with browser.get(newsroom.feed_url("wickerlamp")) as response:
        assert response.content_type == "application/feed+json"
        feed = json.loads(await response.text())
    truths = [truth for truth in newsroom.truth() if truth.outlet == "wickerlamp"]
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [(item["title"], item["url"]) for item in feed["items"]] == [(t.title, t.link) for t in truths]


async def test_a_feed_states_the_links_and_dates_of_the_truth(newsroom, browser):
    async with browser.get(newsroom.feed_url("tollgate")) as response:
        parsed = feedparser.parse(await response.read())
    stated = {entry.link: parsedate_to_datetime(entry.published) for entry in parsed.entries}
    assert stated == {t.link: t.published for t in newsroom.truth() if t.outlet == "tollgate"}
    assert all("utm_source" in link for link in stated)


@pytest.mark.parametrize("outlet", ["namchon", "quillport"])
async def test_a_feed_that_is_not_in_utf_8_says_so_and_is_so(newsroom, browser, outlet):
    async with browser.get(newsroom.feed_url(outlet)) as response:
        body = await response.read()
        assert response.charset == outlets()[outlet].feed_encoding
    assert f'encoding="{response.charset}"' in body.decode(response.charset)


@pytest.mark.parametrize("outlet", WRITING)
async def test_a_feed_that_has_not_changed_is_answered_with_304_and_no_body(newsroom, browser, outlet):
    async with browser.get(newsroom.feed_url(outlet)) as first:
        etag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    for asked in ({"If-None-Match": etag}, {"If-Modified-Since": modified}, {"If-None-Match": f'"x", {etag}'}):
        async with browser.get(newsroom.feed_url(outlet), headers=asked) as again:
            assert (again.status, await again.read(), again.headers["ETag"]) == (304, b"", etag)


@pytest.mark.parametrize(
    "asked",
    [
        {"If-None-Match": '"another"', "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
        {"If-Modified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"},
        {"If-Modified-Since": "yesterday"},
    ],
)
async def test_other_validators_bring_the_whole_feed(newsroom, browser, asked):
    async with browser.get(newsroom.feed_url("brackwater"), headers=asked) as response:
        assert (response.status, b"<item>" in await response.read()) == (200, True)


async def test_feeds_and_pages_are_gzipped_for_who_accepts_it_and_only_then(newsroom):
    url = newsroom.feed_url("meridiem")
    wishes = {"Accept-Encoding": "gzip"}
    async with aiohttp.ClientSession(auto_decompress=False, headers=wishes) as session, session.get(url) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        body = gzip.decompress(await packed.read())
    async with aiohttp.ClientSession(headers={"Accept-Encoding": "identity"}) as session, session.get(url) as plain:
        assert "Content-Encoding" not in plain.headers
        assert (await plain.read(), plain.headers["ETag"]) == (body, packed.headers["ETag"])


async def test_every_article_answers_as_its_truth_says(newsroom, browser):
    kinds = {"missing": (404, "text/html"), "pdf": (200, "application/pdf")}
    for truth in newsroom.truth():
        for url in {truth.url, truth.link}:
            async with browser.get(url) as response:
                assert (response.status, response.content_type) == kinds.get(truth.page, (200, "text/html")), url


async def test_pages_come_in_the_charset_they_declare(newsroom, browser):
    expected = {"quillport": "windows-1252", "namchon": "euc-kr", "shiomi": "shift_jis"}
    for truth in newsroom.truth():
        if truth.page == "article" and truth.outlet in expected:
            async with browser.get(truth.url) as response:
                assert response.charset == expected[truth.outlet]
                assert truth.paragraphs[-1] in " ".join((await response.text()).split())


async def test_the_faulty_feeds_fail_each_in_its_way(newsroom, browser):
    async with browser.get(newsroom.feed_url("cinder")) as response:
        assert response.status == 500
    async with browser.get(newsroom.feed_url("quarto")) as response:
        assert (response.status, response.content_type) == (200, "text/html")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(browser.get(newsroom.feed_url("stillwater")), timeout=0.3)


async def test_the_silent_feed_lets_go_when_the_newsroom_closes(browser):
    async with Newsroom(datetime.now(UTC)) as newsroom:
        waiting = asyncio.create_task(browser.get(newsroom.feed_url("stillwater")))
        await asyncio.sleep(0.2)
        closing = time.monotonic()
    assert time.monotonic() - closing < 3
    await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.done()


async def test_a_front_page_names_its_feed(newsroom, browser):
    async with browser.get(newsroom.urls["narrows"]) as response:
        assert 'type="application/xml" title="Narrows Watch" href="/index.atom"' in await response.text()


async def test_every_visit_is_logged_with_its_headers(newsroom, browser):
    async with browser.get(newsroom.feed_url("cinder"), headers={"If-None-Match": '"x"'}):
        visit = newsroom.visits[-1]
    assert (visit.outlet, visit.path, visit.status, visit.headers["if-none-match"]) == ("cinder", "/rss", 500, '"x"')


async def test_nothing_on_a_page_leads_off_the_machine(newsroom, browser):
    for truth in newsroom.truth():
        async with browser.get(truth.url) as response:
            page = await response.text(errors="replace")
        assert not re.findall(r'(?:href|src)="?(?:https?:)?//(?!127\.0\.0\.1[:/"])', page, re.IGNORECASE), truth.url


async def test_dates_stand_relative_to_now_and_within_six_days_or_before_seven(newsroom):
    ages = [(newsroom.now - truth.published).total_seconds() / 3600 for truth in newsroom.truth()]
    assert len(ages) == len(pieces())
    assert all(0 < age < 6 * 24 or age > 7 * 24 for age in ages)
    assert {truth.fresh for truth in newsroom.truth() if truth.published.date() == newsroom.now.date()} == {True}


async def test_the_sample_configuration_subscribes_to_every_outlet(newsroom):
    loaded = config.load(CONFIG, {**newsroom.environment, "HOME": "/nowhere"})
    assert sorted(feed.url for feed in loaded.feeds) == sorted(map(newsroom.feed_url, newsroom.urls))
