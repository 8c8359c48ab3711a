"""What may be written onto a word without making it another one: Korean particles, Arabic clitics."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from digest.topics.language import ARABIC, HANGUL

FRONT, BACK = 1, 2  # what was taken off a word


def bare_forms(word: str) -> Iterator[tuple[str, int, int]]:
    """A folded word without the particles and clitics that may be written onto it.

    Gives the rest, what was taken off (FRONT, BACK or both), and how many letters of the front.
    """
    if HANGUL.match(word):
        for length in range(1, len(word)):
            if _is_particles(word[:length], word[length:]):
                yield word[:length], BACK, 0
    elif ARABIC.match(word):
        yield from _arabic_forms(word)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Korean particles (조사) and forms of the copula, by what the syllable before them ends in.
_AFTER_CONSONANT = _set(
    "이 은 을 과 아 이나 이란 이랑 이든 이든지 이며 이고 이다 이라 이라고 이라는 이라며 이라면 이라도 이라서 이야 이여 "
    "이자 이지만 이니 이던 이었다 이었던 이었고 이었으며 이나마 입니다 이라는데 이었지만 이냐 이냐는 인지"
)
_AFTER_VOWEL = _set(
    "가 는 를 와 나 란 랑 든 든지 며 고 다 라 라고 라는 라며 라면 라도 라서 야 여 자 지만 니 던 였다 였던 였고 였으며 "
    "나마 입니다 이자 이며 이고 이다 이라고 이라는 이었다 냐 냐는 인지"
)
_AFTER_EITHER = _set(
    "의 도 만 에 에서 에서도 에게 에게서 께 께서 한테 한테서 까지 부터 보다 처럼 같이 마다 조차 마저 밖에 뿐 뿐만 "
    "뿐이 대로 대로라면 만큼 하고 커녕 에선 에겐 만이 만을 만은 만으로 만으로는 만으로도 서"
)
_TOWARDS = _set("로 로서 로써 로부터 로선 로의 로는 로도 로만")  # 으로 after a consonant, 로 after a vowel or ㄹ
_TAKES_SECOND = _set(
    "에 에서 에게 에게서 께 께서 한테 까지 부터 보다 처럼 만 마다 대로 만큼 하고 와 과 로 로서 로써 로부터 이라고 "
    "라고 밖에 조차 마저 서"
)
_SECOND_AFTER_EITHER = _set("도 만 의 까지 부터 조차 마저 만의 만은 만이 처럼 보다 만큼")
_SECOND_AFTER_CONSONANT = _set("은 이나 이라도")
_SECOND_AFTER_VOWEL = _set("는 나 라도")
# Endings which after a single syllable would make words of their own (기 + 자, 바 + 다).
_ONLY_AFTER_LONG = _set("나 다 라 고 자 며 야 여 아 니 던 든 란 랑 냐 서")
# The plural, "Mr" or "Ms", and "the side of": with particles behind them. After one syllable they make other words.
_BETWEEN = "들씨측"
_LONGEST = 6


@lru_cache(maxsize=65_536)
def _is_particles(stem: str, rest: str) -> bool:
    if rest[0] in _BETWEEN and len(stem) > 1:
        return len(rest) == 1 or _is_particles(stem + rest[0], rest[1:])
    for length in range(min(len(rest), _LONGEST), 0, -1):
        particle, more = rest[:length], rest[length:]
        if _agrees(stem, particle) and (not more or _may_follow(particle, more)):
            return True
    return False


def _agrees(stem: str, particle: str) -> bool:
    if len(stem) == 1 and particle in _ONLY_AFTER_LONG:
        return False
    if particle in _AFTER_EITHER:
        return True
    final = _final(stem)
    if particle.startswith("으"):
        return particle[1:] in _TOWARDS and final not in {0, _RIEUL}
    if particle in _TOWARDS:
        return final in {0, _RIEUL}
    return particle in (_AFTER_CONSONANT if final else _AFTER_VOWEL)


def _may_follow(particle: str, more: str) -> bool:
    if particle.removeprefix("으") not in _TAKES_SECOND:
        return False
    return more in _SECOND_AFTER_EITHER or more in (
        _SECOND_AFTER_CONSONANT if _final(particle) else _SECOND_AFTER_VOWEL
    )


_RIEUL = 8


def _final(text: str) -> int:
    """The number of the last syllable's final consonant, 0 for none (Unicode Standard, 3.12)."""
    return (ord(text[-1]) - 0xAC00) % 28 if "\uac00" <= text[-1] <= "\ud7a3" else 0


# Arabic: and, so; with, like, for; the. Then the pronouns that are written onto nouns.
_PROCLITICS = sorted(
    {a + b + c for a in ("", "و", "ف") for b in ("", "ب", "ك", "ل") for c in ("", "ال")} - {""} | {"لل", "ولل", "فلل"},
    key=len,
)
_ENCLITICS = ("ها", "هم", "هن", "هما", "كم", "كن", "نا", "ه", "ك", "ي")
_SHORTEST = 3  # letters that must be left


def _arabic_forms(word: str) -> Iterator[tuple[str, int, int]]:
    for front in ("", *_PROCLITICS):
        rest = word[len(front) :]
        if not word.startswith(front) or len(rest) < _SHORTEST:
            continue
        side = FRONT if front else 0
        if front:
            yield rest, side, len(front)
        if front.endswith("لل"):
            yield "ال" + rest, side, len(front)  # ل + ال is written لل
        for back in _ENCLITICS:
            bare = rest.removesuffix(back)
            if bare != rest and len(bare) >= _SHORTEST:
                yield bare, side | BACK, len(front)
                if bare.endswith("ت"):
                    yield bare[:-1] + "ة", side | BACK, len(front)  # ة opens to ت before a pronoun
