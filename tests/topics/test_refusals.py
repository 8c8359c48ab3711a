"""What can't be meant is refused, with its place and its mend, all of it at once."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from digest import app, topics
from digest.config import load_bytes
from digest.config.salvage import salvaged
from digest.config.schema import schema
from digest.config.topic import TopicConfig
from digest.errors import ConfigError

# What is wrong with the file, its text, and how the refusal begins.
BY_SHAPE = [
    ("nothing to look for", "topic: T\n", "1:1: the file has no rule that could find anything"),
    ("only what must not be there", "topic: T\nnone: [a]\n", "1:1: the file has no rule"),
    ("no title", "any: [a]\n", "1:1: `topic` is missing"),
    ("an unknown key", "topic: T\nanny: [a]\n", "2:1: `anny` is not a known key; did you mean `any`?"),
    ("a key with nothing behind it", "topic: T\nany: [a]\nrequire:\n", "3:1: `require` has no value"),
    ("an unknown condition", "topic: T\nany: [{titel: a}]\n", "2:8: `titel` is not a known key in `any`; did you mean"),
    ("two conditions in one", "topic: T\nany: [{title: a, body: b}]\n", "2:7: this item of `any` has 2 conditions"),
    ("a mapping where text was meant", "topic: T\nany: [US: talks]\n", "2:7: this item of `any` is a key with a value"),
    ("near without a distance", "topic: T\nnear: {of: [a, b]}\n", "2:1: `within` is missing in `near`"),
    ("near of one", "topic: T\nnear: {within: 3, of: [a]}\n", "2:23: `of` takes two to eight things"),
    ("a distance of nothing", "topic: T\nnear: {within: 0, of: [a, b]}\n", "2:16: `within: 0` must be at least 1"),
    (
        "a distance in words",
        "topic: T\nnear: {within: five, of: [a, b]}\n",
        "2:16: `within: five` is not a whole number",
    ),
    ("points that are no number", "topic: T\nscore: {high: [a]}\n", "2:9: the key `high` is not a number of points"),
    ("no points", "topic: T\nscore: {0: [a]}\n", "2:9: the key `0` is not a number of points"),
    ("an unknown language", "topic: T\nlang: [english]\nany: [a]\n", "2:8: `english` is not a language"),
    (
        "a URL as a source",
        "topic: T\nany: [a]\nsources: {only: [https://a.org/x]}\n",
        "3:18: `https://a.org/x` is not a host",
    ),
    (
        "not for none",
        "topic: T\nany: [{not: a}]\n",
        "2:7: this item of `any` is no condition (`not:`); did you mean `none",
    ),
    (
        "a name in two words",
        "topic: T\nterms: {a b: [c]}\nany: [c]\n",
        "2:9: this key is no name for a list; write one",
    ),
    (
        "a headline with a colon",
        "topic: T\nany: [a]\nexamples: {match: [Kim: talks resume]}\n",
        '3:20: this item of `match` is a key with a value (`Kim:`), not a headline; write "Kim: talks resume"',
    ),
    ("an empty list", "topic: T\nany: []\n", "2:6: `any` is an empty list"),
    ("a threshold of nothing", "topic: T\nany: [a]\nthreshold: 0\n", "3:12: `threshold: 0` must be at least 1"),
    ("an example without text", "topic: T\nany: [a]\nexamples: {match: [{url: https://a.org}]}\n", "3:20: this item"),
    (
        "an unknown key in an example",
        "topic: T\nany: [a]\nexamples: {match: [{headline: x}]}\n",
        "3:21: `headline` is not",
    ),
    ("at_least of a word", "topic: T\nat_least: {n: 2, of: a}\n", "2:22: `of: a` is one term where several belong"),
    ("a list as title", "topic: [T]\nany: [a]\n", "1:8: `topic` must be a single value"),
]
BY_MEANING = [
    ("an empty term", 'topic: T\nany: [""]\n', "2:7: `` is an empty term"),
    ("a term of punctuation", "topic: T\nany: ['--']\n", "2:7: `--` has no letter or digit"),
    ("a star before the word", "topic: T\nany: ['*word']\n", "2:7: `*word` has a `*` that is not at the end"),
    ("a star inside", "topic: T\nany: [wo*rd]\n", "2:7: `wo*rd` has a `*`"),
    ("two marks", "topic: T\nany: [word~*]\n", "2:7: `word~*` ends in more than one of"),
    ("a tilde inside", "topic: T\nany: [ta~lk]\n", "2:7: `ta~lk` has a `~` that is not at the end of a word"),
    ("a question mark inside", "topic: T\nany: [w?rd]\n", "2:7: `w?rd` has a `?` inside a word"),
    (
        "lists joined by a word",
        "topic: T\nany: [$a and $b]\nterms: {a: [x], b: [y]}\n",
        "2:7: `$a and $b` has a `$name` among other words; let it stand alone",
    ),
    (
        "a comment in a list",
        "topic: T\nany: [#MeToo, b]\n",
        "2:6: this `[` is never closed; a `#` begins a comment: put what begins with it in quotes",
    ),
    ("a no-break space", "topic: T\nany:\u00a0[a]\n", "2:1: there is a no-break space behind the colon"),
    ("an equals sign inside", "topic: T\nany: [the =Word]\n", "2:7: `the =Word` has a `=` inside"),
    (
        "an undefined list",
        "topic: T\nany: [$talk]\nterms: {talks: [a]}\n",
        "2:7: `$talk` is no list of `terms`; did you mean `$talks`?",
    ),
    (
        "a list that stands in itself",
        "topic: T\nany: [$a]\nterms: {a: [$b], b: [$a]}\n",
        "3:22: `$a` stands inside of its own list",
    ),
    ("a broken pattern", "topic: T\nany: [{regex: '(a'}]\n", "2:15: `(a` is no regular expression (missing )"),
    ("a pattern with look-ahead", "topic: T\nregex: 'a(?=b)'\n", "2:8: `a(?=b)` is no regular expression"),
    ("a pattern of nothing", "topic: T\nregex: 'a*'\n", "2:8: `a*` also matches where there is nothing"),
    ("inflections of Korean", "topic: T\nany: [북한~]\n", "2:7: `북한~` ends in `~`, and no inflections are known"),
    (
        "inflections in another script",
        "topic: T\nlang: [en]\nany: [посол~]\n",
        "3:7: `посол~` ends in `~`, and none of `lang: [en]`",
    ),
    ("a title in a title", "topic: T\ntitle: [{body: a}]\n", "2:16: `body:` stands inside of `title:`"),
    (
        "near of a field",
        "topic: T\nnear: {within: 3, of: [a, {title: b}]}\n",
        "2:27: `title:` stands inside of `near:`",
    ),
    ("more than there are", "topic: T\nat_least: {n: 3, of: [a, b]}\n", "2:15: `n: 3` is more than the 2 there are"),
    ("a comment instead of a term", "topic: T\nany:\n  - #word\n", "3:4: `#word` is a comment to YAML, so there is no"),
    ("a duplicate key", "topic: T\nany: [a]\nany: [b]\n", "3:1: `any` is given a second time"),
    ("an anchor instead of a term", "topic: T\nany:\n  - *word\n", "3:5: a value that begins with `*`"),
    ("an endless term", f"topic: T\nany: [{'a ' * 31}]\n", "2:7: "),
    ("a word that is no word", f"topic: T\nany: [{'a' * 100}]\n", "2:7: "),
]


def refusal(text):
    with pytest.raises(ConfigError) as refused:
        topics.compile([load_bytes(text.encode(), TopicConfig, "topics/x.yaml")])
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize(("text", "begins"), [pytest.param(*each[1:], id=each[0]) for each in BY_SHAPE + BY_MEANING])
def test_a_malformed_rule_is_refused_with_its_place(text, begins):
    [problem] = refusal(text)

    assert problem.startswith(f"topics/x.yaml:{begins}")
    assert "; " in problem, "there is no mend"


def test_everything_wrong_in_every_file_is_told_at_once():
    bad = "topic: T\nany: [$x, {regex: '('}, {title: {lead: a}}, 북한~]\n"

    with pytest.raises(ConfigError) as refused:
        topics.compile([load_bytes(bad.encode(), TopicConfig, f"topics/{name}.yaml") for name in "ab"])

    assert [each.file for each in refused.value.problems] == ["topics/a.yaml"] * 4 + ["topics/b.yaml"] * 4
    assert len({each.column for each in refused.value.problems}) == 4


def test_the_name_of_no_list_is_told_with_what_makes_the_file_unreadable():
    text = "topic: T\nterms: {talks: [a]}\nrequier: $talks\nany: [$talk, '*word', {at_least: {n: 1, of: $talsk}}]\n"

    assert [each.split("; ")[0] for each in refusal(text)] == [
        "topics/x.yaml:3:1: `requier` is not a known key",
        "topics/x.yaml:4:7: `$talk` is no list of `terms`",
        "topics/x.yaml:4:14: `*word` has a `*` that is not at the end of a word",
        "topics/x.yaml:4:45: `of: $talsk` is no list of `terms`",
    ]


def test_lists_that_cannot_be_read_make_no_name_unknown():
    assert [each.split("; ")[0] for each in refusal("topic: T\nterms: [a]\nany: [$a]\n")] == [
        "topics/x.yaml:2:8: `terms` must hold keys with values",
    ]


def test_two_files_of_one_name_are_refused():
    with pytest.raises(ConfigError, match=r"the topic `x` is already defined in topics/x\.yaml"):
        topics.compile(
            [load_bytes(b"topic: T\nany: [a]\n", TopicConfig, name) for name in ("topics/x.yaml", "more/x.yaml")]
        )


@pytest.mark.parametrize("text", [pytest.param(each[1], id=each[0]) for each in BY_SHAPE])
def test_the_schema_flags_in_an_editor_what_the_loader_refuses(text):
    validator = jsonschema.Draft7Validator(schema("topic"))

    assert list(validator.iter_errors(json.loads(json.dumps(yaml.safe_load(text)))))


BROKEN_ALL_OVER = """\
topic: T
treshold: 3
lang: [en, english]
terms:
  north: [North Korea*, '*word']
  talks: []
  ring: [$ring]
