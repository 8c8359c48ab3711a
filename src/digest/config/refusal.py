"""Says in plain words, with the place, what a model has refused."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from digest.config.strict import Wrong
from digest.config.tree import UNSHOWN, Mapping, Node, Scalar, Sequence, shown_key
from digest.errors import Problem

Path = tuple[str | int, ...]

_SHOWN = 60  # characters of a value that a message repeats
_CREDENTIALS = re.compile(r"//\S*@")
_SIMPLE = re.compile(r"[\w.@/: -]{1,60}")
_LIMITS = {
    "greater_than": ("must be more than", "gt"),
    "greater_than_equal": ("must be at least", "ge"),
    "less_than": ("must be less than", "lt"),
    "less_than_equal": ("must be at most", "le"),
}
_NUMBERS = ("int_", "float_", "finite_number")
_LISTS = ("list_type", "tuple_type", "set_type", "frozen_set_type", "is_instance_of", "iterable_type")
_MAPPINGS = ("dict_type", "mapping_type", "model_type", "model_attributes_type")


def problems_of(error: ValidationError, tree: Node, model: type[BaseModel], file: str) -> list[Problem]:
    """Every refusal of `error` as a problem with its place in `tree`, in the file's order, each once."""
    found = [each for each in error.errors(include_url=False) if each["type"] != "default_factory_not_called"]
    unknown = [each["loc"] for each in found if each["type"] == "extra_forbidden"]
    misspelt = {(*path[:-1], _close(str(path[-1]), _known(_Spot(tree, model, path[:-1])))) for path in unknown}
    found = [each for each in found if each["type"] != "missing" or each["loc"] not in misspelt]
    return sorted({_problem(details, tree, model, file) for details in found})


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """The mend for a word that is close to a known one, else `otherwise`."""
    close = _close(word, known)
    return f"did you mean `{close}`?" if close else otherwise


def _close(word: str, known: Iterable[str]) -> str | None:
    lower = {each.lower(): each for each in known}
    found = get_close_matches(word.lower(), lower, n=1, cutoff=0.6)
    return lower[found[0]] if found else None


def without_login(text: str) -> str:
    """Text without the names and passwords that URLs in it carry."""
    return _CREDENTIALS.sub("//***@", text)


def as_written(node: Scalar) -> str:
    """A value as the file has it: what a variable was filled in with may be a secret."""
    return node.text if node.written is None else node.written


def one_of(words: Iterable[str]) -> str:
    """Words as a choice: `a`, `b` or `c`."""
    quoted = [f"`{word}`" for word in words]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]


class _Spot:
    """What stands at a location of pydantic's, in the file and in the models."""

    def __init__(self, tree: Node, model: type[BaseModel], path: Path) -> None:
        self.node: Node = tree
        self.key: str | None = None  # of the value, or of the list that holds it
        self.place = tree.start  # of the key, else of the list item
        self.itself = False  # the key belongs to this very value
        self.field: FieldInfo | None = None
        self.annotations: list[Any] = [model]
        self.aliases: dict[str, Any] = {}  # by name, for aliases that refer to themselves
        self.tagged = False
        for part in path:
            self._down(part)

    def _down(self, part: str | int) -> None:
        alternatives = self._alternatives()
        if not self.tagged and len(alternatives) > 1:
            self.tagged = True  # pydantic names the member of a union that it tried; the file knows nothing of it
            return
        match self.node:
            case Mapping(values=values, keys=keys) if str(part) in values:
                self.node, self.place = values[str(part)], keys[str(part)]
                self.key, self.itself = str(part), True
            case Sequence(items=items) if isinstance(part, int) and 0 <= part < len(items):
                self.node, self.itself = items[part], False
                self.place = self.node.start
            case _:
                pass
        steps = [step for each in alternatives for step in _below(each, part)]
        if steps:
            self.tagged = False
            self.annotations = [annotation for annotation, _ in steps]
            self.field = next((field for _, field in steps if field is not None), self.field)

    def _alternatives(self) -> list[Any]:
        return [each for annotation in self.annotations for each in _alternatives(annotation, self.aliases)]

    @property
    def models(self) -> list[type[BaseModel]]:
        return [each for each in self._alternatives() if _is_model(each)]

    @property
    def secret(self) -> bool:
        # password_file and password_env: where the password itself is put by mistake.
        return SecretStr in self._alternatives() or (self.key or "").startswith("password")

    @property
    def subject(self) -> str:
        """The key and the value as the file has them, as far as they may be shown."""
        key = shown_key(self.key) if self.key is not None else "the file"
        if not isinstance(self.node, Scalar):
            return key if self.itself or self.key is None else f"this item of {key}"
        if self.secret or self.node.empty:
            return key if self.itself else f"this item of {key}"
        text = without_login(" ".join(as_written(self.node).split()))
        text = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
        return f"`{self.key}: {text}`" if self.itself and key.startswith("`") else f"`{text}`"


