"""Inflections: Snowball stems of a word in the languages of a topic."""

from __future__ import annotations

from functools import cache, lru_cache
from threading import Lock
from typing import TYPE_CHECKING

from digest.topics.language import ARABIC, fold

if TYPE_CHECKING:
    import snowballstemmer

ALGORITHMS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "cs": "czech", "da": "danish", "nl": "dutch",
    "en": "english", "eo": "esperanto", "et": "estonian", "fi": "finnish", "fr": "french", "de": "german",
    "el": "greek", "hi": "hindi", "hu": "hungarian", "id": "indonesian", "ga": "irish", "it": "italian",
    "lt": "lithuanian", "ne": "nepali", "no": "norwegian", "nb": "norwegian", "nn": "norwegian", "fa": "persian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "st": "sesotho",
    "es": "spanish", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
_SCRIPTS = (
    # the first and last letter of a script, its languages with stems, and the one that stands in when none is named
    ("A", "\u024f", set(ALGORITHMS) - {"ar", "hy", "el", "hi", "ne", "fa", "ru", "sr", "ta", "yi"}, "en"),
    ("\u1e00", "\u1eff", set(ALGORITHMS) - {"ar", "hy", "el", "hi", "ne", "fa", "ru", "sr", "ta", "yi"}, "en"),
    ("\u0370", "\u03ff", {"el"}, "el"),
    ("\u0400", "\u052f", {"ru", "sr"}, "ru"),
    ("\u0530", "\u058f", {"hy"}, "hy"),
    ("\u0590", "\u05ff", {"yi"}, "yi"),
    ("\u0600", "\u077f", {"ar", "fa"}, "ar"),
    ("\u0900", "\u097f", {"hi", "ne"}, "hi"),
    ("\u0b80", "\u0bff", {"ta"}, "ta"),
)


def languages_for(word: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the topic's languages that have stems for a word of this script; its usual one if the topic names none.

    Empty where no stemmer knows the script, or where the topic names only languages of other scripts.
    """
    for first, last, known, usual in _SCRIPTS:
        if any(first <= letter <= last and letter.isalpha() for letter in word):
            chosen = tuple(each for each in languages if each in known)
            return chosen or (() if languages else (usual,))
    return ()


def usual_language(word: str) -> str | None:
    """The language that `~` takes for a word of this script when the topic names none."""
    return next(iter(languages_for(word, ())), None)


def stems(word: str, language: str) -> frozenset[str]:
    """The folded stems of a word in lower case: of it as it is written, and of it without diacritics."""
    return _stems(word, ALGORITHMS[language])


def stems_in_text(word: str, language: str) -> frozenset[str]:
    """The stems by which a word of a text is looked up: its own, and of what may be a German name in the genitive
    (Trumps, Nordkoreas) that of the name, as Snowball leaves an s behind most letters."""
    if language == "de" and len(word) > _SHORT and word.endswith("s") and not word.endswith("ss"):
        return stems(word, language) | stems(word[:-1], language)
    return stems(word, language)


_SHORT = 4  # letters: Haus is no genitive
_ONE_AT_A_TIME = Lock()  # a stemmer keeps the word it works on in itself


@lru_cache(maxsize=4_096)  # 400 bytes each; what a word holds is remembered elsewhere
def _stems(word: str, algorithm: str) -> frozenset[str]:
    plain = fold(word)
    spellings = {word, plain} if not ARABIC.search(word) else {plain}
    with _ONE_AT_A_TIME:
        stemmer = _stemmer(algorithm)
        return frozenset(fold(stemmer.stemWord(each)) for each in spellings)


@cache
def _stemmer(algorithm: str) -> snowballstemmer.stemmer:
    import snowballstemmer  # with every language that it knows: only for topics with `~`

    return snowballstemmer.stemmer(algorithm)
