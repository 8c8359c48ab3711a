"""Finds what a topic file may say and hardly means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from digest.config.source import find
from digest.config.topic import Example, ExampleText
from digest.config.tree import Scalar
from digest.errors import Problem
from digest.model import Article
from digest.topics.compiler import Path, TopicCompiler
from digest.topics.conditions import View, plain
from digest.topics.reading import Mask, Reading
from digest.topics.terms import pattern
from digest.topics.topic import Topic

Read = Callable[[Article], Reading]

_FEW = 10  # needless terms that are worth a warning: a topic of hundreds is measured by a backtest instead
_SHORTEST_PREFIX = 3
_COMMON = """
a about after all also an and any are as at be been but by can did do for from had has have he her his how i if in
into is it its me more my new no not of on one or our out over said say says she so some than that the their them
they this to too up us was we were what when which who will with would you your
aber als am auch auf aus bei das dem den der des die ein eine er es für hat ich im ist mit nach nicht noch nur sich
sie sind und von vor war wird zu zum zur
au aux avec ce ces dans de du elle en est et il la le les leur mais ne ou par pas plus pour qui sa se ses son sur
un une
al con del el las lo los para por que su y é da do dos na no o os com
в во и на не но о от по с со у за из к как он она они это что для же бы до
"""
_STOP_WORDS = frozenset(_COMMON.split())
_MEANT = {"AND": "all", "OR": "any", "NOT": "none", "NEAR": "near"}
_OPERATOR = re.compile(rf"(?<=\s)(?:{'|'.join(_MEANT)})(?=\s)")
_EXCLUDED = re.compile(r"-[^\W\d]")
_ONE_LETTER = re.compile(r"[^\w\s]*([A-Za-z])[^\w\s]*")
_SLASHED = re.compile(r"/.+/[a-z]*", re.DOTALL)
_LETTERS = ("LATIN", "CYRILLIC", "GREEK")


def lint(topics: Sequence[Topic], compilers: Sequence[TopicCompiler], read: Read) -> list[Problem]:
    """The warnings of all topic files, in the order of the files."""
    problems: list[Problem] = []
    for topic, compiler in zip(topics, compilers, strict=True):
        found = _Lint(topic, compiler, read)
        problems += sorted(_problem(compiler, *warning) for warning in found.warnings())
    return problems


def _problem(compiler: TopicCompiler, path: Path, what: str, mend: str) -> Problem:
    source = compiler.source
    place = source.key_place(path) if path[0] == "terms" and len(path) == 2 else source.place(path)
    return Problem(source.file, place.line, place.column, what, mend, warning=True)


class _Lint:
    def __init__(self, topic: Topic, compiler: TopicCompiler, read: Read) -> None:
        self.topic = topic
        self.compiler = compiler
        self.config = compiler.config
        self.written = compiler.written
        self.read = read
        self.texts = {path: compiler.vocabulary.texts[number] for path, number in compiler.written.items()}

    def warnings(self) -> Iterator[tuple[Path, str, str]]:
        yield from self._each_term()
        yield from self._slashed_patterns()
        yield from self._twice()
        yield from self._threshold()
        for name in self.config.terms:
            if name not in self.compiler.used:
                yield ("terms", name), f"the list `{name}` is used nowhere", f"write `${name}` in a rule, or delete it"
        if not self.config.examples.match and not self.config.examples.reject:
            yield ("topic",), "the topic has no `examples`", "add a headline that must match and one that must not"
        else:
            yield from self._needless()

    def _each_term(self) -> Iterator[tuple[Path, str, str]]:
        for path, text in self.texts.items():
            words = plain(text).split()
            if any(_mixed(word) for word in words):
                mend = "type it again in one alphabet"
                yield path, f"`{text}` mixes letters of two alphabets that look alike", mend
            yield from self._of_another_language(path, text)
            if len(words) == 1 and not text.startswith("="):
                yield from self._one_word(path, text, words[0])
            if path[0] != "ignore" and self._masked(text, self.written[path]):
                yield path, f"`{text}` is always masked by the topic's own `ignore`", "delete it in one of the two"

    def _of_another_language(self, path: Path, text: str) -> Iterator[tuple[Path, str, str]]:
        """What means something in a search engine, in other programs or elsewhere in YAML, and nothing in a term."""
        node = find(self.compiler.source.tree, path)
        if isinstance(node, Scalar) and node.end.line > node.start.line and (" - " in text or "\n" in text.strip()):
            what, mend = "is one term, over several lines", "write a list: every item behind a `-` in the same column"
        elif (operator := _OPERATOR.search(text)) and text != text.upper():
            what, mend = f"is looked for with its {operator[0]}, as one term", f"write `{_MEANT[operator[0]]}:`"
        elif _EXCLUDED.match(text):
            what, mend = "does not exclude the word", "delete the minus, or write `none:`, `exclude:` or points below 0"
        elif _SLASHED.fullmatch(text):
            what, mend = "is no regular expression here", "write `regex: '...'` without the slashes"
        else:
            return
        yield path, f"`{' '.join(text.split())}` {what}", mend

    def _one_word(self, path: Path, text: str, word: str) -> Iterator[tuple[Path, str, str]]:
        capitals = word.isascii() and word == word.upper() != word.lower()
        if text.endswith("*") and len(word) < _SHORTEST_PREFIX and word.isascii():
            yield path, f"`{text}` is the beginning of very many words", "write more of the word"
        elif word.lower() in _STOP_WORDS and not capitals:
            yield path, f"`{text}` alone is a word of nearly every text", "add the words that belong to it"
        elif len(word) == 1 and word.isascii() and not capitals:
            yield path, f"`{text}` alone is a single letter", "add the words that belong to it"
        elif len(word) > 1 and (letter := _ONE_LETTER.fullmatch(word)):
            what = f"`{text}` is looked for as the letter `{letter[1]}` alone: signs are no part of words"
            yield path, what, "add the words that belong to it, or write `regex:`"

    def _slashed_patterns(self) -> Iterator[tuple[Path, str, str]]:
        for path, text in self.compiler.patterns.items():
            if _SLASHED.fullmatch(text):
                yield (
                    path,
                    f"the slashes of `{text}` are part of the pattern",
                    "delete them; `(?i)` lets case not count",
                )

    def _masked(self, text: str, term: int) -> bool:
        if self.topic.ignore is None:
            return False
        reading = self.read(Article(url="", title=plain(text), text=""))
        masked = self.topic.ignore.evidence(View(reading))
        seen = View(reading).places(term)
        return bool(seen) and masked is not None and not View(reading, Mask(masked.places)).places(term)

    def _twice(self) -> Iterator[tuple[Path, str, str]]:
        first: dict[object, Path] = {}
        for path, text in sorted(self.texts.items(), key=lambda each: self._place(each[0])):
            key = (path[:-1], pattern(text, self.config.lang))
            if key in first:
                line = self._place(first[key])[0]
                same = self.texts[first[key]]
                yield path, f"`{text}` is the same term as `{same}` on line {line}", "delete one of them"
            first.setdefault(key, path)

    def _threshold(self) -> Iterator[tuple[Path, str, str]]:
        most = sum(item.points for item in self.topic.items if item.points > 0)
        if most < self.config.threshold:
            what = f"the threshold of {self.config.threshold} can't be reached: all points together are {most}"
            yield ("threshold",), what, "lower it, or give more points"

    def _place(self, path: Path) -> tuple[int, int]:
        place = self.compiler.source.place(path)
        return place.line, place.column

    # --- examples ---------------------------------------------------------------------------------

    def _needless(self) -> Iterator[tuple[Path, str, str]]:
        """Terms without which every example turns out the same."""
        needed = self._needed()
        paths = sorted((path for path in self.texts if self.written[path] not in needed), key=self._place)
        if len(paths) <= _FEW:
            for path in paths:
                yield path, f"no example needs `{self.texts[path]}`", "add an example that turns on it"

    def _needed(self) -> set[int]:
        needed: set[int] = set()
        examples: Iterable[Example] = (*self.config.examples.match, *self.config.examples.reject)
        for example in examples:
            article = article_of(example)
            reading = self.read(article)
            source = urlsplit(article.url).hostname or ""
            matched = self.topic.matches(self.topic.view(reading), source)
            for term in reading.where.keys() & set(self.written.values()) - needed:
                if self.topic.matches(self.topic.view(reading, without=term), source) != matched:
                    needed.add(term)
        return needed


def article_of(example: Example) -> Article:
    """An example as an article; a text alone is its title."""
    if isinstance(example, ExampleText):
        return Article(url=example.url, title=example.title, text=example.body.strip("\n"))
    return Article(url="", title=example, text="")


def _mixed(word: str) -> bool:
    alphabets = {
        alphabet
        for letter in word
        if letter.isalpha()
        for alphabet in _LETTERS
        if unicodedata.name(letter, "").startswith(alphabet)
    }
    return len(alphabets) > 1
