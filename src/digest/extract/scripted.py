"""Finds the article in a page's scripts, where a site sends the text as data and lets the browser build the page."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import lxml.html

from digest.errors import ExtractError
from digest.extract import tree
from digest.extract.blocks import Block, read

_STRING = re.compile(r'"((?:[^"\\]|\\.){400,})"', re.DOTALL)
_MARKUP = re.compile(r"<(?:p|div|br|h[2-6])\b[^<>]{0,300}>|</p>", re.IGNORECASE)
_KINDS = ("type", "_type", "__typename", "kind", "blockName", "name")
_TEXTUAL = re.compile(r"(?i)(?:core/|block-?)?(?:text|paragraph|p|html|text_?block|paragraph_?block|heading)")
_PIECE = re.compile(r'(?i)"(?:core/|block-?)?(?:text|paragraph|p|html|text_?block|paragraph_?block)"')
MAX_SCRIPT = 3_000_000  # characters looked through


def body(page: lxml.html.HtmlElement) -> lxml.html.HtmlElement | None:
    """A tree of the longest prose with markup that is a string in the page's scripts; None when there is none."""
    best: lxml.html.HtmlElement | None = None  # of all strings, and of all lists of pieces
    most = 300
    left = MAX_SCRIPT
    for script in page.iter("script"):
        text = script.text or ""
        left -= len(text)
        if left < 0:
            break
        for match in _STRING.finditer(text):
            found = _as_tree(match[1])
            if found is not None and (chars := prose(read(found))) > most:
                best, most = found, chars
        for pieces in _lists_of_pieces(text):
            found = _tree_of(pieces)
            if found is not None and (chars := prose(read(found))) > most:
                best, most = found, chars
    return best


def _lists_of_pieces(script: str) -> Iterator[list[str]]:
    """The paragraphs of each list in a script's data whose items say that they are text: blocks of an editor."""
    start = script.find("{")
    if start < 0 or not _PIECE.search(script):
        return
    try:
        data, _ = json.JSONDecoder(strict=False).raw_decode(script, start)
    except (ValueError, RecursionError):
        return
    queue: deque[Any] = deque([data])
    while queue:
        item = queue.popleft()
        if isinstance(item, dict):
            queue.extend(value for value in item.values() if isinstance(value, (dict, list)))
        else:
            queue.extend(value for value in item if isinstance(value, (dict, list)))
            pieces = [text for value in item if isinstance(value, dict) and (text := _piece(value))]
            if len(pieces) > 2:
                yield pieces


def _piece(item: Mapping[str, Any]) -> str:
    """The text of an item that says it is some; else nothing."""
    kind = next((item[name] for name in _KINDS if isinstance(item.get(name), str)), "")
    if not _TEXTUAL.fullmatch(kind):
        return ""
    inner = [value for each in item.values() if isinstance(each, dict) for value in each.values()]
    return max((value for value in (*item.values(), *inner) if isinstance(value, str)), key=len, default="")


def _tree_of(pieces: Sequence[str]) -> lxml.html.HtmlElement | None:
    paragraphs = "".join(piece if piece.lstrip().startswith("<") else f"<p>{piece}</p>" for piece in pieces)
    try:
        return tree.parse(f"<html><body><article>{paragraphs}</article></body></html>")[0]
    except ExtractError:
        return None


def _as_tree(literal: str) -> lxml.html.HtmlElement | None:
    """A JSON string as markup; None when it holds none. A string within a string is unwrapped once more."""
    if "\\u003c" not in literal and "<" not in literal:
        return None
    try:
        text = json.loads(f'"{literal}"', strict=False)
    except ValueError:
        return None
    if len(_MARKUP.findall(text)) < 2:
        return None
    try:
        return tree.parse(f"<html><body><article>{text}</article></body></html>")[0]
    except ExtractError:
        return None


def prose(blocks: Sequence[Block]) -> int:
    """How many characters of a page are sentences rather than labels and links."""
    return sum(
        len(block.text) for block in blocks if len(block.text) > 40 and block.link_share < 0.3 and "{" not in block.text
    )
