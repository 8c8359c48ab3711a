"""Dates and languages: what page and feed declare, checked against the text; guesses where nothing is declared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import lxml.html

from digest.extract.declared import Declared, texts
from digest.model import FeedClaims

_PUBLISHED_METAS = """
    article:published_time datepublished parsely-pub-date og:published_time article:published dc.date.issued
    dcterms.created dcterms.issued citation_publication_date citation_date sailthru.date pubdate publishdate
    publish-date publish_date publication_date cxenseparse:recs:publishtime date dc.date dcterms.date
    last-published originalpublicationdate article.published rnews:datepublished
"""
_PUBLISHED = tuple(_PUBLISHED_METAS.split())
_MODIFIED = (
    "article:modified_time",
    "datemodified",
    "og:updated_time",
    "last-modified",
    "dcterms.modified",
    "lastmod",
    "revised",
)
_ISO_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)")
_EUROPEAN_DAY = re.compile(r"(?<!\d)(\d{1,2})\.\s?(\d{1,2})\.\s?((?:19|20)\d\d)(?!\d)")
_SAME = timedelta(minutes=1)
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)


def published(declared: Declared, claims: FeedClaims, tree: lxml.html.HtmlElement, url: str) -> datetime | None:
    """When it was first published: by the feed, by JSON-LD, by meta and time elements, by htmldate's guess.

    In the publisher's own zone, so that its day is the one that readers see; a feed's moment is put into the zone
    in which the page gives the same moment. Only the day known: 00:00 UTC. `tree` is read, not changed.
    """
    article = declared.article
    stated = [
        *texts(article.get("datePublished")),
        *texts(article.get("dateCreated")),
        *texts(article.get("uploadDate")),
    ]
    stated += [value for name in _PUBLISHED for value in declared.metas.get(name, ())[:1]]
    shown = _time_elements(tree)
    found = claims.published or _first(stated) or _first(shown)
    if found is not None:
        return _in_its_zone(found, (*stated, *shown))
    found = _first(value for node in declared.nodes for value in texts(node.get("datePublished")))
    if found is None:
        from htmldate import find_date  # only where pages are read: see body.core

        guess = find_date(tree, original_date=True, extensive_search=True, url=url or None)
        found = parse(guess) if guess else None
    return found


def modified(declared: Declared) -> datetime | None:
    """When the page says that it was last changed, in the publisher's own zone."""
    stated = [
        *texts(declared.article.get("dateModified")),
        *(value for name in _MODIFIED for value in declared.metas.get(name, ())[:1]),
    ]
    return _first(stated)


