"""The models of digest.yaml and feeds.yaml, one class a mapping."""

from __future__ import annotations

import os
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PrivateAttr,
    SecretStr,
    model_validator,
)

from digest.config.strict import Strict, Wrong
from digest.config.tree import Place
from digest.config.values import (
    Address,
    Duration,
    Id,
    Keep,
    Line,
    Listen,
    ListenAt,
    LocalPath,
    Network,
    PositiveDuration,
    PublicUrl,
    Schedule,
    Size,
    StoreUrl,
    TimeZone,
    Url,
    header_name,
    header_value,
    octets,
    reachable_at,
    seconds,
)
from digest.errors import ConfigError, Problem

Security = Literal["tls", "starttls", "none"]
WAYS_OUT = ("smtp", "maildir", "directory")
PORTS: dict[Security, int] = {"tls": 465, "starttls": 587, "none": 25}


def _lasting(default: str, description: str) -> Any:
    """A duration's field: seconds for the program, the text as users write it for the schema."""
    return Field(seconds(default), description=description, json_schema_extra={"default": default}, examples=[default])


class PerHost(Strict):
    """How gently one host is treated."""

    connections: int = Field(1, ge=1, le=8, description="Connections to one host at the same time.", examples=[1])
    gap: Duration = _lasting("5s", "The pause between the starts of two requests to one host.")


class PollSettings(Strict):
    """How feeds are asked."""

    # Durations are seconds here, sizes bytes.
    every: PositiveDuration = _lasting(
        "60m", "How often a feed is asked, until its own rhythm is known. Ten minutes are the least."
    )
    floor: PositiveDuration = _lasting(
        "60m", "A feed is not asked more often than this, however busy it is; nor than every ten minutes."
    )
    ceiling: PositiveDuration = _lasting("24h", "A feed is asked at least this often, however quiet it is.")
    concurrency: int = Field(
        64,
        ge=1,
        le=1000,
        description="Requests to different hosts at the same time; those that a slow host keeps waiting don't count.",
        examples=[64],
    )
    per_host: PerHost = Field(PerHost(), description="How gently one host is treated.")
    timeout: PositiveDuration = _lasting("30s", "The longest that one request may take in all.")
    max_bytes: Size = Field(
        octets("10MB"),
        description="The largest answer that is read, packed and unpacked; a larger one is refused, never cut off.",
        json_schema_extra={"default": "10MB"},
        examples=["10MB"],
    )
    contact: Annotated[str, AfterValidator(reachable_at)] | None = Field(
        None,
        max_length=200,
        description="A web page or an address where publishers reach you; it is told to every server.",
        examples=["https://example.org/about"],
    )
    allow_networks: tuple[Network, ...] = Field(
        (),
        description="Networks that may be asked although they are private, loopback or link-local.",
        examples=["[127.0.0.0/8]"],
    )
    first_look: PositiveDuration = _lasting("7d", "A new feed's first poll brings the entries of this long.")

    @model_validator(mode="after")
    def _floor_is_below_ceiling(self) -> PollSettings:
        if self.floor > self.ceiling and "floor" in self.model_fields_set:
            raise Wrong("is longer than `ceiling`", "make it shorter, or `ceiling` longer", at=("floor",))
        if self.floor > self.ceiling:
            raise Wrong("is shorter than `floor`, which is 60m by default", "make it longer", at=("ceiling",))
        return self


