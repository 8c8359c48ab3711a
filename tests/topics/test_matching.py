"""What a term matches, in every script. The cases stand in cases.yaml; docs/topics.md shows the same table."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from digest.topics.vocabulary import Vocabulary

CASES = Path(__file__).with_name("cases.yaml")
DOCS = Path(__file__).parent.parent.parent / "docs" / "topics.md"
BEGIN, END = "<!-- cases: written by tests/topics/test_matching.py -->\n", "<!-- end of cases -->\n"
GROUPS = yaml.safe_load(CASES.read_text("utf-8"))


def rows():
    return [
        pytest.param(
            str(term), str(text), str(found), tuple(group.get("lang", ())), id=f"{group['group']}: {term} in {text}"
        )
        for group in GROUPS
        for term, text, found in group["cases"]
    ]


def every_place(line):
    return line.places(line.found)


@pytest.mark.parametrize(("term", "text", "found", "languages"), rows())
def test_a_term_is_found_as_the_table_says(term, text, found, languages):
    vocabulary = Vocabulary()
    vocabulary.add(term, languages)
    vocabulary.seal()

    places = every_place(vocabulary.read("", text))

    assert (text[places[0].start : places[0].end] if places else "-") == found


@pytest.mark.parametrize(("term", "text", "found", "languages"), rows())
def test_a_term_is_found_in_a_title_as_in_a_text_and_beside_other_terms(term, text, found, languages):
    vocabulary = Vocabulary()
    for other in ("Zebra*", "zebra~", "ZEB", "Zebra crossing", "얼룩말", "縞馬", "حمار"):
        vocabulary.add(other, ("en", *languages))
    number = vocabulary.add(term, languages)
    vocabulary.seal()
    title = f"One {text} two".replace("\n\n", " ") if "\n\n" not in text else "-"

    places = [place for place in every_place(vocabulary.read(title, "three")) if place.term == number]

    assert bool(places) == (found != "-")


def test_the_table_has_at_least_150_cases():
    assert sum(len(group["cases"]) for group in GROUPS) >= 150


def test_the_documentation_shows_the_table():
    """Run with WRITE_DOCS=1 to write it there."""
    text = DOCS.read_text("utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    wanted = before + BEGIN + "\n" + table() + END + after
    if os.environ.get("WRITE_DOCS"):
        DOCS.write_text(wanted, "utf-8")
    assert text == wanted or os.environ.get("WRITE_DOCS")


def table() -> str:
    lines: list[str] = []
    for group in GROUPS:
        languages = f" `lang: [{', '.join(group['lang'])}]`" if "lang" in group else ""
        lines += [f"#### {group['group']}", "", group["about"] + languages, ""]
        lines += ["| term | text | found |", "|---|---|---|"]
        for term, text, found in group["cases"]:
            shown = "no" if str(found) == "-" else code(str(found))
            lines.append(f"| {code(str(term))} | {code(str(text))} | {shown} |")
        lines.append("")
    return "\n".join(lines) + "\n"


def code(text: str) -> str:
    """As code, with letters that nobody sees written out."""
    visible = "".join(
        letter
        if (letter.isprintable() and letter != "\u3000") or letter in "\u0301\u3099"
        else f"<U+{ord(letter):04X}>"
        for letter in text
    )
    return "`" + visible.replace("|", "\\|") + "`"


def test_no_term_reaches_across_paragraphs_after_another_thread_has_emptied_the_memo():
    vocabulary = Vocabulary()
    term = vocabulary.add("Bank of Korea", ())
    vocabulary.seal()
    for text, found in (("the Bank\n\nof Korea", False), ("the Bank of Korea", True)):
        assert (term in vocabulary.read("", text).where) is found
        vocabulary._memo.clear()
        assert (term in vocabulary.read("", text).where) is found


def test_threads_that_match_at_the_same_time_find_the_same():
    """Stemmers have a state of their own, and the memo is filled while others read it."""
    words = [f"negotiat{ending}{i}" for i in range(40) for ending in ("ion", "ions", "ing", "or")]
    texts = [" ".join([*words[i:], "negotiations", "talks", "talked", "Gespräche"]) for i in range(120)]

    def found_in(vocabulary, text):
        line = vocabulary.read("", text)
        return line.where, every_place(line)

    def sealed():
        vocabulary = Vocabulary()
        for term in ("negotiation~", "talk~", "Gespräch~", "negotiat*"):
            vocabulary.add(term, ("en", "de"))
        vocabulary.seal()
        return vocabulary

    alone = sealed()
    shared = sealed()
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda text: found_in(shared, text), texts))

    assert together == [found_in(alone, text) for text in texts]