def _problem(details: Any, tree: Node, model: type[BaseModel], file: str) -> Problem:
    kind: str = details["type"]
    path: Path = tuple(details["loc"])
    context: Map[str, Any] = details.get("ctx", {})
    if kind == "missing":
        return _missing(path, tree, model, file)
    if kind == "extra_forbidden":
        return _unknown(path, tree, model, file)
    at_key = bool(path) and path[-1] == "[key]"
    wrong = context.get("error")
    inner = wrong.at if isinstance(wrong, Wrong) else ()
    spot = _Spot(tree, model, (path[:-1] if at_key else path) + inner)
    place = spot.place if at_key else spot.node.start
    if at_key:
        key = f"the key {shown}" if (shown := shown_key(spot.key or "")) != UNSHOWN else shown
        fault = (wrong.what, wrong.mend) if isinstance(wrong, Wrong) else (_key_fault(kind, context), _mend(spot))
        what, mend = f"{key} {fault[0]}", fault[1]
    elif isinstance(spot.node, Scalar) and spot.node.empty:
        place = spot.place
        subject = f"{shown_key(spot.key)} has no value" if spot.itself and spot.key else "there is no value here"
        what, mend = subject, "write one, or delete the line"
        if spot.node.comment:
            what = f"`{spot.node.comment}` is a comment to YAML, so {subject}"
            mend = "put it in quotes if it is meant as a value"
    elif isinstance(wrong, Wrong):
        what, mend = f"{spot.subject} {wrong.what}", wrong.mend
    else:
        what, mend = _standard(kind, context, spot)
    return Problem(file, place.line, place.column, what, mend)


def _missing(path: Path, tree: Node, model: type[BaseModel], file: str) -> Problem:
    holder, key = _Spot(tree, model, path[:-1]), str(path[-1])
    field = next((each for owner in holder.models for name, each in _fields(owner) if name == key), None)
    where = f" in {shown_key(holder.key)}" if holder.key is not None else ""
    example = _example(field)
    mend = f"add `{key}: {example}`" if example else f"add `{key}:`"
    return Problem(file, holder.place.line, holder.place.column, f"`{key}` is missing{where}", mend)


def _unknown(path: Path, tree: Node, model: type[BaseModel], file: str) -> Problem:
    spot, holder, key = _Spot(tree, model, path), _Spot(tree, model, path[:-1]), str(path[-1])
    known = _known(holder)
    where = f" in {shown_key(holder.key)}" if holder.key is not None else ""
    mend = did_you_mean(key, known, f"the keys here are {', '.join(known)}" if known else "")
    return Problem(file, spot.place.line, spot.place.column, f"{shown_key(key)} is not a known key{where}", mend)


def _known(holder: _Spot) -> list[str]:
    return [name for owner in holder.models for name, _ in _fields(owner)]


def _key_fault(kind: str, context: Map[str, Any]) -> str:
    if kind.startswith(_NUMBERS):
        return "is not a whole number"
    if kind in _LIMITS:
        words, name = _LIMITS[kind]
        return f"{words} {context[name]}"
    return "can't be used here"


