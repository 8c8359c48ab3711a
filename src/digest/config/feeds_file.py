"""Adds feeds to feeds.yaml and removes them, as text: comments and layout stay as their author left them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping as Map
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from pathlib import Path

from digest.config.refusal import without_login
from digest.config.saving import save
from digest.config.settings import FeedsFile
from digest.config.source import Sourced, load_bytes, read
from digest.config.strict import Wrong
from digest.config.tree import Mapping, Node, Place, Scalar, Sequence, parse
from digest.config.values import same_feed_key, split_url
from digest.errors import ConfigError, Problem, WrongCall


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A feed to be listed."""

    url: str
    name: str | None = None


def add_feed(path: Path, url: str, *, name: str | None = None, env: Map[str, str]) -> str | None:
    """List a feed in the feeds.yaml at `path`, after those that are there.

    The result is validated before it replaces the file, whole or not at all. Where the feed is listed already, nothing
    is changed, and its place is returned as FILE:LINE:COLUMN. Raises ConfigError; WrongCall where it is listed under
    another name than this one.
    """
    try:
        split_url(url)
    except Wrong as wrong:
        raise ConfigError([Problem("", 0, 0, f"`{without_login(url)}` {wrong.what}", wrong.mend)]) from None
    if add_feeds(path, [NewFeed(url, name)], env):
        return None
    source = _load(_read(path), path, env)
    at = _index(source, url) or 0
    listed = source.value.feeds[at].name
    if name and name.strip() != listed:
        what = f"this feed is listed already, {f'as `{listed}`' if listed else 'without a name'}"
        raise WrongCall([source.problem(("feeds", at), what, "nothing was changed; edit its name there")])
    found = source.problem(("feeds", at), "")
    return f"{found.file}:{found.line}:{found.column}"


def add_feeds(path: Path, feeds: Seq[NewFeed], env: Map[str, str]) -> list[NewFeed]:
    """List those of the feeds that are not listed yet, and return them. Raises ConfigError, then nothing is changed."""
    data = _read(path)
    source = _load(data, path, env)
    known = {same_feed_key(feed.url) for feed in source.value.feeds}
    new = []
    for feed in feeds:
        key = same_feed_key(feed.url)
        if key not in known:
            known.add(key)
            new.append(feed)
    if new:
        wanted = [*((feed.url, feed.name) for feed in source.value.feeds), *((feed.url, feed.name) for feed in new)]
        text = _Text(data, source)
        text.add(new)
        _replace(path, text, env, wanted)
    return new


def remove_feed(path: Path, url: str, *, env: Map[str, str]) -> None:
    """Take a feed out of the feeds.yaml at `path`. Raises ConfigError, also when it isn't listed."""
    data = _read(path)
    source = _load(data, path, env)
    index = _index(source, url)
    if index is None:
        mend = "`digest feeds list` shows those that are"
        raise WrongCall([Problem(path.name, 0, 0, f"the feed {without_login(url)} is not listed", mend)])
    wanted = [(feed.url, feed.name) for at, feed in enumerate(source.value.feeds) if at != index]
    text = _Text(data, source)
    text.remove(index)
    _replace(path, text, env, wanted)


def _read(path: Path) -> bytes:
    return read(path, path.name)


def _load(data: bytes, path: Path, env: Map[str, str]) -> Sourced[FeedsFile]:
    return load_bytes(data, FeedsFile, path.name, env)


def _index(source: Sourced[FeedsFile], url: str) -> int | None:
    urls = [feed.url for feed in source.value.feeds]
    if url in urls:
        return urls.index(url)
    try:
        keys = [same_feed_key(each) for each in urls]
        return keys.index(same_feed_key(url))
    except ValueError:
        return None


def _replace(path: Path, text: _Text, env: Map[str, str], wanted: list[tuple[str, str | None]]) -> None:
    """Write the text if it says exactly what is wanted: an edit that can't be done safely is not done."""
    data = text.encoded()
    try:
        made = [(feed.url, feed.name) for feed in _load(data, path, env).value.feeds]
    except ConfigError:
        made = None
    if made != wanted:
        mend = "edit it by hand"
        raise ConfigError([Problem(path.name, 0, 0, "the file is laid out in a way that can't be edited safely", mend)])
    save(path, data, path.name)