any: [$talks, {regex: '('}, {title: {lead: a}}, 북한~, {near: {of: [a, b]}}, {regex: 'x*', title: a}]
at_least: {n: 9, of: [a, b]}
near: {within: 5, of: [a, {title: b}, '--']}
score: {high: [a], 3: [$nort, {regex: '[b'}]}
"""


def test_what_only_compiling_finds_is_told_with_what_makes_the_file_unreadable(tmp_path):
    """`digest check` names a bad pattern, a ring of lists and an impossible `near` beside an unknown key."""
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "x.yaml").write_text(BROKEN_ALL_OVER, "utf-8")
    (tmp_path / "digest.yaml").write_text(
        "mail: {from: a@example.org, directory: out/}\n"
        'digests: [{id: daily, schedule: "0 7 * * *", timezone: UTC, to: [a@example.org]}]\n',
        "utf-8",
    )
    (tmp_path / "feeds.yaml").write_text("feeds: []\n", "utf-8")

    with pytest.raises(ConfigError) as refused:
        app.load(tmp_path, {})

    told = [(each.line, each.column) for each in refused.value.problems if each.file == "topics/x.yaml"]
    by_shape = [(2, 1), (3, 12), (5, 25), (6, 10), (8, 55), (8, 76), (10, 39), (11, 9)]
    by_meaning = [(7, 10), (8, 23), (8, 44), (8, 49), (9, 15), (10, 27), (11, 24), (11, 39)]
    assert told == sorted(by_shape + by_meaning)


def test_what_stands_beside_a_refused_rule_is_looked_at(tmp_path):
    """Several refusals of one rule take that rule out, and not what holds it or another."""
    path = tmp_path / "x.yaml"
    path.write_text("topic: T\nnear: {within: 3, a, b}\nany: [{near: {a: 1, b: 2, c: 3}}, {regex: '('}]\n", "utf-8")

    rest = salvaged(path, "topics/x.yaml")

    assert rest is not None
    with pytest.raises(ConfigError, match=r"topics/x\.yaml:3:\d+: `\(` is no regular expression"):
        topics.compile([rest])


@pytest.mark.parametrize("text", ["- a\n", "a: [\n", "terms: [a]\nany: [$a, *b]\n", "terms: a\nanny: 1\n", "x\n", ""])
def test_what_is_no_topic_at_all_is_told_as_that(tmp_path, text):
    path = tmp_path / "x.yaml"
    path.write_text(text, "utf-8")

    assert salvaged(path, "topics/x.yaml") is None


@pytest.mark.parametrize(("text", "begins"), [pytest.param(*each[1:], id=each[0]) for each in BY_SHAPE])
def test_of_a_refused_file_the_rest_compiles(tmp_path, text, begins):
    path = tmp_path / "x.yaml"
    path.write_text(text, "utf-8")

    rest = salvaged(path, "topics/x.yaml")

    assert rest is not None
    topics.compile([rest])