def _standard(kind: str, context: Map[str, Any], spot: _Spot) -> tuple[str, str]:
    """Words for pydantic's own refusals; the field's description helps where there are none."""
    if kind in _MAPPINGS:
        keys = ", ".join(_known(spot))
        name = shown_key(spot.key) if spot.itself and spot.key else "this item" if spot.key else "the file"
        return f"{name} must hold keys with values", f"its keys are {keys}" if keys else "write `key: value`"
    if kind in _LISTS:
        name = shown_key(spot.key) if spot.key else "the file"
        if not isinstance(spot.node, Scalar):
            return f"{name} must be a list", "begin each item with `- `"
        own = as_written(spot.node)
        simple = not spot.secret and _SIMPLE.fullmatch(own) and own == without_login(own)
        return f"{name} must be a list", f"write `{spot.key}: [{own if simple else 'one, two'}]`"
    if kind == "too_short":
        return f"{spot.subject} has too few items", _mend(spot)
    if not isinstance(spot.node, Scalar):
        shape = "a list" if isinstance(spot.node, Sequence) else "keys with values"
        return f"{spot.subject} must be a single value, not {shape}", _mend(spot)
    if kind.startswith(_NUMBERS):
        return f"{spot.subject} is not a {'' if kind.startswith('float') else 'whole '}number", _mend(spot)
    if kind.startswith("bool_"):
        return f"{spot.subject} is neither yes nor no", "write `yes` or `no`"
    if kind in _LIMITS:
        words, name = _LIMITS[kind]
        return f"{spot.subject} {words} {context[name]}", _mend(spot)
    if kind in {"literal_error", "enum"}:
        choices = re.findall(r"'([^']*)'", str(context["expected"]))
        what = f"{spot.subject} is not one of {one_of(choices)}"
        return what, did_you_mean(spot.node.text, choices, "choose one of them")
    if kind == "string_too_short":
        return f"{spot.subject} is too short", _mend(spot)
    if kind in {"string_too_long", "too_long"}:
        return f"{spot.subject} is too long (at most {context['max_length']})", _mend(spot)
    return f"{spot.subject} does not fit here", _mend(spot)


def _mend(spot: _Spot) -> str:
    example = _example(spot.field)
    if example:
        return f"write for example `{example}`"
    return f"what belongs here: {spot.field.description}" if spot.field and spot.field.description else ""


def _example(field: FieldInfo | None) -> str:
    return str(field.examples[0]) if field is not None and field.examples else ""


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield field.alias or name, field


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _alternatives(annotation: Any, aliases: dict[str, Any]) -> Iterator[Any]:
    """What an annotation may stand for, None apart: unions and aliases taken to pieces."""
    if isinstance(annotation, typing.ForwardRef | str):
        name = annotation if isinstance(annotation, str) else annotation.__forward_arg__
        annotation = aliases.get(name, Any)
    if isinstance(annotation, TypeAliasType):
        aliases[annotation.__name__] = annotation
        yield from _alternatives(annotation.__value__, aliases)
        return
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        yield from _alternatives(typing.get_args(annotation)[0], aliases)
    elif origin in {typing.Union, types.UnionType}:
        for each in typing.get_args(annotation):
            yield from _alternatives(each, aliases)
    elif annotation is not type(None):
        yield annotation


def _below(annotation: Any, part: str | int) -> Iterator[tuple[Any, FieldInfo | None]]:
    """What `part` leads to from an annotation; nothing where it leads nowhere."""
    args = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if _is_model(annotation):
        yield from ((field.annotation, field) for name, field in _fields(annotation) if name == part)
    elif isinstance(origin, type) and issubclass(origin, Map):
        if len(args) == 2:
            yield args[1], None
    elif isinstance(part, int):
        yield from ((arg, None) for arg in args if arg is not Ellipsis)