class _Text:
    """The lines of feeds.yaml, with the list of feeds found in them."""

    def __init__(self, data: bytes, source: Sourced[FeedsFile]) -> None:
        self.bom = data.startswith(b"\xef\xbb\xbf")
        text = data.decode("utf-8-sig")
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.lines = text.split("\n")
        assert isinstance(source.tree, Mapping)  # noqa: S101 # for mypy: the model has accepted it
        self.feeds: Node = source.tree.values["feeds"]
        self.key: Place = source.tree.keys["feeds"]

    def encoded(self) -> bytes:
        return (b"\xef\xbb\xbf" if self.bom else b"") + "\n".join(self.lines).encode()

    def add(self, new: Seq[NewFeed]) -> None:
        match self.feeds:
            case Sequence(items=items, flow=False):
                self._insert_below(self._last(items[-1]), self._indent(items[0]), new)
            case Sequence(items=(), start=start, end=end):  # feeds: []
                self._cut(Place(start.line, max(self.key.column, start.column - 1)), end)  # with the space before it
                self._insert_below(self.key.line, "  ", new)
            case Sequence(items=items):
                end = _end(items[-1])
                line = self.lines[end.line - 1]
                more = "".join(f", {_flow(feed)}" for feed in new)
                self.lines[end.line - 1] = line[: end.column - 1] + more + line[end.column - 1 :]
            case _:  # feeds: and nothing more
                self._insert_below(self.key.line, "  ", new)

    def remove(self, index: int) -> None:
        assert isinstance(self.feeds, Sequence)  # noqa: S101 # for mypy: there is an item
        items = self.feeds.items
        item = items[index]
        if not self.feeds.flow:
            del self.lines[self._dash(item) : self._last(item)]
        elif index + 1 < len(items):
            self._cut(item.start, items[index + 1].start)
        else:
            self._cut(_end(items[index - 1]) if index else item.start, _end(item))

    def _insert_below(self, line: int, indent: str, new: Seq[NewFeed]) -> None:
        ending = "\r" if self.newline == "\r\n" else ""
        if line == len(self.lines) and ending:
            self.lines[-1] += ending
        block = [indent + each + ending for feed in new for each in _block(feed)]
        self.lines[line:line] = block
        if line + len(block) == len(self.lines):
            self.lines.append("")  # the file had ended without a line break

    def _cut(self, start: Place, end: Place) -> None:
        first, last = self.lines[start.line - 1], self.lines[end.line - 1]
        self.lines[start.line - 1 : end.line] = [first[: start.column - 1] + last[end.column - 1 :]]

    def _dash(self, item: Node) -> int:
        """The index of the line on which an item of a block list begins."""
        at = item.start.line - 1
        while at > 0 and not re.match(r"\s*-(\s|$)", self.lines[at]):
            at -= 1
        return at

    def _last(self, item: Node) -> int:
        """The number of the last line of an item of a block list; comments deeper than its dash belong to it."""
        line, depth = _end(item).line, len(self._indent(item))
        while line < len(self.lines) and re.match(rf" {{{depth + 1},}}#", self.lines[line]):
            line += 1
        return line

    def _indent(self, item: Node) -> str:
        line = self.lines[self._dash(item)]
        return line[: len(line) - len(line.lstrip(" "))]


def _end(node: Node) -> Place:
    """Where the text of a node ends. Block lists and mappings end, for YAML, only where the next thing begins."""
    match node:
        case Sequence(flow=False, items=items) if items:
            return _end(items[-1])
        case Mapping(flow=False, values=values, keys=keys) if values:
            key = next(reversed(values))
            return max(keys[key], _end(values[key]))
    if node.end.column == 1 and node.end > node.start:  # a text of several lines, after `|` or `>`
        return Place(node.end.line - 1, 1)
    return node.end


def _block(feed: NewFeed) -> list[str]:
    if feed.name is None:
        return [f"- {_scalar(feed.url)}"]
    return [f"- url: {_scalar(feed.url)}", f"  name: {_scalar(feed.name)}"]


def _flow(feed: NewFeed) -> str:
    url = _quoted(feed.url)
    return url if feed.name is None else f"{{url: {url}, name: {_quoted(feed.name)}}}"


def _scalar(text: str) -> str:
    """Text as a YAML value, in quotes only where it would be read as something else."""
    written = text.replace("$", "$$")
    try:
        tree = parse(f"- a: {written}\n".encode(), "")
    except ConfigError:
        return _quoted(text)
    match tree:
        case Sequence(items=(Mapping(values={"a": Scalar(text=found, empty=False)}),)) if found == written:
            return written
    return _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text.replace("$", "$$"), ensure_ascii=False)  # YAML's double quotes understand JSON's


__all__ = ["NewFeed", "add_feed", "add_feeds", "remove_feed"]
