"""Topics: what matching costs, in multiples of NFKC and casefold of the same text; and what the shipped topics find."""

from __future__ import annotations

import json
import random
import re
import statistics
import time
import tracemalloc
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from digest import topics
from digest.config import Sourced, load_bytes, load_file
from digest.config.topic import TopicConfig
from digest.model import Article

Row = tuple[str, str, str]

WORDS = 750  # of an article
ARTICLES = 60
TOPICS = 20
SHIPPED = Path(__file__).parent.parent / "config" / "topics"
RELEVANCE = Path(__file__).parent.parent.parent / "shared" / "relevance"  # labelled news, where there is any


def run() -> list[Row]:
    """Speed first, then relevance where labelled news lie beside the checkout."""
    return [*_speed(), *_relevance()]


# --- speed ----------------------------------------------------------------------------------------


def _speed() -> Iterable[Row]:
    chance = random.Random(20)  # the same text at every run
    vocabulary = _vocabulary(chance, 80_000)
    names = _terms(chance, vocabulary[20_000:], 50_000)
    seen = [_article(chance, vocabulary[:20_000], names) for _ in range(5 * ARTICLES)]  # what the memo has learnt from
    articles = [_article(chance, vocabulary[:20_000], names) for _ in range(ARTICLES)]
    yield f"NFKC and casefold of {WORDS} words", f"{_best(lambda: _fold(articles)) / ARTICLES * 1e6:.0f} µs", "= 1"
    for count, target in ((1_000, 8), (10_000, 10), (50_000, 14)):
        terms = names[:count]
        compiled = topics.compile(_topics(terms))
        matched = sum(len(compiled.match(each)) for each in seen)
        cost, base = _ratio(compiled, articles)
        what = f"match, {count:,} terms in {TOPICS} topics ({matched / len(seen):.1f} matches an article)"
        yield what, f"{cost / base:.1f}", f"target: at most {target}"
        if count == 10_000:
            yield _against_re(terms, articles, cost)
    yield from _build(names)
    yield from _many_files()


def _fold(articles: Sequence[Article]) -> list[str]:
    return [unicodedata.normalize("NFKC", each.text).casefold() for each in articles]


def _ratio(compiled: topics.Topics, articles: Sequence[Article], runs: int = 15) -> tuple[float, float]:
    """Processor seconds of matching and of folding, measured in turns: the same neighbours disturb both."""
    matching, folding = [], []
    for _ in range(runs):
        matching.append(_best(lambda: [compiled.match(each) for each in articles], runs=1))
        folding.append(_best(lambda: _fold(articles), runs=1))
    return min(matching), min(folding)


def _against_re(terms: Sequence[str], articles: Sequence[Article], ours: float) -> Row:
    alternation = re.compile(r"\b(?:" + "|".join(re.escape(each.rstrip("*")) for each in terms) + r")\b", re.IGNORECASE)
    some = articles[:3]
    start = time.process_time()
    for each in some:
        alternation.findall(each.text)
    theirs = (time.process_time() - start) / len(some) * len(articles)
    return "one `re` of 10,000 terms", f"{theirs / ours:.0f} times slower", "target: at least 100"


def _build(terms: Sequence[str]) -> Iterable[Row]:
    sources = _topics(terms)
    cost = _best(lambda: topics.compile(sources), runs=3)
    yield "build, 50,000 terms", f"{cost:.2f} s", "target: below 1 s"
    tracemalloc.start()
    compiled = topics.compile(sources)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    yield "memory, 50,000 terms", f"{size / 1e6:.0f} MB in {len(compiled.titles)} topics", "target: below 60 MB"


FILES = 10_000

_SMALL = """\
topic: Topic {0}
terms: {{who: [Company{0}, Person{0} Name{0}, Agency{0}*], what: [talks, deal~, summit{0}]}}
require: $who
score:
  3: [{{near: {{within: 15, of: [$who, $what]}}}}]
  1: [$what]
threshold: 2
examples: {{match: [Company{0} announces a deal]}}
"""


def _many_files() -> Iterable[Row]:
    """Far more files than anybody keeps; two of their words are in all of them."""
    texts = [_SMALL.format(number).encode() for number in range(FILES)]
    start = time.process_time()
    sources = [load_bytes(text, TopicConfig, f"topics/topic-{number}.yaml") for number, text in enumerate(texts)]
    compiled = topics.compile(sources)
    yield f"{FILES:,} topic files, read and compiled", f"{time.process_time() - start:.1f} s", ""
    article = Article(url="", title="Company77 in talks with Agency99", text="The deal of Company77 was done. " * 150)
    cost = _best(lambda: compiled.match(article))
    yield f"match, {FILES:,} topics that share two words", f"{cost * 1e3:.1f} ms", "900 words"