class SmtpSettings(Strict):
    """The mail server that takes the digests."""

    host: Line = Field(description="The mail server's name.", examples=["localhost"])
    security: Security = Field(
        "starttls",
        description="How the connection is encrypted: tls from the first byte, starttls after a greeting, or none.",
    )
    port: int = Field(
        default_factory=lambda known: PORTS[known.get("security", "starttls")],
        ge=1,
        le=65535,
        description="The mail server's port; by default 465 with tls, 587 with starttls, 25 with none.",
        examples=[587],
    )
    username: Line | None = Field(None, description="The name to log in with.")
    secret: SecretStr | None = Field(
        None, alias="password", description="The password to log in with; better kept in password_file or password_env."
    )
    password_file: LocalPath | None = Field(
        None,
        description="A file that holds the password, nothing else; relative paths begin where digest.yaml lies.",
        examples=["/run/secrets/smtp"],
    )
    password_env: Line | None = Field(
        None, description="The environment variable that holds the password.", examples=["SMTP_PASSWORD"]
    )

    _env: Mapping[str, str] = PrivateAttr(default_factory=lambda: os.environ)
    _place: Place = PrivateAttr(Place(0, 0))

    @model_validator(mode="after")
    def _one_password_for_one_name(self) -> SmtpSettings:
        given = [key for key, value in self._sources().items() if value is not None]
        if len(given) > 1:
            raise Wrong(f"has `{given[0]}` and `{given[1]}`", "keep one of them")
        if given and self.username is None:
            raise Wrong(f"has `{given[0]}` and no `username`", "add `username:`")
        if self.username is not None and not given:
            raise Wrong("has `username` and no password", "add `password_file:`, `password_env:` or `password:`")
        return self

    @property
    def password_key(self) -> str | None:
        """The key that says where the password is to be had."""
        return next((key for key, value in self._sources().items() if value is not None), None)

    def _sources(self) -> dict[str, object]:
        return {"password": self.secret, "password_file": self.password_file, "password_env": self.password_env}

    def bound(self, directory: Path, env: Mapping[str, str], place: Place) -> SmtpSettings:
        """The same with its password's source at hand. `place`: where that is named in digest.yaml."""
        file = None if self.password_file is None else directory / self.password_file
        bound = self.model_copy(update={"password_file": file})
        bound._env, bound._place = env, place  # noqa: SLF001 # its own kind
        return bound

    def password(self) -> str | None:
        """The password, read anew each time, so that a changed one is taken up; None when there is none.

        Raises ConfigError naming the key whose source can't be read.
        """
        if self.password_file is not None:
            return self._read(self.password_file)
        if self.password_env is not None:
            if self.password_env not in self._env:
                what = "the environment variable that `password_env` names is not set"
                raise self._refusal(what, "set it where digest is started")
            return self._env[self.password_env]
        return self.secret.get_secret_value() if self.secret is not None else None

    def _read(self, path: Path) -> str:
        try:
            text = path.read_text("utf-8-sig").rstrip("\r\n")
        except OSError as error:
            what = f"`password_file`: {path} can't be read ({error.strerror or type(error).__name__})"
            raise self._refusal(what, "check that it is there and that digest may read it") from None
        except UnicodeDecodeError:
            raise self._refusal(f"`password_file`: {path} is not UTF-8 text", "write the password in it") from None
        if not text or "\n" in text or "\r" in text:
            what = f"`password_file`: {path} " + ("has more than one line" if text else "is empty")
            raise self._refusal(what, "write the password in it, in one line")
        return text

    def _refusal(self, what: str, mend: str) -> ConfigError:
        return ConfigError([Problem("digest.yaml", self._place.line, self._place.column, what, mend)])


