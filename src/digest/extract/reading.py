"""The story of one page: read it, take its body, name what it is, and say so when it is no article."""

from __future__ import annotations

import re

import trafilatura

from digest.model import Article, FeedClaims, Page, SiteKnowledge


def article(page: Page, claims: FeedClaims = FeedClaims(), site: SiteKnowledge = SiteKnowledge()) -> Article:  # noqa: B008 -- frozen
    """The article of a page. Pure; never raises for a bad page: then `complete` is false and `error` says why."""
    document = trafilatura.bare_extraction(page.body, url=page.url, include_comments=False, with_metadata=True)
    if document is None or not document.text:
        return from_claims(page.url, claims, "no article was found on the page")
    return Article(
        url=page.url,
        title=claims.title or document.title or "",
        text=re.sub(r"\n+", "\n\n", document.text.strip()),
        authors=claims.authors or tuple(filter(None, (document.author or "").split("; "))),
        published=claims.published,
        language=claims.language,
        site=claims.site or document.sitename,
        description=document.description,
    )


def from_claims(url: str, claims: FeedClaims, error: str) -> Article:
    """The feed's own text as an article, for a page that gave none. `error` says why, in words."""
    return Article(
        url=url,
        title=claims.title,
        text=claims.content if len(claims.content) > len(claims.summary) else claims.summary,
        authors=claims.authors,
        published=claims.published,
        language=claims.language[:2].lower() if claims.language else None,
        site=claims.site or None,
        complete=False,
        error=error,
    )