def _best(work: Callable[[], object], runs: int = 5) -> float:
    """Processor seconds of the quickest run: what else the machine does only ever adds."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


_ONSETS, _VOWELS = "b c d f g h k l m n p r s t v w st tr sh ch", "a e i o u ea ou ia ei ü"


def _vocabulary(chance: random.Random, count: int) -> list[str]:
    """Made-up words of one to four syllables, the short ones first, as in a language."""
    onsets, vowels = _ONSETS.split(), _VOWELS.split()
    words: dict[str, None] = {}
    while len(words) < count:
        syllables = 1 + min(3, len(words) * 4 // count + chance.randrange(2))
        word = "".join(chance.choice(onsets) + chance.choice(vowels) for _ in range(syllables))
        words[word if chance.random() < 0.05 else word.replace("ü", "u")] = None
    return list(words)


def _article(chance: random.Random, vocabulary: Sequence[str], names: Sequence[str]) -> Article:
    """Words by Zipf's law in paragraphs of 50, with the punctuation of news, and two dozen names out of one topic."""
    weights = [1 / (rank + 3) for rank in range(len(vocabulary))]
    words = chance.choices(vocabulary, weights, k=WORDS)
    own = names[chance.randrange(TOPICS) :: TOPICS]
    for i in range(2, WORDS, 30):
        # A few names are in the news every day.
        words[i] = own[int(len(own) ** chance.random()) - 1].rstrip("*")
    for i in range(0, WORDS, 12):
        words[i] = words[i].capitalize()
    for i in range(5, WORDS, 25):
        words[i] = f"“{words[i].capitalize()}’s"
        words[i + 3] += ",”"
    for i in range(11, WORDS, 12):
        words[i] += "."
    paragraphs = [" ".join(words[i : i + 50]) for i in range(0, WORDS, 50)]
    return Article(url="https://example.org/", title=" ".join(words[:9]), text="\n\n".join(paragraphs))


_LONG = 15  # letters


def _terms(chance: random.Random, vocabulary: Sequence[str], count: int) -> list[str]:
    """Names of one to three words; some of the longer ones are prefixes."""
    terms: dict[str, None] = {}
    while len(terms) < count:
        words = chance.choices((1, 2, 3), (3, 5, 2))[0]
        term = " ".join(chance.choice(vocabulary).capitalize() for _ in range(words))
        terms[term + ("*" if len(terms) % 10 == 0 and len(term) > _LONG else "")] = None
    return list(terms)


def _topics(terms: Sequence[str]) -> list[Sourced[TopicConfig]]:
    """Topics that share the terms out, each with a gate, points and proximity."""
    sources = []
    for number in range(TOPICS):
        own = terms[number::TOPICS]
        half = len(own) // 2
        rule = {
            "topic": f"Topic {number}",
            "terms": {"who": own[:half], "what": own[half:]},
            "require": "$who",
            "score": {"3": [{"near": {"within": 15, "of": ["$who", "$what"]}}, {"title": "$who"}], "1": ["$what"]},
            "threshold": 3,
        }
        text = json.dumps(rule, ensure_ascii=False).encode()
        sources.append(load_bytes(text, TopicConfig, f"topics/topic-{number}.yaml"))
    return sources


# --- relevance ------------------------------------------------------------------------------------


def _relevance() -> Iterable[Row]:
    """Precision, recall and F1 by topic and language; borderline items are left out."""
    if not RELEVANCE.is_dir():
        yield "relevance of the shipped topics", "not measured", "needs labelled news"
        return
    sources = [load_file(path, TopicConfig, f"topics/{path.name}") for path in sorted(SHIPPED.glob("*.yaml"))]
    compiled = topics.compile(sources)
    labelled = [json.loads(line) for line in (RELEVANCE / "labelled.jsonl").read_text().splitlines()]
    background = [json.loads(line) for line in (RELEVANCE / "background.jsonl").read_text().splitlines()]
    for topic in compiled.titles:
        items = [each for each in labelled if each["topic"] == topic and each["label"] != 1]
        if not items:
            continue
        for language in ("en", "all"):
            chosen = [each for each in items if language in {"all", each["lang"]}]
            yield f"{topic}, {language}", *_figures(compiled, topic, chosen)
        false = sum(_on(compiled, topic, each) for each in background if not each["topics"].get(topic))
        yield f"{topic}, false alarms", f"{false} of {len(background)}", "target: at most 3"


def _figures(compiled: topics.Topics, topic: str, items: Sequence[dict[str, object]]) -> tuple[str, str]:
    verdicts = [(_on(compiled, topic, each), each["label"] == 2) for each in items]
    right = verdicts.count((True, True))
    precision = right / max(1, sum(found for found, _ in verdicts))
    recall = right / max(1, sum(wanted for _, wanted in verdicts))
    return f"F1 {statistics.harmonic_mean([precision, recall]):.3f}", f"P {precision:.2f}, R {recall:.2f}"


def _on(compiled: topics.Topics, topic: str, item: dict[str, object]) -> bool:
    summary, text = str(item["summary"]), str(item["text"])
    body = text if summary[:40] in text else f"{summary}\n{text}"
    paragraphs = (line.strip() for line in body.split("\n"))
    article = Article(url="", title=str(item["title"]), text="\n\n".join(line for line in paragraphs if line))
    return bool(compiled.match(article, only=frozenset((topic,))))
