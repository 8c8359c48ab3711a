"""Decides what of a page is the article: page bytes, what the feed said and what is known of the site to Article."""

from __future__ import annotations

from digest.extract.reading import article, explain, from_claims

__all__ = ["article", "explain", "from_claims"]
