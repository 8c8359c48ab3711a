"""Redirects are followed by hand: a few, on the web only, without secrets, and never in circles."""

from __future__ import annotations

import pytest
from fetch_web import Serve, Settings, Site, always, paths, response

from digest.errors import FetchError
from digest.fetch import Fetcher
from digest.model import Redirect


def moved(location: str, status: str = "302 Found") -> bytes:
    return response(status=status, headers={"Location": location})


async def refused(fetcher: Fetcher, site: Site) -> str:
    with pytest.raises(FetchError) as caught:
        await fetcher.feed(site.url())
    return str(caught.value)


async def test_every_hop_is_recorded_with_its_status_and_absolute_url(serve: Serve, fetcher: Fetcher) -> None:
    site = await serve(
        paths(
            {
                "/feed": moved("next?a=1#fragment", "301 Moved Permanently"),
                "/next?a=1": moved("/caf%C3%A9", "307 Temporary Redirect"),
                "/caf%C3%A9": moved("../end", "308 Permanent Redirect"),
                "/end": response(b"here"),
            }
        )
    )
    fetched = await fetcher.feed(site.url())
    assert fetched.body == b"here"
    assert fetched.url == site.url()
    assert fetched.final_url == site.url("/end")
    assert fetched.redirects == (
        Redirect(301, site.url("/next?a=1")),
        Redirect(307, site.url("/caf%C3%A9")),
        Redirect(308, site.url("/end")),
    )


async def test_a_location_in_raw_utf8_is_understood(serve: Serve, fetcher: Fetcher) -> None:
    raw = "HTTP/1.1 302 Found\r\nLocation: /기사 1\r\nContent-Length: 0\r\n\r\n".encode()
    site = await serve(paths({"/feed": raw, "/%EA%B8%B0%EC%82%AC%201": response(b"here")}))
    assert (await fetcher.feed(site.url())).body == b"here"


async def test_five_redirects_are_followed_and_six_are_not(serve: Serve, fetcher: Fetcher) -> None:
    chain = {f"/{number}": moved(f"/{number + 1}") for number in range(1, 6)}
    site = await serve(paths({**chain, "/feed": moved("/2"), "/6": response(b"here")}))
    assert len((await fetcher.feed(site.url())).redirects) == 5
    site = await serve(paths({**chain, "/feed": moved("/1"), "/6": response(b"here")}))
    assert await refused(fetcher, site) == "127.0.0.1 redirects more than 5 times"


async def test_circles_are_refused(serve: Serve, fetcher: Fetcher) -> None:
    site = await serve(always(moved("/feed")))
    assert await refused(fetcher, site) == "127.0.0.1 redirects in a circle"
    site = await serve(paths({"/feed": moved("/a"), "/a": moved("/feed#x")}))
    assert await refused(fetcher, site) == "127.0.0.1 redirects in a circle"


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "javascript:alert(1)", "data:,x"]
)
async def test_only_the_web_is_followed(serve: Serve, fetcher: Fetcher, location: str) -> None:
    site = await serve(always(moved(location)))
    assert "which is not the web" in await refused(fetcher, site)


async def test_a_redirect_to_nowhere_is_an_error(serve: Serve, fetcher: Fetcher) -> None:
    site = await serve(always(response(status="302 Found")))
    assert "without saying where" in await refused(fetcher, site)
    site = await serve(always(moved("http://[::1/")))
    assert "no address" in await refused(fetcher, site)


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/meta-data", "http://127.0.0.2:1/", "http://10.1.2.3/"]
)
async def test_a_redirect_to_a_private_address_is_refused(serve: Serve, target: str) -> None:
    site = await serve(always(moved(target)))
    async with Fetcher(Settings(allow_networks=("127.0.0.1/32",))) as fetcher:
        assert "allow it with poll.allow_networks" in await refused(fetcher, site)


async def test_secrets_stay_with_their_origin_even_when_a_hop_leads_back(serve: Serve, fetcher: Fetcher) -> None:
    answers = {"/feed": moved("/same"), "/back": response(b"here")}
    home = await serve(paths(answers))
    away = await serve(always(moved(home.url("/back"))), host="127.0.0.2")
    answers["/same"] = moved(away.url("/x").replace("//", "//their:own@"))
    await fetcher.feed(home.url().replace("//", "//user:pass@"), headers={"X-Token": "secret"})
    seen = {request.path: request.headers for request in home.requests + away.requests}
    for path in ("/feed", "/same"):
        assert seen[path]["x-token"] == "secret"
        assert seen[path]["authorization"].startswith("Basic ")
    for path in ("/x", "/back"):
        assert not {"x-token", "authorization", "referer"} & set(seen[path])


async def test_another_port_is_another_origin(serve: Serve, fetcher: Fetcher) -> None:
    other = await serve(always(response(b"here")))
    site = await serve(always(moved(other.url())))
    await fetcher.feed(site.url(), headers={"Authorization": "Bearer secret"})
    assert "authorization" in site.requests[0].headers
    assert "authorization" not in other.requests[0].headers
