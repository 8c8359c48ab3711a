"""Reads YAML text into a tree of raw texts that know their place: types come from the models, never from YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

import yaml

from digest.errors import ConfigError, Problem

MAX_BYTES = 5_000_000
MAX_DEPTH = 60
MAX_NODES = 100_000  # with every alias counted as what it stands for: the "billion laughs" stay a refusal

# What YAML does not allow in its text (YAML 1.1, 5.1), and the line ends that it counts while editors don't.
# Asked here, for the place and for what escapes bring in.
_UNPRINTABLE = re.compile("[^\x09\x0a\x0d\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\r(?!\n)")


class Place(NamedTuple):
    """Where something stands in a file; line and column count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value as it is written. `empty`: nothing is written at all, or only a `comment` such as `#word`."""

    start: Place
    end: Place
    text: str
    empty: bool = False
    written: str | None = None  # the text in the file, where `text` was filled in from the environment
    comment: str = ""
    size: int = 1
    height: int = 1


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list. `flow`: written in brackets."""

    start: Place
    end: Place
    items: tuple[Node, ...]
    flow: bool = False
    size: int = 1
    height: int = 1


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the file's order."""

    start: Place
    end: Place
    values: dict[str, Node]
    keys: dict[str, Place]
    flow: bool = False
    size: int = 1
    height: int = 1


Node = Scalar | Sequence | Mapping


def parse(data: bytes, shown_as: str) -> Node:
    """Read one YAML document.

    Anchors and aliases are followed within bounds; merge keys, tags, keys that aren't text and a second document are
    refused. Raises ConfigError naming every place where something is wrong, as far as the text can be read.
    """
    tree, repeated = survey(data, shown_as)
    if repeated:
        raise ConfigError(repeated)
    return tree


def survey(data: bytes, shown_as: str) -> tuple[Node, list[Problem]]:
    """The same, with keys that are given twice among what is handed out: the first counts, and the models add the rest.

    Raises ConfigError for anything else.
    """
    text = _text(data, shown_as)
    if _QUICK_LOADER is not None and text.endswith("\n") and not _READ_DIFFERENTLY.search(text):
        try:
            tree, repeated = _Builder(text, shown_as, _QUICK_LOADER).tree()
        except (ConfigError, yaml.YAMLError):
            pass  # to be told in the words of the other parser
        else:
            if not repeated:
                return tree, []
    return _Builder(text, shown_as, yaml.SafeLoader).tree()


# libyaml, six times quicker. Where it is left out of PyYAML's build, everything is the same but slower.
_QUICK_LOADER = getattr(yaml, "CSafeLoader", None)
_READ_DIFFERENTLY = re.compile("[\t\x85\u2028\u2029]")  # it lets tabs pass, and counts lines differently


def plain(node: Node) -> object:
    """The tree as plain dicts, lists and texts; None where nothing is written."""
    match node:
        case Scalar(empty=True):
            return None
        case Scalar(text=text):
            return text
        case Sequence(items=items):
            return [plain(item) for item in items]
        case Mapping(values=values):
            return {key: plain(value) for key, value in values.items()}


def _text(data: bytes, shown_as: str) -> str:
    if len(data) > MAX_BYTES:
        mend = f"keep it below {MAX_BYTES // 1_000_000} MB"
        raise ConfigError([Problem(shown_as, 0, 0, f"the file has {len(data) / 1e6:.1f} MB", mend)])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place_in(data[: error.start].decode("utf-8-sig", "replace"))
        raise ConfigError(
            [Problem(shown_as, place.line, place.column, "this is not UTF-8 text", "save the file as UTF-8")]
        ) from None
    if stray := _UNPRINTABLE.search(text):
        place = _place_in(text[: stray.start()])
        what = f"there is an invisible control character here (U+{ord(stray[0]):04X})"
        raise ConfigError([Problem(shown_as, place.line, place.column, what, "delete it")])
    return text


