"""Turns topic files into compiled topics; refuses what can't be meant, with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import PurePosixPath

import re2

from digest.config import Sourced
from digest.config.topic import TESTS, Rule, TopicConfig, no_such_list, reference
from digest.config.topic import AtLeast as AtLeastConfig
from digest.config.topic import Condition as ConditionConfig
from digest.config.topic import Near as NearConfig
from digest.errors import Problem
from digest.model import Field
from digest.topics.conditions import SHOWN, AllOf, AnyOf, AtLeast, Condition, Near, NoneOf, Pattern, Term, inside
from digest.topics.terms import TermError
from digest.topics.topic import Item, Topic
from digest.topics.vocabulary import Vocabulary

Path = tuple[str | int, ...]

_FIELDS = {"title": Field.TITLE, "lead": Field.LEAD, "body": Field.BODY}


def topic_id(source: Sourced[TopicConfig]) -> str:
    """The file's name without its ending."""
    return PurePosixPath(source.file).stem


class TopicCompiler:
    """Compiles one topic file. Its terms go into the vocabulary, what is wrong into `problems`."""

    def __init__(self, source: Sourced[TopicConfig], vocabulary: Vocabulary) -> None:
        self.source = source
        self.config = source.value
        self.vocabulary = vocabulary
        self.problems: list[Problem] = []
        self.used: set[str] = set()  # names of lists
        self.written: dict[Path, int] = {}  # every term of the file, where it stands
        self.patterns: dict[Path, str] = {}  # every regular expression
        self._lists: dict[str, AnyOf] = {}
        self._open: list[str] = []  # lists that are being put together

    def compile(self) -> Topic:
        """The topic; to be used only if there are no problems."""
        config = self.config
        gates, items = self._named()
        required = self._items(config.require, ("require",), 0) if config.require is not None else []
        if required and not items and not config.score:
            items = self._items(config.require, ("require",), 1)
        if required:
            gate = self._any(required, "")
            alone = not config.score and not gates
            gates.insert(0, Item(0, gate, self._line(("require",)), "require: ", silent=alone))
        for points, condition in config.score.items():
            items += self._items(condition, ("score", points), int(points))
        exclude = self._items(config.exclude, ("exclude",), 0) if config.exclude is not None else []
        ignore = self._items(config.ignore, ("ignore",), 0) if config.ignore is not None else []
        used = set(self.used)
        for name in config.terms:
            if name not in self._lists:
                self._list(name, ("terms", name))  # what is wrong in it is told all the same
        self.used = used
        return Topic(
            id=topic_id(self.source),
            title=config.topic,
            file=self.source.file,
            threshold=config.threshold,
            gates=tuple(gates),
            items=tuple(items),
            exclude=tuple(exclude),
            ignore=self._any(ignore, "") if ignore else None,
            only=frozenset(config.sources.only),
            never=frozenset(config.sources.except_),
        )

    def _named(self) -> tuple[list[Item], list[Item]]:
        """The conditions that stand at the top of the file: each is a gate, and each of their items earns a point."""
        gates: list[Item] = []
        items: list[Item] = []
        for name in TESTS:
            value = getattr(self.config, name)
            if value is None:
                continue
            path: Path = (name,)
            if name in {"any", "all"}:
                found = self._items(value, path, 1)
                whole: Condition = (
                    self._any(found, "") if name == "any" else AllOf(tuple(each.condition for each in found))
                )
                items += found
            else:
                whole = self._test(name, value, path, None)
                if name != "none":
                    items.append(Item(1, whole, self._line(path)))
            gates.append(Item(0, whole, self._line(path), silent=True))
        return gates, items

    def _items(self, value: ConditionConfig | None, path: Path, points: int) -> list[Item]:
        """The conditions of a list, each for itself; another condition alone."""
        if isinstance(value, tuple):
            each = [(self._condition(inner, (*path, i), None), (*path, i)) for i, inner in enumerate(value)]
        else:
            each = [(self._condition(value, path, None), path)] if value is not None else []
        return [Item(points, condition, self._line(where)) for condition, where in each]

    def _line(self, path: Path) -> int:
        return self.source.place(path).line

    def _problem(self, path: Path, what: str, mend: str) -> None:
        self.problems.append(self.source.problem(path, what, mend))

    # --- conditions -------------------------------------------------------------------------------

    def _condition(self, value: ConditionConfig, path: Path, where: Field | None) -> Condition:
        if isinstance(value, str):
            name = reference(value)
            return self._list(name, path) if name else self._term(value, path)
        if isinstance(value, tuple):
            return self._any_of(self._conditions(value, path, where), "")
        name = next(each for each in TESTS if getattr(value, each) is not None)
        return self._test(name, getattr(value, name), (*path, name), where)

    def _conditions(self, values: Iterable[ConditionConfig], path: Path, where: Field | None) -> list[Condition]:
        return [self._condition(value, (*path, i), where) for i, value in enumerate(values)]

    def _test(self, name: str, value: object, path: Path, where: Field | None) -> Condition:
        match name, value:
            case "all", tuple():
                return AllOf(tuple(self._conditions(value, path, where)))
            case "at_least", AtLeastConfig():
                return self._at_least(value, path, where)
            case "near", NearConfig():
                return self._near(value, path)
            case "regex", str():
                return self._pattern(value, path)
        assert isinstance(value, str | tuple | Rule)  # noqa: S101 # the models know no other
        if name in _FIELDS:
            if where is not None:
                self._problem(
                    path, f"`{name}:` stands inside of `{where}:`", "an article's parts hold nothing of each other"
                )
            return inside(_FIELDS[name], self._condition(value, path, _FIELDS[name]))
        found = self._condition(value, path, where)
        one = found if isinstance(found, AnyOf) else self._any_of([found], "")
        return NoneOf(one) if name == "none" else one

    def _term(self, text: str, path: Path) -> Condition:
        try:
            number = self.vocabulary.add(text, self.config.lang)
        except TermError as error:
            self._problem(path, f"`{_short(text)}` {error.what}", error.mend)
            number = -1
        self.written[path] = number
        return Term(number, text)

    def _list(self, name: str, path: Path) -> AnyOf:
        self.used.add(name)
        if name in self._open:
            self._problem(path, f"`${name}` stands inside of its own list", "delete it there")
        elif name not in self.config.terms:
            unknown = no_such_list(name, self.config.terms)
            self._problem(path, f"`${name}` {unknown.what}", unknown.mend)
        elif name not in self._lists:
            self._open.append(name)
            items = self._conditions(self.config.terms[name], ("terms", name), None)
            self._lists[name] = self._any_of(items, f"${name}")
            self._open.pop()
        return self._lists.get(name) or AnyOf(frozenset(), -1, (), f"${name}")

    def _any(self, items: list[Item], name: str) -> AnyOf:
        return self._any_of([each.condition for each in items], name)

    def _any_of(self, conditions: list[Condition], name: str) -> AnyOf:
        if len(conditions) == 1 and isinstance(conditions[0], AnyOf) and not name:
            return conditions[0]
        own = frozenset(each.term for each in conditions if isinstance(each, Term))
        others = tuple(each for each in conditions if not isinstance(each, Term))
        first = tuple(each.text for each in islice((each for each in conditions if isinstance(each, Term)), SHOWN + 1))
        return AnyOf(own, self.vocabulary.add_list(own), others, name, first)

    def _at_least(self, value: AtLeastConfig, path: Path, where: Field | None) -> Condition:
        path = (*path, "of")
        if isinstance(value.of, str):
            name = reference(value.of) or ""
            self._list(name, path)
            members: list[Condition] = list(self._members_of(name, {name}))
        else:
            members = self._conditions(value.of, path, where)
        if members and value.n > len(members):
            self._problem(
                (*path[:-1], "n"), f"`n: {value.n}` is more than the {len(members)} there are", "write a smaller number"
            )
        return AtLeast(value.n, tuple(members))

    def _members_of(self, name: str, seen: set[str]) -> Iterator[Condition]:
        for i, text in enumerate(self.config.terms.get(name, ())):
            inner = reference(text)
            if inner and inner not in seen:
                yield from self._members_of(inner, seen | {inner})
            elif not inner:
                yield self._term(text, ("terms", name, i))

    def _near(self, value: NearConfig, path: Path) -> Condition:
        path = (*path, "of")
        for i, member in enumerate(value.of):
            self._refuse_no_place(member, (*path, i))
        return Near(value.within, value.ordered, tuple(self._conditions(value.of, path, None)))

    def _refuse_no_place(self, value: ConditionConfig, path: Path) -> None:
        """Only terms have a place in the order of words."""
        if isinstance(value, tuple):
            for i, inner in enumerate(value):
                self._refuse_no_place(inner, (*path, i))
        elif isinstance(value, Rule):
            if value.any is None:
                name = next(each for each in TESTS if getattr(value, each) is not None)
                self._problem(
                    path, f"`{name}:` stands inside of `near:`", "write terms, lists of terms or `any:` there"
                )
            else:
                self._refuse_no_place(value.any, (*path, "any"))

    def _pattern(self, text: str, path: Path) -> Condition:
        number = self.vocabulary.add_text(text)
        self.patterns[path] = text
        try:
            compiled = re2.compile(text, _OPTIONS)
            empty = compiled.search("") is not None
        except re2.error as error:
            reason = error.args[0] if error.args else "it can't be read"
            reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
            mend = "write it in RE2's syntax: no look-around, no back-references, repetitions up to 1000"
            self._problem(path, f"`{_short(text)}` is no regular expression ({reason})", mend)
            return Pattern(number, text, partial(_search, None))
        if empty:
            self._problem(path, f"`{_short(text)}` also matches where there is nothing", "ask for at least one letter")
        return Pattern(number, text, partial(_search, compiled))


_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


def _search(compiled: re2._Regexp | None, text: str) -> Iterator[tuple[int, int]]:
    if compiled is not None:
        for found in compiled.finditer(text.encode("utf-8", "replace").decode("utf-8")):  # a lone surrogate is one "?"
            if found.end() > found.start():
                yield found.start(), found.end()


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
