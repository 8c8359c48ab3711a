"""Finds the article in a page's scripts, where a site sends the text as data and lets the browser build the page."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import lxml.html

from digest.errors import ExtractError
from digest.extract import tree
from digest.extract.blocks import Block, read

_STRING = re.compile(r'"((?:[^"\\]|\\.){400,})"', re.DOTALL)
_MARKUP = re.compile(r"<(?:p|div|br|h[2-6])\b[^<>]{0,300}>|</p>", re.IGNORECASE)
MAX_SCRIPT = 3_000_000  # characters looked through


def body(page: lxml.html.HtmlElement) -> lxml.html.HtmlElement | None:
    """A tree of the longest prose with markup that is a string in the page's scripts; None when there is none."""
    best: lxml.html.HtmlElement | None = None
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
    return best


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
