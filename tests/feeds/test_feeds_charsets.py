"""Text comes out right whatever its bytes, its server and its declaration say of it."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest import feeds
from digest.feeds.charsets import decode

KOREAN = "외교부는 북한의 미사일 발사에 대해 깊은 유감을 표명했다고 밝혔다"
JAPANESE = "外務省は、首脳会談について関係国と調整していると発表しました"
CHINESE = "外交部发言人表示，各方应当通过对话解决问题，维护半岛和平稳定"
RUSSIAN = "Министерство иностранных дел выразило озабоченность"
FRENCH = "L’été dernier, le ministère s’est dit préoccupé – « très »"


def feed(text: str, declared: str | None) -> str:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    item = f"<item><title>{text}</title></item>"
    return f"{declaration}<rss version='2.0'><channel><title>{text}</title>{item}</channel></rss>"


def title(body: bytes, content_type: str = "") -> str:
    return (
        feeds.parse(body, {"content-type": content_type} if content_type else {}, "https://x.example/").entries[0].title
    )


@pytest.mark.parametrize(
    ("text", "charset", "declared", "content_type"),
    [
        (KOREAN, "euc-kr", "euc-kr", ""),
        (KOREAN, "euc-kr", "EUC-KR", "text/xml"),
        (KOREAN, "euc-kr", None, "text/xml; charset=euc-kr"),
        (KOREAN, "euc-kr", "ks_c_5601-1987", ""),
        (KOREAN, "euc-kr", "utf-8", "application/rss+xml; charset=utf-8"),
        (KOREAN, "euc-kr", None, ""),
        (KOREAN, "euc-kr", "euc-kr", "text/xml; charset=iso-8859-1"),
        (KOREAN, "cp949", "shift_jis", ""),
        (KOREAN, "utf-8", "euc-kr", "text/xml; charset=euc-kr"),
        (KOREAN, "utf-8", None, "text/xml"),
        (KOREAN, "utf-8", "iso-8859-1", "text/xml; charset=iso-8859-1"),
        (KOREAN + " 똠방각하 펲", "cp949", "euc-kr", ""),
        (JAPANESE, "shift_jis", "Shift_JIS", ""),
        (JAPANESE, "shift_jis", "utf-8", ""),
        (JAPANESE, "shift_jis", None, "text/xml; charset=x-sjis"),
        (JAPANESE, "euc-jp", "euc-jp", ""),
        (JAPANESE, "euc-jp", "utf-8", ""),
        (JAPANESE, "euc-jp", "shift_jis", ""),
        (JAPANESE, "iso-2022-jp", "iso-2022-jp", ""),
        (JAPANESE + "①㈱", "cp932", "shift_jis", ""),
        (CHINESE, "gb2312", "gb2312", ""),
        (CHINESE + "㐀", "gb18030", "gbk", ""),
        ("外交部發言人表示各方應當對話", "big5", "big5", ""),
        (RUSSIAN, "windows-1251", "windows-1251", ""),
        (RUSSIAN, "koi8-r", None, "text/xml; charset=koi8-r"),
        (RUSSIAN, "windows-1251", None, ""),
        (RUSSIAN, "windows-1251", "utf-8", "text/xml; charset=utf-8"),
        (RUSSIAN, "windows-1251", "iso-8859-1", ""),
        (RUSSIAN, "koi8-r", "utf-8", ""),
        ("ПРЕЗИДЕНТ заявил: «переговоры» – это важно", "windows-1251", None, ""),
        ("Міністерство закордонних справ висловило стурбованість", "windows-1251", "utf-8", ""),
        (CHINESE, "gb2312", None, ""),
        (CHINESE, "gbk", "utf-8", "text/xml; charset=utf-8"),
        ("外交部發言人表示各方應當對話", "big5", "utf-8", ""),
        ("北韓外交官抵達北京，將與中國外交部官員舉行會談", "big5", None, ""),
        (FRENCH, "windows-1252", "iso-8859-1", ""),
        (FRENCH, "windows-1252", "utf-8", ""),
        (FRENCH, "windows-1252", None, "text/xml"),
        (FRENCH, "utf-8", "us-ascii", "text/xml; charset=us-ascii"),
        (FRENCH, "utf-16", "utf-16", ""),
        (KOREAN, "utf-16-le", "utf-16", ""),
        (KOREAN, "utf-16-be", None, ""),
        (KOREAN, "utf-32", "utf-32", ""),
        (KOREAN, "utf-8-sig", "utf-8", ""),
        (KOREAN, "utf-8-sig", "euc-kr", "text/xml; charset=euc-kr"),
        (KOREAN, "utf-8", "utf-16", ""),
        (KOREAN, "utf-8", "no-such-charset", "text/xml; charset=neither"),
        (KOREAN, "utf-8", "base64", "text/xml; charset=rot13"),
    ],
)
def test_text_is_read_in_its_real_charset(text: str, charset: str, declared: str | None, content_type: str) -> None:
    assert title(feed(text, declared).encode(charset), content_type) == text


def test_one_bad_byte_costs_one_character() -> None:
    body = feed(KOREAN * 3, "utf-8").encode()
    at = body.index("발사".encode())
    read = title(body[:at] + b"\xff" + body[at:])
    assert read.replace("\ufffd", "", 1) == KOREAN * 3
    assert "not valid in its charset" in (
        feeds.parse(body[:at] + b"\xff" + body[at:], {}, "https://x.example/").complaint or ""
    )


def test_a_character_cut_in_half_costs_itself_only() -> None:
    cut = KOREAN.encode()[:-2]
    body = feed("@", "utf-8").encode().replace(b"@", cut)
    assert title(body).startswith(KOREAN[:-1])


def test_one_bad_byte_in_euc_kr_costs_one_character() -> None:
    body = feed(KOREAN * 3, "euc-kr").encode("euc-kr")
    at = body.index("발사".encode("euc-kr"))
    read = title(body[:at] + b"\xff" + body[at:])
    assert read.count("미사일") == 3
    assert len(read) <= len(KOREAN * 3) + 2


def test_nuls_and_marks_in_the_middle_are_dropped() -> None:
    assert title(feed("a\0b\ufeffc", "utf-8").encode()) == "ab c"


@given(st.binary(max_size=400), st.text(max_size=60))
@example(codecs.BOM_UTF16_LE + b"\x00", "")
@example(b"\x00\x00\x00<", "")
@example(b"\x1b$B", "text/xml; charset=iso-2022-jp")
def test_decoding_never_raises(body: bytes, content_type: str) -> None:
    text, _ = decode(body, content_type)
    assert isinstance(text, str)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\ufeff\0<{"), max_size=200))
def test_valid_utf8_is_taken_as_such_under_any_label(text: str) -> None:
    if "\x1b" not in text:
        for label in ("euc-kr", "iso-8859-1", "shift_jis", "utf-16"):
            assert decode(text.encode(), f"text/xml; charset={label}")[0] == text
