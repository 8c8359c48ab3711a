"""Serves the archive's files over HTTP, and no others."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

PATH = "/archive"

_NAMES = re.compile(r"index\.html|digests/[\w-]+/(?:[\w-]+\.html|feed\.atom)|topics/[\w-]+\.atom")
_HEADERS = {
    # Pages hold publishers' words and, where a digest asks for them, their pictures: nothing of them runs.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src https:; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "max-age=60",
}


def routes(root: Callable[[], Path | None]) -> list[web.RouteDef]:
    """Routes below `PATH` that answer with the files of a directory; 304 to who has them already.

    `root` is asked at each request, since an edited configuration may name another directory, or none.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if not name or name.endswith("/"):
            name += "index.html"
        directory = root()
        if directory is None or not _NAMES.fullmatch(name) or not (path := directory / name).is_file():
            raise web.HTTPNotFound(text="there is no such page\n")
        kind = "application/atom+xml" if name.endswith(".atom") else "text/html"
        return web.FileResponse(path, headers={**_HEADERS, "Content-Type": f"{kind}; charset=utf-8"})

    async def home(_request: web.Request) -> web.StreamResponse:
        raise web.HTTPMovedPermanently(f"{PATH.rpartition('/')[2]}/")  # relative: a proxy may show it elsewhere

    return [web.get(PATH, home), web.get(f"{PATH}/{{name:.*}}", answer)]
