"""Finds the configuration directory and loads all of its files, with every refusal of all of them in one go."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from digest.config.refusal import did_you_mean
from digest.config.salvage import salvaged
from digest.config.settings import (
    ArchiveSettings,
    DigestConfig,
    DigestFile,
    FeedConfig,
    FeedsFile,
    HttpSettings,
    KeepSettings,
    MailSettings,
    PingSettings,
    PollSettings,
)
from digest.config.source import Sourced, load_file, load_part, read
from digest.config.topic import TopicConfig
from digest.config.values import same_feed_key
from digest.errors import ConfigError, Problem

M = TypeVar("M", bound=BaseModel)

DIGEST_FILE, FEEDS_FILE, TOPICS_DIR = "digest.yaml", "feeds.yaml", "topics"


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration, every path absolute. A topic's id is the stem of its file."""

    directory: Path
    store_url: str = field(repr=False)  # it may hold a password
    poll: PollSettings
    mail: MailSettings
    digests: tuple[DigestConfig, ...]
    feeds: tuple[FeedConfig, ...]
    topics: tuple[Sourced[TopicConfig], ...]
    templates: Path | None = None
    keep: KeepSettings = field(default_factory=KeepSettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    ping: PingSettings | None = field(default=None, repr=False)  # its URL is a key
    archive: ArchiveSettings | None = None
    channels: Mapping[str, str] = field(default_factory=dict, repr=False)  # Apprise URLs by name: secrets

    @property
    def archive_urls(self) -> dict[str, str]:
        """Where readers find the archive of each digest, by its id; empty when nobody told."""
        base = self.archive.base_url if self.archive else None
        return {digest.id: f"{base}/digests/{digest.id}/" for digest in self.digests} if base else {}


def find_dir(explicit: Path | None, env: Mapping[str, str]) -> Path:
    """The configuration directory: `explicit`, else $DIGEST_CONFIG, else the first that holds a digest.yaml of
    ./config, $XDG_CONFIG_HOME/digest and /etc/digest.

    Raises ConfigError saying where it looked.
    """
    named = explicit or (Path(env["DIGEST_CONFIG"]) if env.get("DIGEST_CONFIG") else None)
    if named is not None:
        what, mend = "is not there", f"write one with `digest init {named}`"
        if _there(named):
            if not _is_file(named):
                return named
            what, mend = "is a file", "name the directory that it lies in"
        raise ConfigError([Problem("", 0, 0, f"the configuration directory {named} {what}", mend)])
    places = [Path("config"), _home(env, "XDG_CONFIG_HOME", ".config") / "digest", Path("/etc/digest")]
    for place in places:
        if _there(place / DIGEST_FILE):
            return place
    what = f"there is no configuration: no {DIGEST_FILE} in {', '.join(map(str, places))}"
    raise ConfigError([Problem("", 0, 0, what, "write one with `digest init`, or name its directory with `--config`")])


def state_dir(env: Mapping[str, str]) -> Path:
    """Where digest keeps what it learns: $STATE_DIRECTORY (the first, as systemd may name several), else
    $XDG_STATE_HOME/digest, else ~/.local/state/digest. It need not exist."""
    by_systemd = env.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(by_systemd).absolute() if by_systemd else _home(env, "XDG_STATE_HOME", ".local/state") / "digest"


def _there(path: Path) -> bool:
    """Whether something is there. What may not be looked at is: reading it will tell why it can't be read."""
    try:
        path.stat()
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:
        return False


def _home(env: Mapping[str, str], variable: str, otherwise: str) -> Path:
    # A relative path in an XDG variable is to be ignored (XDG Base Directory Specification).
    given = Path(env.get(variable, ""))
    if given.is_absolute():
        return given
    home = Path(env["HOME"]) if env.get("HOME") else Path.home()
    return home / otherwise


def _nothing(_topics: Sequence[Sourced[TopicConfig]]) -> tuple[Problem, ...]:
    return ()


def load(
    directory: Path,
    env: Mapping[str, str],
    *,
    also: Callable[[Sequence[Sourced[TopicConfig]]], Iterable[Problem]] = _nothing,
) -> Config:
    """Read digest.yaml, feeds.yaml and topics/*.yaml of a directory.

    `also` looks closer at the topics, and at what could be read of those that are refused; what it finds is told with
    the rest.
    Raises ConfigError with every problem of every file, in the files' order.
    """
    directory = directory.absolute()
    of_digest, of_feeds, of_topics = list[Problem](), list[Problem](), list[Problem]()
    settings = _loaded(directory, DIGEST_FILE, DigestFile, env, of_digest)
    subscriptions = _loaded(directory, FEEDS_FILE, FeedsFile, env, of_feeds)
    files = _topic_files(directory, of_topics)
    topics = [_loaded(directory, file, TopicConfig, None, of_topics) for file in files]
    ids = [Path(file).stem for file in files]
    if settings is not None:
        of_digest += sorted(_digest_problems(settings, ids))
    if subscriptions is not None:
        of_feeds += sorted(_feed_problems(subscriptions, ids))
    closer = [topic or salvaged(directory / file, file) for topic, file in zip(topics, files, strict=True)]
    told = {(each.file, each.line, each.column) for each in of_topics}
    found = also([topic for topic in closer if topic is not None])
    of_topics = sorted([*of_topics, *(each for each in found if (each.file, each.line, each.column) not in told)])
    problems = [*of_digest, *of_feeds, *of_topics]
    if problems or settings is None or subscriptions is None:
        raise ConfigError(problems)
    return _assembled(directory, env, settings, subscriptions.value, [topic for topic in topics if topic is not None])


def load_http(directory: Path, env: Mapping[str, str]) -> HttpSettings:
    """What digest.yaml says of `http`, however broken all the rest is.

    For those who ask a service that goes on without a broken edit. Raises ConfigError where that can't be read itself.
    """
    data = read(directory / DIGEST_FILE, DIGEST_FILE)
    return load_part(data, "http", HttpSettings, DIGEST_FILE, env) or HttpSettings()


def _loaded(
    directory: Path, file: str, model: type[M], env: Mapping[str, str] | None, problems: list[Problem]
) -> Sourced[M] | None:
    if not _there(directory / file):
        twin = Path(file).with_suffix(".yml")
        if _there(directory / twin):
            problems.append(Problem(file, 0, 0, f"the file is called {twin} here", f"rename it to {file}"))
        elif (directory / file).is_symlink():
            problems.append(Problem(file, 0, 0, "this is a link to a file that is not there", "mend it, or delete it"))
        else:
            mend = "write a complete configuration with `digest init NEW_DIR`, and copy it from there"
            problems.append(Problem(file, 0, 0, f"there is no such file in {directory}", mend))
        return None
    try:
        return load_file(directory / file, model, file, env)
    except ConfigError as error:
        problems += error.problems
        return None


def _topic_files(directory: Path, problems: list[Problem]) -> list[str]:
    """The topic files by name; hidden ones (an editor's) are passed over."""
    try:
        names = sorted(path.name for path in (directory / TOPICS_DIR).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        names = []
    except OSError as error:
        what = f"the directory can't be read ({error.strerror or type(error).__name__})"
        problems.append(Problem(f"{TOPICS_DIR}/", 0, 0, what, "check that you may read it"))
        return []
    found = [name for name in names if name.endswith((".yaml", ".yml")) and not name.startswith(".")]
    for name in found:
        if not name.endswith(".yaml"):
            problems.append(Problem(f"{TOPICS_DIR}/{name}", 0, 0, "a topic's file ends in .yaml", "rename it"))
        elif not re.fullmatch(r"[\w-]{1,64}", Path(name).stem):
            mend = "rename it; use letters, digits, `-` and `_`"
            problems.append(Problem(f"{TOPICS_DIR}/{name}", 0, 0, "a topic is known by its file's name", mend))
    if not found:
        mend = "add one, for example topics/korea.yaml"
        problems.append(Problem(f"{TOPICS_DIR}/", 0, 0, "there is no topic file", mend))
    return [f"{TOPICS_DIR}/{name}" for name in found if name.endswith(".yaml")]


def _digest_problems(source: Sourced[DigestFile], topics: list[str]) -> Iterable[Problem]:
    """What one file can't know: whether ids are unique, topics exist, and somebody reads it."""
    first: dict[str, int] = {}
    for index, digest in enumerate(source.value.digests):
        here = ("digests", index)
        if digest.id.lower() in first:
            line = source.place(("digests", first[digest.id.lower()], "id")).line
            what = f"`id: {source.text((*here, 'id'))}` is taken (line {line})"
            yield source.problem((*here, "id"), what, "choose another")
        first.setdefault(digest.id.lower(), index)
        if source.value.mail.smtp is not None and not digest.to:
            what = f"the digest `{source.text((*here, 'id'))}` has no readers"
            yield source.problem(here, what, "add `to: [desk@example.org]`")
        yield from _unknown_topics(source, (*here, "topics"), digest.topics, topics)
        channels = list(source.value.channels)
        for at, name in enumerate(digest.notify):
            if name not in channels:
                what = f"there is no channel `{name}` under `notify:`"
                mend = f"there are: {', '.join(channels)}" if channels else "add `notify: {" + name + ": URL}`"
                yield source.problem((*here, "notify", at), what, did_you_mean(name, channels, mend))


def _feed_problems(source: Sourced[FeedsFile], topics: list[str]) -> Iterable[Problem]:
    yield from twice(source)
    for index, feed in enumerate(source.value.feeds):
        yield from _unknown_topics(source, ("feeds", index, "topics"), feed.topics, topics)


def twice(source: Sourced[FeedsFile]) -> Iterable[Problem]:
    """Feeds that are listed a second time, perhaps in another spelling."""
    first: dict[str, int] = {}
    for index, feed in enumerate(source.value.feeds):
        known = first.setdefault(same_feed_key(feed.url), index)
        if known != index:
            line = source.place(("feeds", known, "url")).line
            yield source.problem(("feeds", index, "url"), f"this feed is listed already (line {line})", "delete one")


def _unknown_topics(
    source: Sourced[M], path: tuple[str | int, ...], chosen: tuple[str, ...], known: list[str]
) -> Iterable[Problem]:
    for index, topic in enumerate(chosen):
        if topic not in known and known:
            otherwise = f"there are: {', '.join(known)}"
            what = f"there is no topic `{source.text((*path, index))}` in topics/"
            yield source.problem((*path, index), what, did_you_mean(topic, known, otherwise))


def _assembled(
    directory: Path,
    env: Mapping[str, str],
    source: Sourced[DigestFile],
    subscriptions: FeedsFile,
    topics: list[Sourced[TopicConfig]],
) -> Config:
    """Every path made absolute: what users write lies with the configuration, what digest writes with its state."""
    settings, state = source.value, state_dir(env)
    mail = settings.mail
    if mail.smtp is not None:
        place = source.key_place(("mail", "smtp", *filter(None, [mail.smtp.password_key])))
        smtp = mail.smtp.bound(directory, env, place)
        mail = mail.model_copy(update={"smtp": smtp})
    elif mail.maildir is not None:
        mail = mail.model_copy(update={"maildir": state / mail.maildir})
    elif mail.directory is not None:
        mail = mail.model_copy(update={"directory": state / mail.directory})
    return Config(
        directory=directory,
        store_url=store_url(settings.store, state),
        poll=settings.poll,
        mail=mail,
        digests=tuple(
            digest if digest.to else digest.model_copy(update={"to": (mail.sender,)}) for digest in settings.digests
        ),
        feeds=subscriptions.feeds,
        topics=tuple(topics),
        templates=None if settings.templates is None else directory / settings.templates,
        keep=settings.keep,
        ping=settings.ping,
        http=settings.http.at(source.key_place(("http", "listen"))),
        archive=_archive(settings, state),
        channels={name: url.get_secret_value() for name, url in settings.channels.items()},
    )


def _archive(settings: DigestFile, state: Path) -> ArchiveSettings | None:
    archive, http = settings.archive, settings.http
    if archive is None:
        return None
    served = f"{http.public_url}/archive" if http.public_url and http.listen else None
    directory = state / archive.directory
    return archive.model_copy(update={"directory": directory, "base_url": archive.base_url or served})


def store_url(url: str, state: Path) -> str:
    """The URL of a store, with the path of a SQLite file made absolute: relative ones begin in the state directory."""
    scheme, _, path = url.partition(":///")
    return f"{scheme}:///{state / path}" if scheme == "sqlite" else url