class MailSettings(Strict):
    """How digests leave: through a mail server, into a Maildir, or as files of a directory."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [way]} for way in WAYS_OUT]})

    sender: Address = Field(
        alias="from",
        description="The address that digests come from, with a name if you like.",
        examples=["Korea desk <digest@example.org>"],
    )
    smtp: SmtpSettings | None = Field(None, description="The mail server that takes the digests.")
    maildir: LocalPath | None = Field(
        None,
        description="Instead of smtp: a Maildir that takes them. Relative paths begin in the state directory.",
        examples=["/var/mail/desk"],
    )
    directory: LocalPath | None = Field(
        None,
        description="Instead of smtp: a directory that takes each edition as .eml, .html, .txt and .json. "
        "Relative paths begin in the state directory.",
        examples=["out/"],
    )

    @model_validator(mode="after")
    def _one_way_out(self) -> MailSettings:
        given = [way for way in WAYS_OUT if getattr(self, way) is not None]
        if not given:
            raise Wrong("does not say where digests go", "add `smtp:`, `maildir:` or `directory:`")
        if len(given) > 1:
            raise Wrong(f"has `{given[0]}` and `{given[1]}`", "keep one of them")
        return self


class HttpSettings(Strict):
    """What the service answers over HTTP: how it does, its metrics, and what is meant to be reached from outside."""

    listen: ListenAt = Field(
        Listen("127.0.0.1", 9464),
        description="Where `digest run` answers, or off. What it says there is meant for this machine: put a proxy "
        "in front of whatever others may reach.",
        json_schema_extra={"default": "127.0.0.1:9464"},
        examples=["127.0.0.1:9464", '"off"'],
    )
    public_url: PublicUrl | None = Field(
        None,
        description="The address at which a proxy of yours makes it reachable from outside; links to it begin so.",
        examples=["https://digest.example.org"],
    )

    _place: Place = PrivateAttr(Place(0, 0))

    def at(self, place: Place) -> HttpSettings:
        """The same, knowing where its `listen` stands in digest.yaml."""
        bound = self.model_copy()
        bound._place = place  # noqa: SLF001 # its own kind
        return bound

    def refusal(self, what: str, mend: str) -> ConfigError:
        """The error to raise when it turns out that nothing can listen there."""
        return ConfigError([Problem("digest.yaml", self._place.line, self._place.column, what, mend)])


class PingSettings(Strict):
    """A dead man's switch: an address of yours that is asked for as long as the service works; silence is the alarm."""

    url: Url = Field(
        description="The address to ask. It is yours, so networks that feeds may not lie in are allowed.",
        examples=["https://watch.example.org/ping/digest"],
    )
    every: PositiveDuration = _lasting("5m", "How often it is asked.")


def _all_different(values: tuple[str, ...]) -> tuple[str, ...]:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise Wrong("is listed twice", "delete one of them", at=(index,))
    return values


