"""Finds the body of a page: trafilatura's choice, then small steps that know more than one extractor can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import lxml.html

from digest.extract import blocks as reading
from digest.extract import furniture, scripted
from digest.extract.blocks import Block, key
from digest.extract.draft import Clues, Draft, align
from digest.extract.steps import STEPS, Step
from digest.model import Lesson, SiteKnowledge

SHELL = 400  # characters: a page with less text of its own may carry it in its scripts


@dataclass(frozen=True, slots=True)
class Body:
    """A finished draft, and what the page teaches of its site."""

    draft: Draft
    lesson: Lesson


def read(
    tree: lxml.html.HtmlElement,
    blocks: Sequence[Block],
    clues: Clues,
    site: SiteKnowledge,
    steps: Sequence[Step] = STEPS,
) -> Body:
    """The body, after every step. `tree` is read, not changed."""
    shown = scripted.prose(blocks)
    hidden = scripted.body(tree) if shown < SHELL else None
    if hidden is not None and scripted.prose(in_script := reading.read(hidden)) > 2 * shown:
        tree, blocks = hidden, in_script
    text = core(tree)
    # Where the page shows no text, trafilatura takes what is declared, and all of it for one paragraph.
    if "\n" in clues.body and "\n" not in text.strip() and key(text) == key(clues.body):
        text = clues.body
    draft = Draft(blocks, align(text, blocks), clues)
    for step in steps:
        step(draft)
    lesson = furniture.lesson(draft.lines, site.site)
    furniture.drop_known(draft, site)
    return Body(draft, lesson)


def core(tree: lxml.html.HtmlElement) -> str:
    """What trafilatura takes for the body, one paragraph a line; empty when it finds none.

    Never with deduplicate=True: it carries state from page to page and deletes text (F1 .950 to .915).
    """
    # Only workers read pages: the process that sends them there spares 9 MB and a tenth of its imports.
    import trafilatura
    from trafilatura.settings import Document

    try:
        document = trafilatura.bare_extraction(tree, include_comments=False, with_metadata=False)
    except RecursionError:
        return ""
    return (document.text or "") if isinstance(document, Document) else ""
