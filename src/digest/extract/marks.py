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
    "most-?(?:read|popular|viewed) popular trending latest recirc(?:ulation)? carousel teasers",
    "teaser-?(?:list|box|grid) bookmark-?card embedded-?post interstitial-?link",
    "newsletters? subscribe subscription subscribing sign-?up paywall-?(?:box|message|offer) cta call-to-action",
    "promo[a-z]? promos promotion promobox cross-?promo app-?promo",
    "advert advertisement advertising ads ad-?(?:slot|unit|spot|zone|label|break) sponsor(?:ed)?",
    "affiliate",
    "taboola outbrain donate donation support-us podcast feedback poll survey votes? rating",
    "(?:audio-?|video-?|media-?)?player",
    "share sharing sharedaddy addtoany social follow comments? disqus respond toolbar action-?bar button-?wrapper",
    "author-?(?:bio|box|info|card|description|profile) about-?(?:the-)?author bio biography byline",
    "asset-?tagline breadcrumbs? tags? tag-?list keywords topics-?list kicker jump-?links? (?:ez-?)?toc",
    "table-?of-?contents caption credits? copyright figcaption disclaimer infobox info-?box fact-?box",
    "cookie consent nav navigation menu footer",
    # The same in the languages of publishers, as they write it in class names: without accents.
    "anzeige werbung meistgelesen verwandte-?artikel weitere-?artikel mehr-?zum-?thema autoren-?box",
    "publicite publicidad publicidade pubblicita advertentie annonse annons annonce reklama? mainos iklan",
    "a-?lire-?aussi lire-?aussi sur-?le-?meme-?sujet relacionad[oa]s? lea-?tambien te-?puede-?interesar",
    "leia-?(?:mais|tambem) veja-?tambem saiba-?mais correlat[ei] leggi-?anche lees-?ook gerelateerd les-?ogsa",
    "las-?ocksa relaterade? relatert faktabox faktaboks fakta czytaj-?takze zobacz-?takze powiazane ilgili",
    "baca-?juga terkait kommentare commentaires comentarios commenti reacties komentarze yorumlar",
)
_CONSENT = re.compile(
    r"cookie-?(?:law|consent|notice|banner|popup|bot)|onetrust|gdpr|cli-(?:modal|tab)|cmp-?banner|didomi|usercentrics|"
    r"(?:^|[\s_-])(?:sp_message|qc-cmp|borlabs-?cookie|iubenda-cs|axeptio|tarteaucitron|trustarc|fc-consent|cky-consent)"
)
CAPTION = re.compile(r"caption|credit|copyright|figure|image|photo|media|gallery|video|bild|foto|promo|related")
STANDFIRST = _named(
    "standfirst stand-first sub[_-]?tit(?:le|ulo|re)? sub[_-]?head(?:line)? dek deck preamble",
    "lead lede lead-?text teaser intro introduction",
    "summary abstract excerpt epigraph chapo sapo sommario catenaccio entradilla bajada ingress vorspann",
    "alternativeheadline kicker-?text strapline (?:article|post|story)-?_?description",
    "chapeau accroche resumen copete linha-?fina anrisstext unterzeile untertitel inleiding zajawka manchet",
    "underrubrik perex anons spot-?text",
    "sottotitolo ondertitel onderkop podtytul alaotsikko alt-?baslik linha-?de-?apoio",
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
