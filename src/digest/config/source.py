"""Loads one YAML file into one model and remembers where everything stood."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from digest.config.refusal import as_written, problems_of
from digest.config.tree import Mapping, Node, Place, Scalar, Sequence, parse, plain, survey
from digest.errors import ConfigError, Problem

M = TypeVar("M", bound=BaseModel)

_VARIABLE = re.compile(r"\$(?:\$|\{([^}]*)\}?)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Sourced(Generic[M]):
    """A model with the places of its values. `file` is the name users know, e.g. "topics/korea.yaml"."""

    value: M
    file: str
    tree: Node = field(repr=False, compare=False)

    def place(self, path: tuple[str | int, ...] = ()) -> Place:
        """Where the value at `path` begins, or what holds it where `path` leads nowhere.

        Parts of `path` are keys as the file has them (a number finds the key of its spelling) and list indexes.
        """
        return find(self.tree, path).start

    def key_place(self, path: tuple[str | int, ...]) -> Place:
        """Where the key of the value at `path` stands; the value's own place in a list."""
        holder = find(self.tree, path[:-1])
        if isinstance(holder, Mapping) and str(path[-1]) in holder.keys:
            return holder.keys[str(path[-1])]
        return self.place(path)

    def text(self, path: tuple[str | int, ...]) -> str:
        """The single value at `path` as the file has it, variables not filled in; empty for anything else."""
        node = find(self.tree, path)
        return as_written(node) if isinstance(node, Scalar) else ""

    def problem(self, path: tuple[str | int, ...], what: str, mend: str = "", *, warning: bool = False) -> Problem:
        """A problem with the value at `path`."""
        place = self.place(path)
        return Problem(self.file, place.line, place.column, what, mend, warning)


def find(node: Node, path: tuple[str | int, ...]) -> Node:
    """Walk down the tree; parts that lead nowhere are skipped, such as the tags pydantic puts between."""
    for part in path:
        match node:
            case Mapping(values=values) if str(part) in values:
                node = values[str(part)]
            case Sequence(items=items) if isinstance(part, int) and 0 <= part < len(items):
                node = items[part]
            case _:
                pass
    return node


def load_file(path: Path, model: type[M], shown_as: str | None = None, env: Map[str, str] | None = None) -> Sourced[M]:
    """Read the YAML file at `path` as a `model`; its values are typed by the model alone.

    With `env`, `${VAR}` in values is filled in from there. Raises ConfigError with every problem of the file.
    """
    file = shown_as or path.name
    return load_bytes(read(path, file), model, file, env)


def read(path: Path, shown_as: str) -> bytes:
    """A file's bytes. Raises ConfigError."""
    try:
        return path.read_bytes()
    except OSError as error:
        what = f"the file can't be read ({error.strerror or type(error).__name__})"
        raise ConfigError([Problem(shown_as, 0, 0, what, "check that it is there and that you may read it")]) from error


def load_bytes(data: bytes, model: type[M], shown_as: str, env: Map[str, str] | None = None) -> Sourced[M]:
    """Like `load_file`, of a text in hand."""
    tree, repeated = survey(data, shown_as)
    try:
        sourced = _validated(tree, model, shown_as, env)
    except ConfigError as error:
        raise ConfigError(sorted([*repeated, *error.problems])) from None
    if repeated:
        raise ConfigError(repeated)
    return sourced


def load_part(data: bytes, key: str, model: type[M], shown_as: str, env: Map[str, str] | None = None) -> M | None:
    """The value of one key as a `model`, whatever the others hold; None where there is no such key."""
    tree = parse(data, shown_as)
    part = tree.values.get(key) if isinstance(tree, Mapping) else None
    return None if part is None else _validated(part, model, shown_as, env).value


def _validated(tree: Node, model: type[M], shown_as: str, env: Map[str, str] | None) -> Sourced[M]:
    if env is not None:
        problems: list[Problem] = []
        tree = _expand(tree, env, shown_as, problems)
        if problems:
            raise ConfigError(sorted(problems))
    data = plain(tree)
    try:
        return Sourced(model.model_validate(data), shown_as, tree)
    except ValidationError as error:
        refused = error
    try:  # again, with the whole file in the context: so validators tell what else does not fit together in it
        model.model_validate(data, context=data)
    except ValidationError as error:
        refused = error
    raise ConfigError(problems_of(refused, tree, model, shown_as))


def _expand(node: Node, env: Map[str, str], file: str, problems: list[Problem]) -> Node:
    match node:
        case Mapping(values=values):
            return replace(node, values={key: _expand(value, env, file, problems) for key, value in values.items()})
        case Sequence(items=items):
            return replace(node, items=tuple(_expand(item, env, file, problems) for item in items))
        case Scalar(text=text) if "$" in text:
            return replace(node, text=_filled(text, env, file, node.start, problems), written=text)
    return node


def _filled(text: str, env: Map[str, str], file: str, place: Place, problems: list[Problem]) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return "$"
        if not found[0].endswith("}") or not _NAME.fullmatch(name):
            what, mend = "`${` begins a variable, and no `NAME}` follows", "write `${NAME}`, or `$$` for a dollar sign"
        elif name not in env:
            what = f"the environment variable `{name}` is not set"
            mend = "set it where digest is started, or write `$$` for a dollar sign"
        else:
            return env[name]
        problems.append(Problem(file, place.line, place.column, what, mend))
        return ""

    return _VARIABLE.sub(value, text)
