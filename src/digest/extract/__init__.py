"""Decides what of a page is the article: page bytes, what the feed said and what is known of the site to Article."""

from __future__ import annotations

from digest.extract.draft import Change
from digest.extract.reading import (
    Explained,
    Reading,
    Told,
    article,
    behind,
    explain,
    from_claims,
    plain_trafilatura,
    read,
    without_page,
)
from digest.extract.recleaning import Recleaned, reclean

__all__ = [
    "Change",
    "Explained",
    "Reading",
    "Recleaned",
    "Told",
    "article",
    "behind",
    "explain",
    "from_claims",
    "plain_trafilatura",
    "read",
    "reclean",
    "without_page",
]
