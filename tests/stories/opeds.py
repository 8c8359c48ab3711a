"""Synthetic op-eds, and what outlets do to them: box them in, edit words, cut them."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from digest.model import Article, Field, Flagged, Hit, Match, Why

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
VARIANTS = ("original", "boxed", "edited", "cut to 60 %", "cut to 30 %")

_ONSETS = re.findall(r"\w+", "b br c ch d dr f fl g gr h j k kl l m n p pl qu r s sh st t tr v w")
_NUCLEI = re.findall(r"\w+", "a e i o u ai ea ou ie")
_CODAS = [*re.findall(r"\w+", "n nd r rt s st l ck m p th"), ""]
_SMALL = re.findall(
    r"\w+", "the of and to in a is that for it as was with be by on not he his but at are this have from or"
)


@dataclass(frozen=True)
class OpEd:
    """One variant of one op-ed at one outlet."""

    nth: int
    variant: str
    flagged: Flagged


class Writer:
    """Writes articles whose words are as unevenly frequent as those of a real language (Zipf)."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        vocabulary = sorted({self._word() for _ in range(9000)})
        self.chance.shuffle(vocabulary)
        self.words = _SMALL + vocabulary
        self.weights = [1 / (rank + 3) for rank in range(len(self.words))]
        # Statements that every article of the day quotes: shared, and yet no copy.
        self.statements = [self.sentence(22) for _ in range(12)]

    def _word(self) -> str:
        count = self.chance.choices((1, 2, 3), (2, 5, 3))[0]
        return "".join(
            self.chance.choice(_ONSETS) + self.chance.choice(_NUCLEI) + self.chance.choice(_CODAS) for _ in range(count)
        )

    def sentence(self, length: int) -> str:
        return " ".join(self.chance.choices(self.words, self.weights, k=length)).capitalize() + "."

    def article(self, words: int) -> list[str]:
        """Paragraphs of two or three sentences; one quotes a statement of the day."""
        paragraphs: list[str] = []
        written = 0
        while written < words:
            sentences = [self.sentence(self.chance.randint(9, 26)) for _ in range(self.chance.randint(2, 3))]
            if len(paragraphs) == 2:
                sentences.append(self.chance.choice(self.statements))
            paragraphs.append(" ".join(sentences))
            written += len(paragraphs[-1].split())
        return paragraphs

    def edited(self, paragraphs: list[str], share: float) -> list[str]:
        """Every word has the same chance of being another one."""
        return [
            " ".join(
                self.chance.choice(self.words) if self.chance.random() < share else word for word in paragraph.split()
            )
            for paragraph in paragraphs
        ]


def cut(paragraphs: list[str], share: float) -> list[str]:
    """The beginning, by words."""
    room = int(sum(len(paragraph.split()) for paragraph in paragraphs) * share)
    kept = []
    for paragraph in paragraphs:
        words = paragraph.split()[:room]
        room -= len(words)
        if words:
            kept.append(" ".join(words))
    return kept


def opeds(count: int = 300, seed: int = 7) -> list[OpEd]:
    """`count` op-eds in five variants each; every variant stands at another outlet of fifty."""
    writer = Writer(seed)
    boxes = {outlet: [writer.sentence(14) for _ in range(4)] for outlet in range(50)}
    made = []
    for nth in range(count):
        original = writer.article(writer.chance.randint(350, 1100))
        outlets = writer.chance.sample(range(50), len(VARIANTS))
        for variant, outlet in zip(VARIANTS, outlets, strict=True):
            text = {
                "original": original,
                "boxed": [*boxes[outlet][:2], *original, *boxes[outlet][2:]],
                "edited": writer.edited(original, 0.03),
                "cut to 60 %": cut(original, 0.6),
                "cut to 30 %": [*cut(original, 0.3), boxes[outlet][3]],
            }[variant]
            title = writer.sentence(8)
            made.append(OpEd(nth, variant, pending(len(made) + 1, f"outlet-{outlet}", title, "\n\n".join(text))))
    return made


def pending(
    number: int,
    outlet: str,
    title: str,
    text: str,
    *,
    topic: str = "t",
    score: int = 3,
    url: str | None = None,
    guid: str | None = None,
    entry: int | None = None,
    hours: float | None = None,
    hits: tuple[Hit, ...] = (),
    complete: bool = True,
) -> Flagged:
    """One pending match at an invented outlet."""
    article = Article(
        url=url or f"https://{outlet}.example/{number}",
        title=title,
        text=text,
        complete=complete,
        error=None if complete else "only the feed's text",
    )
    match = Match(topic, score, (Why(score, "a", ("a",), Field.BODY, "topics/t.yaml:2"),), hits)
    seen = NOW - timedelta(hours=50 - number / 100 if hours is None else hours)
    return Flagged(number, entry or number, f"https://{outlet}.example/rss", outlet, article, match, seen, guid)
