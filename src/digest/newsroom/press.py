"""The press prints: an article to its outlet's page, an outlet's articles to its feed. It opens no socket."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lxml import html
from markupsafe import Markup

from digest.newsroom.archive import HERE, Block, Outlet, Piece, outlets, pieces

_SLUG_LINK = re.compile(r'href="slug:([a-z0-9-]+)"')


class Press:
    """Prints pages and feeds for outlets that stand at `urls`, as they look at `now`. It remembers nothing."""

    def __init__(self, urls: Mapping[str, str], now: datetime) -> None:
        self.urls = urls
        self.now = now

    def path(self, piece: Piece) -> str:
        """Where a piece lies on its outlet's site, query included."""
        pattern = outlets()[piece.outlet].article_path
        section = re.sub(r"[^a-z]+", "-", piece.section.lower()).strip("-") or "news"
        return pattern.format(section=section, slug=piece.slug, number=piece.number)

    def url(self, piece: Piece) -> str:
        """The absolute, canonical address of a piece."""
        return self.urls[piece.outlet] + self.path(piece)

    def published(self, piece: Piece) -> datetime:
        """When a piece says it was published, in its outlet's time, to the second."""
        moment = (self.now - timedelta(hours=piece.age_h)).replace(microsecond=0)
        return moment.astimezone(ZoneInfo(outlets()[piece.outlet].zone))

    def page(self, piece: Piece) -> bytes:
        """The HTML document behind a piece's link, in its outlet's charset."""
        outlet = outlets()[piece.outlet]
        name = "consent" if piece.page == "consent" else outlet.page
        return self._print(f"pages/{name}.html.j2", outlet, outlet.encoding, piece=piece)

    def front(self, outlet: Outlet) -> bytes:
        """The outlet's front page, which names its feed."""
        return self._print("pages/front.html.j2", outlet, outlet.encoding)

    def feed(self, outlet: Outlet) -> bytes:
        """The outlet's feed document."""
        return self._print(f"feeds/{outlet.feed}.j2", outlet, outlet.feed_encoding)

    def feed_date(self, outlet: Outlet) -> datetime:
        """The date of an outlet's newest article: its feed's Last-Modified."""
        return max((self.published(piece) for piece in of(outlet)), default=self.now)

    def _print(self, template: str, outlet: Outlet, encoding: str, piece: Piece | None = None) -> bytes:
        listed = of(outlet)
        text = (
            _templates()
            .get_template(template)
            .render(
                press=self,
                outlet=outlet,
                base=self.urls[outlet.id],
                feed_url=self.urls[outlet.id] + outlet.feed_path,
                pieces=listed,
                piece=piece,
                others=_others(listed, piece),
                shown=visible(piece) if piece else (),
                now=self.now.astimezone(ZoneInfo(outlet.zone)),
                encoding=encoding,
            )
        )
        by_slug = {each.slug: self.path(each) for each in listed}
        text = _SLUG_LINK.sub(lambda found: f'href="{by_slug[found[1]]}"', text)
        return text.encode(encoding, "xmlcharrefreplace")


def of(outlet: Outlet) -> tuple[Piece, ...]:
    """The articles of one outlet, newest first."""
    return tuple(piece for piece in pieces() if piece.outlet == outlet.id)


def visible(piece: Piece) -> tuple[Block, ...]:
    """The blocks that an article's page shows: a paywall lets two through, a consent wall none."""
    return piece.blocks[: {"article": None, "paywall": 2}.get(piece.page, 0)]


def page_lines(page: bytes, encoding: str) -> tuple[str, ...]:
    """Every run of text that a reader of an HTML page can see, whitespace folded, in page order."""
    root = html.document_fromstring(page.decode(encoding))
    for hidden in root.xpath("//head | //script | //style | //noscript | //template"):
        hidden.drop_tree()
    lines = (" ".join(text.split()) for text in root.itertext())
    return tuple(line for line in lines if line)


def _others(listed: Iterable[Piece], piece: Piece | None) -> tuple[Piece, ...]:
    """What else an outlet has to offer beside a piece: another order for every page, as on real sites."""
    rest = [each for each in listed if each is not piece and each.page != "missing"]
    turn = piece.number % len(rest) if piece and rest else 0
    return tuple(rest[turn:] + rest[:turn])


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["rfc822"] = format_datetime
    environment.filters["iso"] = datetime.isoformat
    environment.filters["json"] = _json
    environment.filters["cdata"] = _cdata
    return environment


def _json(value: object) -> Markup:
    # "</" would end the script element that JSON-LD stands in.
    return Markup(json.dumps(value, ensure_ascii=False).replace("</", "<\\/"))  # noqa: S704 - JSON is not HTML


def _cdata(value: str) -> Markup:
    return Markup("<![CDATA[" + str(value).replace("]]>", "]]]]><![CDATA[>") + "]]>")  # noqa: S704 - CDATA escapes
