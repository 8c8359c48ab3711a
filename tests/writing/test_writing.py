"""What is true of writing systems."""

from __future__ import annotations

import pytest

from digest.writing import direction, inseparable, unspaced, width


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Envoy lands", "ltr"),
        ("ar", "مبعوث يصل", "rtl"),
        (None, "مبعوث يصل", "rtl"),
        (None, "שליח", "rtl"),
        (None, "12 שליח", "rtl"),
        ("ar", "BBC: مبعوث يصل", "rtl"),
        (None, "BBC: مبعوث يصل", "ltr"),
        ("en", "The word שליח", "ltr"),
        ("ar", "A claim that is wrong", "ltr"),
        ("en", "مبعوث يصل", "rtl"),
        ("he", "", "rtl"),
        ("fa-IR", "2026", "rtl"),
        (None, "", "ltr"),
        ("ko", "북한", "ltr"),
    ],
)
def test_direction_follows_the_letters_and_where_they_disagree_the_language(language, text, expected):
    assert direction(language, text) == expected


def test_wide_characters_take_two_columns_and_marks_none():
    assert [width(text) for text in ("abc", "북한", "制裁", "e\u0301", "ｱ", "Ａ", "", "a\u200db")] == [
        3,
        4,
        4,
        1,
        1,
        2,
        0,
        2,
    ]


def test_scripts_without_spaces_are_known():
    assert all(unspaced(letter) for letter in "制裁のプไทยမြလາ")
    assert not any(unspaced(letter) for letter in "aЖ북عहא5")


@pytest.mark.parametrize(
    ("before", "after"), [("e", "\u0301"), ("👩", "\u200d"), ("\u200d", "👩"), ("👩", "🏽"), ("🇰", "🇷"), ("เ", "ก")]
)
def test_what_makes_one_letter_is_not_parted(before, after):
    assert inseparable(before, after)
    assert not inseparable("a", "b")