def parse(text: str) -> datetime | None:
    """A moment from what publishers write into machine-readable dates, in their own zone; None when it is none.

    Midnight in the publisher's own zone says that only the day is known.
    """
    text = text.strip()
    moment: datetime | None = None
    try:
        moment = datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d\d:?\d\d$)", "", text.replace(" UTC", "+00:00")))
    except ValueError:
        if match := re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?", text):
            try:
                moment = datetime.fromisoformat(match[0])
            except ValueError:
                moment = None
        elif re.match(r"(?:\w{3,9},?\s+)?\d{1,2}\s\w{3,9}\s\d{4}", text):
            try:
                moment = parsedate_to_datetime(text)
            except (ValueError, IndexError):
                moment = None
    if moment is None:
        moment = _day(text)
    if moment is None:
        return None
    if (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        moment = moment.replace(tzinfo=UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.replace(microsecond=0) if moment >= _EARLIEST else None


def _day(text: str) -> datetime | None:
    match = _ISO_DAY.search(text)
    parts = (match[1], match[2], match[3]) if match else None
    if parts is None and (match := _EUROPEAN_DAY.search(text)):
        parts = (match[3], match[2], match[1])
    if parts is None:
        return None
    try:
        return datetime(int(parts[0]), int(parts[1]), int(parts[2]), tzinfo=UTC)
    except ValueError:
        return None


def _in_its_zone(moment: datetime, stated: Iterable[str]) -> datetime:
    """The moment in the zone of another statement of it: what is declared in UTC is often shown in local time."""
    same = (parse(text) for text in stated) if moment.utcoffset() == timedelta(0) else ()
    return next((other for other in same if other and other.utcoffset() and abs(other - moment) < _SAME), moment)


def _first(stated: Iterable[str]) -> datetime | None:
    return next((moment for text in stated if (moment := parse(text))), None)


def _time_elements(tree: lxml.html.HtmlElement) -> list[str]:
    """The values of time elements: those marked as publication first, else the first of the page."""
    elements = [element for element in tree.iter("time") if element.get("datetime")][:30]
    marked = [
        element
        for element in elements
        if element.get("pubdate") is not None
        or re.search(
            r"(?i)publi|entry-date|posted|created", f"{element.get('itemprop', '')} {element.get('class', '')}"
        )
    ]
    itemprops = [
        element.get("content") or element.get("datetime") or element.text or ""
        for element in tree.xpath("//*[@itemprop='datePublished']")[:3]
    ]
    return [*itemprops, *(element.get("datetime", "") for element in marked or elements[:1])]


# --- language -----------------------------------------------------------------------------------

_STOPWORDS = {
    "en": "the and of to in that is was for with his her they this from have are not but which",
    "de": "der die und das ist den von zu mit sich des auf für nicht ein eine dem auch als wird",
    "fr": "le la les des est une dans que pour qui sur pas plus par avec son ses aux cette mais",
    "es": "el la los las de que en un una por con para del se su al como más pero fue",
    "it": "il la di che è per un una del della con non sono gli nel anche più dalla alla come",
    "pt": "o a os as de que em um uma por com para do da não se mais foi como ao",
    "nl": "de het een van en in is dat op te zijn voor met niet aan er ook bij door naar",
    "sv": "och att det som en på är av för med den till inte har ett om vi men var från",
    "no": "og i det som en på er av for med til ikke har et om men var fra seg de",
    "da": "og i det som en på er af for med til ikke har et om men var fra sig de",
    "pl": "w i na z do nie się jest to że o jak od po za ale dla przez ma są",
    "cs": "a se v na je že o s z do to by za jako pro ale od po jsem byl",
    "tr": "ve bir bu da de için ile olarak çok daha olan gibi sonra kadar ancak en ne var o ise",
    "fi": "ja on ei se että oli hän ovat mutta kun myös joka mukaan ole sen voi kuin jo tai hänen",
    "id": "yang dan di itu dengan untuk dari dalam ini pada tidak akan juga ke karena oleh ada sebagai telah para",
}  # fmt: skip
_LANGUAGES_OF: dict[str, tuple[str, ...]] = {}
for _language, _words in _STOPWORDS.items():
    for _word in _words.split():
        _LANGUAGES_OF[_word] = (*_LANGUAGES_OF.get(_word, ()), _language)
_SCRIPTS = (
    ("ko", re.compile(r"[\uac00-\ud7a3]")),
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
)
_NOT_LATIN = re.compile(r"[\u0370-\u1fff\u3040-\ud7a3]")
_WRITTEN_LIKE = {
    "ar": {"fa", "ur", "ps", "ug"},
    "hi": {"mr", "ne", "sa"},
    "ru": {"uk", "bg", "sr", "mk", "be", "kk", "mn", "ky", "tg"},
}


def language(declared: Declared, claims: FeedClaims, text: str) -> str | None:
    """The language of a text, ISO 639-1: what is declared, unless the text plainly contradicts it."""
    stated = [
        declared.language,
        *texts(declared.article.get("inLanguage")),
        declared.meta("og:locale", "content-language", "dc.language", "language"),
        claims.language or "",
    ]
    codes = [value.strip().lower().replace("_", "-").partition("-")[0] for value in stated if value]
    codes = [code for code in codes if re.fullmatch(r"[a-z]{2}", code)]
    spoken = spoken_language(text)
    first = codes[0] if codes else None
    if spoken is None or (first and (first == spoken or first in _WRITTEN_LIKE.get(spoken, ()))):
        return first
    return spoken


def spoken_language(text: str) -> str | None:
    """The language that a text is plainly in, by its script or its small words; None when that can't be told."""
    sample = text[:4000]
    letters = sum(character.isalpha() for character in sample)
    if letters < 30:
        return None
    for code, script in _SCRIPTS if _NOT_LATIN.search(sample) else ():
        share = len(script.findall(sample)) / letters
        if share > (0.1 if code in ("ja", "ko") else 0.4):
            return code
    words = re.findall(r"[^\W\d_]+", sample.casefold())
    counts = Counter(language for word in words for language in _LANGUAGES_OF.get(word, ()))
    (best, hits), (_, others) = (*counts.most_common(2), ("", 0), ("", 0))[:2]
    return best if len(words) >= 40 and hits > 0.12 * len(words) and hits > 1.25 * others else None
