"""YAML text is typed by the models, knows its places, and never breaks the loader."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from digest.config import Place, Sourced, Strict, TopicConfig, load_bytes, load_file
from digest.config.tree import parse, plain
from digest.errors import ConfigError


class Values(Strict):
    """Every kind of value."""

    text: str = Field("", description="Text.")
    number: int = Field(0, description="A whole number.")
    truth: bool = Field(False, description="Yes or no.")
    texts: tuple[str, ...] = Field((), description="Texts.")
    by_number: dict[int, Annotated[str, Field(description="Text.")]] = Field({}, description="Texts by number.")


def loaded(text: str) -> Values:
    return load_bytes(text.encode(), Values, "values.yaml").value


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "yes",
        "on",
        "off",
        "true",
        "False",
        "null",
        "~",
        "Null",
        "24:00",
        "12:30:45",
        "010",
        "0x1F",
        "0o7",
        "1_000",
        "1.0",
        "1e3",
        ".5",
        ".inf",
        ".nan",
        "2026-11-22",
        "=",
        "1,2",
    ],
)
def test_text_stays_the_text_that_it_is(text: str) -> None:
    assert loaded(f"text: {text}").text == text
    assert loaded(f"texts: [{text.replace(',', '')}, b]").texts == (text.replace(",", ""), "b")


@pytest.mark.parametrize(("text", "number"), [("25", 25), ("010", 10), ("'25'", 25), ("+5", 5), ("-3", -3)])
def test_numbers_are_made_where_numbers_are_expected(text: str, number: int) -> None:
    assert loaded(f"number: {text}").number == number
    assert loaded(f"by_number: {{{text}: x}}").by_number == {number: "x"}


@pytest.mark.parametrize("text", ["yes", "on", "true", "True"])
def test_truth_is_made_where_truth_is_expected(text: str) -> None:
    assert loaded(f"truth: {text}").truth is True


def test_a_bom_windows_line_ends_and_text_in_every_script_are_read() -> None:
    assert load_bytes("\ufefftext: 북한 𝄞\r\nnumber: 1\r\n".encode(), Values, "v").value == Values(
        text="북한 𝄞", number=1
    )


def test_long_texts_may_go_over_several_lines() -> None:
    assert loaded("text: |\n  one\n  two\n").text == "one\ntwo\n"
    assert loaded("text: >-\n  one\n  two\n").text == "one two"


def test_anchors_and_aliases_are_followed() -> None:
    assert loaded("text: &here abc\ntexts: [*here, *here]\n").texts == ("abc", "abc")


def test_every_value_knows_its_place() -> None:
    source = load_bytes(b"text: a\nby_number:\n  3: x\n  -3: y\ntexts:\n  - a\n  - b\n", Values, "values.yaml")
    assert source.file == "values.yaml"
    assert source.place() == Place(1, 1)
    assert source.place(("text",)) == Place(1, 7)
    assert source.place(("by_number", -3)) == Place(4, 7)
    assert source.place(("texts", 1)) == Place(7, 5)
    assert source.key_place(("texts",)) == Place(5, 1)
    assert source.place(("texts", 7)) == source.place(("texts",)) == Place(6, 3)  # nothing there: what would hold it
    assert str(source.problem(("texts", 1), "`b` is odd", "drop it")) == "values.yaml:7:5: `b` is odd; drop it"


def test_places_are_those_of_the_value_whatever_union_it_is_part_of(tmp_path: Path) -> None:
    """Pydantic puts names of its own into the path of an error; they lead nobody astray."""
    path = tmp_path / "deep.yaml"
    path.write_text("topic: x\nany:\n  - a\n  - all: [b, {any: [c, {any: [d], alll: e}]}]\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_file(path, TopicConfig, "topics/deep.yaml")
    assert [(problem.line, problem.column) for problem in caught.value.problems] == [(4, 35)]


def test_a_missing_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"values.yaml: the file can't be read \(No such file or directory\)"):
        load_file(tmp_path / "values.yaml", Values)


LAUGHS = "\n".join(
    ["l0: &l0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    + [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 10)}]" for i in range(1, 30)]
)


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        "[" * 100_000,
        "- " * 100_000,
        "a: " + "{b: " * 100_000,
        "&a [*a]",
        "a: &a {b: *a}",
        "\n".join(["l0: &l0 [x]"] + [f"l{i}: &l{i} [*l{i - 1}]" for i in range(1, 200)]),
        "[" + "a, " * 100_001 + "]",
        '"' + "\\u0041" * 100_000,
    ],
    ids=[
        "billion laughs",
        "brackets",
        "dashes",
        "braces",
        "itself",
        "itself in a mapping",
        "deep aliases",
        "many",
        "open",
    ],
)
def test_malicious_text_is_refused_soon(text: str) -> None:
    """In bounded time and memory, and without a recursion error."""
    begun = time.process_time()
    with pytest.raises(ConfigError):
        parse(text.encode(), "x.yaml")
    assert time.process_time() - begun < 20


def test_aliases_within_bounds_are_no_attack() -> None:
    tree = parse(b"a: &a [x, y]\nb: &b [*a, *a]\nc: [*b, *b]\n", "x.yaml")
    assert plain(tree) == {"a": ["x", "y"], "b": [["x", "y"]] * 2, "c": [[["x", "y"]] * 2] * 2}


YAMLISH = st.lists(
    st.sampled_from(
        [
            *"\n\n\n  :-?,[]{}#&*!|>'\"%@`~=\\<$\t\r\0\x85\ufeff\u2028",
            *("topic", "any", "feeds", "url", "text", "number", "texts", "3", "a", "b", "é", "북한", "𝄞", "\ud800"),
            *(
                "- ",
                ": ",
                "&a ",
                "*a",
                "!!str ",
                "<<",
                "---",
                "...",
                "%YAML 1.1",
                "%YAML 9999999.9",
                "|2-",
                '"\\U00110000"',
            ),
            *('"\\x00"', "${A}", "$$", "${", "\n  ", "\n    ", "\n- ", "\ntexts: ", "\nnumber: "),
        ]
    ),
    max_size=40,
).map("".join)


@settings(max_examples=300)
@given(
    st.one_of(
        YAMLISH.map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.binary(max_size=60),
        st.text().map(lambda text: text.encode("utf-8", "surrogatepass")),
    )
)
@pytest.mark.parametrize("model", [Values, TopicConfig])
def test_no_text_makes_the_loader_raise_anything_but_a_config_error(model: type[Strict], data: bytes) -> None:
    try:
        source = load_bytes(data, model, "x.yaml", {"A": "b"})
    except ConfigError as error:
        lines = data.count(b"\n") + 1
        for problem in error.problems:
            assert problem.file == "x.yaml"
            assert problem.what
            assert problem.line <= lines
    else:
        assert isinstance(source, Sourced)


NESTED = st.recursive(
    st.sampled_from(["a", "1", "", "no", "$x", "word*"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["any", "all", "none", "near", "within", "of", "at_least", "n", "title", "score", "3", "terms", "topic"]
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(sorted(TopicConfig.model_fields)), NESTED, max_size=4))
def test_no_tree_makes_the_topic_model_raise_anything_but_a_config_error(tree: dict[str, object]) -> None:
    text = json.dumps(tree)
    try:
        load_bytes(text.encode(), TopicConfig, "x.yaml")
    except ConfigError as error:
        for problem in error.problems:
            assert 1 <= problem.column <= len(text) + 1
            assert "Input should be" not in str(problem)
