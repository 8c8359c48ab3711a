"""Which pending matches are one story, which article stands in front, and what stands behind it.

In this order: the same entry under several topics; the same URL or guid; equal words; word runs of
one contained in the other. These settle each other: whoever reads the front has read the copies.
Then reports of the same event by other sites, and updates by the same, which are grouped but never hidden.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from itertools import chain, filterfalse
from types import MappingProxyType
from urllib.parse import urlsplit

from digest.model import ALERT, AlsoIn, Field, Flagged, Match, Repeat, StoredArticle, Story, Told
from digest.stories.likeness import Sketch, containment, share, sketch, title_words, words
from digest.stories.moulds import other_news

COPY = 0.5  # of the smaller text's shingles
EXCERPT = 0.3
SAME_EVENT = timedelta(days=5)
UPDATED = timedelta(hours=12)  # the same of a report in the words of another: later it is another day's

_CERTAIN = 0.985  # too much to report anything else in the rest: of a short text less than one word
_EQUAL_WORDS = 12  # a shorter body ("Read more") proves nothing by being equal
_AS_FULL = 0.98  # of the words: a share button more is no fuller text
_FURNITURE = 3  # articles of one site that share a shingle before it counts as furniture
_COMPARED = 20  # carriers of one shingle that all others are compared with: of a wire story they are enough
_FEW = 5  # reports of one event
_TITLE_WORDS = 3
_TITLE_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class _Item:
    """One article among the pending, with every match that it has."""

    front: Flagged  # under its best topic
    matches: tuple[Flagged, ...]
    url: str  # in comparable form
    host: str
    length: int  # in words
    body: bytes  # a digest of all its words
    sketch: Sketch

    @property
    def weight(self) -> tuple[bool, int, float, int]:
        """What decides who stands in front: whole before cut, fuller before shorter, earlier before later."""
        flagged = self.front
        return (flagged.article.complete, self.length, -flagged.first_seen.timestamp(), -flagged.match_id)


@dataclass(slots=True)
class _Links:
    """Which items belong together, and the strongest kind of bond each of them has."""

    parent: list[int]
    kind: dict[int, str] = field(default_factory=dict)

    def root(self, at: int) -> int:
        while self.parent[at] != at:
            self.parent[at] = at = self.parent[self.parent[at]]
        return at

    def clusters(self, places: Iterable[int]) -> list[list[int]]:
        """These items, those together that belong together."""
        found: dict[int, list[int]] = defaultdict(list)
        for at in places:
            found[self.root(at)].append(at)
        return [cluster for _, cluster in sorted(found.items())]

    def join(self, one: int, other: int, kind: str) -> None:
        self.parent[self.root(other)] = self.root(one)
        for at in (one, other):
            if kind == "copy" or at not in self.kind:
                self.kind[at] = kind


@dataclass(frozen=True, slots=True)
class Telling:
    """What is to be told, and what only noted. Every match of the topics is in `members` of exactly one of them."""

    stories: tuple[Story, ...]
    repeats: tuple[Repeat, ...] = ()


def group(pending: Iterable[Flagged], topics: Iterable[str] | None = None) -> tuple[Story, ...]:
    """Join what is one story, when nothing else is known: see `tell`."""
    return tell(pending, topics).stories


def tell(
    pending: Iterable[Flagged],
    topics: Iterable[str] | None = None,
    earlier: Iterable[StoredArticle] = (),
    told: Mapping[int, Told] = MappingProxyType({}),
) -> Telling:
    """Join what is one story, and put apart what the readers have had.

    `earlier` are other articles of the last days, flagged or not, that may be copies; `told` says how the readers
    had an entry, pending or earlier. Copies of what they had become a repeat, whichever of them is the fuller
    text; a mere excerpt of it is told. An earlier article that nobody was told of stands in "also in".

    `topics` are by default those of the matches, in the order they come. An article stands in one
    story only, under the topic that gives it most points; of equal ones the one that comes first
    in `topics`. The other topics of the story are in `also_topics`.
    The fullest text stands in front. Stories come in the order of their front's match id.
    Pure, and the same for any order of `pending` and `earlier`. Snippets are left empty.
    """
    pending = list(pending)
    place = {topic: at for at, topic in enumerate(topics or dict.fromkeys(each.match.topic for each in pending))}
    wanted = [flagged for flagged in pending if flagged.match.topic in place]
    items = _items(sorted(wanted, key=lambda flagged: (place[flagged.match.topic], flagged.match_id)), earlier)
    bonds = [*_identical(items), *_contained(items)]
    repeats, had = _repeats(items, bonds, told)
    links = _Links(list(range(len(items))))
    for bond in bonds:
        if had.isdisjoint((bond.one, bond.other)):
            links.join(bond.one, bond.other, bond.kind)
    clusters = links.clusters(at for at in range(len(items)) if at not in had)
    ordered = [_front_first(items, cluster) for cluster in clusters if any(items[at].matches for at in cluster)]
    stories = [_story(items, links, own, guests) for own, guests in _by_event(items, ordered)]
    return Telling(tuple(sorted(stories, key=lambda story: story.front.match_id)), repeats)


def _front_first(items: Sequence[_Item], cluster: Sequence[int]) -> list[int]:
    """The cluster with the fullest flagged text in front; where a few words make the difference, the earliest.

    What no topic flagged has no reasons to show, so it stands behind, however full.
    """
    order = sorted(cluster, key=lambda at: items[at].weight, reverse=True)
    flagged = [at for at in order if items[at].matches]
    fullest = items[flagged[0]]
    rivals = [
        at
        for at in flagged
        if items[at].front.article.complete == fullest.front.article.complete
        and items[at].length >= _AS_FULL * fullest.length
    ]
    front = min(rivals, key=lambda at: (items[at].front.arrival, items[at].front.match_id))
    return [front, *(at for at in order if at != front)]


def _items(pending: Iterable[Flagged], earlier: Iterable[StoredArticle] = ()) -> list[_Item]:
    """Each article once. Those from earlier have no match; of an entry that is pending, that is known already."""
    by_entry: dict[int, list[Flagged]] = {}
    for flagged in pending:
        by_entry.setdefault(flagged.entry_id, []).append(flagged)
    items = [_item(max(matches, key=lambda it: it.match.score), matches) for matches in by_entry.values()]
    items += [_item(_unflagged(stored), ()) for stored in earlier if stored.entry_id not in by_entry]
    # A fixed order makes the outcome independent of the order in which the store hands them out.
    return sorted(items, key=lambda item: (item.front.match_id, item.front.entry_id))


def _item(best: Flagged, matches: Iterable[Flagged]) -> _Item:
    url = _comparable(best.article.url)
    tokens = words(best.article.text)
    # The words themselves are not kept: a first edition may have thousands of articles, and 60 KB of words each.
    body = sha256(" ".join(tokens).encode("utf-8", "replace")).digest()
    return _Item(best, tuple(matches), url, url.partition("/")[0], len(tokens), body, sketch(tokens))


def _unflagged(stored: StoredArticle) -> Flagged:
    """An article as if it were flagged, by nothing."""
    nothing = Match("", 0, (), ())
    return Flagged(
        0,
        stored.entry_id,
        stored.feed,
        stored.feed_name,
        stored.article,
        nothing,
        stored.first_seen,
        shares_page=stored.shares_page,
    )


def _comparable(url: str) -> str:
    """A URL without scheme, www., tracking parameters, fragment and closing slash."""
    from courlan import normalize_url  # brings urllib3; not before the first edition

    try:
        parts = urlsplit(normalize_url(url))
    except ValueError:
        return url
    host = parts.netloc.removeprefix("www.")
    return f"{host}{parts.path.rstrip('/') or '/'}" + (f"?{parts.query}" if parts.query else "")


# --- the same article ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Bond:
    """Two articles of which one is a "copy" or an "excerpt" of the other."""

    one: int
    other: int
    kind: str


def _identical(items: Sequence[_Item]) -> Iterator[_Bond]:
    """What shares a URL, a guid or every word of the body."""
    first: dict[tuple[str | bytes, ...], int] = {}
    for at, item in enumerate(items):
        for key in _keys(item):
            if key in first:
                yield _Bond(first[key], at, "copy")
            else:
                first[key] = at


def _keys(item: _Item) -> Iterable[tuple[str | bytes, ...]]:
    if item.front.article.url and not item.front.shares_page:
        yield ("url", item.url)
    if guid := item.front.guid:
        # "1234" is somebody's guid in every other feed: only a URI identifies beyond its own.
        everywhere = "://" in guid or guid.startswith(("tag:", "urn:"))
        yield ("guid", "" if everywhere else item.front.feed, guid)
    if item.length >= _EQUAL_WORDS:
        yield ("body", item.body)


def _contained(items: Sequence[_Item]) -> Iterator[_Bond]:
    """Copies and excerpts, by the share of word runs that they have in common."""
    sketches = _without_furniture(items)
    bonds = _bonds(sketches)
    roundups = _roundups(items, sketches, bonds)
    links = _Links(list(range(len(items))))
    for (one, other), contained in sorted(bonds.items(), key=lambda bond: (-bond[1], bond[0])):
        if one in roundups or other in roundups:
            continue
        # What belongs together by now need not be read side by side: of hundreds of copies that would take long.
        known = contained >= _CERTAIN or links.root(one) == links.root(other)
        if known or not other_news(items[one].front.article, items[other].front.article):
            kind = "copy" if contained >= COPY else "excerpt"
            links.join(one, other, kind)
            yield _Bond(one, other, kind)


def _bonds(sketches: Sequence[Sketch]) -> dict[tuple[int, int], float]:
    """The pairs of which one contains enough of the other, with how much."""
    holder: dict[int, int] = {}  # of each shingle, who had it last
    carriers: dict[int, list[int]] = {}  # of each that is met again, all who have it
    for at, own in enumerate(sketches):
        for value in holder.keys() & own.hashes:
            carriers.setdefault(value, [holder[value]]).append(at)
        holder.update(dict.fromkeys(own.hashes, at))
    common: Counter[tuple[int, int]] = Counter()
    # The copies of a text carry hundreds of shingles alike: each pair is met once for all of these.
    for those, alike in Counter(map(tuple, carriers.values())).items():
        for place, one in enumerate(those[:_COMPARED]):
            for other in those[place + 1 :]:
                common[one, other] += alike
    return {
        (one, other): contained
        for (one, other), count in common.items()
        if (contained := share(sketches[one], sketches[other], count)) >= EXCERPT
    }


def _without_furniture(items: Sequence[_Item]) -> list[Sketch]:
    """Drop the shingles that several articles of one site share: boxes and notices, not the article.

    An article that would lose most of its shingles keeps them: it is itself what was repeated.
    """
    sites: dict[str, list[int]] = defaultdict(list)
    for at, item in enumerate(items):
        sites[item.host].append(at)
    cleaned = [item.sketch for item in items]
    for site in sites.values():
        counts = Counter(chain.from_iterable(items[at].sketch.hashes for at in site))
        furniture = {value for value, count in counts.items() if count >= _FURNITURE}
        for at in site if furniture else ():
            own = items[at].sketch
            kept = tuple(filterfalse(furniture.__contains__, own.hashes))
            if len(kept) * 2 >= len(own.hashes):
                cleaned[at] = Sketch(kept, own.limit)
    return cleaned


def _roundups(items: Sequence[_Item], sketches: Sequence[Sketch], bonds: Mapping[tuple[int, int], float]) -> set[int]:
    """Pages that hold two texts unlike one another ("the day in brief") are copies of neither."""
    parts: dict[int, list[int]] = defaultdict(list)
    for pair in bonds:
        whole, part = sorted(pair, key=lambda at: items[at].length, reverse=True)
        if items[part].length * 5 < items[whole].length * 4:
            parts[whole].append(part)
    return {
        whole
        for whole, those in parts.items()
        if any(
            containment(sketches[one], sketches[other]) < EXCERPT / 3
            and items[one].front.article.title.casefold() != items[other].front.article.title.casefold()
            for nth, one in enumerate(those)
            for other in those[nth + 1 :]
        )
    }


# --- what the readers have had ---------------------------------------------------------------------


def _repeats(
    items: Sequence[_Item], bonds: Iterable[_Bond], told: Mapping[int, Told]
) -> tuple[tuple[Repeat, ...], frozenset[int]]:
    """What was told, with its copies that are pending; and all items that are settled so or belong there."""
    links = _Links(list(range(len(items))))
    for bond in bonds:
        if bond.kind == "copy":
            links.join(bond.one, bond.other, bond.kind)
    repeats: list[Repeat] = []
    had: set[int] = set()
    for cluster in links.clusters(range(len(items))):
        known = [at for at in cluster if items[at].front.entry_id in told]
        if not known:
            continue
        had.update(cluster)
        first = min(known, key=lambda at: (told[items[at].front.entry_id].at, items[at].front.entry_id))
        pending = [at for at in cluster if items[at].matches]
        if pending:
            new = [(items[at], "copy") for at in pending if at not in known]
            repeats.append(_repeat(items[first], told[items[first].front.entry_id], new, [items[at] for at in pending]))
    return tuple(sorted(repeats, key=lambda repeat: repeat.members)), frozenset(had)


def _repeat(first: _Item, told: Told, new: Iterable[tuple[_Item, str]], pending: Iterable[_Item]) -> Repeat:
    return Repeat(
        title=first.front.article.title,
        url=first.front.article.url,
        feed=first.front.feed_name,
        at=told.at,
        alerted=told.digest.startswith(ALERT),
        also_in=_also_in(first, new),
        members=tuple(sorted(flagged.match_id for item in pending for flagged in item.matches)),
    )


# --- the same event --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Event:
    """What tells whether two articles report the same event: rare words of the title, rare terms that matched."""

    item: _Item
    title: frozenset[str]
    terms: frozenset[str]


def _by_event(items: Sequence[_Item], clusters: Sequence[list[int]]) -> Iterable[tuple[list[int], list[int]]]:
    """Each story's own articles, and those of other sites that report the same event.

    Every report is compared with the fronts only, so that likeness never wanders along a chain.
    """
    events = {cluster[0]: _event(items[cluster[0]]) for cluster in clusters}
    telling = _rare(event.terms for event in events.values())
    named = _rare(event.title for event in events.values())
    events = {
        at: replace(event, title=event.title & named, terms=event.terms & telling) for at, event in events.items()
    }
    order = sorted(clusters, key=lambda cluster: items[cluster[0]].weight, reverse=True)
    placed: list[tuple[list[int], list[int]]] = []
    by_word: dict[str, list[int]] = defaultdict(list)
    for cluster in order:
        event = events[cluster[0]]
        near = sorted({at for word in event.title for at in by_word[word]})
        home = next((at for at in near if _same_event(events[placed[at][0][0]], event)), None)
        if home is not None:
            placed[home][1].extend(cluster)
            continue
        for word in event.title:
            by_word[word].append(len(placed))
        placed.append((cluster, []))
    return placed


def _rare(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    """What few of the sets have: the words that every article of a topic has tell no event from another."""
    known: Counter[str] = Counter()
    total = 0
    for own in sets:
        known.update(own)
        total += 1
    return frozenset(word for word, count in known.items() if count <= max(_FEW, total // 10))


def _event(item: _Item) -> _Event:
    article = item.front.article
    terms = frozenset(
        (article.title if hit.field is Field.TITLE else article.text)[hit.start : hit.end].casefold()
        for flagged in item.matches
        for hit in flagged.match.hits
    )
    return _Event(item, title_words(article.title), terms)


def _same_event(one: _Event, other: _Event) -> bool:
    if not one.terms & other.terms:
        return False
    # What shares much and is no copy is a later version of the same report, or the next event in the words of the last.
    in_its_words = containment(one.item.sketch, other.item.sketch) >= EXCERPT
    if one.item.host == other.item.host and not in_its_words:
        return False
    apart = abs(one.item.front.first_seen - other.item.front.first_seen)
    if apart > (UPDATED if in_its_words else SAME_EVENT):
        return False
    shared = len(one.title & other.title)
    return shared >= _TITLE_WORDS and shared >= _TITLE_SHARE * min(len(one.title), len(other.title))


# --- the story -------------------------------------------------------------------------------------


def _story(items: Sequence[_Item], links: _Links, own: Sequence[int], guests: Sequence[int]) -> Story:
    front = items[own[0]]
    behind = [(items[at], _kind(front, items[at], links.kind.get(at, "copy"))) for at in own[1:]]
    behind += [(items[at], "same story") for at in guests]
    matches = [flagged for item in (front, *(item for item, _ in behind)) for flagged in item.matches]
    topics = dict.fromkeys(flagged.match.topic for flagged in matches)
    return Story(
        front=front.front,
        also_in=_also_in(front, behind),
        members=tuple(sorted(flagged.match_id for flagged in matches)),
        also_topics=tuple(topic for topic in topics if topic != front.front.match.topic),
    )


def _kind(front: _Item, item: _Item, bond: str) -> str:
    contained = containment(front.sketch, item.sketch)
    return "copy" if contained >= COPY else "excerpt" if contained >= EXCERPT else bond


def _also_in(front: _Item, behind: Iterable[tuple[_Item, str]]) -> tuple[AlsoIn, ...]:
    """Where else it stands; a place is named once, and not at all when it is the front's own."""
    told = {(front.front.feed_name, front.url)}
    places = []
    for item, kind in behind:
        place = (item.front.feed_name, item.url)
        if place not in told:
            told.add(place)
            article = item.front.article
            places.append(AlsoIn(item.front.feed_name, article.title, article.url, kind))
    return tuple(places)