def _some(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise Wrong("is an empty list", "name some, or leave the key out: all are meant then")
    return values


TopicIds = Annotated[tuple[Line, ...], AfterValidator(_all_different), AfterValidator(_some)]


def _plain(url: str) -> str:
    """A URL that a header can hold (RFC 2369): nobody decodes one."""
    if not url.isascii():
        raise Wrong("holds characters outside of ASCII", "write the host in punycode and the rest percent-encoded")
    if "{" in url.replace("{recipient}", "") or "}" in url.replace("{recipient}", ""):
        raise Wrong("holds a placeholder that there isn't", "the only one is `{recipient}`")
    return url


class Unsubscribe(Strict):
    """How readers leave a digest by themselves: what the mail's List-Unsubscribe header offers."""

    mailto: Address | None = Field(
        None, description="An address; a mail to it asks to be taken off.", examples=["leave@example.org"]
    )
    url: Annotated[Url, AfterValidator(_plain)] | None = Field(
        None,
        max_length=500,
        description="A page where they leave; `{recipient}` stands for the reader's address. With https a mail program "
        "may leave by itself, with a POST (RFC 8058).",
        examples=["https://example.org/leave?who={recipient}"],
    )

    @model_validator(mode="after")
    def _one_way_at_least(self) -> Unsubscribe:
        if self.mailto is None and self.url is None:
            raise Wrong("names no way to leave", "add `mailto:`, `url:` or both, or delete it")
        return self


class DigestConfig(Strict):
    """One mailing: what it holds, when it leaves and for whom."""

    id: Id = Field(description="Its short name, for commands and file names.", examples=["daily"])
    title: Line = Field(
        default_factory=lambda known: known.get("id", ""),
        max_length=200,
        description="What its readers see; its id by default.",
        examples=["Korea desk"],
    )
    schedule: Schedule = Field(
        description="When it leaves, as cron has it: minute, hour, day of the month, month, day of the week.",
        examples=['"0 7 * * mon-fri"'],
    )
    timezone: TimeZone = Field(
        "UTC", description="The zone of the schedule and of the dates its readers see.", examples=["Asia/Seoul"]
    )
    language: Literal["en", "de", "ko", "ja"] = Field(
        "en", description="The language of its labels and dates; articles stay in their own.", examples=["ko"]
    )
    topics: TopicIds = Field((), description="The topics it holds, by file name; all of them by default.")
    to: Annotated[tuple[Address, ...], AfterValidator(_all_different)] = Field(
        (),
        description="Its readers' addresses. Needed with smtp; by default the sender's own.",
        examples=["[desk@example.org]"],
    )
    max_stories: int = Field(
        40,
        ge=1,
        le=1000,
        description="The most stories in one edition; the others wait for the next.",
        examples=[40],
    )
    when_empty: Literal["skip", "send"] = Field(
        "skip", description="What happens when there is no story: no mail, or a mail that says so."
    )
    at_least_every: PositiveDuration | None = Field(
        None,
        description="With `when_empty: skip`: after so long without a mail, one leaves that says that all is quiet.",
        examples=["7d"],
    )
    catch_up: Literal["merge", "each", "skip"] = Field(
        "merge",
        description="What happens to editions missed while digest was down: one for all, each on its own, or none.",
    )
    on_unknown: Literal["resend", "hold"] = Field(
        "resend",
        description="What happens when the connection broke and nobody knows whether a mail arrived: "
        "send it again, or hold it until you decide.",
    )
    notify: Annotated[tuple[Line, ...], AfterValidator(_all_different)] = Field(
        (),
        description="The channels of `notify:` that are told of each edition, by name: chats and webhooks.",
        examples=["[team]"],
    )
    images: bool = Field(
        False,
        description="Whether stories show the picture that their feed names. Mail programs load it from the publisher, "
        "who then sees that the mail was opened.",
    )
    unsubscribe: Unsubscribe | None = Field(
        None,
        description="How readers leave it by themselves.",
        examples=["{mailto: leave@example.org}"],
    )

    def ways_to_leave(self, recipient: str) -> tuple[str, ...]:
        """The URLs of List-Unsubscribe for one reader, the best way first (RFC 2369); none where none is configured."""
        if self.unsubscribe is None:
            return ()
        page, address = self.unsubscribe.url, self.unsubscribe.mailto
        reader = quote(parseaddr(recipient)[1], safe="")
        ways = [page.replace("{recipient}", reader)] if page else []
        if address:
            ways.append(f"mailto:{quote(parseaddr(address)[1], safe='@+')}?subject=unsubscribe%20{self.id}")
        return tuple(ways)


class KeepSettings(Strict):
    """How long what is stored is kept. What says that an entry was seen or mailed is kept for ever."""

    articles: Keep = _lasting(
        "180d",
        "Articles, from when they were first seen. One that a digest has yet to mail stays until it has.",
    )
    editions: Keep = _lasting("366d", "The text of editions, as the archive shows them.")
    messages: Keep = _lasting("30d", "The bytes of delivered messages.")


def _at_least_one(digests: tuple[DigestConfig, ...]) -> tuple[DigestConfig, ...]:
    if not digests:
        raise Wrong("is an empty list", "write one digest at least, with `id:` and `schedule:`")
    return digests


class ArchiveSettings(Strict):
    """Every edition as a web page, with an index, and each digest and topic as an Atom feed: plain files."""

    directory: LocalPath = Field(
        Path("archive"),
        description="Where they are written. Relative paths begin in the state directory.",
        examples=["/srv/www/news"],
    )
    base_url: PublicUrl | None = Field(
        None,
        description="Where a web server of yours shows that directory; mails then link to it. By default "
        "http.public_url with /archive, where digest serves it by itself.",
        examples=["https://example.org/news"],
    )


class DigestFile(Strict):
    """What digest.yaml holds."""

    store: StoreUrl = Field(
        "sqlite:///digest.db",
        repr=False,
        description="The database: a SQLite file, relative to the state directory, or PostgreSQL.",
        examples=["sqlite:///digest.db", "postgresql+psycopg://digest@localhost/digest"],
    )
    poll: PollSettings = Field(PollSettings(), description="How feeds are asked.")
    http: HttpSettings = Field(HttpSettings(), description="What the service answers over HTTP.")
    ping: PingSettings | None = Field(
        None,
        description="An address that is asked for as long as the service works.",
        examples=["{url: https://watch.example.org/ping/digest, every: 5m}"],
    )
    mail: MailSettings = Field(description="How digests leave.", examples=["{from: desk@example.org, directory: out/}"])
    digests: Annotated[tuple[DigestConfig, ...], AfterValidator(_at_least_one)] = Field(
        description="The mailings.",
        json_schema_extra={"minItems": 1},
        examples=['[{id: daily, schedule: "0 7 * * mon-fri"}]'],
    )
    channels: dict[Id, SecretStr] = Field(
        {},
        alias="notify",
        description="Chats and webhooks by name, each an Apprise URL; keep secrets in the environment, as ${NAME}. "
        "Needs the extra `notify`.",
        examples=['{team: "${TEAM_CHAT_URL}"}'],
    )
    keep: KeepSettings = Field(KeepSettings(), description="How long what is stored is kept.")
    archive: ArchiveSettings | None = Field(
        None, description="Editions as web pages and Atom feeds, besides the mails.", examples=["{directory: archive/}"]
    )
    templates: LocalPath | None = Field(
        None,
        description="A directory with templates of your own; each file there replaces the shipped one of its name. "
        "Relative paths begin where digest.yaml lies.",
        examples=["templates"],
    )


class FeedConfig(Strict):
    """A subscribed feed."""

    url: Url = Field(description="Where the feed lies.", examples=["https://example.org/rss.xml"])
    name: Line | None = Field(None, max_length=200, description="What readers see; by default the feed's own title.")
    topics: TopicIds = Field((), description="The topics that are looked for in it, by file name; all by default.")
    full_text: Literal["page", "feed"] = Field(
        "page", description="Where articles are read: on the page that an entry links to, or in the feed itself."
    )
    prefilter: Literal["none", "title"] = Field(
        "none",
        description="With title, a page is only asked for when the feed's title or summary has a term of some topic's "
        "`require`. It saves requests and loses the articles that name their subject further down.",
    )
    every: PositiveDuration | None = Field(
        None, description="How often it is asked, instead of poll.every. Ten minutes are the least.", examples=["15m"]
    )
    secret_headers: dict[Annotated[str, AfterValidator(header_name)], SecretStr] = Field(
        {}, alias="headers", description="HTTP headers that only this feed is sent, such as a key to it."
    )

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        whole = handler.resolve_ref_schema(handler(core_schema))
        url = whole["properties"]["url"]
        return {"anyOf": [url, whole], "description": "A feed: its URL, or a mapping that says more of it."}

    @model_validator(mode="before")
    @classmethod
    def _plain_url(cls, value: object) -> object:
        return {"url": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _headers_can_be_sent(self) -> FeedConfig:
        for name, value in self.headers.items():
            try:
                header_value(value)
            except Wrong as wrong:
                raise Wrong(wrong.what, wrong.mend, at=("headers", name)) from None
        return self

    @property
    def headers(self) -> dict[str, str]:
        """The HTTP headers that only this feed is sent, secrets included."""
        return {name: value.get_secret_value() for name, value in self.secret_headers.items()}


class FeedsFile(Strict):
    """What feeds.yaml holds."""

    feeds: Annotated[tuple[FeedConfig, ...], BeforeValidator(lambda value: () if value is None else value)] = Field(
        description="The subscribed feeds: a plain URL, or a mapping.",
        examples=["[https://example.org/rss.xml]"],
        json_schema_extra={"type": ["array", "null"]},  # all of them may be commented out
    )
