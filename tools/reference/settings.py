"""The keys of the configuration files as plain data, read from their JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from digest import config

Schema = dict[str, Any]

_MOST_WORDS = 12  # of an enumeration that is written out


@dataclass(frozen=True)
class Key:
    """One key with its path from the top of the file: `digests[].schedule`."""

    path: str
    kind: str
    default: str
    required: bool
    text: str
    example: str


@dataclass(frozen=True)
class File:
    """One kind of configuration file."""

    name: str
    text: str
    keys: tuple[Key, ...]


def files() -> tuple[File, ...]:
    """digest.yaml, feeds.yaml and the topic files."""
    names = {"digest": "digest.yaml", "feeds": "feeds.yaml", "topic": "topics/*.yaml"}
    return tuple(_file(names[each], config.schema(each)) for each in config.SCHEMAS)


def _file(name: str, schema: Schema) -> File:
    return File(name, schema["description"], tuple(_keys(schema, schema, "", frozenset())))


def _keys(schema: Schema, root: Schema, path: str, seen: frozenset[str]) -> Iterator[Key]:
    required = set(schema.get("required", ()))
    for name, value in schema.get("properties", {}).items():
        here = f"{path}{name}"
        resolved, referred = _resolved(value, root)
        yield Key(
            here,
            _kind(resolved, root),
            _yaml(value["default"]) if value.get("default") not in (None, [], {}) else "",
            name in required,
            value.get("description") or resolved.get("description", ""),
            _yaml(value["examples"][0]) if value.get("examples") else "",
        )
        if referred & seen:
            continue  # a condition holds conditions
        yield from _below(resolved, root, here, seen | referred)


def _below(schema: Schema, root: Schema, path: str, seen: frozenset[str]) -> Iterator[Key]:
    if "Condition" in seen:
        return
    if "properties" in schema:
        yield from _keys(schema, root, f"{path}.", seen)
    elif "items" in schema:
        inner, referred = _resolved(schema["items"], root)
        yield from _below(inner, root, f"{path}[]", seen | referred)
    else:
        for each in schema.get("anyOf", ()):
            if "properties" in each:
                yield from _keys(each, root, f"{path}.", seen)


def _resolved(schema: Schema, root: Schema) -> tuple[Schema, frozenset[str]]:
    """The schema that a reference leads to, and the names it went by."""
    names: set[str] = set()
    while True:
        inner = schema
        if len(schema.get("allOf", ())) == 1:
            inner = schema["allOf"][0]
        if "$ref" not in inner:
            return inner, frozenset(names)
        name = inner["$ref"].rsplit("/", 1)[-1]
        names.add(name)
        schema = root["definitions"][name]


def _kind(schema: Schema, root: Schema) -> str:
    """What may be written there, in a few words."""
    words = schema.get("enum")
    if words and len(words) <= _MOST_WORDS:
        return " or ".join(f"`{each}`" for each in words)
    pattern = schema.get("pattern", "")
    types = schema.get("type", "")
    if "[smhdw]" in pattern:
        return "time span" + (" or `forever`" if "forever" in pattern else "")
    if "KMG" in pattern:
        return "size"
    if types == "array" or (isinstance(types, list) and "array" in types):
        inner, _ = _resolved(schema.get("items", {}), root)
        return "list of mappings" if "properties" in inner else "list"
    if "integer" in types:
        bounds = [str(schema[each]) for each in ("minimum", "maximum") if each in schema]
        return "number" + (f" ({' to '.join(bounds)})" if len(bounds) == 2 else "")
    if types == "boolean":
        return "`true` or `false`"
    if types == "object" or "properties" in schema:
        return "mapping"
    if "anyOf" in schema:
        return "condition" if schema is root["definitions"].get("Condition") else "one of several"
    return "URL" if "https?" in pattern else "text"


def _yaml(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    return json.dumps(value)
