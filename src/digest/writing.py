"""What is true of writing systems: which have spaces, which run from right to left, how wide a character is."""

from __future__ import annotations

import re
import unicodedata

# Thai, Lao, Burmese, Khmer, kana and Han: scripts that don't part their words. Goes inside [...].
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
)

_UNSPACED = re.compile(f"[{UNSPACED}]")
_RTL = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "khw", "ks", "ps", "sd", "syr", "ug", "ur", "yi"})


def unspaced(character: str) -> bool:
    """Whether the character's script is written without spaces between words."""
    return bool(_UNSPACED.match(character))


def hangul(character: str) -> bool:
    """Whether the character is Korean: wide, but spaced."""
    return "\uac00" <= character[:1] <= "\ud7a3" or "\u1100" <= character[:1] <= "\u11ff"


def columns(character: str) -> int:
    """How many columns of a terminal the character takes (Unicode Annex 11): 0, 1 or 2."""
    if character < "\u0300":
        return 1
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    return 0 if unicodedata.category(character) in {"Mn", "Me", "Cf"} else 1


def width(text: str) -> int:
    """How many columns the text takes."""
    return len(text) if text.isascii() else sum(map(columns, text))


def inseparable(before: str, after: str) -> bool:
    """Whether a cut between two characters parts one letter or emoji (the usual cases of Unicode Annex 29)."""
    return (
        unicodedata.category(after) in {"Mn", "Mc", "Me", "Cf"}
        or before == "\u200d"
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # skin tones
        or ("\U0001f1e6" <= after <= "\U0001f1ff" and "\U0001f1e6" <= before <= "\U0001f1ff")  # flags
        or before in "เแโใไເແໂໃໄ"  # vowels written before their consonant
    )


def direction(language: str | None, text: str) -> str:
    """`rtl` or `ltr`: by the letters where they agree, else by the language, else by the first of them.

    Pages claim wrong languages; a text without a letter from right to left isn't turned for a claim.
    """
    if text.isascii() and any(map(str.isalpha, text)):
        return "ltr"
    kinds = [kind for kind in map(unicodedata.bidirectional, text) if kind in {"L", "R", "AL"}]
    leftward = [kind != "L" for kind in kinds]
    claimed = (language or "").partition("-")[0].lower() in _RTL
    if not leftward or (language and any(leftward) and not all(leftward)):
        return "rtl" if claimed else "ltr"
    return "rtl" if leftward[0] else "ltr"