def _place_in(before: str) -> Place:
    return Place(before.count("\n") + 1, len(before) - before.rfind("\n"))


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been reached."""

    event: yaml.CollectionStartEvent
    children: list[Node]
    keys: list[tuple[str, Place]]
    wants_key: bool
    first: dict[str, Place] = field(default_factory=dict)  # where each key stands first

    @property
    def start(self) -> Place:
        return _place(self.event.start_mark)


class _Builder:
    """Builds the tree from parser events on a stack of its own: no input is deep enough to break it."""

    def __init__(self, text: str, shown_as: str, loader: Any) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.loader = loader
        self.shown_as = shown_as
        self.problems: list[Problem] = []
        self.repeated: list[Problem] = []  # the same key again: all the rest can still be judged
        self.stack: list[_Open] = []
        self.anchors: dict[str, Node | None] = {}
        self.root: Node | None = None
        self.nodes = 0

    def tree(self) -> tuple[Node, list[Problem]]:
        for event in self._events():
            self._take(event)
        if self.root is None or (isinstance(self.root, Scalar) and self.root.empty):
            self._problem(None, "the file is empty", "write its keys, or delete the file")
        if self.problems:
            raise ConfigError(sorted([*self.problems, *self.repeated]))
        assert self.root is not None  # noqa: S101 # for mypy: the check above has raised
        return self.root, self.repeated

    def _events(self) -> Iterator[yaml.Event]:
        loader = self.loader(self.text)
        try:
            while loader.check_event():
                event: yaml.Event = loader.get_event()
                yield event
        except yaml.MarkedYAMLError as error:
            if self.loader is _QUICK_LOADER:
                raise
            if self.stack and self.stack[-1].event.flow_style and "<stream end>" in (error.problem or ""):
                bracket, closing = (
                    ("{", "}") if isinstance(self.stack[-1].event, yaml.MappingStartEvent) else ("[", "]")
                )
                opened = self.stack[-1].start
                mend = f"add `{closing}`"
                if re.search(r"(?:^|[\s\[{,])#", self.lines[opened.line - 1][opened.column :]):
                    mend = f"a `#` begins a comment: put what begins with it in quotes, or {mend}"
                self._fail(opened, f"this `{bracket}` is never closed", mend)
            self._fail(*_in_plain_words(error, self.lines))
        except (ValueError, OverflowError):
            # PyYAML hands the numbers of escapes and directives to chr() and int() unchecked: "\UFFFFFFFF".
            self._fail(_place(loader.get_mark()), "there is an impossible number in this escape", "delete it")
        finally:
            loader.dispose()

    def _take(self, event: yaml.Event) -> None:
        match event:
            case yaml.DocumentStartEvent() if self.root is not None:
                self._fail(_place(event.start_mark), "a second document begins here", "keep one per file; delete `---`")
            case yaml.CollectionStartEvent():
                self._open(event)
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.CollectionEndEvent():
                self._close(event)
            case _:
                pass  # the stream's and the document's ends

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        self._refuse_tag(event)
        start = _place(event.start_mark)
        if self.stack and self.stack[-1].wants_key:
            self._fail(
                start, "a key must be plain text, not a list or mapping", "put it in quotes, or write `key: value`"
            )
        if len(self.stack) >= MAX_DEPTH:
            self._fail(start, f"this is nested more than {MAX_DEPTH} levels deep", "write it flatter")
        self._count(1, start)
        if event.anchor:
            self.anchors[event.anchor] = None
        self.stack.append(_Open(event, [], [], isinstance(event, yaml.MappingStartEvent)))

    def _close(self, event: yaml.CollectionEndEvent) -> None:
        done = self.stack.pop()
        size = 1 + sum(child.size for child in done.children)
        height = 1 + max((child.height for child in done.children), default=0)
        end = _place(event.end_mark)
        flow = bool(done.event.flow_style)
        node: Node
        if isinstance(done.event, yaml.MappingStartEvent):
            values: dict[str, Node] = {}
            keys: dict[str, Place] = {}
            for (key, place), value in zip(done.keys, done.children, strict=True):
                values.setdefault(key, value)
                keys.setdefault(key, place)
            node = Mapping(done.start, end, values, keys, flow, size, height)
        else:
            node = Sequence(done.start, end, tuple(done.children), flow, size, height)
        self._add(node, done.event.anchor)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._refuse_tag(event)
        start, end = _place(event.start_mark), _place(event.end_mark)
        if stray := _UNPRINTABLE.search(event.value):
            self._problem(start, f"this holds an invisible control character (U+{ord(stray[0]):04X})", "delete it")
        if self.stack and self.stack[-1].wants_key:
            self._key(event.value, start, plain=not event.style)
            return
        empty = not event.style and not event.value
        node = Scalar(start, end, event.value, empty, comment=self._comment_at(end) if empty else "")
        self._count(1, start)
        self._add(node, event.anchor)

    def _comment_at(self, place: Place) -> str:
        """What may be meant as a value and is a comment: `- #word`."""
        found = _TIGHT_COMMENT.match(self.lines[place.line - 1], place.column - 1)
        return found[1] if found else ""

    def _key(self, key: str, start: Place, *, plain: bool) -> None:
        mapping = self.stack[-1]
        if plain and key == "<<":
            self._problem(start, "`<<` merges are not read here", "write the keys out")
        if plain and not key:
            self._problem(start, "a key is missing before this colon", "write `key: value`")
        if (first := mapping.first.setdefault(key, start)) is not start:
            what = f"{shown_key(key)} is given a second time (first on line {first.line})"
            self.repeated.append(Problem(self.shown_as, start.line, start.column, what, "keep one of them"))
        mapping.keys.append((key, start))
        mapping.wants_key = False

    def _alias(self, event: yaml.AliasEvent) -> None:
        start = _place(event.start_mark)
        if self.stack and self.stack[-1].wants_key:
            self._fail(start, "a key can't begin with `*`", "put it in quotes")
        if event.anchor not in self.anchors:
            self._fail(start, "a value that begins with `*` refers to an anchor, and there is none", "put it in quotes")
        node = self.anchors[event.anchor]
        if node is None:
            self._fail(start, "this alias stands inside of what it refers to", "write the value out")
        if len(self.stack) + node.height > MAX_DEPTH:
            self._fail(start, f"with this alias it is nested more than {MAX_DEPTH} levels deep", "write it flatter")
        self._count(node.size, start)
        self._add(node, None)

    def _count(self, more: int, place: Place) -> None:
        self.nodes += more
        if self.nodes > MAX_NODES:
            self._fail(place, f"the file holds more than {MAX_NODES:,} values", "split it, or write fewer aliases")

    def _add(self, node: Node, anchor: str | None) -> None:
        if anchor:
            self.anchors[anchor] = node
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        parent.children.append(node)
        parent.wants_key = isinstance(parent.event, yaml.MappingStartEvent)

    def _refuse_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is not None:
            mend = "put it in quotes if it is text; delete it otherwise"
            self._problem(
                _place(event.start_mark), "a value that begins with `!` is a YAML tag, and none is read here", mend
            )

    def _problem(self, place: Place | None, what: str, mend: str) -> None:
        line, column = (place.line, place.column) if place else (0, 0)
        self.problems.append(Problem(self.shown_as, line, column, what, mend))

    def _fail(self, place: Place, what: str, mend: str) -> NoReturn:
        """From here on nothing can be read: say so, with all that was found before."""
        self._problem(place, what, mend)
        raise ConfigError(sorted([*self.problems, *self.repeated]))


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def shown_key(key: str) -> str:
    """A key as messages name it; what doesn't look like one may be a secret without its colon, and is not repeated."""
    return f"`{key}`" if _KEY.fullmatch(key) else UNSHOWN


