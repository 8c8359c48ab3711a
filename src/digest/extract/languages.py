"""Tells the language of an article: what is declared, checked against the text by its script and its small words."""

from __future__ import annotations

import re
from collections import Counter

from digest.extract.declared import Declared, texts
from digest.model import FeedClaims

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
    letters = sum(map(str.isalpha, sample))
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
