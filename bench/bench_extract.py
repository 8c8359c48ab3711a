"""Extraction: CPU per page and cleanness on the golden pages, beside trafilatura with its metadata, in one run."""

from __future__ import annotations

import json
import re
import statistics
import time
from collections import Counter
from pathlib import Path

import trafilatura

from digest.extract import article
from digest.model import Page

# The golden pages are bare; real ones carry about this much around the article (medians of 1,143 pages).
SCRIPTS = "<script>" + "var settings = {'a': 1, 'b': [2, 3], 'c': 'd'};\n" * 1500 + "</script>"
LINKS = "".join(f'<li class="nav-item"><a href="/section/{n}"><span>Section {n}</span></a></li>' for n in range(250))
PAGES = Path(__file__).parents[1] / "tests" / "pages"
ROUNDS = 3

Row = tuple[str, str, str]


def run() -> list[Row]:
    """The two extractors page by page in turn, so that their times compare."""
    pages = [
        (path.with_suffix(".html").read_bytes(), json.loads(path.read_text("utf-8"))) for path in PAGES.glob("*.json")
    ]
    pages = [(dressed(body), truth) for body, truth in pages if truth.get("complete", True)]
    times: tuple[list[float], list[float]] = ([], [])
    scores: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for body, truth in pages:
            for at, extractor in enumerate((ours, theirs)):
                started = time.process_time()
                text = extractor(body, truth["url"])
                times[at].append(time.process_time() - started)
                scores[at].append(f1(" ".join(truth["paragraphs"]), text))
    cpu = [1000 * statistics.mean(spent) for spent in times]
    return [
        ("CPU per page, ms", f"{cpu[0]:.1f}", f"trafilatura with metadata {cpu[1]:.1f}"),
        ("ratio", f"{cpu[0] / cpu[1]:.2f}", "at most 1.15"),
        ("body, F1 of words", f"{statistics.mean(scores[0]):.3f}", f"trafilatura {statistics.mean(scores[1]):.3f}"),
    ]


def dressed(body: bytes) -> bytes:
    """A page with scripts in front and a menu behind, as publishers send them."""
    menu = f'<nav class="site-nav"><ul>{LINKS}</ul></nav>'.encode()
    return body.replace(b"</head>", SCRIPTS.encode() + b"</head>", 1).replace(b"</body>", menu + b"</body>", 1)


def ours(body: bytes, url: str) -> str:
    """The article as digest reads it."""
    return article(Page(url, body)).text


def theirs(body: bytes, url: str) -> str:
    """The body as trafilatura gives it, with the metadata it finds."""
    found = trafilatura.bare_extraction(body, url=url, include_comments=False, with_metadata=True)
    return str(getattr(found, "text", "") or "")


def f1(wanted: str, found: str) -> float:
    """The harmonic mean of precision and recall over words."""
    left, right = (Counter(re.findall(r"\w+", text.casefold())) for text in (wanted, found))
    return 2 * sum((left & right).values()) / max(1, sum(left.values()) + sum(right.values()))
