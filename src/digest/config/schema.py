"""JSON Schema (draft 7) of the three kinds of files, for editors; the models remain the judge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from digest.config.settings import DigestFile, FeedsFile
from digest.config.topic import TopicConfig

SCHEMAS: Mapping[str, type[BaseModel]] = {"digest": DigestFile, "feeds": FeedsFile, "topic": TopicConfig}

_TITLES = {"digest": "digest.yaml", "feeds": "feeds.yaml", "topic": "A topic of digest"}
_DRAFT = "http://json-schema.org/draft-07/schema#"
_VARIABLE = r"\$\{[A-Za-z_]"  # a value from the environment: what it will be, the editor can't know


class _Untitled(GenerateJsonSchema):
    """Pydantic's generator without the titles it makes of names: editors would show them instead of descriptions."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 # its signature
        return False


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of `digest`, `feeds` or `topic` files. Raises KeyError for any other name."""
    made = SCHEMAS[name].model_json_schema(
        by_alias=True, ref_template="#/definitions/{model}", schema_generator=_Untitled, mode="validation"
    )
    definitions = made.pop("$defs", {})
    whole: dict[str, Any] = _for_editors(
        made | ({"definitions": definitions} if definitions else {}), variables=name != "topic"
    )
    return {"$schema": _DRAFT, "title": _TITLES[name]} | whole


def schema_text(name: str) -> str:
    """The same as a file's text."""
    return json.dumps(schema(name), ensure_ascii=False, indent=2) + "\n"


def _for_editors(node: Any, *, variables: bool) -> Any:
    """Rewrite what draft 7 or the editors' own reading of YAML would misunderstand."""
    if isinstance(node, list):
        return [_for_editors(each, variables=variables) for each in node]
    if not isinstance(node, dict):
        return node
    out: dict[str, Any] = {}
    for key, value in node.items():
        if key in {"properties", "definitions", "patternProperties"}:
            out[key] = {name: _for_editors(each, variables=variables) for name, each in value.items()}
        elif key == "examples":
            out[key] = [yaml.safe_load(str(example)) for example in value]  # they are written as in the file
        elif key in {"enum", "const"} or (key == "default" and value is not None and not isinstance(value, dict)):
            out[key] = value
        elif key not in {"default", "format", "title", "writeOnly"}:
            out[key] = _for_editors(value, variables=variables)
    if "$ref" in out and len(out) > 1:
        out["allOf"] = [{"$ref": out.pop("$ref")}]  # in draft 7, what stands beside a $ref is not read
    return _scalars(_without_null(out), variables=variables)


def _without_null(node: dict[str, Any]) -> dict[str, Any]:
    """A key that may be left out, but not left empty."""
    choices = node.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        rest = [choice for choice in choices if choice != {"type": "null"}]
        node = {key: value for key, value in node.items() if key != "anyOf"}
        if len(rest) > 1:
            return node | {"anyOf": rest}
        return node | ({"allOf": rest} if "$ref" in rest[0] else rest[0] | node)
    return node


def _scalars(node: dict[str, Any], *, variables: bool) -> dict[str, Any]:
    """Text may look like a number or a truth value, and numbers may be quoted: types are the models', not YAML's."""
    kind = node.get("type")
    if kind == "string" and not {"pattern", "enum", "const"} & node.keys():
        return node | {"type": ["string", "number", "boolean"]}
    if not variables or _VARIABLE in node.get("pattern", ""):
        return node
    if kind == "string" and "pattern" in node:
        return node | {"pattern": f"({node['pattern']})|{_VARIABLE}"}
    if kind == "integer":
        return node | {"type": ["integer", "string"], "pattern": rf"^[0-9]+$|{_VARIABLE}"}
    return node
