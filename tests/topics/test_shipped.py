"""The topics that digest brings along keep what they promise."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from digest import topics
from digest.config import load_bytes, load_file
from digest.config.schema import schema
from digest.config.topic import TopicConfig
from digest.topics.lint import article_of

FILES = sorted((Path(__file__).parent.parent.parent / "config" / "topics").glob("*.yaml"))


def load(path):
    return load_file(path, TopicConfig, f"topics/{path.name}")


def test_there_are_five():
    assert len(FILES) == 5


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_its_examples_pass_and_nothing_is_odd(path):
    compiled = topics.compile([load(path)])

    assert compiled.check_examples() == []
    assert compiled.lint() == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_has_a_dozen_examples_and_fits_the_schema(path):
    examples = load(path).value.examples
    text = path.read_text("utf-8")

    assert len(examples.match) + len(examples.reject) >= 12
    assert text.startswith("# yaml-language-server: $schema=../schema/topic.json\n")
    jsonschema.validate(json.loads(json.dumps(yaml.safe_load(text))), schema("topic"))


def test_no_article_is_on_all_of_them():
    compiled = topics.compile([load(path) for path in FILES])

    for path in FILES:
        for example in load(path).value.examples.match:
            article = article_of(example)
            matched = [match.topic for match in compiled.match(article)]
            assert path.stem in matched
            assert len(matched) < 3


DOCS = Path(__file__).parent.parent.parent / "docs" / "topics.md"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", DOCS.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", BLOCKS)
def test_every_topic_in_the_documentation_works(text):
    compiled = topics.compile([load_bytes(text.encode(), TopicConfig, "topics/x.yaml")])

    assert compiled.check_examples() == []


def test_the_example_of_a_failure_in_the_documentation_is_what_digest_says():
    rules = {
        "topic": "T",
        "require": "Seoul",
        "score": {"3": [{"title": "talks"}, {"near": {"within": 15, "of": ["Seoul", "talks"]}}]},
        "threshold": "4",
        "examples": {"match": ["Seoul " + "and " * 18 + "talks"]},
    }
    source = load_bytes(json.dumps(rules).encode(), TopicConfig, "topics/korea.yaml")

    [problem] = topics.compile([source]).check_examples()

    words = re.sub(r"^\S+ ", "", str(problem))
    assert words in " ".join(DOCS.read_text("utf-8").split())
