"""Pages are HTML, asked for once robots.txt allows, and found behind what only sends the reader on."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from itertools import pairwise

import pytest
from fetch_web import PerHost, Request, Serve, Settings, Site, paths, response
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import FetchError
from digest.fetch import Fetcher
from digest.fetch.wrappers import carried, onward, refresh

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


def news_link(*addresses: bytes) -> str:
    """A link of Google News whose id holds addresses, as its protocol buffer has them."""
    raw = b"\x08\x13"
    for tag, address in zip((b"\x22", b"\xd2\x01"), addresses, strict=False):
        length = bytes([len(address)]) if len(address) < 128 else bytes([len(address) & 0x7F | 0x80, len(address) >> 7])
        raw += tag + length + address
    return "https://news.google.com/rss/articles/" + urlsafe_b64encode(raw).decode().rstrip("=") + "?oc=5"


# --- what only sends the reader on ----------------------------------------------------------------


async def test_a_redirect_to_the_front_page_is_how_sites_say_that_a_page_is_gone(
    serve: Serve, fetcher: Fetcher
) -> None:
    site = await serve(
        paths(
            {
                "/old": response(status="301 Moved", headers={"Location": "/index.html"}),
                "/away": response(status="302 Found", headers={"Location": "/news/1"}),
                "/": page(),
                "/index.html": page(),
                "/news/1": page(),
            }
        )
    )
    assert "leads to its front page instead" in await refused(fetcher, site, "/old")
    assert (await fetcher.page(site.url("/away"))).body == HTML
    assert (await fetcher.page(site.url("/"))).body == HTML, "asked for as such"


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
        ("https://www.google.com/amp/s/a.example/x?y=1", "https://a.example/x?y=1"),
        (
            "https://consent.google.com/ml?gl=DE&continue=https://www.google.com/url?q%3Dhttps://a.example/1",
            "https://a.example/1",
        ),
        (news_link(b"https://a.example/news/1", b"https://amp.a.example/1"), "https://a.example/news/1"),
        (news_link(b"https://a.example/" + b"long" * 60), "https://a.example/" + "long" * 60),
        (news_link(b"AU_yqLNo_address_within"), news_link(b"AU_yqLNo_address_within")),
        (
            "https://news.google.com/rss/articles/CBMiAAAAAAAAAAAAAAAAAA",
            "https://news.google.com/rss/articles/CBMiAAAAAAAAAAAAAAAAAA",
        ),
        ("https://news.google.com/topics/CAAqBwgKMK", "https://news.google.com/topics/CAAqBwgKMK"),
    ],
)
def test_links_that_carry_their_target_are_shortened(link: str, target: str) -> None:
    assert carried(link) == target


@given(st.binary(max_size=60), st.text(max_size=60))
def test_looking_into_links_and_pages_never_raises(raw: bytes, text: str) -> None:
    news_id = urlsafe_b64encode(raw).decode().rstrip("=")
    carried(f"https://news.google.com/rss/articles/{news_id}")
    carried(text)
    onward(raw, "https://a.example/")
    onward(f"<a href='{text}'>redirect".encode("utf-8", "replace"), f"https://a.example/?u={text}")


AWAY = b"https://b.example/article?id=1"


@pytest.mark.parametrize(
    ("body", "url"),
    [
        (b"<p>You are being redirected.</p><a href='%s'>Go</a>" % AWAY, "https://a.example/go/1"),
        (b"<a href='%s'>b.example</a><a href='/'>Home</a>" % AWAY, f"https://a.example/?to={AWAY.decode()}"),
        (b"<script>window.location.replace('https:\\/\\/b.example\\/article?id=1')</script>", "https://t.example/x"),
        (b'<script>var a = 1; location.href = "%s";</script><noscript>On</noscript>' % AWAY, "https://t.example/x"),
        ("<title>이동 중</title><p>잠시 후 이동합니다</p><a href='%s'>b</a>".encode() % AWAY, "https://a.example/go"),
    ],
)
def test_a_page_that_only_sends_on_is_left_for_its_one_target(body: bytes, url: str) -> None:
    assert onward(body, url) == AWAY.decode()


@pytest.mark.parametrize(
    "body",
    [
        b"<h1>Ferry late</h1><p>The 9:40 is late. See <a href='%s'>the harbour's notice</a>.</p>" % AWAY,
        b"<p>Redirecting</p><a href='%s'>one</a> <a href='https://c.example/'>two</a>" % AWAY,
        b"<p>" + b"The council redirected the money. " * 40 + b"<a href='%s'>Source</a>" % AWAY,
        b"<p>Redirecting</p><a href='/next'>on this site</a>",
        b"<p>" + b"Trains were redirected over the old bridge. " * 5 + b"<a href='%s'>Source</a>" % AWAY,
        b"<p>Redirecting</p><a href='javascript:go()'>on</a>",
        b"<a href='" * 9_000,
        b"<script>" * 8_000,
        b"<script>if (old) location.href = '%s'</script>" % AWAY + b"<script>var x = 1;</script>" * 200,
        b"location = '" * 5_000,
    ],
)
def test_a_short_page_with_something_to_say_is_not_left(body: bytes) -> None:
    assert onward(body, "https://a.example/news/1") is None


async def test_interstitials_count_among_the_five_redirects(serve: Serve, fetcher: Fetcher) -> None:
    other = await serve(paths({"/page": page(), "/robots.txt": response(status="404 Not Found")}), host="127.0.0.2")
    between = page(b"<p>You are leaving this site</p><a href='%s'>on</a>" % other.url("/page").encode())
    site = await serve(paths({"/out": between}))
    got = await fetcher.page(site.url("/out"))
    assert (got.url, got.body) == (other.url("/page"), HTML)
