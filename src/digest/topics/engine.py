"""All topics together: one pass over an article, then only those topics that it may be on."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from digest.config import Sourced
from digest.config.topic import TopicConfig
from digest.errors import ConfigError, Problem
from digest.model import Article, Match
from digest.topics.compiler import TopicCompiler
from digest.topics.explain import Explanation, explain
from digest.topics.lint import article_of, lint
from digest.topics.reading import Reading
from digest.topics.topic import Topic
from digest.topics.vocabulary import Vocabulary, turned


def compile(topics: Sequence[Sourced[TopicConfig]]) -> Topics:  # noqa: A001 # topics.compile(...), as in re
    """Compile topic files; a topic's id is its file's name. Raises ConfigError with every problem of every file."""
    with _collector_paused():
        return _compile(topics)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No garbage collection: it would walk through the terms again and again while they only grow: half of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _compile(topics: Sequence[Sourced[TopicConfig]]) -> Topics:
    vocabulary = Vocabulary()
    compilers = [TopicCompiler(source, vocabulary) for source in topics]
    compiled = [each.compile() for each in compilers]
    problems = [problem for each in compilers for problem in each.problems]
    first: dict[str, Topic] = {}
    for topic, source in zip(compiled, topics, strict=True):
        if topic.id in first:
            what = f"the topic `{topic.id}` is already defined in {first[topic.id].file}"
            problems.append(Problem(source.file, 0, 0, what, "rename one of the files"))
        first.setdefault(topic.id, topic)
    if problems:
        raise ConfigError(sorted(set(problems)))
    vocabulary.seal()
    return Topics(compiled, compilers, vocabulary)


class Topics:
    """Compiled topics. Matching asks no one: the same article gives the same matches, from any thread."""

    def __init__(self, topics: Sequence[Topic], compilers: Sequence[TopicCompiler], vocabulary: Vocabulary) -> None:
        self._topics = tuple(topics)
        self._compilers = tuple(compilers)
        self._vocabulary = vocabulary
        self._with_term = turned([topic.triggers for topic in topics], len(vocabulary.texts))
        self._always = frozenset(number for number, topic in enumerate(topics) if topic.always)

    @property
    def titles(self) -> Mapping[str, str]:
        """The title of every topic, by its id, in the order of the files."""
        return {topic.id: topic.title for topic in self._topics}

    def match(self, article: Article, source: str = "", only: frozenset[str] | None = None) -> tuple[Match, ...]:
        """The topics that the article is on, in the order of the files.

        `source` is the host that the article is from, for topics with `sources`; `only` are the topics to look for.
        """
        reading = self._read(article)
        wanted = self._always.union(*map(self._with_term.__getitem__, reading.where))
        matches = []
        for number in sorted(wanted):
            topic = self._topics[number]
            if only is None or topic.id in only:
                match = topic.match(reading, source)
                if match is not None:
                    matches.append(match)
        return tuple(matches)

    def hinted(self, claimed: Article, source: str = "", only: frozenset[str] | None = None) -> bool:
        """What a feed says of an article carries a term of some topic's `require`; see the option `prefilter`.

        A topic without `require` asks for any of the terms that earn points. False does not mean that the article's
        page would not match.
        """
        reading = self._read(claimed)
        return any(
            topic.reads(source) and topic.hinted(reading) for topic in self._topics if only is None or topic.id in only
        )

    def explain(
        self, article: Article, source: str = "", only: frozenset[str] | None = None
    ) -> tuple[Explanation, ...]:
        """What each topic says of the article, matched or not: its score lines, and the nearest miss."""
        reading = self._read(article)
        return tuple(explain(topic, reading, source) for topic in self._topics if only is None or topic.id in only)

    def check_examples(self) -> list[Problem]:
        """Every example that does not turn out as its file says, with its score lines and the nearest miss."""
        problems = []
        for topic, compiler in zip(self._topics, self._compilers, strict=True):
            examples = compiler.config.examples
            for kind, wanted in (("match", True), ("reject", False)):
                for i, example in enumerate(getattr(examples, kind)):
                    article = article_of(example)
                    verdict = explain(topic, self._read(article), urlsplit(article.url).hostname or "")
                    if verdict.matched != wanted:
                        what = f"this example {'does not match' if wanted else 'matches'}: {verdict.in_words}"
                        mend = "mend the rules or the example"
                        problems.append(compiler.source.problem(("examples", kind, i), what, mend))
        return problems

    def uses(self, topic: str) -> Uses:
        """Counts, from here on, what the terms of one topic do. Raises KeyError if there is no such topic."""
        for each, compiler in zip(self._topics, self._compilers, strict=True):
            if each.id == topic:
                return Uses(each, compiler, self._read)
        raise KeyError(topic)

    def lint(self) -> list[Problem]:
        """What is allowed and probably not meant, as warnings."""
        return lint(self._topics, self._compilers, self._read)

    def _read(self, article: Article) -> Reading:
        vocabulary = self._vocabulary
        return Reading(article, vocabulary.read(article.title, article.text), vocabulary.texts, vocabulary.lists_with)


class Uses:
    """What each term of a topic did in the articles that were added."""

    def __init__(self, topic: Topic, compiler: TopicCompiler, read: Callable[[Article], Reading]) -> None:
        self._topic = topic
        self._compiler = compiler
        self._read = read
        self._terms = frozenset(compiler.written.values())
        self._found: Counter[int] = Counter()
        self._hits: Counter[int] = Counter()
        self._only: Counter[int] = Counter()

    def add(self, article: Article, source: str) -> Match | None:
        """Count an article; its match, if it matches."""
        reading = self._read(article)
        match = self._topic.match(reading, source)
        for term in reading.where.keys() & self._terms:
            self._found[term] += 1
            if match is not None:
                self._hits[term] += 1
                if not self._topic.matches(self._topic.view(reading, without=term), source):
                    self._only[term] += 1
        return match

    def table(self) -> Iterator[tuple[str, str, int, int, int]]:
        """For every term where it is written: the term, its place, and the three counts."""
        texts = self._compiler.vocabulary.texts
        source = self._compiler.source
        rows = ((source.place(path).line, number) for path, number in self._compiler.written.items())
        for line, number in sorted(rows):
            counts = self._found[number], self._hits[number], self._only[number]
            yield texts[number], f"{source.file}:{line}", *counts