UNSHOWN = "this key"
_KEY = re.compile(r"[\w.~-]{1,40}")
_TIGHT_COMMENT = re.compile(r"[ \t]+(#\w\S*)")
_CONTAINER = {"[": "list", "{": "mapping"}


def _in_plain_words(error: yaml.MarkedYAMLError, lines: list[str]) -> tuple[Place, str, str]:
    """Where the text stops being YAML, what is wrong there, and what mends it."""
    here = _place(error.problem_mark)
    begun = _place(error.context_mark) if error.context_mark else here
    line = lines[here.line - 1] if here.line <= len(lines) else ""
    before, at = line[: here.column - 1], line[here.column - 1 : here.column]
    problem, context = error.problem or "", error.context or ""
    bracket = lines[begun.line - 1][begun.column - 1 : begun.column] if begun.line <= len(lines) else ""
    if "cannot start any token" in problem:
        if at == "\t":
            return here, "there is a tab where YAML wants spaces", "replace it with spaces"
        return here, f"a value can't begin with `{at}`", "put the value in quotes"
    if "mapping values are not allowed" in problem:
        if re.search(r":\s", before):
            return here, "there is a second colon in this line", "put the value in quotes if the colon belongs to it"
        return here, "this line does not go with the one above", "check the colon above and the indentation here"
    if "sequence entries are not allowed" in problem:
        return here, "a list item must stand on a line of its own", "put a line break before the `-`"
    if "could not find expected ':'" in problem:
        if ":\u00a0" in lines[begun.line - 1]:
            return begun, "there is a no-break space behind the colon", "put a plain space in its place"
        return begun, "there is no colon in this line", "write `key: value`"
    if "quoted scalar" in context or "double-quoted" in context:
        if "escape" in problem or "expected escape sequence" in problem:
            return here, "in double quotes a backslash is special", "write single quotes, or two backslashes"
        return begun, "this quote is never closed", "add the closing quote"
    if context in {"while parsing a flow sequence", "while parsing a flow mapping"}:
        closing = {"[": "]", "{": "}"}.get(bracket, "]")
        if at == "{" and before.endswith("$"):
            return here, "a variable within brackets needs quotes", 'write `"${NAME}"`'
        where = f"the {_CONTAINER.get(bracket, 'list')} that begins on line {begun.line}"
        return here, f"a comma or `{closing}` is missing before this, in {where}", "add it, or put the value in quotes"
    if "expected <block end>" in problem:
        if at in {"]", "}", ","}:
            return here, f"this `{at}` is one too many", "delete it"
        if at == ":":
            return here, "a key is missing before this colon", "write `key: value`"
        if before.rstrip()[-1:] in {'"', "'"}:
            return here, "there is more text after the closing quote", "put the whole value in quotes"
        if before.strip():
            return here, "this does not belong to the value before it", "put the whole value in quotes"
        return here, f"this line is not in line with those above (from line {begun.line} on)", "indent it like them"
    if "expected the node content" in problem:
        return here, "a value is missing here", "write one, or put the text in quotes"
    if "scanning an alias" in context or "scanning an anchor" in context:
        return begun, "a value can't begin with `*` or `&`", "put it in quotes"
    if "tag" in context:
        return (
            begun,
            "a value that begins with `!` is a YAML tag, and none is read here",
            "put it in quotes if it is text",
        )
    if before.startswith("%") or at == "%":
        return here, "a line that begins with `%` is a YAML directive, and none is read here", "delete it"
    return here, "from here on this is not YAML", "check the quotes, colons and indentation"
