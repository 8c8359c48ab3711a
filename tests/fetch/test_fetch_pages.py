"""Pages are HTML, asked for once robots.txt allows, and found behind what only sends the reader on."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from fetch_web import PerHost, Request, Serve, Settings, Site, paths, response

from digest.errors import FetchError
from digest.fetch import Fetcher
from digest.fetch.wrappers import carried, refresh

HTML = b"<!doctype html><html><body><p>An article.</p></body></html>"


def page(body: bytes = HTML, kind: str | None = "text/html; charset=utf-8") -> bytes:
    return response(body, headers={"Content-Type": kind} if kind else {})


async def refused(fetcher: Fetcher, site: Site, path: str = "/page") -> str:
    with pytest.raises(FetchError) as caught:
        await fetcher.page(site.url(path))
    return str(caught.value)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html; charset=euc-kr", HTML),
        ("TEXT/HTML", HTML),
        ("application/xhtml+xml", b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>"),
        ("text/plain", b"plain words"),
        (None, HTML),
        ("application/octet-stream", HTML),
        ("text/xml", b"<?xml version='1.0'?><!DOCTYPE html><html/>"),
    ],
)
async def test_html_xhtml_and_plain_text_are_pages(
    serve: Serve, fetcher: Fetcher, kind: str | None, body: bytes
) -> None:
    site = await serve(paths({"/page": page(body, kind)}))
    got = await fetcher.page(site.url("/page"))
    assert (got.url, got.body, got.content_type) == (site.url("/page"), body, kind or "")


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("application/pdf", b"%PDF-1.7", "this is a PDF document, not a web page"),
        (None, b"%PDF-1.7", "this is a PDF document, not a web page"),
        ("text/html", b"%PDF-1.7", "this is a PDF document, not a web page"),
        ("image/jpeg", b"\xff\xd8", "this is an image, not a web page"),
        ("application/rss+xml", b"<rss/>", "this is a feed, not a web page"),
        ("application/xml", b"<?xml version='1.0'?><rss/>", "this is a feed, not a web page"),
        ("application/vnd.ms-excel", b"", "this is an office document, not a web page"),
        ("font/woff2", b"", "this is of the type font/woff2, not a web page"),
        ("application/octet-stream", b"\x00\x01\x02", "this is a binary file, not a web page"),
    ],
)
async def test_other_kinds_are_refused_by_name(
    serve: Serve, fetcher: Fetcher, kind: str | None, body: bytes, words: str
) -> None:
    site = await serve(paths({"/page": page(body, kind)}))
    assert await refused(fetcher, site) == words


async def test_a_document_of_another_kind_is_not_downloaded(serve: Serve, fetcher: Fetcher) -> None:
    sent = 0

    async def pdf(request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        if request.path == "/robots.txt":
            writer.write(response(status="404 Not Found"))
            return
        writer.write(response(headers={"Content-Type": "application/pdf"}, length=900_000))
        for _ in range(900):
            writer.write(b"x" * 1000)
            await writer.drain()
            await asyncio.sleep(0.001)
            sent += 1

    site = await serve(pdf)
    await refused(fetcher, site)
    assert sent < 100


# --- robots.txt -----------------------------------------------------------------------------------

ROBOTS = b"User-agent: *\nDisallow: /closed\nAllow: /closed/but*open$\n\nUser-agent: other\nDisallow: /\n"


async def test_robots_txt_is_asked_once_and_honoured(serve: Serve, fetcher: Fetcher) -> None:
    site = await serve(
        paths({"/robots.txt": response(ROBOTS), "/page": page(), "/closed/x": page(), "/closed/but-open": page()})
    )
    await asyncio.gather(*(fetcher.page(site.url("/page")) for _ in range(5)))
    await fetcher.page(site.url("/closed/but-open"))
    error = await refused(fetcher, site, "/closed/x")
    assert error == "127.0.0.1 does not want this page to be read by programs (robots.txt)"
    asked = [request.path for request in site.requests]
    assert asked == ["/robots.txt", *["/page"] * 5, "/closed/but-open"]


async def test_rules_for_digest_by_name_come_before_those_for_all(serve: Serve, fetcher: Fetcher) -> None:
    rules = b"User-agent: Digest\nDisallow: /page\n\nUser-agent: *\nDisallow:\n"
    site = await serve(paths({"/robots.txt": response(rules), "/page": page()}))
    assert "robots.txt" in await refused(fetcher, site)


async def test_feeds_need_no_permission(serve: Serve, fetcher: Fetcher) -> None:
    site = await serve(paths({"/robots.txt": response(b"User-agent: *\nDisallow: /\n"), "/feed": response(b"x")}))
    await fetcher.feed(site.url())
    assert [request.path for request in site.requests] == ["/feed"]


async def test_robots_txt_counts_at_every_hop(serve: Serve, fetcher: Fetcher) -> None:
    closed = await serve(paths({"/robots.txt": response(b"User-agent: *\nDisallow: /\n"), "/page": page()}))
    away = response(status="302 Found", headers={"Location": closed.url("/page")})
    site = await serve(paths({"/page": away}))
    assert "robots.txt" in await refused(fetcher, site)
    assert [request.path for request in closed.requests] == ["/robots.txt"]


@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "410 Gone"])
async def test_without_robots_txt_all_is_open(serve: Serve, fetcher: Fetcher, status: str) -> None:
    site = await serve(paths({"/robots.txt": response(status=status), "/page": page()}))
    assert (await fetcher.page(site.url("/page"))).body == HTML


async def test_a_robots_txt_that_can_not_be_read_closes_the_site_for_now(serve: Serve, fetcher: Fetcher) -> None:
    site = await serve(paths({"/robots.txt": response(status="500 Internal Server Error"), "/page": page()}))
    with pytest.raises(FetchError, match=r"robots\.txt: 500") as caught:
        await fetcher.page(site.url("/page"))
    assert caught.value.retryable
    await refused(fetcher, site)
    assert [request.path for request in site.requests] == ["/robots.txt"]


async def test_a_crawl_delay_spaces_the_starts(serve: Serve) -> None:
    site = await serve(paths({"/robots.txt": response(b"User-agent: *\nCrawl-delay: 0.2\n"), "/page": page()}))
    async with Fetcher(Settings(per_host=PerHost(gap=0.01))) as fetcher:
        await asyncio.gather(*(fetcher.page(site.url("/page")) for _ in range(3)))
    starts = [request.at for request in site.requests if request.path == "/page"]
    assert all(later - earlier > 0.19 for earlier, later in pairwise(starts))


async def test_a_huge_or_strange_robots_txt_does_no_harm(serve: Serve, fetcher: Fetcher) -> None:
    for text in (
        b"\xff\xfe\x00" * 1000,
        HTML,
        b"Disallow: /*a" * 60_000,
        b"User-agent: *\n" + b"Disallow: /x\n" * 60_000,
    ):
        site = await serve(paths({"/robots.txt": response(text), "/page": page()}))
        assert (await fetcher.page(site.url("/page"))).body == HTML


# --- what only sends the reader on ----------------------------------------------------------------


async def test_an_instant_meta_refresh_is_a_redirect(serve: Serve, fetcher: Fetcher) -> None:
    wrapper = page(b"""<html><head><META content='0; URL="/page?a=1&amp;b=2"' HTTP-EQUIV="Refresh"></head></html>""")
    site = await serve(paths({"/wrapper": wrapper, "/page?a=1&b=2": page()}))
    got = await fetcher.page(site.url("/wrapper"))
    assert (got.url, got.body) == (site.url("/page?a=1&b=2"), HTML)


async def test_refreshes_in_a_circle_are_refused_and_a_reload_is_a_page(serve: Serve, fetcher: Fetcher) -> None:
    to_b = page(b"<meta http-equiv=refresh content='0;url=/b'>")
    to_a = page(b"<meta http-equiv=refresh content='0;url=/a'>")
    site = await serve(
        paths({"/a": to_b, "/b": to_a, "/self": page(b"<meta http-equiv=refresh content='0;url=/self'>")})
    )
    assert "in a circle" in await refused(fetcher, site, "/a")
    assert (await fetcher.page(site.url("/self"))).url == site.url("/self")


@pytest.mark.parametrize(
    "element",
    [
        b"<meta http-equiv='refresh' content='300'>",
        b"<meta http-equiv='refresh' content='300; url=/x'>",
        b"<meta name='refresh' content='0; url=/x'>",
        b"<p>meta http-equiv=refresh content='0;url=/x'",
        b"<meta " * 20_000,
    ],
)
def test_a_page_that_stays_is_not_left(element: bytes) -> None:
    assert refresh(element) is None


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("https://www.google.com/url?rct=j&url=https%3A%2F%2Fa.example%2Fx%3Fy%3D1&ct=ga", "https://a.example/x?y=1"),
        ("https://www.google.com/url?q=javascript:x", "https://www.google.com/url?q=javascript:x"),
        ("http://www.bing.com/news/apiclick.aspx?ref=x&url=http%3a%2f%2fa.example%2f1", "http://a.example/1"),
        ("https://a.example/url?url=https://b.example/", "https://a.example/url?url=https://b.example/"),
        ("http://[::1", "http://[::1"),
    ],
)
def test_links_that_carry_their_target_are_shortened(link: str, target: str) -> None:
    assert carried(link) == target
