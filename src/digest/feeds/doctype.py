"""Takes the document type off an XML text, with whatever it would have a parser load or expand."""

from __future__ import annotations

import re
from typing import Final

_ENTITY_DECLARATION: Final = re.compile(
    r"""<!ENTITY\s+([\w.-]{1,50})\s+(?:"([^"<>&%]{0,500})"|'([^'<>&%]{0,500})')\s*>"""
)


def without_doctype(text: str) -> tuple[str, dict[str, str]]:
    """The text without its document type, and the plain entities that it declares: nothing to expand or load."""
    start = re.compile(r"<!DOCTYPE\b", re.IGNORECASE).search(text, 0, 4096)
    if not start:
        return text, {}
    subset, end = text.find("[", start.start()), text.find(">", start.start())
    if end < 0:
        return text, {}
    if 0 <= subset < end:
        closing = re.compile(r"\]\s{0,100}>").search(text, subset)
        end = closing.end() - 1 if closing else end
    declared = _ENTITY_DECLARATION.findall(text, start.start(), end)[:100]
    return text[: start.start()] + text[end + 1 :], {name: double or single for name, double, single in declared}
