"""What each step of extraction gains, costs and breaks on a corpus of pages: `python -m bench.steps DIRECTORY`.

The directory has `truth.jsonl`, one object a page with `file`, `corpus`, `site`, `url` and `text`, and `html/` with the
files, which may be gzipped. For each step: mean F1 with all steps less the same without this one, of every corpus; how
many pages, and how many sites, it makes better and worse by more than .002; the gain over all pages in two halves of
the sites, and over all pages but those of the site that it serves best: a step that is good for one site only shows
by that. Then its CPU a page, and the worst pages, by file name only.
Nothing of the corpus is written anywhere.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import statistics
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

from digest.extract import read, tree
from digest.extract.draft import Draft, Line
from digest.extract.steps import STEPS, Step
from digest.model import Page

WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]|[^\W_]+")
NOTICED = 0.002

Shingles = Counter[tuple[str, ...]]


@dataclass
class Sample:
    """One page as trafilatura and the alignment leave it, before the first step."""

    file: str
    corpus: str
    site: str
    gold: Shingles
    draft: Draft
    lines: list[Line]

    def score(self, steps: Sequence[Step], spent: Counter[str] | None = None) -> float:
        """F1 of the text after these steps."""
        draft = Draft(self.draft.blocks, list(self.lines), self.draft.clues)
        for step in steps:
            started = time.process_time()
            step(draft)
            if spent is not None:
                spent[step.__name__] += int(1e6 * (time.process_time() - started))
        return f1(self.gold, shingles(draft.text))


@dataclass
class Gain:
    """What one step does, by corpus and by page."""

    corpora: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    sites: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, sample: Sample, gain: float) -> None:
        self.corpora[sample.corpus].append(gain)
        self.sites[sample.site].append(gain)

    @property
    def pages(self) -> str:
        return better_and_worse([gain for gains in self.sites.values() for gain in gains])

    @property
    def of_sites(self) -> str:
        return better_and_worse([statistics.mean(gains) for gains in self.sites.values()])

    def halves(self) -> tuple[float, float]:
        """The mean gain in each half of the sites, by a hash of their names."""
        halves: tuple[list[float], list[float]] = ([], [])
        for site, gains in self.sites.items():
            halves[crc32(site.encode()) % 2].extend(gains)
        return statistics.mean(halves[0]), statistics.mean(halves[1])

    def without_its_best_site(self) -> float:
        best = max(self.sites, key=lambda site: sum(self.sites[site]))
        return statistics.mean(gain for site, gains in self.sites.items() if site != best for gain in gains)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--worst", type=int, default=20, metavar="N")
    asked = parser.parse_args()
    rows = [json.loads(line) for line in (asked.directory / "truth.jsonl").read_text("utf-8").splitlines()]
    samples = [sample for row in rows if row.get("text") and (sample := taken(asked.directory / "html", row))]
    spent: Counter[str] = Counter()
    whole = {sample.file: sample.score(STEPS, spent) for sample in samples}
    gains: dict[str, Gain] = {}
    for step in STEPS:
        gain = gains.setdefault(step.__name__, Gain())
        others = [other for other in STEPS if other is not step]
        for sample in samples:
            gain.add(sample, whole[sample.file] - sample.score(others))
    show(samples, whole, gains, spent)
    print(f"\nlayout tables: {layout_ms(asked.directory / 'html', samples):.2f} ms a page")
    print("\nworst pages")
    for file, score in sorted(whole.items(), key=lambda item: item[1])[: asked.worst]:
        print(f"  {score:.3f}  {file}")


def taken(directory: Path, row: dict[str, Any]) -> Sample | None:
    """The page of a row, caught before the first step."""
    caught: list[tuple[Draft, list[Line]]] = []
    read(page_of(directory, row), steps=[lambda draft: caught.append((draft, list(draft.lines)))])
    if not caught:
        return None
    draft, lines = caught[0]
    return Sample(row["file"], row["corpus"], row.get("site", ""), shingles(row["text"]), draft, lines)


def page_of(directory: Path, row: dict[str, Any]) -> Page:
    body = (directory / row["file"]).read_bytes()
    return Page(row["url"], gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body)


def show(samples: Sequence[Sample], whole: dict[str, float], gains: dict[str, Gain], spent: Counter[str]) -> None:
    """The table, as Markdown."""
    corpora = dict.fromkeys(sample.corpus for sample in samples)
    sizes = Counter(sample.corpus for sample in samples)
    print(
        "| step | "
        + " | ".join(f"{corpus} ({sizes[corpus]})" for corpus in corpora)
        + " | pages | sites | halves | less best | ms |"
    )
    print("|---" * (len(corpora) + 6) + "|")
    for name, gain in gains.items():
        cells = [signed(statistics.mean(gain.corpora[corpus])) for corpus in corpora]
        cells += [gain.pages, gain.of_sites, " ".join(map(signed, gain.halves())), signed(gain.without_its_best_site())]
        print(f"| `{name}` | {' | '.join(cells)} | {spent[name] / 1000 / len(samples):.2f} |")
    means = [statistics.mean(whole[s.file] for s in samples if s.corpus == corpus) for corpus in corpora]
    before = [statistics.mean(s.score([]) for s in samples if s.corpus == corpus) for corpus in corpora]
    print("| all together | " + " | ".join(f"{mean:.4f}" for mean in means) + " | | |")
    print("| none | " + " | ".join(f"{mean:.4f}" for mean in before) + " | | |")


def better_and_worse(gains: Sequence[float]) -> str:
    return f"{sum(gain > NOTICED for gain in gains)} : {sum(gain < -NOTICED for gain in gains)}"


def signed(gain: float) -> str:
    return "·" if abs(gain) < 0.00005 else f"{gain:+.4f}"


def layout_ms(directory: Path, samples: Sequence[Sample]) -> float:
    """CPU a page of looking for tables that only lay it out."""
    spent = 0.0
    for sample in samples:
        page = page_of(directory, {"file": sample.file, "url": ""})
        parsed, _ = tree.parse(tree.decode(page.body))
        started = time.process_time()
        tree.unwrap_layout(parsed)
        spent += time.process_time() - started
    return 1000 * spent / max(1, len(samples))


def shingles(text: str) -> Shingles:
    """Runs of four words; a character of Chinese, Japanese or Thai is a word."""
    words = WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return Counter(tuple(words[at : at + 4]) for at in range(max(1, len(words) - 3)))


def f1(wanted: Shingles, found: Shingles) -> float:
    return 2 * sum((wanted & found).values()) / max(1, sum(wanted.values()) + sum(found.values()))


if __name__ == "__main__":
    main()
