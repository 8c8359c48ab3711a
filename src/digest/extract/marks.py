"""The words by which publishers name the boxes of their pages: class, role and id, in lower case."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

from digest.extract.blocks import Block


def _named(
    *words: str, after: str = r"(?=$|[\s_:-]|box|block|list|item|link|container|wrapper|module|title|text)"
) -> re.Pattern[str]:
    return re.compile(rf"(?:^|[\s_:-])(?:{'|'.join(' '.join(words).split())}){after}")


_FURNITURE = _named(
    "related recommend(?:ed|ation|ations)? read-?more more-?(?:on|from|link|links|stories|news) see-?also also-?read",
    "most-?(?:read|popular|viewed) popular trending latest collections carousel teasers teaser-?(?:list|box|grid)",
    "newsletters? subscribe subscription subscribing sign-?up paywall-?(?:box|message|offer) cta call-to-action",
    "promo promos promotion promobox house-promo cross-?promo app-?promo",
    "advert advertisement advertising ads sponsor(?:ed)? affiliate",
    "taboola outbrain donate donation support-us podcast feedback poll survey votes? rating",
    "(?:audio-?|video-?|media-?)?player",
    "share sharing social follow comments? disqus respond toolbar",
    "author-?(?:bio|box|info|card|description|profile) about-?(?:the-)?author bio biography byline",
    "breadcrumbs? tags? tag-?list keywords topics-?list label-?items? kicker jump-?links? toc table-?of-?contents",
    "caption credits? copyright figcaption disclaimer infobox info-?box fact-?box faktabox fakta",
    "cookie consent nav navigation menu footer",
)
_CONSENT = re.compile(
    r"cookie-?law|cookie-?consent|cookie-?notice|cookie-?banner|onetrust|gdpr|cli-(?:modal|tab)|cmp-?banner|didomi|usercentrics"
)
CAPTION = re.compile(r"caption|credit|copyright|figure|image|photo|media|gallery|video|bild|foto|promo|related")
STANDFIRST = _named(
    "standfirst stand-first sub-?title sub-?head(?:line)? dek deck lead lede lead-?text teaser intro introduction",
    "summary abstract excerpt epigraph chapo sapo sommario catenaccio entradilla bajada ingress vorspann",
    "alternativeheadline kicker-?text strapline",
    after="",
)
NOT_READ = _named(
    "nav menu footer sidebar header breadcrumb comments? related cookie consent banner modal popup newsletter",
    "share social",
    after="",
)
NOT_READ_TAGS = frozenset({"nav", "footer", "aside", "header", "form"})


@lru_cache(maxsize=10_000)
def are_of_furniture(words: str) -> bool:
    """Do these marks call their box something else than a part of the article? Asked often of the same few words."""
    return bool(_FURNITURE.search(words))


@lru_cache(maxsize=10_000)
def are_of_consent(words: str) -> bool:
    """Do these marks call their box a cookie dialogue?"""
    return bool(_CONSENT.search(words))


def is_caption(block: Block) -> bool:
    """Does the block belong to a picture?"""
    return any(
        box.tag in ("figure", "figcaption") or CAPTION.search(box.marks) for box in islice(block.box.around(), 2)
    )
