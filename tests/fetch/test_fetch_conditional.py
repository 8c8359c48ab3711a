"""The fetcher asks politely: it says who it is, what it has, and nothing else."""

from __future__ import annotations

import pytest
from fetch_web import Serve, Settings, always, paths, response

from digest.errors import FetchError
from digest.fetch import Fetcher
from digest.model import Validators

NOT_MODIFIED = b'HTTP/1.1 304 Not Modified\r\nETag: "new"\r\n\r\n'


@pytest.mark.parametrize(
    "etag", ['"abc"', 'W/"abc"', "bare", '"with \\" quote"', '"ünï"', "'single'", '"a,b"', '""', '"gzip-x--gzip"']
)
async def test_validators_go_back_byte_for_byte(serve: Serve, fetcher: Fetcher, etag: str) -> None:
    modified = "Sun, 06 Nov 94  8:49:37 gmt"  # wrong in every way, and none of our business
    head = b"HTTP/1.1 200 OK\r\nETag: " + etag.encode() + b"\r\nLast-Modified: " + modified.encode() + b"\r\n"
    site = await serve(always(head + b"Content-Length: 1\r\n\r\nx"))
    first = await fetcher.feed(site.url())
    assert first.validators == Validators(etag, modified)
    await fetcher.feed(site.url(), validators=first.validators)
    assert b"\r\nIf-None-Match: " + etag.encode() + b"\r\n" in site.requests[1].raw
    assert b"\r\nIf-Modified-Since: " + modified.encode() + b"\r\n" in site.requests[1].raw


async def test_without_validators_the_request_is_unconditional(serve: Serve, fetcher: Fetcher) -> None:
    site = await serve(always(response(b"x")))
    assert (await fetcher.feed(site.url())).validators == Validators()
    assert not {"if-none-match", "if-modified-since"} & set(site.requests[0].headers)


async def test_not_modified_is_a_success_with_an_empty_body_and_keeps_validators(
    serve: Serve, fetcher: Fetcher
) -> None:
    site = await serve(always(NOT_MODIFIED))
    fetched = await fetcher.feed(site.url(), validators=Validators('"old"', "Sun, 06 Nov 1994 08:49:37 GMT"))
    assert fetched.not_modified
    assert fetched.body == b""
    assert fetched.validators == Validators('"new"', "Sun, 06 Nov 1994 08:49:37 GMT")


async def test_validators_are_sent_only_to_the_url_they_came_from(serve: Serve, fetcher: Fetcher) -> None:
    target = await serve(always(NOT_MODIFIED))
    site = await serve(always(response(status="302 Found", headers={"Location": target.url("/moved#part")})))
    fetched = await fetcher.feed(
        site.url(), validators=Validators('"of the target"'), validators_url=target.url("/moved#other")
    )
    assert fetched.not_modified
    assert "if-none-match" not in site.requests[0].headers
    assert target.requests[0].headers["if-none-match"] == '"of the target"'
    with pytest.raises(FetchError):  # its validators are not the target's, so the 304 answers no question of ours
        await fetcher.feed(site.url(), validators=Validators('"of the site"'))
    assert "if-none-match" not in target.requests[1].headers


async def test_the_request_says_who_asks_and_for_what_and_carries_no_cookie_or_referer(serve: Serve) -> None:
    site = await serve(
        paths(
            {
                "/feed": response(status="301 Moved", headers={"Location": "/new", "Set-Cookie": "id=1; Path=/"}),
                "/new": response(b"x", headers={"Set-Cookie": "id=2"}),
            }
        )
    )
    async with Fetcher(Settings(), version="9.8") as fetcher:
        await fetcher.feed(site.url())
        await fetcher.feed(site.url())
    assert [request.path for request in site.requests] == ["/feed", "/new"] * 2
    for request in site.requests:
        assert request.headers["user-agent"] == "digest/9.8 (+https://example.org/about)"
        assert request.headers["accept-encoding"] == "gzip, deflate, br, zstd"
        assert request.headers["accept"].startswith("application/atom+xml, application/rss+xml")
        assert not {"cookie", "referer", "authorization"} & set(request.headers)
        assert request.line.startswith("GET ")


async def test_configured_headers_and_credentials_are_sent(serve: Serve, fetcher: Fetcher) -> None:
    site = await serve(always(response(b"x")))
    await fetcher.feed(site.url(), headers={"X-Token": "secret", "User-Agent": "special"})
    assert site.requests[0].headers["x-token"] == "secret"
    assert site.requests[0].headers["user-agent"] == "special"
    fetched = await fetcher.feed(site.url().replace("//", "//us%40er:pa%3Ass@"))
    assert site.requests[1].headers["authorization"] == "Basic dXNAZXI6cGE6c3M="
    assert "@" not in fetched.final_url


@pytest.mark.parametrize(
    ("status", "words", "retryable"),
    [
        ("401 Unauthorized", "wants a login", False),
        ("403 Forbidden", "refuses this page (403)", False),
        ("404 Not Found", "has no such page (404)", False),
        ("410 Gone", "gone for good (410)", False),
        ("429 Too Many Requests", "fewer requests", True),
        ("500 Internal Server Error", "answered 500 Internal Server Error", True),
        ("503 Service Unavailable", "answered 503 Service Unavailable", True),
        ("206 Partial Content", "answered 206 Partial Content", True),
        ("204 No Content", "answered 204 No Content", True),
        ("799 Strange", "answered 799", True),
    ],
)
async def test_other_answers_are_errors_in_words_with_their_status(
    serve: Serve, fetcher: Fetcher, status: str, words: str, retryable: bool
) -> None:
    site = await serve(always(response(status=status)))
    with pytest.raises(FetchError, match="127") as caught:
        await fetcher.feed(site.url())
    assert words in str(caught.value)
    assert caught.value.retryable is retryable
    assert caught.value.status == int(status[:3])


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": "90"}, 90.0),
        ({"Retry-After": "99999999999999"}, 30 * 86400.0),
        ({"Retry-After": "9" * 500}, 30 * 86400.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:30:00 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 120.0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:30:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({}, None),
    ],
)
async def test_retry_after_is_understood_in_both_forms(
    serve: Serve, fetcher: Fetcher, status: str, headers: dict[str, str], wait_s: float | None
) -> None:
    site = await serve(always(response(status=status, headers=headers)))
    with pytest.raises(FetchError) as caught:
        await fetcher.feed(site.url())
    assert caught.value.retry_after_s == wait_s


async def test_headers_come_in_lower_case_and_in_any_charset(serve: Serve, fetcher: Fetcher) -> None:
    head = b'HTTP/1.1 200 OK\r\nX-Name: caf\xe9\r\nX-NAME: caf\xc3\xa9\r\nETag: "a"\r\nETag: "b"\r\n'
    site = await serve(always(head + b"Content-Length: 1\r\n\r\nx"))
    fetched = await fetcher.feed(site.url())
    assert fetched.headers["x-name"] == "café, café"
    assert fetched.validators.etag == '"a"'
