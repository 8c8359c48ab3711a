"""Adds an example to the text of a topic file; its comments and its layout stay."""

from __future__ import annotations

import json

import yaml

from digest.config.topic import ExampleText
from digest.config.tree import Mapping, Node, Place, Sequence, parse, plain
from digest.errors import ConfigError, Problem

_INDENT = "  "


def add_example(text: str, kind: str, example: ExampleText, shown_as: str) -> str:
    """The text of a topic file with one more example of a kind ("match" or "reject").

    Nothing else in it changes; if the example is already there, nothing does. Raises ConfigError if the file can't be
    read, has the example among those of the other kind, or is written in a way that leaves no place for it.
    """
    edit = _Edit(text, kind, example, shown_as)
    edit.refuse_contradiction()
    edited = edit.made()
    wanted = edit.listed()
    after = parse(edited.encode(), shown_as)
    if _listed(_value(_value(after, "examples"), kind)) != wanted:
        place = _value(edit.tree, "examples")
        at = place.start if place else Place(1, 1)
        what = f"there is no safe place for an example in `{kind}`"
        raise ConfigError([Problem(shown_as, at.line, at.column, what, "write `examples:` as an indented list")])
    return edited


class _Edit:
    def __init__(self, text: str, kind: str, example: ExampleText, shown_as: str) -> None:
        self.text = text
        self.kind = kind
        self.shown_as = shown_as
        self.fields = {
            name: _clean(value)
            for name, value in (("title", example.title), ("body", example.body), ("url", example.url))
            if _clean(value)
        }
        if not set(self.fields) & {"title", "body"}:
            raise ConfigError("an example needs a title or a text")
        self.tree = parse(text.encode(), shown_as)
        self.lines = text.splitlines(keepends=True)
        self.eol = "\r\n" if "\r\n" in text else "\n"

    def listed(self) -> list[object]:
        """The examples of this kind as they must be afterwards."""
        listed = _listed(_value(_value(self.tree, "examples"), self.kind))
        return listed if self._known(listed) else [*listed, self.fields]

    def _known(self, listed: list[object]) -> bool:
        title = self.fields.get("title")
        return self.fields in listed or (set(self.fields) == {"title"} and title in listed)

    def refuse_contradiction(self) -> None:
        [other] = {"match", "reject"} - {self.kind}
        there = _value(_value(self.tree, "examples"), other)
        for node in there.items if isinstance(there, Sequence) else ():
            if self._known([plain(node)]):
                what = f"this example is in `{other}`, so it can't be in `{self.kind}` as well"
                raise ConfigError([Problem(self.shown_as, *node.start, what, "delete it here first")])

    def made(self) -> str:
        examples = _value(self.tree, "examples")
        kind = _value(examples, self.kind)
        if isinstance(kind, Sequence):
            if self._known(_listed(kind)):
                return self.text
            if kind.flow:
                return self._in_brackets(kind.end, bool(kind.items), self._inline())
            return self._below(kind.items[-1], self._item(" " * (kind.start.column - 1)))
        if isinstance(examples, Mapping) and examples.values:
            if examples.flow:
                return self._in_brackets(examples.end, True, f"{self.kind}: [{self._inline()}]")
            margin = " " * (next(iter(examples.keys.values())).column - 1)
            if self.kind in examples.keys:  # the key stands there with nothing behind it
                return self._after_line(examples.keys[self.kind].line, self._item(margin + _INDENT))
            last = list(examples.values.values())[-1]
            return self._below(last, f"{margin}{self.kind}:{self.eol}{self._item(margin + _INDENT)}")
        block = f"{_INDENT}{self.kind}:{self.eol}{self._item(_INDENT * 2)}"
        if isinstance(self.tree, Mapping) and "examples" in self.tree.keys:
            return self._after_line(self.tree.keys["examples"].line, block)
        end = self.text if self.text.endswith(("\n", "\r")) else self.text + self.eol
        return f"{end}{self.eol}examples:{self.eol}{block}"

    def _inline(self) -> str:
        return (
            "{"
            + ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in self.fields.items())
            + "}"
        )

    def _item(self, margin: str) -> str:
        lines: list[str] = []
        for name, value in self.fields.items():
            if name == "body":
                lines.append("body: |-")
                lines += [f"{_INDENT}{line}" if line else "" for line in value.split("\n")]
            else:
                lines.append(f"{name}: {_scalar(value)}")
        first = [f"{margin}- {lines[0]}", *(f"{margin}{_INDENT}{line}" if line else "" for line in lines[1:])]
        return "".join(line + self.eol for line in first)

    def _below(self, node: Node, block: str) -> str:
        """After the last line of a node, before the empty lines and comments that follow it."""
        last = _last(node)
        line = last.end.line if last.end.column > 1 else last.end.line - 1
        line = min(line, len(self.lines))
        while line > last.start.line and not self._is_content(line):
            line -= 1
        return self._after_line(line, block)

    def _is_content(self, line: int) -> bool:
        return bool(self.lines[line - 1].strip())

    def _after_line(self, line: int, block: str) -> str:
        before = "".join(self.lines[:line])
        if before and not before.endswith(("\n", "\r")):
            before += self.eol
        return before + block + "".join(self.lines[line:])

    def _in_brackets(self, end: Place, follows: bool, inline: str) -> str:
        """Before the closing bracket, which is the last letter before `end`."""
        at = sum(len(line) for line in self.lines[: end.line - 1]) + end.column - 2
        before = self.text[:at].rstrip()
        comma = "" if not follows or before.endswith(",") else ","
        space = " " if comma or before.endswith(",") else ""
        return f"{before}{comma}{space}{inline}{self.text[at:]}"


def _value(node: Node | None, key: str) -> Node | None:
    return node.values.get(key) if isinstance(node, Mapping) else None


def _listed(node: Node | None) -> list[object]:
    return [plain(item) for item in node.items] if isinstance(node, Sequence) else []


def _last(node: Node) -> Node:
    match node:
        case Sequence(items=items, flow=False) if items:
            return _last(items[-1])
        case Mapping(values=values, flow=False) if values:
            return _last(list(values.values())[-1])
    return node


def _clean(text: str) -> str:
    """Paragraphs of one line each, without letters that YAML does not allow."""
    printable = "".join(letter if letter.isprintable() or letter.isspace() else " " for letter in text)
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in printable.split("\n\n") if paragraph.strip())


def _scalar(text: str) -> str:
    one = text.replace("\n\n", " ")
    return str(yaml.safe_dump([one], default_flow_style=True, allow_unicode=True, width=1 << 30))[1:-2]
